/* SPDX-License-Identifier: Apache-2.0 */
#include "support/chip_fixture.h"
#include "board/stm32f1/flash.h"

/* The flash controller against PM0075. */

#define PAGE_ADDR (BOARD_FLASH_BASE + 10 * 1024)
enum { PG = 1, PER = 2, MER = 4, STRT = 0x40, LOCK = 0x80 };
enum { BSY = 1, PGERR = 4, WRPRTERR = 0x10, EOP = 0x20 };

static int make(void **state)
{
    *state = make_board(NULL);
    return 0;
}

static int drop(void **state)
{
    board_free(*state);
    return 0;
}

static uint16_t cell(struct board *board, uint32_t addr)
{
    const uint8_t *bytes = board_flash(board) + (addr - BOARD_FLASH_BASE);
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

/* Program one half-word to the end. Returns FLASH_SR. */
static uint32_t program(struct board *board, uint32_t addr, uint16_t value)
{
    set_reg(board, FLASH_CR, PG);
    assert_true(bus_write(board, addr, 2, value));
    pass(board, 100 * US);
    uint32_t sr = get_reg(board, FLASH_SR);
    set_reg(board, FLASH_SR, sr);
    set_reg(board, FLASH_CR, 0);
    return sr;
}

static void start_erase(struct board *board, uint32_t addr)
{
    set_reg(board, FLASH_CR, PER);
    set_reg(board, FLASH_AR, addr);
    set_reg(board, FLASH_CR, PER | STRT);
}

static void test_flash_pm0075_locked_after_reset(void **state)
{
    struct board *board = *state;
    assert_int_equal(get_reg(board, FLASH_CR), LOCK);
    set_reg(board, FLASH_CR, PG); /* ignored */
    assert_int_equal(get_reg(board, FLASH_CR), LOCK);
    assert_false(bus_write(board, PAGE_ADDR, 2, 0x1234));
    unlock_flash(board);
    assert_int_equal(get_reg(board, FLASH_CR), 0);
    assert_false(bus_write(board, PAGE_ADDR, 2, 0x1234)); /* no PG */
    set_reg(board, FLASH_CR, LOCK);
    set_reg(board, FLASH_CR, 0); /* LOCK is cleared by the keys only */
    assert_int_equal(get_reg(board, FLASH_CR), LOCK);
}

static void test_flash_pm0075_wrong_key_locks_until_reset(void **state)
{
    struct board *board = *state;
    set_reg(board, FLASH_KEYR, 0x45670123u);
    assert_false(bus_write(board, FLASH_KEYR, 4, 0x11111111u));
    assert_false(bus_write(board, FLASH_KEYR, 4, 0x45670123u));
    assert_false(bus_write(board, FLASH_KEYR, 4, 0xCDEF89ABu));
    assert_int_equal(get_reg(board, FLASH_CR), LOCK);
    board_reset(board);
    unlock_flash(board);
    assert_int_equal(get_reg(board, FLASH_CR), 0);
}

static void test_flash_pm0075_halfwords_only(void **state)
{
    struct board *board = *state;
    unlock_flash(board);
    set_reg(board, FLASH_CR, PG);
    assert_false(bus_write(board, PAGE_ADDR, 1, 0x12));
    assert_false(bus_write(board, PAGE_ADDR, 4, 0x12345678));
    assert_int_equal(cell(board, PAGE_ADDR), 0xFFFF);
    assert_int_equal(board_flash_ops(board), 0);
}

static void test_flash_ds5319_program_takes_40_to_70_us(void **state)
{
    struct board *board = *state;
    unlock_flash(board);
    set_reg(board, FLASH_CR, PG);
    for (unsigned i = 0; i < 50; i++) {
        assert_true(bus_write(board, PAGE_ADDR + 2 * i, 2, i));
        assert_int_equal(get_reg(board, FLASH_SR), BSY);
        pass(board, 40 * US - 1);
        assert_int_equal(get_reg(board, FLASH_SR), BSY);
        pass(board, 30 * US + 1);
        assert_int_equal(get_reg(board, FLASH_SR), EOP);
        assert_int_equal(cell(board, PAGE_ADDR + 2 * i), i);
        set_reg(board, FLASH_SR, EOP);
        assert_int_equal(get_reg(board, FLASH_SR), 0);
    }
}

static void test_flash_pm0075_pgerr(void **state)
{
    struct board *board = *state;
    unlock_flash(board);
    assert_int_equal(program(board, PAGE_ADDR, 0xFFF0), EOP);
    uint64_t ops = board_flash_ops(board);
    assert_int_equal(program(board, PAGE_ADDR, 0xFF00), PGERR); /* though it only clears bits */
    assert_int_equal(cell(board, PAGE_ADDR), 0xFFF0);
    assert_int_equal(board_flash_ops(board), ops);
    assert_int_equal(program(board, PAGE_ADDR, 0x0000), EOP); /* the exception */
    assert_int_equal(cell(board, PAGE_ADDR), 0);
    assert_int_equal(program(board, PAGE_ADDR, 0x0000), EOP);
    assert_int_equal(program(board, PAGE_ADDR, 0xFFFF), PGERR);
}

static void test_flash_ds5319_erase_takes_20_to_40_ms(void **state)
{
    struct board *board = *state;
    unlock_flash(board);
    memset(board_flash(board) + 9 * 1024, 0x5A, 3 * 1024);
    for (unsigned i = 0; i < 20; i++) {
        start_erase(board, PAGE_ADDR + 37 * i);
        assert_int_equal(get_reg(board, FLASH_SR) & BSY, BSY);
        pass(board, 20 * MS - 1);
        assert_int_equal(get_reg(board, FLASH_SR) & BSY, BSY);
        pass(board, 20 * MS + 1);
        assert_int_equal(get_reg(board, FLASH_SR), EOP);
        assert_int_equal(get_reg(board, FLASH_CR), PER); /* STRT goes with BSY */
        assert_int_equal(cell(board, PAGE_ADDR), 0xFFFF);
        set_reg(board, FLASH_SR, EOP);
    }
    assert_int_equal(board_flash_erases(board, 10), 20);
    assert_int_equal(board_flash_erases(board, 9), 0);
    assert_int_equal(cell(board, PAGE_ADDR - 2), 0x5A5A);
    assert_int_equal(cell(board, PAGE_ADDR + 1022), 0xFFFF);
    assert_int_equal(cell(board, PAGE_ADDR + 1024), 0x5A5A);
}

static void test_flash_pm0075_mass_erase(void **state)
{
    struct board *board = *state;
    unlock_flash(board);
    set_reg(board, FLASH_CR, MER);
    set_reg(board, FLASH_CR, MER | STRT);
    pass(board, 40 * MS);
    for (uint32_t i = 0; i < BOARD_FLASH_SIZE; i++) {
        assert_int_equal(board_flash(board)[i], 0xFF);
    }
    assert_int_equal(board_flash_ops(board), 1);
}

static void test_flash_pm0075_write_protection(void **state)
{
    struct board *board = *state;
    flash_state(board)->cells.option_bytes[8] = 0xFB; /* WRP0 bit 2: pages 8..11 */
    flash_state(board)->cells.option_bytes[9] = 0x04;
    assert_int_equal(get_reg(board, FLASH_BASE + 0x20), 0xFFFFFFFBu);
    unlock_flash(board);
    assert_int_equal(program(board, PAGE_ADDR, 1), WRPRTERR);
    start_erase(board, PAGE_ADDR);
    assert_int_equal(get_reg(board, FLASH_SR), WRPRTERR);
    set_reg(board, FLASH_SR, WRPRTERR);
    assert_int_equal(program(board, BOARD_FLASH_BASE + 12 * 1024, 1), EOP);
    assert_int_equal(board_flash_ops(board), 1);
}

/* One bit for four pages, eight bits in an option byte, its complement after it. */
static void test_flash_pm0075_protection_by_option_bytes(void **state)
{
    static const uint8_t all[8] = {0xFC, 0x03, 0xF7, 0x08, 0xFF, 0x00, 0xFF, 0x00};
    struct board *board = *state;
    board_protect_flash(board, BOARD_FLASH_BASE, 8 * 1024);
    assert_int_equal(get_reg(board, FLASH_BASE + 0x20), 0xFFFFFFFCu);
    board_protect_flash(board, BOARD_FLASH_BASE + 47 * 1024 - 1,
                        1); /* the last byte of page 46 */
    assert_int_equal(get_reg(board, FLASH_BASE + 0x20), 0xFFFFF7FCu);
    assert_memory_equal(flash_state(board)->cells.option_bytes + 8, all, sizeof all);
    unlock_flash(board);
    for (unsigned page = 0; page < 64; page++) {
        bool is_protected = page < 8 || (page >= 44 && page < 48);
        assert_int_equal(program(board, BOARD_FLASH_BASE + page * 1024, 1),
                         is_protected ? WRPRTERR : EOP);
    }
}

/* 128 pages: bit 31 of WRPR, which has no page on a chip of 64 KB, protects the last four. */
static void test_flash_of_128_kb(void **state)
{
    (void)state;
    const uint32_t last_page = BOARD_FLASH_BASE + 127 * 1024, end = BOARD_FLASH_BASE + 0x20000;
    struct board_options options = {.seed = 1, .flash_size = BOARD_FLASH_MAX};
    struct board *board = make_board(&options), *copy = make_board(NULL);
    uint32_t value;
    assert_int_equal(get_reg(board, 0x1FFFF7E0), 0xFFFF0080u);
    assert_int_equal(get_reg(copy, 0x1FFFF7E0), 0xFFFF0040u);
    assert_int_equal(board_flash_size(board), 0x20000);
    unlock_flash(board);
    assert_int_equal(program(board, last_page + 1022, 0x1234), EOP);
    assert_int_equal(get_reg(board, last_page + 1020), 0x1234FFFFu);
    assert_int_equal(get_reg(board, 0x1FFFC), 0x1234FFFFu); /* its alias */
    assert_false(bus_read(board, end, 4, &value));
    assert_false(bus_read(copy, BOARD_FLASH_BASE + 0x10000, 4, &value));
    assert_false(bus_write(copy, BOARD_FLASH_BASE + 0x10000, 2, 0));

    board_copy(copy, board);
    assert_int_equal(get_reg(copy, last_page + 1020), 0x1234FFFFu);
    start_erase(board, last_page);
    pass(board, 40 * MS);
    assert_int_equal(get_reg(board, last_page + 1020), UINT32_MAX);
    assert_int_equal(board_flash_erases(board, 127), 1);
    board_protect_flash(board, end - 1, 1);
    assert_int_equal(get_reg(board, FLASH_BASE + 0x20), 0x7FFFFFFFu);
    set_reg(board, FLASH_SR, EOP);
    assert_int_equal(program(board, BOARD_FLASH_BASE + 124 * 1024, 1), WRPRTERR);
    assert_int_equal(program(board, BOARD_FLASH_BASE + 123 * 1024, 1), EOP);
    board_free(copy);
    board_free(board);

    options.flash_size = 96 * 1024;
    assert_null(board_new(&options));
}

static void test_flash_pm0075_core_stalls_while_busy(void **state)
{
    struct board *board = *state;
    unlock_flash(board);
    start_erase(board, PAGE_ADDR);
    assert_true(board->cpu.flash_is_slow);
    uint64_t before = board_now(board);
    uint32_t value;
    assert_true(bus_read(board, BOARD_FLASH_BASE, 4, &value));
    assert_in_range(board_now(board) - before, 20 * MS, 40 * MS);
    assert_false(board->cpu.flash_is_slow);
    assert_int_equal(get_reg(board, FLASH_SR), EOP);
}

/* Programs and erases are counted apart; an erase that a reset ends counts as long as it
 * lasted. */
static void test_flash_busy_is_counted(void **state)
{
    struct board *board = *state;
    unlock_flash(board);
    for (unsigned i = 0; i < 4; i++) {
        (void)program(board, PAGE_ADDR + 2 * i, 1);
    }
    assert_in_range(board_flash_busy(board, false), 4 * 40 * US, 4 * 70 * US);
    assert_int_equal(board_flash_busy(board, true), 0);
    start_erase(board, PAGE_ADDR);
    pass(board, 50 * MS);
    uint64_t one = board_flash_busy(board, true);
    assert_in_range(one, 20 * MS, 40 * MS);
    set_reg(board, FLASH_CR, 0);
    start_erase(board, PAGE_ADDR);
    pass(board, 10 * MS);
    board_reset(board);
    assert_in_range(board_flash_busy(board, true) - one, 10 * MS, 10 * MS + 1 * US);
    assert_in_range(board_flash_busy(board, false), 4 * 40 * US, 4 * 70 * US);
}

static void test_flash_needs_hsi(void **state)
{
    struct board *board = *state;
    clock_72_mhz(board);
    set_reg(board, RCC_CR, get_reg(board, RCC_CR) & ~1u);
    unlock_flash(board);
    start_erase(board, PAGE_ADDR);
    assert_unknown(board, "HSI");
}

static void test_flash_option_bytes_stop_loudly(void **state)
{
    struct board *board = *state;
    unlock_flash(board);
    assert_true(bus_write(board, FLASH_BASE + 8, 4, 0x45670123u));
    assert_unknown(board, "0x45670123");
}

/* ---- power cuts ---- */

struct seen {
    uint64_t op;
    bool erase;
    uint32_t addr;
    unsigned calls;
};

static void note(void *ctx, uint64_t op, bool erase, uint32_t addr)
{
    struct seen *seen = ctx;
    *seen = (struct seen){op, erase, addr, seen->calls + 1};
}

static void test_flash_watch_numbers_operations(void **state)
{
    struct board *board = *state;
    struct seen seen = {0};
    struct board_flash_watch watch = {&seen, note};
    board_watch_flash(board, &watch);
    unlock_flash(board);
    (void)program(board, PAGE_ADDR + 4, 0);
    assert_int_equal(seen.op, 0);
    assert_false(seen.erase);
    assert_int_equal(seen.addr, PAGE_ADDR + 4);
    start_erase(board, PAGE_ADDR + 700);
    assert_int_equal(seen.op, 1);
    assert_true(seen.erase);
    assert_int_equal(seen.addr, PAGE_ADDR);
    assert_int_equal(seen.calls, 2);
    assert_int_equal(board_flash_ops(board), 2);
}

static void erase(struct board *board, uint32_t addr)
{
    start_erase(board, addr);
    pass(board, 50 * MS);
    set_reg(board, FLASH_CR, 0);
}

static void test_flash_with_a_dead_cell(void **state)
{
    struct board *board = *state;
    const struct board_flash_fault dead = {
        .wear = BOARD_WEAR_CELL, .from = 1, .addr = PAGE_ADDR + 3, .mask = 0x10};
    board_wear_flash(board, &dead);
    unlock_flash(board);
    assert_int_equal(program(board, PAGE_ADDR, 0x1111), EOP);
    assert_int_equal(cell(board, PAGE_ADDR + 2), 0xFFFF); /* not yet */
    assert_int_equal(program(board, PAGE_ADDR + 4, 0x2222), EOP);
    assert_int_equal(cell(board, PAGE_ADDR + 2), 0xEFFF);
    erase(board, PAGE_ADDR);
    assert_int_equal(cell(board, PAGE_ADDR + 2), 0xEFFF);
    assert_int_equal(cell(board, PAGE_ADDR), 0xFFFF);
    power_on(board);
    unlock_flash(board);
    erase(board, PAGE_ADDR);
    assert_int_equal(cell(board, PAGE_ADDR + 2), 0xEFFF);
    board_wear_flash(board, NULL);
    erase(board, PAGE_ADDR);
    assert_int_equal(cell(board, PAGE_ADDR + 2), 0xFFFF);

    const struct board_flash_fault one = {
        .wear = BOARD_WEAR_CELL, .addr = PAGE_ADDR, .mask = 1, .reads_one = true};
    board_wear_flash(board, &one);
    assert_int_equal(program(board, PAGE_ADDR, 0), EOP); /* the controller does not notice */
    assert_int_equal(cell(board, PAGE_ADDR), 1);
}

static void test_flash_that_refuses(void **state)
{
    struct board *board = *state;
    struct board_flash_fault refusals = {.wear = BOARD_WEAR_PROGRAMS, .from = 1, .count = 2};
    board_wear_flash(board, &refusals);
    unlock_flash(board);
    assert_int_equal(program(board, PAGE_ADDR, 0x1111), EOP);
    assert_int_equal(program(board, PAGE_ADDR + 2, 0x2222), EOP);
    assert_int_equal(cell(board, PAGE_ADDR + 2), 0xFFFF);
    erase(board, PAGE_ADDR); /* is no program, and counts as none */
    assert_int_equal(cell(board, PAGE_ADDR), 0xFFFF);
    assert_int_equal(program(board, PAGE_ADDR, 0x1111), EOP);
    assert_int_equal(cell(board, PAGE_ADDR), 0xFFFF);
    assert_int_equal(program(board, PAGE_ADDR, 0x1111), EOP);
    assert_int_equal(cell(board, PAGE_ADDR), 0x1111); /* sound again */

    refusals = (struct board_flash_fault){.wear = BOARD_WEAR_ERASES, .count = 1};
    board_wear_flash(board, &refusals);
    erase(board, PAGE_ADDR);
    assert_int_equal(cell(board, PAGE_ADDR), 0x1111);
    erase(board, PAGE_ADDR);
    assert_int_equal(cell(board, PAGE_ADDR), 0xFFFF);
}

/* Run the operation `op` (a program of `value` over erased cells) into a cut. */
static uint16_t cut_program(enum board_tear tear, uint64_t seed, uint16_t value)
{
    struct board *board = make_board(NULL);
    unlock_flash(board);
    (void)program(board, PAGE_ADDR, 0x1111);
    board_cut_at(board, 1, tear, seed);
    set_reg(board, FLASH_CR, PG);
    assert_true(bus_write(board, PAGE_ADDR + 2, 2, value));
    assert_int_equal(board_run(board, board_now(board) + MS), BOARD_STOP_POWER);
    assert_int_equal(board_run(board, board_now(board) + MS), BOARD_STOP_POWER);
    assert_int_equal(board_flash_ops(board), 2);
    assert_int_equal(cell(board, PAGE_ADDR), 0x1111);
    uint16_t result = cell(board, PAGE_ADDR + 2);
    power_on(board); /* the board goes on, without another cut */
    unlock_flash(board);
    assert_int_equal(program(board, PAGE_ADDR + 4, 0x2222), EOP);
    board_free(board);
    return result;
}

static void test_flash_cut_program(void **state)
{
    (void)state;
    assert_int_equal(cut_program(BOARD_TEAR_NOT_DONE, 1, 0x1234), 0xFFFF);
    assert_int_equal(cut_program(BOARD_TEAR_DONE, 1, 0x1234), 0x1234);
    unsigned different = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        uint16_t torn = cut_program(BOARD_TEAR_TORN, seed, 0x1234);
        if ((torn & 0x1234) != 0x1234 || torn == 0x1234 || torn == 0xFFFF) {
            fail_msg("seed %u: torn program reads 0x%04X", (unsigned)seed, torn);
        }
        assert_int_equal(torn, cut_program(BOARD_TEAR_TORN, seed, 0x1234));
        different += torn != cut_program(BOARD_TEAR_TORN, seed + 1, 0x1234);
    }
    assert_in_range(different, 90, 100);
    for (uint64_t seed = 0; seed < 30; seed++) { /* always one of the two bits */
        uint16_t torn = cut_program(BOARD_TEAR_TORN, seed, 0x7FFE);
        if (torn != 0x7FFF && torn != 0xFFFE) {
            fail_msg("seed %u: torn program reads 0x%04X", (unsigned)seed, torn);
        }
    }
}

