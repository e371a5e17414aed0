/* SPDX-License-Identifier: Apache-2.0 */
#include "support/chip_fixture.h"
#include "board/stm32f1/pins.h"

/* TIM1..4 against RM0008 chapters 14 and 15. */

enum {
    CR1 = 0x00,
    DIER = 0x0C,
    SR = 0x10,
    EGR = 0x14,
    CCMR1 = 0x18,
    CCER = 0x20,
    CNT = 0x24,
    PSC = 0x28,
    ARR = 0x2C,
    CCR1 = 0x34,
    CCR2 = 0x38,
    BDTR = 0x44,
};
enum { CEN = 1, URS = 4, OPM = 8, ARPE = 0x80, UIF = 1, CC1IF = 2, UG = 1 };

static int make(void **state)
{
    struct board *board = make_board(NULL);
    clock_72_mhz(board); /* timer clocks 72 MHz: 8 ticks */
    set_reg(board, RCC_APB1ENR, 7);
    set_reg(board, RCC_APB2ENR, 1u << 11 | 1u << 3 | 1u << 2 | 1);
    *state = board;
    return 0;
}

static int drop(void **state)
{
    board_free(*state);
    return 0;
}

static bool is_pending(struct board *board, unsigned irq)
{
    return (board->cpu.irq_line >> irq & 1) != 0;
}

static void test_tim_counts_with_prescaler(void **state)
{
    struct board *board = *state;
    set_reg(board, TIM2_BASE + PSC, 71);
    set_reg(board, TIM2_BASE + ARR, 999);
    set_reg(board, TIM2_BASE + EGR, UG);
    set_reg(board, TIM2_BASE + SR, 0);
    set_reg(board, TIM2_BASE + CR1, CEN);
    pass(board, 500 * US);
    assert_int_equal(get_reg(board, TIM2_BASE + CNT), 500);
    assert_int_equal(get_reg(board, TIM2_BASE + SR) & UIF, 0);
    pass(board, 510 * US);
    assert_int_equal(get_reg(board, TIM2_BASE + CNT), 10);
    assert_int_equal(get_reg(board, TIM2_BASE + SR) & UIF, UIF);
    pass(board, 12345 * MS + 5 * US);
    assert_int_equal(get_reg(board, TIM2_BASE + CNT), 15);
}

static void test_tim_update_interrupt_each_period(void **state)
{
    struct board *board = *state;
    set_reg(board, TIM3_BASE + PSC, 71);
    set_reg(board, TIM3_BASE + ARR, 999);
    set_reg(board, TIM3_BASE + CR1, URS);
    set_reg(board, TIM3_BASE + EGR, UG);
    assert_int_equal(get_reg(board, TIM3_BASE + SR), 0); /* URS: no flag */
    set_reg(board, TIM3_BASE + DIER, UIF);
    set_reg(board, TIM3_BASE + CR1, CEN);
    for (unsigned i = 0; i < 5; i++) {
        pass(board, 999 * US);
        assert_false(is_pending(board, 29));
        pass(board, US);
        assert_true(is_pending(board, 29));
        set_reg(board, TIM3_BASE + SR, ~(uint32_t)UIF);
        assert_false(is_pending(board, 29));
    }
}

static void test_tim_prescaler_waits_for_the_update(void **state)
{
    struct board *board = *state;
    set_reg(board, TIM2_BASE + ARR, 719); /* 10 us at PSC 0 */
    set_reg(board, TIM2_BASE + CR1, CEN);
    set_reg(board, TIM2_BASE + PSC, 9);
    pass(board, 5 * US);
    assert_int_equal(get_reg(board, TIM2_BASE + CNT), 360);
    pass(board, 55 * US);
    assert_int_equal(get_reg(board, TIM2_BASE + CNT), 360); /* 50 us at 1/10 of the speed */
}

