/* SPDX-License-Identifier: Apache-2.0 */
#include "support/chip_fixture.h"
#include "board/stm32f1/rcc.h"

/* Clocks, resets and the watchdog: RM0008 chapters 7 and 19, times of DS5319. */

enum { HSERDY = 1 << 17, PLLRDY = 1 << 25 };
#define PINRSTF  (1u << 26)
#define PORRSTF  (1u << 27)
#define SFTRSTF  (1u << 28)
#define IWDGRSTF (1u << 29)
#define RMVF     (1u << 24)

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

static void test_rcc_rm0008_after_reset(void **state)
{
    struct board *board = *state;
    assert_int_equal(get_reg(board, RCC_CR) & 0xFF, 0x83);
    assert_int_equal(get_reg(board, RCC_CFGR), 0);
    assert_int_equal(get_reg(board, RCC_AHBENR), 0x14);
    assert_int_equal(board->cpu.ticks_per_cycle, 72); /* 8 MHz */
    assert_int_equal(get_reg(board, RCC_CSR), PORRSTF | PINRSTF);
}

static void test_rcc_start_of_hse_and_pll(void **state)
{
    struct board *board = *state;
    set_reg(board, RCC_CR, get_reg(board, RCC_CR) | 1u << 16);
    pass(board, 1990 * US);
    assert_int_equal(get_reg(board, RCC_CR) & HSERDY, 0);
    pass(board, 20 * US);
    assert_int_equal(get_reg(board, RCC_CR) & HSERDY, HSERDY);
    set_reg(board, FLASH_ACR, 0x12);
    set_reg(board, RCC_CFGR, 4u << 8 | 1u << 16 | 7u << 18 | 2);
    set_reg(board, RCC_CR, get_reg(board, RCC_CR) | 1u << 24);
    pass(board, 190 * US);
    assert_int_equal(get_reg(board, RCC_CR) & PLLRDY, 0);
    assert_int_equal(get_reg(board, RCC_CFGR) & 0xC, 0);
    pass(board, 20 * US);
    assert_int_equal(get_reg(board, RCC_CR) & PLLRDY, PLLRDY);
    assert_int_equal(get_reg(board, RCC_CFGR) & 0xC, 8); /* SW was waiting for it */
    assert_int_equal(board->cpu.ticks_per_cycle, 8);
    assert_int_equal(board->cpu.fetch_wait, 2);
    assert_int_equal(rcc_bus_ticks(board, GATE_APB1), 16);
    assert_int_equal(rcc_timer_ticks(board, GATE_APB1), 8); /* doubled after a divider */
}

static void test_rcc_64_mhz_without_hse(void **state)
{
    (void)state;
    struct board_options options = {.seed = 3, .without_hse = true};
    struct board *board = make_board(&options);
    set_reg(board, RCC_CR, get_reg(board, RCC_CR) | 1u << 16);
    pass(board, 100 * MS);
    assert_int_equal(get_reg(board, RCC_CR) & HSERDY, 0);
    set_reg(board, FLASH_ACR, 0x12);
    set_reg(board, RCC_CFGR, 4u << 8 | 14u << 18);
    set_reg(board, RCC_CR, get_reg(board, RCC_CR) | 1u << 24);
    pass(board, MS);
    set_reg(board, RCC_CFGR, 4u << 8 | 14u << 18 | 2);
    assert_int_equal(board->cpu.ticks_per_cycle, 9);
    board_free(board);
}

static void test_rcc_clock_out_of_range_stops_loudly(void **state)
{
    struct board *board = *state;
    set_reg(board, RCC_CFGR, 14u << 18);
    set_reg(board, RCC_CR, get_reg(board, RCC_CR) | 1u << 24);
    pass(board, MS);
    set_reg(board, RCC_CFGR, 14u << 18 | 2); /* PCLK1 64 MHz */
    assert_unknown(board, "PCLK1");
}

/* What generated projects do: StdPeriph's SystemInit(), called again at 72 MHz, clears SW and
 * PPRE1 in one write; HAL 1.1.1 selects the PLL, and sets PPRE1 after it. A lenient board says
 * it, once, and runs at that clock. */
static void test_rcc_lenient_board_goes_on(void **state)
{
    (void)state;
    struct board_options options = {.seed = 1, .lenient = true};
    struct board *board = make_board(&options);
    assert_string_equal(board_warning(board), "");
    clock_72_mhz(board);
    assert_string_equal(board_warning(board), "");
    set_reg(board, RCC_CFGR, 7u << 18 | 1u << 16);
    assert_int_equal(board->cpu.ticks_per_cycle, 72);
    assert_non_null(strstr(board_warning(board), "RCC_CFGR 0x001D0008: PCLK1 72000000 Hz"));
    set_reg(board, RCC_CFGR, 7u << 18 | 1u << 16 | 2);
    assert_int_equal(board->cpu.ticks_per_cycle, 8);
    assert_int_equal(rcc_bus_ticks(board, GATE_APB1), 8);
    assert_int_equal(rcc_timer_ticks(board, GATE_APB1), 8);
    assert_non_null(strstr(board_warning(board), "RCC_CFGR 0x001D0008")); /* the first */
    set_reg(board, RCC_CFGR, 7u << 18 | 1u << 16 | 2 | 4u << 8);
    assert_int_equal(rcc_bus_ticks(board, GATE_APB1), 16);
    board_reset(board);
    pass(board, MS);
    assert_non_null(strstr(board_warning(board), "RCC_CFGR 0x001D0008"));
    board_free(board);
}

