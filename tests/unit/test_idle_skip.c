/* SPDX-License-Identifier: Apache-2.0 */
/* Loops that poll and are not executed (lab/replay/idle_skip.h): the board goes the same way,
 * to the tick. */
#include "lab/replay/poll_loop.h"
#include "lab/replay/replay.h"
#include "support/chip_fixture.h"
#include "board/debug.h"
#include "board/stm32f1/bus.h"
#include "board/stm32f1/chip.h"
#include "board/stm32f1/iwdg.h"

/* Echoes what USART2 receives (9600 baud at 8 MHz) into the memory at 0x20000100 and back, up
 * to a '.'; meanwhile it feeds the watchdog and counts in r4 how often SysTick, every 16 ms,
 * has come to 0. Translated by GNU as. */
static const uint8_t program[] =
    {
        0x00, 0x50, 0x00, 0x20, 0x09, 0x00, 0x00, 0x08, 0x1A, 0x48,
        0x04, 0x21, 0x81, 0x61, /*        ldr  r0, =RCC; movs r1, #4; str r1, [r0, #24] */
        0x4F, 0xF4, 0x00, 0x31, 0xC1, 0x61, /*        mov  r1, #0x20000; str r1, [r0, #28] */
        0x18, 0x4E,                         /*        ldr  r6, =USART2 */
        0x40, 0xF2, 0x41, 0x31, 0xB1, 0x60, /*        movw r1, #833; str r1, [r6, #8] */
        0x42, 0xF2, 0x0C, 0x01, 0xF1, 0x60, /*        movw r1, #0x200C; str r1, [r6, #12] */
        0x4F, 0xF0, 0xE0, 0x25,             /*        mov  r5, #0xE000E000 */
        0x15, 0x49, 0x69, 0x61,             /*        ldr  r1, =0x1FFFF; str r1, [r5, #20] */
        0x05, 0x21, 0x29, 0x61,             /*        movs r1, #5; str r1, [r5, #16] */
        0x14, 0x4F,                         /*        ldr  r7, =IWDG */
        0x4C, 0xF6, 0xCC, 0x40, 0x38, 0x60, /*        movw r0, #0xCCCC; str r0, [r7] */
        0x00, 0x24,                         /*        movs r4, #0 */
        0xDF, 0xF8, 0x48, 0x80,             /*        ldr  r8, =0x20000100 */
        0x4A, 0xF6, 0xAA, 0x20, 0x38, 0x60, /* again: movw r0, #0xAAAA; str r0, [r7] */
        0x00, 0xF0, 0x0E, 0xF8, 0x38, 0xB1, /*        bl   poll; cbz r0, none */
        0x70, 0x68, 0x08, 0xF8, 0x01, 0x0B, /*        ldr  r0, [r6, #4]; strb r0, [r8], #1 */
        0x00, 0xF0, 0x0C, 0xF8,             /*        bl   send */
        0x2E, 0x28, 0xF2, 0xD1, 0x00, 0xBE, /*        cmp  r0, #'.'; bne again; bkpt */
        0x2B, 0x69, 0xC3, 0xF3, 0x00, 0x43, /* none:  ldr  r3, [r5, #16]; ubfx r3, r3, #16, 1 */
        0xE4, 0x18, 0xEC, 0xE7,             /*        adds r4, r3; b again */
        0x30, 0x68, 0x00, 0xF0, 0x20, 0x00, /* poll:  ldr  r0, [r6]; and r0, #0x20 */
        0x70, 0x47,                         /*        bx   lr */
        0x31, 0x68, 0x09, 0x06, 0xFC, 0xD5, /* send:  ldr  r1, [r6]; lsls r1, #24; bpl send */
        0x70, 0x60, 0x70, 0x47,             /*        str  r0, [r6, #4]; bx lr */
        0x00, 0x10, 0x02, 0x40, 0x00, 0x44, 0x00, 0x40, 0xFF, 0xFF,
        0x01, 0x00, 0x00, 0x30, 0x00, 0x40, 0x00, 0x01, 0x00, 0x20};