static void test_tim_one_pulse(void **state)
{
    struct board *board = *state;
    set_reg(board, TIM2_BASE + PSC, 71);
    set_reg(board, TIM2_BASE + ARR, 99);
    set_reg(board, TIM2_BASE + EGR, UG);
    set_reg(board, TIM2_BASE + SR, 0);
    set_reg(board, TIM2_BASE + DIER, UIF);
    set_reg(board, TIM2_BASE + CR1, CEN | OPM);
    pass(board, 99 * US);
    assert_false(is_pending(board, 28));
    pass(board, US);
    assert_true(is_pending(board, 28));
    assert_int_equal(get_reg(board, TIM2_BASE + CR1), OPM);
    set_reg(board, TIM2_BASE + SR, 0);
    pass(board, MS);
    assert_false(is_pending(board, 28));
    assert_int_equal(get_reg(board, TIM2_BASE + CNT), 0);
}

static void test_tim_compare_interrupt(void **state)
{
    struct board *board = *state;
    set_reg(board, TIM2_BASE + PSC, 71);
    set_reg(board, TIM2_BASE + ARR, 999);
    set_reg(board, TIM2_BASE + EGR, UG);
    set_reg(board, TIM2_BASE + SR, 0);
    set_reg(board, TIM2_BASE + CCR1, 300);
    set_reg(board, TIM2_BASE + DIER, CC1IF);
    set_reg(board, TIM2_BASE + CR1, CEN);
    for (unsigned i = 0; i < 3; i++) {
        pass(board, 299 * US);
        assert_false(is_pending(board, 28));
        pass(board, US);
        assert_true(is_pending(board, 28));
        set_reg(board, TIM2_BASE + SR, ~(uint32_t)CC1IF);
        pass(board, 700 * US);
        assert_false(is_pending(board, 28));
    }
    set_reg(board, TIM2_BASE + CCR1, 2000); /* above ARR: at the overflow */
    pass(board, 999 * US);
    assert_false(is_pending(board, 28));
    pass(board, US);
    assert_true(is_pending(board, 28));
}

/* Nothing reads the timer for some periods: the flag must be set all the same. */
static void test_tim_compare_flag_without_interrupt(void **state)
{
    struct board *board = *state;
    set_reg(board, TIM2_BASE + PSC, 71);
    set_reg(board, TIM2_BASE + ARR, 99);
    set_reg(board, TIM2_BASE + EGR, UG);
    set_reg(board, TIM2_BASE + CCR1, 10);
    set_reg(board, TIM2_BASE + CNT, 50);
    set_reg(board, TIM2_BASE + CR1, CEN);
    set_reg(board, TIM2_BASE + SR, 0);
    pass(board, 45 * US);
    assert_int_equal(get_reg(board, TIM2_BASE + SR) & CC1IF, 0);
    pass(board, 310 * US); /* past the overflow, three periods, and 5 */
    assert_int_equal(get_reg(board, TIM2_BASE + CNT), 5);
    assert_int_equal(get_reg(board, TIM2_BASE + SR) & CC1IF, CC1IF);
}

static void test_tim_arr_preload(void **state)
{
    struct board *board = *state;
    set_reg(board, TIM2_BASE + PSC, 71);
    set_reg(board, TIM2_BASE + ARR, 99);
    set_reg(board, TIM2_BASE + EGR, UG);
    set_reg(board, TIM2_BASE + CR1, CEN | ARPE);
    set_reg(board, TIM2_BASE + ARR, 49);
    pass(board, 90 * US);
    assert_int_equal(get_reg(board, TIM2_BASE + CNT), 90);
    pass(board, 65 * US);
    assert_int_equal(get_reg(board, TIM2_BASE + CNT), 5); /* 100, then 50 */
    set_reg(board, TIM2_BASE + CR1, CEN);
    set_reg(board, TIM2_BASE + ARR, 9); /* at once */
    pass(board, 10 * US);
    assert_int_equal(get_reg(board, TIM2_BASE + CNT), 5);
}

