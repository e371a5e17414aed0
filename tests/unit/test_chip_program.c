/* SPDX-License-Identifier: Apache-2.0 */
#include "support/chip_fixture.h"

/* Chip and core together: tiny programs from flash. */

static struct board *load(const uint8_t program[], size_t size)
{
    struct board_options options = {.seed = 5};
    struct board *board = board_new(&options);
    assert_non_null(board);
    memcpy(board_flash(board), program, size);
    board_power_on(board);
    return board;
}

static void test_program_stalls_in_flash_operation(void **state)
{
    (void)state;
    static const uint8_t program[] = {
        0x00, 0x50, 0x00, 0x20, 0x09, 0x00, 0x00, 0x08, /*    stack pointer, reset */
        0x07, 0x48,                                     /*    ldr  r0, =0x40022000 */
        0x08, 0x49, 0x41, 0x60,                         /*    KEYR = KEY1 */
        0x08, 0x49, 0x41, 0x60,                         /*    KEYR = KEY2 */
        0x01, 0x21, 0x01, 0x61,                         /*    CR = PG */
        0x07, 0x4A,                                     /*    ldr  r2, =0x08004000 */
        0x4B, 0xF6, 0xEF, 0x63,                         /*    movw r3, #0xBEEF */
        0x13, 0x80,                                     /*    strh r3, [r2] */
        0xC4, 0x68,                                     /* 1: ldr  r4, [r0, #SR] */
        0xE5, 0x07, 0xFC, 0xD1,                         /*    BSY: b 1b */
        0x16, 0x88,                                     /*    ldrh r6, [r2] */
        0x00, 0xBE,                                     /*    bkpt */
        0x00, 0x20, 0x02, 0x40, 0x23, 0x01, 0x67, 0x45,
        0xAB, 0x89, 0xEF, 0xCD, 0x00, 0x40, 0x00, 0x08,
    };
    struct board *board = load(program, sizeof program);
    uint64_t before = board_now(board);
    assert_int_equal(board_run(board, before + MS), BOARD_STOP_BKPT);
    assert_int_equal(board->cpu.r[6], 0xBEEF);
    assert_int_equal(board->cpu.r[4], 0x20); /* EOP at the first read: its fetch has waited */
    assert_int_equal(board_instructions(board), 15); /* with the bkpt */
    assert_in_range(board_now(board) - before, 40 * US, 75 * US);
    board_free(board);

    board = load(program, sizeof program);
    board_cut_at(board, 0, BOARD_TEAR_DONE, 1);
    assert_int_equal(board_run(board, board_now(board) + MS), BOARD_STOP_POWER);
    assert_int_equal(board_flash(board)[0x4000], 0xEF);
    board_free(board);
}

static void test_program_system_reset_is_prompt(void **state)
{
    (void)state;
    static const uint8_t program[] = {
        0x00, 0x50, 0x00, 0x20, 0x09, 0x00, 0x00, 0x08, 0x02, 0x48, 0x03, 0x49,
        0x03, 0x4A, /* r0 = AIRCR, r1 = SYSRESETREQ, r2 = RAM */
        0x01, 0x60, /* str r1, [r0] */
        0x11, 0x60, /* str r1, [r2]: never */
        0xFE, 0xE7, /* b . */
        0x0C, 0xED, 0x00, 0xE0, 0x04, 0x00, 0xFA, 0x05, 0x00, 0x10, 0x00, 0x20,
    };
    struct board *board = load(program, sizeof program);
    memset(board->sram + 0x1000, 0, 4);
    pass(board, MS);
    assert_in_range(board_resets(board, BOARD_RESET_SOFTWARE), 20, 50); /* 20 us each */
    assert_memory_equal(board->sram + 0x1000, "\0\0\0\0", 4);
    assert_int_equal(get_reg(board, RCC_CSR), 1u << 28 | 1u << 27 | 1u << 26);
    board_free(board);
}

static void test_program_lockup(void **state)
{
    (void)state;
    struct board *board = load((const uint8_t *)"", 0); /* erased flash */
    assert_int_equal(board_run(board, board_now(board) + MS), BOARD_STOP_LOCKUP);
    assert_int_equal(board_run(board, board_now(board) + MS), BOARD_STOP_LOCKUP);
    assert_true(strlen(board_why(board)) > 0);
    board_free(board);
}