enum {
    CALLS_POLL = 0x42,
    CALLS_SEND = 0x4E,
    NONE = 0x58,
    POLL = 0x62,
    SEND = 0x6A,
    RECEIVED = 0x100
};

/* A function behind the program, and the call of it in place of one of the program's. */
struct variant {
    uint32_t call_at;
    uint8_t call[4];
    uint8_t code[18];
};

static const struct variant sends_twice = {
    CALLS_SEND,
    {0x00, 0xF0, 0x1B, 0xF8},
    {0x00, 0xB5, 0xFF, 0xF7, 0xEE, 0xFF,  /* push {lr}; bl send */
     0xFF, 0xF7, 0xEC, 0xFF, 0x00, 0xBD}, /* bl send; pop {pc} */
};
static const struct variant polls_from_within = {
    CALLS_POLL,
    {0x00, 0xF0, 0x21, 0xF8},
    {0x00, 0xB5, 0xFF, 0xF7, 0xEA, 0xFF, 0x00, 0xBD}, /* push {lr}; bl poll; pop {pc} */
};
/* It counts in memory, and only there: no round is like another. */
static const struct variant counts_polls = {
    CALLS_POLL,
    {0x00, 0xF0, 0x21, 0xF8},
    {0x00, 0xB5, 0xFF, 0xF7, 0xEA, 0xFF,  /* push {lr}; bl poll */
     0xD8, 0xF8, 0x40, 0x30, 0x01, 0x33,  /* ldr r3, [r8, #64]; adds r3, #1 */
     0xC8, 0xF8, 0x40, 0x30, 0x00, 0xBD}, /* str r3, [r8, #64]; pop {pc} */
};

static struct replay *replay;

/* The loop at SEND is known by its instructions. */
static const struct replay_options named = {.loops = {BOARD_FLASH_BASE + POLL}};
static const struct replay_options unnamed = {.compare_every = 0};

static struct board *start(const struct replay_options *options, const struct variant *variant)
{
    struct board_options board_options = {.seed = 7};
    struct board *board = board_new(&board_options);
    assert_non_null(board);
    memcpy(board_flash(board), program, sizeof program);
    if (variant != NULL) {
        memcpy(board_flash(board) + variant->call_at, variant->call, sizeof variant->call);
        memcpy(board_flash(board) + sizeof program, variant->code, sizeof variant->code);
    }
    if (options != NULL) {
        replay = replay_new(options);
        assert_non_null(replay);
        assert_true(replay_attach(replay, board));
    }
    board_power_on(board);
    memset(board->sram + RECEIVED, 0, 64);
    return board;
}

/* One slice, at whose beginning text is sent now and then: at any phase of SysTick. */
static enum board_stop run(struct board *board, unsigned slice)
{
    static const char *const texts[] = {"a", "few ", "words", " come, sometimes", "."};
    if (slice % 37 == 5 && slice / 37 < 5) {
        const char *text = texts[slice / 37];
        board_uart_put(board, 2, (const uint8_t *)text, strlen(text), 9600);
    }
    return board_run(board, board_now(board) / US * US + 1733 * US);
}

static void assert_same(const struct board *one, const struct board *other)
{
    assert_int_equal(board_now(one), board_now(other));
    assert_int_equal(board_instructions(one), board_instructions(other));
    assert_memory_equal(one->cpu.r, other->cpu.r, sizeof one->cpu.r);
    assert_int_equal(cpu_xpsr(&one->cpu), cpu_xpsr(&other->cpu));
    assert_memory_equal(one->sram, other->sram, sizeof one->sram);
    assert_memory_equal(chip_state(one, CHIP_iwdg), chip_state(other, CHIP_iwdg),
                        sizeof(struct iwdg));
}

static void expect_same_course(const struct replay_options *options,
                               const struct variant *variant, struct replay_counts *out_counts)
{
    struct board *plain = start(NULL, variant), *board = start(options, variant);
    enum board_stop stop;
    unsigned slice = 0;
    do {
        stop = run(plain, slice);
        assert_int_equal(run(board, slice), stop);
        assert_same(board, plain);
        slice++;
    } while (stop == BOARD_STOP_TIME);
    assert_int_equal(stop, BOARD_STOP_BKPT);
    assert_string_equal((const char *)board->sram + RECEIVED, "afew words come, sometimes.");
    assert_in_range(board->cpu.r[4], 10, 100); /* SysTick was not missed */
    *out_counts = replay_counts(replay);
    board_free(board);
    board_free(plain);
    replay_free(replay);
}