/* The motor of the GoKit2: TIM3 CH1 and CH2 on PB4 and PB5, partial remap. */
static void test_tim_pwm_reaches_its_pin(void **state)
{
    struct board *board = *state;
    set_reg(board, TIM3_BASE + ARR, 899);
    set_reg(board, TIM3_BASE + CCMR1, 0x6868);
    set_reg(board, TIM3_BASE + CCER, 0x11);
    set_reg(board, TIM3_BASE + CCR1, 540);
    set_reg(board, TIM3_BASE + CCR2, 0);
    set_reg(board, TIM3_BASE + EGR, UG);
    set_reg(board, TIM3_BASE + CR1, CEN);
    pass(board, MS);
    assert_int_equal(pins_tim_duty_permille(board, 3, 1), 600);
    assert_int_equal(pins_tim_duty_permille(board, 3, 2), 0);
    assert_int_equal(pins_duty_permille(board, PORT_B, 4), 1000); /* NJTRST: pulled up */
    set_reg(board, AFIO_BASE + 4, 2u << 24 | 2u << 10);
    assert_int_equal(pins_duty_permille(board, PORT_B, 4), 0); /* floating */
    set_reg(board, GPIOB_BASE, 0x44BB4444);
    assert_int_equal(pins_duty_permille(board, PORT_B, 4), 600);
    assert_int_equal(pins_duty_permille(board, PORT_B, 5), 0);
    set_reg(board, TIM3_BASE + CCR1, 900);
    assert_int_equal(pins_duty_permille(board, PORT_B, 4), 600); /* OC1PE: from the update on */
    pass(board, MS);
    assert_int_equal(pins_duty_permille(board, PORT_B, 4), 1000);
    set_reg(board, TIM3_BASE + CCER, 0x33); /* polarity */
    assert_int_equal(pins_duty_permille(board, PORT_B, 4), 0);
    assert_int_equal(pins_duty_permille(board, PORT_B, 5), 1000);
    set_reg(board, RCC_APB1ENR, 0);
    assert_int_equal(pins_tim_duty_permille(board, 3, 2), 0);
}

static void test_tim1_needs_moe(void **state)
{
    struct board *board = *state;
    set_reg(board, TIM1_BASE + ARR, 999);
    set_reg(board, TIM1_BASE + CCMR1, 0x70); /* PWM mode 2 */
    set_reg(board, TIM1_BASE + CCR1, 250);
    set_reg(board, TIM1_BASE + CCER, 1);
    set_reg(board, TIM1_BASE + CR1, CEN);
    assert_int_equal(pins_tim_duty_permille(board, 1, 1), 0);
    set_reg(board, TIM1_BASE + BDTR, 0x8000);
    assert_int_equal(pins_tim_duty_permille(board, 1, 1), 750);
}

static void test_tim_stops_without_its_clock(void **state)
{
    struct board *board = *state;
    set_reg(board, TIM2_BASE + PSC, 71);
    set_reg(board, TIM2_BASE + EGR, UG);
    set_reg(board, TIM2_BASE + CR1, CEN);
    pass(board, 100 * US);
    set_reg(board, RCC_APB1ENR, 0);
    pass(board, 100 * US);
    assert_int_equal(get_reg(board, TIM2_BASE + CNT), 0);
    set_reg(board, RCC_APB1ENR, 1);
    assert_int_equal(get_reg(board, TIM2_BASE + CNT), 100);
    pass(board, 50 * US);
    assert_int_equal(get_reg(board, TIM2_BASE + CNT), 150);
}

static void test_tim_capture_stops_loudly(void **state)
{
    struct board *board = *state;
    set_reg(board, TIM2_BASE + CCMR1, 1);
    assert_unknown(board, "TIM2 channel 1");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(test_tim_counts_with_prescaler),
        TEST(test_tim_update_interrupt_each_period),
        TEST(test_tim_prescaler_waits_for_the_update),
        TEST(test_tim_one_pulse),
        TEST(test_tim_compare_interrupt),
        TEST(test_tim_compare_flag_without_interrupt),
        TEST(test_tim_arr_preload),
        TEST(test_tim_pwm_reaches_its_pin),
        TEST(test_tim1_needs_moe),
        TEST(test_tim_stops_without_its_clock),
        TEST(test_tim_capture_stops_loudly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
