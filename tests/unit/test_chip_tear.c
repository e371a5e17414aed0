/* SPDX-License-Identifier: Apache-2.0 */
#include "support/chip_fixture.h"

/* What a power failure leaves in the flash: the tears half-erased and weak. The others are in
 * test_chip_flash.c. Authority: board/options.h, enum board_tear. */

enum { PAGE = 10, PG = 1, PER = 2, STRT = 0x40, PAGE_SIZE = 1024 };
#define PAGE_ADDR (BOARD_FLASH_BASE + PAGE * PAGE_SIZE)

static struct board *board;

static uint8_t *page(void)
{
    return board_flash(board) + PAGE * PAGE_SIZE;
}

static uint16_t cell(unsigned index)
{
    return (uint16_t)(page()[2 * index] | page()[2 * index + 1] << 8);
}

static void start_program(unsigned index, uint16_t value)
{
    set_reg(board, FLASH_CR, PG);
    assert_true(bus_write(board, PAGE_ADDR + 2 * index, 2, value));
}

static void start_erase(void)
{
    set_reg(board, FLASH_CR, PER);
    set_reg(board, FLASH_AR, PAGE_ADDR);
    set_reg(board, FLASH_CR, PER | STRT);
}

static void finish(void)
{
    pass(board, 50 * MS);
    set_reg(board, FLASH_SR, get_reg(board, FLASH_SR));
    set_reg(board, FLASH_CR, 0);
}

static void cut(void)
{
    assert_int_equal(board_run(board, board_now(board) + 50 * MS), BOARD_STOP_POWER);
}

static void start_again(void)
{
    power_on(board);
    unlock_flash(board);
}

static void begin(uint8_t old, enum board_tear tear, uint64_t seed)
{
    board = make_board(NULL);
    unlock_flash(board);
    memset(page(), old, PAGE_SIZE);
    board_cut_at(board, 0, tear, seed);
}

static void half_erased_page(void **state)
{
    (void)state;
    unsigned lower = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        begin(0x0F, BOARD_TEAR_HALF_ERASED, seed);
        start_erase();
        cut();
        unsigned erased = page()[0] == 0xFF ? 0 : PAGE_SIZE / 2;
        lower += erased == 0;
        for (unsigned i = 0; i < PAGE_SIZE; i++) {
            bool in_half = i >= erased && i < erased + PAGE_SIZE / 2;
            if (page()[i] != (in_half ? 0xFF : 0x0F)) {
                fail_msg("seed %u: byte %u is %02X", (unsigned)seed, i, page()[i]);
            }
        }
        assert_int_equal(page()[-1], 0xFF);
        board_free(board);
    }
    assert_in_range(lower, 10, 30);
}

static void half_programmed_is_one_bit(void **state)
{
    (void)state;
    unsigned seen = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        begin(0xFF, BOARD_TEAR_HALF_ERASED, seed);
        start_program(3, 0x1234);
        cut();
        unsigned changed = cell(3) ^ 0xFFFFu;
        assert_int_equal(__builtin_popcount(changed), 1);
        assert_int_equal(changed & 0x1234, 0);
        seen |= changed;
        board_free(board);
    }
    assert_int_equal(seen, 0xFFFF & ~0x1234); /* each of them comes */

    begin(0xFF, BOARD_TEAR_HALF_ERASED, 1); /* no bit changes, and the operation ends */
    start_program(3, 0xFFFF);
    cut();
    assert_int_equal(cell(3), 0xFFFF);
    board_free(board);
}

static void weak_program(void **state)
{
    (void)state;
    begin(0xFF, BOARD_TEAR_WEAK, 7);
    start_program(3, 0x1234);
    cut();
    assert_int_equal(cell(3), 0x1234); /* looks done */
    unsigned ones = 0, zeros = 0, changes = 0;
    for (unsigned boot = 0; boot < 50; boot++) {
        uint16_t before = cell(3);
        start_again();
        uint16_t now = cell(3);
        assert_int_equal(now & 0x1234, 0x1234); /* did not change: not weak */
        changes += now != before;
        ones |= now;
        zeros |= ~(unsigned)now;
        pass(board, 5 * MS);
        board_reset(board);
        assert_int_equal(cell(3), now); /* constant within a boot, over resets too */
        assert_int_equal(cell(2), 0xFFFF);
    }
    assert_in_range(changes, 45, 50);
    assert_int_equal(ones & 0xFFFF, 0xFFFF);
    assert_int_equal(zeros & 0xFFFF, 0xFFFF & ~0x1234);

    unlock_flash(board);
    start_program(3, 0x0000); /* flash takes it over anything */
    finish();
    for (unsigned boot = 0; boot < 5; boot++) {
        start_again();
        assert_int_equal(cell(3), 0x0000);
    }
    board_free(board);
}

static void weak_erase(void **state)
{
    (void)state;
    begin(0x5A, BOARD_TEAR_WEAK, 9);
    start_erase();
    cut();
    for (unsigned i = 0; i < PAGE_SIZE; i++) {
        assert_int_equal(page()[i], 0xFF);
    }
    start_again();
    unsigned ones = 0;
    for (unsigned i = 0; i < PAGE_SIZE; i++) {
        assert_int_equal(page()[i] & 0x5A, 0x5A);
        ones += (unsigned)__builtin_popcount(page()[i] & 0xA5u);
    }
    assert_in_range(ones, 1800, 2300); /* half of 4096 */
    start_erase();
    finish();
    start_again();
    for (unsigned i = 0; i < PAGE_SIZE; i++) {
        assert_int_equal(page()[i], 0xFF); /* a complete erase heals */
    }
    board_free(board);
}

/* An erase that is cut as well heals nothing, and two weak pages are both remembered. */
static void weak_stays_weak(void **state)
{
    (void)state;
    begin(0x00, BOARD_TEAR_WEAK, 11);
    start_erase();
    cut();
    start_again();
    board_cut_at(board, 1, BOARD_TEAR_HALF_ERASED, 1);
    start_erase();
    cut();
    start_again();
    uint16_t first = cell(1), second = cell(400);
    unsigned changes = 0;
    for (unsigned boot = 0; boot < 10; boot++) {
        start_again();
        changes += cell(1) != first && cell(400) != second;
    }
    assert_true(changes > 5);

    struct board *copy = board_new(&(struct board_options){.seed = 2});
    board_copy(copy, board); /* the same coins in a snapshot */
    power_on(copy);
    start_again();
    assert_memory_equal(board_flash(copy), board_flash(board), BOARD_FLASH_SIZE);
    board_free(copy);
    board_free(board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_erased_page), cmocka_unit_test(half_programmed_is_one_bit),
        cmocka_unit_test(weak_program),     cmocka_unit_test(weak_erase),
        cmocka_unit_test(weak_stays_weak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