static void test_program_watchdog_ends_a_lockup(void **state)
{
    (void)state;
    static const uint8_t program[] = {
        0x00, 0x50, 0x00, 0x20, 0x09, 0x00, 0x00, 0x08, 0x02, 0x48, /* ldr  r0, =IWDG_KR */
        0x4C, 0xF6, 0xCC, 0x41, 0x01, 0x60,                         /* KR = 0xCCCC */
        0x00, 0xDE, 0x00, 0x00,                                     /* udf, and no handler */
        0x00, 0x30, 0x00, 0x40,
    };
    struct board *board = load(program, sizeof program);
    pass(board, 900 * MS); /* 409.6 ms each */
    assert_int_equal(board_resets(board, BOARD_RESET_WATCHDOG), 2);
    board_free(board);
}

static void ask(void *ctx, uint64_t op, bool erase, uint32_t addr)
{
    (void)op;
    (void)erase;
    (void)addr;
    board_request_stop(ctx);
}

static void test_stop_asked_from_a_callback(void **state)
{
    (void)state;
    struct board *board = make_board(NULL);
    struct board_flash_watch watch = {board, ask};
    board_watch_flash(board, &watch);
    unlock_flash(board);
    set_reg(board, FLASH_CR, 1);
    assert_true(bus_write(board, BOARD_FLASH_BASE + 0x4000, 2, 5));
    assert_int_equal(board_run(board, board_now(board) + MS), BOARD_STOP_ASKED);
    pass(board, MS);
    assert_int_equal(board_flash(board)[0x4000], 5);
    board_free(board);
}

/* Rings each millisecond, and puts a byte on the line of USART1 at the third. */
struct bell {
    struct board *board;
    unsigned rings;
    uint64_t last;
};

static uint64_t ring(void *ctx, uint64_t now)
{
    struct bell *bell = ctx;
    assert_int_equal(board_now(bell->board), now);
    bell->last = now;
    if (++bell->rings == 3) {
        assert_int_equal(board_uart_put(bell->board, 1, (const uint8_t *)"x", 1, 9600), 1);
    }
    return now + MS;
}

static void test_alarm_rings_in_a_run_and_while_the_flash_is_busy(void **state)
{
    (void)state;
    struct board *board = make_board(NULL);
    struct bell bell = {.board = board};
    board_connect_alarm(board, &(struct board_alarm){&bell, ring});
    uint64_t start = board_now(board);
    board_set_alarm(board, start + 5 * MS);
    pass(board, 5 * MS - 1);
    assert_int_equal(bell.rings, 0);
    unlock_flash(board);
    set_reg(board, FLASH_CR, 2);
    set_reg(board, FLASH_AR, BOARD_FLASH_BASE + 0x4000);
    set_reg(board, FLASH_CR, 0x42);
    uint32_t word;
    assert_true(bus_read(board, BOARD_FLASH_BASE, 4, &word)); /* waits for the erase */
    assert_in_range(bell.rings, 20, 41);
    assert_int_equal(bell.last, start + (5 + bell.rings - 1) * MS);
    assert_int_equal(board_uart_waiting(board, 1), 0); /* the byte has arrived */
    board_free(board);
}

static void test_alarm_of_a_copy_is_its_own(void **state)
{
    (void)state;
    struct board *board = make_board(NULL), *copy = make_board(NULL);
    struct bell bell = {.board = board}, other = {.board = copy};
    board_connect_alarm(board, &(struct board_alarm){&bell, ring});
    board_connect_alarm(copy, &(struct board_alarm){&other, ring});
    board_set_alarm(board, board_now(board) + MS);
    board_copy(copy, board);
    pass(copy, 2 * MS);
    assert_int_equal(other.rings, 2);
    assert_int_equal(bell.rings, 0);
    board_set_alarm(board, 0); /* in the past: rings at once, and once */
    pass(board, 1);
    assert_int_equal(bell.rings, 1);
    board_connect_alarm(board, NULL);
    pass(board, 5 * MS);
    assert_int_equal(bell.rings, 1);
    board_free(copy);
    board_free(board);
}

static void test_nothing_runs_before_power_on(void **state)
{
    (void)state;
    struct board_options options = {.seed = 5};
    struct board *board = board_new(&options);
    assert_int_equal(board_run(board, MS), BOARD_STOP_POWER);
    assert_int_equal(board_now(board), 0);
    board_free(board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_program_stalls_in_flash_operation),
        cmocka_unit_test(test_program_system_reset_is_prompt),
        cmocka_unit_test(test_program_lockup),
        cmocka_unit_test(test_program_watchdog_ends_a_lockup),
        cmocka_unit_test(test_stop_asked_from_a_callback),
        cmocka_unit_test(test_alarm_rings_in_a_run_and_while_the_flash_is_busy),
        cmocka_unit_test(test_alarm_of_a_copy_is_its_own),
        cmocka_unit_test(test_nothing_runs_before_power_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