static void test_rcc_hal_order_stops_a_strict_board(void **state)
{
    struct board *board = *state;
    clock_72_mhz(board);
    set_reg(board, RCC_CFGR, 7u << 18 | 1u << 16);
    assert_unknown(board, "RCC_CFGR 0x001D0008: PCLK1 72000000 Hz");
    assert_string_equal(board_warning(board), "");
}

/* A PLL above the chip's 72 MHz is no such thing. */
static void test_rcc_lenient_board_stops_above_72_mhz(void **state)
{
    (void)state;
    struct board_options options = {.seed = 1, .lenient = true};
    struct board *board = make_board(&options);
    set_reg(board, RCC_CR, get_reg(board, RCC_CR) | 1u << 16);
    pass(board, 3 * MS);
    set_reg(board, RCC_CFGR, 4u << 8 | 10u << 18 | 1u << 16); /* 8 MHz x 12 */
    set_reg(board, RCC_CR, get_reg(board, RCC_CR) | 1u << 24);
    pass(board, MS);
    set_reg(board, RCC_CFGR, 4u << 8 | 10u << 18 | 1u << 16 | 2);
    assert_unknown(board, "SYSCLK 96000000 Hz");
    board_free(board);
}

static void test_rcc_latency_too_low_stops_loudly(void **state)
{
    struct board *board = *state;
    set_reg(board, RCC_CFGR, 4u << 8 | 14u << 18);
    set_reg(board, RCC_CR, get_reg(board, RCC_CR) | 1u << 24);
    pass(board, MS);
    set_reg(board, RCC_CFGR, 4u << 8 | 14u << 18 | 2);
    assert_unknown(board, "LATENCY");
}

static void test_rcc_clock_in_use_stays_on(void **state)
{
    struct board *board = *state;
    clock_72_mhz(board);
    set_reg(board, RCC_CR, 1);
    assert_int_equal(get_reg(board, RCC_CR) & (HSERDY | PLLRDY), HSERDY | PLLRDY);
    set_reg(board, RCC_CFGR, get_reg(board, RCC_CFGR) & ~3u);
    assert_int_equal(board->cpu.ticks_per_cycle, 72);
    set_reg(board, RCC_CR, 1);
    assert_int_equal(get_reg(board, RCC_CR) & (HSERDY | PLLRDY), 0);
}

static void test_rcc_reset_flags(void **state)
{
    struct board *board = *state;
    board_reset(board);
    assert_int_equal(get_reg(board, RCC_CSR), PORRSTF | PINRSTF);
    set_reg(board, RCC_CSR, RMVF);
    assert_int_equal(get_reg(board, RCC_CSR), 0);
    board->cpu.bus.reset_request(board->cpu.bus.ctx);
    pass(board, 100 * US);
    assert_int_equal(get_reg(board, RCC_CSR), SFTRSTF | PINRSTF);
    assert_int_equal(board_resets(board, BOARD_RESET_POWER), 1);
    assert_int_equal(board_resets(board, BOARD_RESET_PIN), 1);
    assert_int_equal(board_resets(board, BOARD_RESET_SOFTWARE), 1);
}

static void test_board_power_on_delay_and_ram(void **state)
{
    struct board *board = *state;
    uint8_t old[64];
    memcpy(old, board->sram, sizeof old);
    uint64_t before = board_now(board);
    power_on(board);
    assert_in_range(board_now(board) - before, MS, 45 * MS / 10);
    assert_memory_not_equal(old, board->sram, sizeof old);
    memcpy(old, board->sram, sizeof old);
    board_reset(board);
    assert_memory_equal(old, board->sram, sizeof old); /* the pin keeps the RAM */
}

static void test_rcc_lsi(void **state)
{
    struct board *board = *state;
    set_reg(board, RCC_CSR, 1);
    assert_int_equal(get_reg(board, RCC_CSR) & 3, 1);
    pass(board, 100 * US);
    assert_int_equal(get_reg(board, RCC_CSR) & 3, 3);
}

/* ---- watchdog ---- */

enum { KR = 0, PR = 4, RLR = 8, IWDG_SR = 12 };

static void start_iwdg(struct board *board, uint32_t pr, uint32_t rlr)
{
    set_reg(board, IWDG_BASE + KR, 0x5555);
    set_reg(board, IWDG_BASE + PR, pr);
    set_reg(board, IWDG_BASE + RLR, rlr);
    set_reg(board, IWDG_BASE + KR, 0xAAAA);
    set_reg(board, IWDG_BASE + KR, 0xCCCC);
}