static void test_flash_cut_erase(void **state)
{
    struct board *board = *state;
    uint8_t *page = board_flash(board) + 10 * 1024;
    memset(page, 0x0F, 1024);
    unlock_flash(board);
    board_cut_at(board, 0, BOARD_TEAR_TORN, 42);
    start_erase(board, PAGE_ADDR);
    assert_int_equal(board_run(board, board_now(board) + 50 * MS), BOARD_STOP_POWER);
    unsigned ones = 0;
    for (unsigned i = 0; i < 1024; i++) {
        assert_int_equal(page[i] & 0x0F, 0x0F); /* nothing goes from 1 to 0 */
        ones += (unsigned)__builtin_popcount(page[i] & 0xF0u);
    }
    assert_in_range(ones, 1800, 2300); /* half of 4096 */
    assert_int_equal(board_flash(board)[9 * 1024 + 1023], 0xFF);

    power_on(board);
    unlock_flash(board);
    memset(page, 0x0F, 1024);
    board_cut_at(board, 1, BOARD_TEAR_NOT_DONE, 42);
    start_erase(board, PAGE_ADDR);
    assert_int_equal(board_run(board, board_now(board) + 50 * MS), BOARD_STOP_POWER);
    assert_int_equal(page[5], 0x0F);
    assert_int_equal(board_flash_erases(board, 10), 1); /* the torn one only */
}