static void test_same_course(void **state)
{
    (void)state;
    struct replay_counts counts;
    expect_same_course(&named, NULL, &counts);
    assert_true(counts.rounds > 50000);
    assert_int_equal(counts.compared_waits, 0);
}

static void test_rounds_may_write_the_same(void **state)
{
    (void)state;
    struct replay_counts counts;
    expect_same_course(&named, &polls_from_within, &counts);
    assert_true(counts.rounds > 50000);
}

static void test_rounds_that_count_are_executed(void **state)
{
    (void)state;
    struct replay_counts counts;
    expect_same_course(&named, &counts_polls, &counts);
    assert_int_equal(counts.rounds, 0);
}

/* The steps of the core do so, too (cpu_fixture.c). */
static void test_every_write_is_counted(void **state)
{
    (void)state;
    enum { BIT_BAND = 0x22000000 };
    struct board *board = start(NULL, NULL);
    const uint8_t byte = 5;
    uint64_t writes = board->cpu.sram_writes;
    assert_true(bus_write(board, BOARD_SRAM_BASE + RECEIVED, 4, 1));
    assert_int_equal(board->cpu.sram_writes, ++writes);
    assert_true(bus_write(board, BIT_BAND + RECEIVED * 32 + 4, 4, 1));
    assert_int_equal(board->cpu.sram_writes, ++writes);
    assert_int_equal(board->sram[RECEIVED], 3);
    assert_true(bus_dma_write(board, BOARD_SRAM_BASE + RECEIVED, 1, 4));
    assert_int_equal(board->cpu.sram_writes, ++writes);
    assert_true(debug_write(board, BOARD_SRAM_BASE + RECEIVED, &byte, 1));
    assert_int_equal(board->cpu.sram_writes, ++writes);
    assert_int_equal(board->sram[RECEIVED], 5);
    board_free(board);
}

/* Each byte is sent twice, so there is something to wait for. */
static void test_a_loop_is_found(void **state)
{
    (void)state;
    uint64_t now[2];
    for (unsigned i = 0; i < 2; i++) {
        struct board *board = start(i == 1 ? &unnamed : NULL, &sends_twice);
        unsigned slice = 0;
        while (run(board, slice) == BOARD_STOP_TIME) {
            slice++;
        }
        now[i] = board_now(board);
        board_free(board);
    }
    assert_int_equal(now[0], now[1]);
    assert_true(replay_counts(replay).rounds > 5000);
    replay_free(replay);
}

static void test_some_are_compared(void **state)
{
    (void)state;
    struct replay_counts counts;
    const struct replay_options options = {.loops = {BOARD_FLASH_BASE + POLL},
                                           .compare_every = 3};
    expect_same_course(&options, NULL, &counts);
    assert_true(counts.rounds > 10000 && counts.compared_waits > 50);
    assert_int_equal(counts.differences, 0);
}

/* A loop that looks at a counter: bit 15 of SysTick's value. */
static void test_a_difference_stops(void **state)
{
    (void)state;
    static const uint8_t looks_at_value[] = {0xAB, 0x69, 0xC3, 0xF3, 0xC0, 0x33};
    const struct replay_options options = {.loops = {BOARD_FLASH_BASE + POLL},
                                           .compare_every = 1};
    struct board *board = start(&options, NULL);
    memcpy(board_flash(board) + NONE, looks_at_value, sizeof looks_at_value);
    assert_int_equal(board_run(board, board_now(board) + 100 * MS), BOARD_STOP_UNKNOWN);
    assert_non_null(strstr(board_why(board), "waits"));
    assert_int_equal(replay_counts(replay).differences, 1);
    board_free(board);
    replay_free(replay);
}