/* RM0008 table 96: prescaler 64 (PR 4), RLR 1249 = 2 s at 40 kHz. */
static void check_period(uint32_t lsi_hz)
{
    struct board_options options = {.seed = 1, .lsi_hz = lsi_hz};
    struct board *board = make_board(&options);
    start_iwdg(board, 4, 1249);
    uint64_t started = board_now(board);
    uint64_t period = (uint64_t)1250 * 64 * 576000000 / lsi_hz;
    for (unsigned i = 0; i < 5; i++) { /* fed */
        pass(board, period * 9 / 10);
        assert_int_equal(board_resets(board, BOARD_RESET_WATCHDOG), 0);
        set_reg(board, IWDG_BASE + KR, 0xAAAA);
    }
    started = board_now(board);
    pass(board, period - MS);
    assert_int_equal(board_resets(board, BOARD_RESET_WATCHDOG), 0);
    pass(board, started + period + MS - board_now(board));
    assert_int_equal(board_resets(board, BOARD_RESET_WATCHDOG), 1);
    assert_int_equal(get_reg(board, RCC_CSR), IWDGRSTF | PINRSTF | PORRSTF);
    pass(board, 10 * period); /* stopped by the reset */
    assert_int_equal(board_resets(board, BOARD_RESET_WATCHDOG), 1);
    board_free(board);
}

static void test_iwdg_rm0008_period(void **state)
{
    (void)state;
    check_period(40000);
    check_period(30000);
    check_period(60000);
}

static void test_iwdg_registers_are_protected(void **state)
{
    struct board *board = *state;
    set_reg(board, IWDG_BASE + RLR, 5);
    assert_int_equal(get_reg(board, IWDG_BASE + RLR), 0xFFF);
    set_reg(board, IWDG_BASE + KR, 0x5555);
    set_reg(board, IWDG_BASE + RLR, 5);
    assert_int_equal(get_reg(board, IWDG_BASE + IWDG_SR), 2);
    pass(board, 10 * MS); /* without the LSI the update waits */
    assert_int_equal(get_reg(board, IWDG_BASE + IWDG_SR), 2);
    set_reg(board, IWDG_BASE + KR, 0xCCCC);
    pass(board, MS);
    assert_int_equal(get_reg(board, IWDG_BASE + IWDG_SR), 0);
    assert_int_equal(get_reg(board, IWDG_BASE + RLR), 5);
}

static void test_iwdg_default_is_410_ms(void **state)
{
    struct board *board = *state;
    set_reg(board, IWDG_BASE + KR, 0xCCCC); /* 4096 * 4 / 40 kHz = 409.6 ms */
    pass(board, 409 * MS);
    assert_int_equal(board_resets(board, BOARD_RESET_WATCHDOG), 0);
    pass(board, MS);
    assert_int_equal(board_resets(board, BOARD_RESET_WATCHDOG), 1);
}

static void test_board_copy_is_a_snapshot(void **state)
{
    struct board *board = *state;
    struct board_options options = {.seed = 77};
    struct board *other = board_new(&options);
    start_iwdg(board, 4, 1249);
    pass(board, 500 * MS);
    board_copy(other, board);
    pass(board, 3000 * MS);
    pass(other, 3000 * MS);
    assert_int_equal(board_resets(board, BOARD_RESET_WATCHDOG), 1);
    assert_int_equal(board_resets(other, BOARD_RESET_WATCHDOG), 1);
    assert_int_equal(board_now(board), board_now(other));
    assert_int_equal(board_instructions(board), board_instructions(other));
    assert_ptr_equal(other->cpu.bus.ctx, other);
    assert_ptr_equal(other->cpu.flash, board_flash(other));
    assert_memory_equal(board_unique_id(other), board_unique_id(board), 12);
    board_free(other);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(test_rcc_rm0008_after_reset),
        TEST(test_rcc_start_of_hse_and_pll),
        cmocka_unit_test(test_rcc_64_mhz_without_hse),
        TEST(test_rcc_clock_out_of_range_stops_loudly),
        cmocka_unit_test(test_rcc_lenient_board_goes_on),
        TEST(test_rcc_hal_order_stops_a_strict_board),
        cmocka_unit_test(test_rcc_lenient_board_stops_above_72_mhz),
        TEST(test_rcc_latency_too_low_stops_loudly),
        TEST(test_rcc_clock_in_use_stays_on),
        TEST(test_rcc_reset_flags),
        TEST(test_board_power_on_delay_and_ram),
        TEST(test_rcc_lsi),
        cmocka_unit_test(test_iwdg_rm0008_period),
        TEST(test_iwdg_registers_are_protected),
        TEST(test_iwdg_default_is_410_ms),
        TEST(test_board_copy_is_a_snapshot),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