static void test_flash_reset_inside_an_erase_tears_it(void **state)
{
    struct board *board = *state;
    uint8_t *page = board_flash(board) + 10 * 1024;
    memset(page, 0, 1024);
    unlock_flash(board);
    start_erase(board, PAGE_ADDR);
    board_reset(board);
    unsigned zeros = 0;
    unsigned full = 0;
    for (unsigned i = 0; i < 1024; i++) {
        zeros += page[i] == 0;
        full += page[i] == 0xFF;
    }
    assert_in_range(zeros + full, 0, 100);
    assert_int_equal(get_reg(board, FLASH_SR), 0);
    assert_int_equal(get_reg(board, FLASH_CR), LOCK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(test_flash_pm0075_locked_after_reset),
        TEST(test_flash_pm0075_wrong_key_locks_until_reset),
        TEST(test_flash_pm0075_halfwords_only),
        TEST(test_flash_ds5319_program_takes_40_to_70_us),
        TEST(test_flash_pm0075_pgerr),
        TEST(test_flash_ds5319_erase_takes_20_to_40_ms),
        TEST(test_flash_pm0075_mass_erase),
        TEST(test_flash_pm0075_write_protection),
        TEST(test_flash_pm0075_protection_by_option_bytes),
        cmocka_unit_test(test_flash_of_128_kb),
        TEST(test_flash_pm0075_core_stalls_while_busy),
        TEST(test_flash_busy_is_counted),
        TEST(test_flash_needs_hsi),
        TEST(test_flash_option_bytes_stop_loudly),
        TEST(test_flash_watch_numbers_operations),
        TEST(test_flash_with_a_dead_cell),
        TEST(test_flash_that_refuses),
        cmocka_unit_test(test_flash_cut_program),
        TEST(test_flash_cut_erase),
        TEST(test_flash_reset_inside_an_erase_tears_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