/* The watchdog comes when it came, of a loop that does not feed it any more. */
static void test_watchdog_comes(void **state)
{
    (void)state;
    uint64_t resets[2];
    for (unsigned i = 0; i < 2; i++) {
        struct board *board = start(i == 1 ? &named : NULL, NULL);
        board_flash(board)[0x40] = board_flash(board)[0x41] =
            0; /* again: no str, a movs r0, r0 */
        while (board_resets(board, BOARD_RESET_WATCHDOG) == 0) {
            assert_int_equal(board_run(board, board_now(board) + MS), BOARD_STOP_TIME);
            assert_true(board_now(board) < 2000 * MS);
        }
        resets[i] = board_now(board);
        board_free(board);
    }
    assert_int_equal(resets[0], resets[1]);
    assert_true(replay_counts(replay).rounds > 1000);
    replay_free(replay);
}

/* Only what waits for a flag of a USART, wherever in it the core is. */
static void test_other_loops_are_none(void **state)
{
    (void)state;
    static const struct {
        uint8_t code[6];
        uint32_t base;
        bool waits;
    } rows[] = {
        {{0x31, 0x68, 0x09, 0x06, 0xFC, 0xD5}, USART2_BASE, true},
        {{0x31, 0x68, 0x49, 0x06, 0xFC, 0xD4}, USART1_BASE, true},      /* bmi */
        {{0x31, 0x68, 0x09, 0x06, 0xFC, 0xD5}, TIM2_BASE, false},       /* a counter, ... */
        {{0x31, 0x68, 0x09, 0x06, 0xFC, 0xD5}, BOARD_SRAM_BASE, false}, /* memory, ... */
        {{0x71, 0x68, 0x09, 0x06, 0xFC, 0xD5}, USART2_BASE, false},     /* DR is read */
        {{0x31, 0x60, 0x09, 0x06, 0xFC, 0xD5}, USART2_BASE, false},     /* a store */
        {{0x31, 0x68, 0x0A, 0x06, 0xFC, 0xD5}, USART2_BASE, false},     /* into r2 */
        {{0x31, 0x68, 0x09, 0x06, 0xFB, 0xD5}, USART2_BASE, false},     /* from before */
        {{0x31, 0x68, 0x09, 0x06, 0xFC, 0xD1}, USART2_BASE, false},     /* bne */
        {{0x36, 0x68, 0x36, 0x06, 0xFC, 0xD5}, USART2_BASE, false},     /* r6 = [r6] */
    };
    /* Its first instruction would lie in front of flash. */
    static const uint8_t from_before_flash[] = {0x31, 0x68, 0x09, 0x06, 0xFB, 0xD5};
    struct board *board = start(NULL, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memcpy(board_flash(board) + SEND, rows[i].code, sizeof rows[i].code);
        board->cpu.r[6] = rows[i].base;
        for (uint32_t at = 0; at < 6; at += 2) {
            board->cpu.r[15] = BOARD_FLASH_BASE + SEND + at;
            assert_int_equal(poll_loop_find(board),
                             rows[i].waits ? BOARD_FLASH_BASE + SEND : 0);
        }
    }
    board->cpu.r[15] = BOARD_FLASH_BASE + board_flash_size(board) - 2;
    assert_int_equal(poll_loop_find(board), 0);
    board->cpu.r[15] = BOARD_SRAM_BASE;
    assert_int_equal(poll_loop_find(board), 0);
    memcpy(board_flash(board), from_before_flash, sizeof from_before_flash);
    board->cpu.r[15] = BOARD_FLASH_BASE;
    assert_int_equal(poll_loop_find(board), 0);
    board_free(board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_course),
        cmocka_unit_test(test_rounds_may_write_the_same),
        cmocka_unit_test(test_rounds_that_count_are_executed),
        cmocka_unit_test(test_every_write_is_counted),
        cmocka_unit_test(test_a_loop_is_found),
        cmocka_unit_test(test_other_loops_are_none),
        cmocka_unit_test(test_some_are_compared),
        cmocka_unit_test(test_a_difference_stops),
        cmocka_unit_test(test_watchdog_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
