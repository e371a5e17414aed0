/* SPDX-License-Identifier: Apache-2.0 */
#include "support/chip_fixture.h"

/* The real-time clock against RM0008 chapter 18, and its clock (7.3.9). */

#define S (1000 * MS)

#define RTC_BASE 0x40002800u
#define RTC_CRH  (RTC_BASE + 0x00)
#define RTC_CRL  (RTC_BASE + 0x04)
#define RTC_PRLH (RTC_BASE + 0x08)
#define RTC_PRLL (RTC_BASE + 0x0C)
#define RTC_DIVH (RTC_BASE + 0x10)
#define RTC_DIVL (RTC_BASE + 0x14)
#define RTC_CNTH (RTC_BASE + 0x18)
#define RTC_CNTL (RTC_BASE + 0x1C)
#define RTC_ALRH (RTC_BASE + 0x20)
#define RTC_ALRL (RTC_BASE + 0x24)
#define RCC_BDCR (RCC_BASE + 0x20)

enum { SECF = 1, ALRF = 2, OWF = 4, RSF = 8, CNF = 16, RTOFF = 32 };
enum { LSEON = 1, LSERDY = 2, RTCEN = 1 << 15, BDRST = 1 << 16 };
enum { SEL_LSE = 1 << 8, SEL_LSI = 2 << 8, SEL_HSE = 3 << 8 };
enum { LSI_HZ = 40000, LSE_HZ = 32768 };

static void open_domain(struct board *board)
{
    set_reg(board, RCC_APB1ENR, 3u << 27); /* BKP, PWR */
    set_reg(board, PWR_BASE, 0x100);       /* DBP */
}

static void wait_for(struct board *board, uint32_t flag)
{
    for (unsigned i = 0; (get_reg(board, RTC_CRL) & flag) == 0; i++) {
        assert_in_range(i, 0, 1000);
        pass(board, 10 * US);
    }
}

static void set_core(struct board *board, uint32_t high_reg, uint32_t value)
{
    wait_for(board, RTOFF);
    set_reg(board, RTC_CRL, 0xF | CNF);
    set_reg(board, high_reg, value >> 16);
    set_reg(board, high_reg + 4, value & 0xFFFF);
    set_reg(board, RTC_CRL, 0xF);
    wait_for(board, RTOFF);
}

static uint32_t seconds(struct board *board)
{
    return get_reg(board, RTC_CNTH) << 16 | get_reg(board, RTC_CNTL);
}

/* One step of the counter a second, from the LSI. */
static struct board *make_clock(void)
{
    struct board *board = make_board(NULL);
    open_domain(board);
    set_reg(board, RCC_CSR, 1);
    pass(board, MS);
    set_reg(board, RCC_BDCR, SEL_LSI | RTCEN);
    set_core(board, RTC_PRLH, LSI_HZ - 1);
    wait_for(board, RSF);
    return board;
}

static bool irq(const struct board *board, unsigned number)
{
    return (board->cpu.irq_line >> number & 1) != 0;
}

static void test_rtc_lies_in_the_backup_domain(void **state)
{
    (void)state;
    struct board *board = make_board(NULL);
    assert_int_equal(get_reg(board, RTC_CRL), 0); /* no clock of its interface */
    set_reg(board, RCC_APB1ENR, 3u << 27);
    assert_int_equal(get_reg(board, RTC_CRL), RTOFF);
    set_reg(board, RTC_CRH, 7);
    set_reg(board, RCC_BDCR, SEL_LSI | RTCEN);
    assert_int_equal(get_reg(board, RTC_CRH), 0); /* DBP is 0 */
    assert_int_equal(get_reg(board, RCC_BDCR), 0);
    set_reg(board, PWR_BASE, 0x100);
    set_reg(board, RTC_CRH, 0xFF);
    assert_int_equal(get_reg(board, RTC_CRH), 7);
    board_free(board);
}

static void test_rtc_writes_take_three_cycles_in_configuration_mode(void **state)
{
    (void)state;
    struct board *board = make_clock();
    set_reg(board, RTC_CNTL, 500); /* not in it: no effect */
    pass(board, MS);
    assert_int_equal(seconds(board), 0);
    set_reg(board, RTC_CRL, 0xF | CNF);
    set_reg(board, RTC_CNTL, 500);
    pass(board, MS);
    assert_int_equal(seconds(board), 0); /* not before it is left */
    assert_int_equal(get_reg(board, RTC_CRL) & RTOFF, RTOFF);
    set_reg(board, RTC_CRL, 0xF);
    assert_int_equal(get_reg(board, RTC_CRL) & RTOFF, 0);
    pass(board, 2 * S / LSI_HZ - 1);
    assert_int_equal(get_reg(board, RTC_CRL) & RTOFF, 0);
    pass(board, S / LSI_HZ + 1);
    assert_int_equal(get_reg(board, RTC_CRL) & RTOFF, RTOFF);
    assert_int_equal(seconds(board), 500);
    assert_int_equal(get_reg(board, RTC_DIVL), LSI_HZ - 1); /* loaded anew */

    set_reg(board, RTC_CRL, 0xF | CNF);
    set_reg(board, RTC_ALRL, 9);
    set_reg(board, RTC_CRL, 0xF);
    set_reg(board, RTC_CRH, 1);
    assert_unknown(board, "RTOFF");
    board_free(board);
}

static void test_rtc_counts_seconds_for_hours(void **state)
{
    (void)state;
    struct board *board = make_clock();
    set_core(board, RTC_CNTH, 0x1FFFE);
    pass(board, S);
    assert_int_equal(seconds(board), 0x1FFFF);
    for (unsigned hour = 0; hour < 5; hour++) {
        pass(board, 3600 * S);
    }
    assert_int_equal(seconds(board), 0x1FFFF + 5 * 3600);
    uint32_t div = get_reg(board, RTC_DIVL);
    pass(board, 100 * S / LSI_HZ);
    assert_int_equal(get_reg(board, RTC_DIVL), div - 100);
    assert_int_equal(get_reg(board, RTC_DIVH), 0);
    assert_int_equal(get_reg(board, RTC_PRLL), 0); /* write-only */
    board_free(board);
}

static void test_rtc_from_the_crystals(void **state)
{
    (void)state;
    struct board *board = make_board(NULL);
    open_domain(board);
    set_reg(board, RCC_BDCR, LSEON | SEL_LSE | RTCEN);
    pass(board, 2 * S);
    assert_int_equal(get_reg(board, RTC_CRL) & RSF, 0); /* it still starts */
    assert_int_equal(get_reg(board, RCC_BDCR) & LSERDY, 0);
    pass(board, 2 * S);
    assert_int_equal(get_reg(board, RCC_BDCR), LSEON | LSERDY | SEL_LSE | RTCEN);
    set_core(board, RTC_PRLH, LSE_HZ - 1);
    uint32_t start = seconds(board);
    pass(board, 3600 * S + MS);
    assert_int_equal(seconds(board), start + 3600); /* edges of 17578.125 ticks, none lost */
    board_reset(board);                             /* the domain is not reset */
    open_domain(board);
    assert_int_equal(get_reg(board, RTC_CRL) & RSF, 0);
    wait_for(board, RSF);
    pass(board, S);
    assert_int_equal(seconds(board), start + 3601);

    set_reg(board, RCC_BDCR, LSEON | SEL_HSE | RTCEN);
    assert_int_equal(get_reg(board, RCC_BDCR) & SEL_HSE, SEL_LSE); /* chosen once */
    set_reg(board, RCC_BDCR, BDRST);
    assert_int_equal(get_reg(board, RCC_BDCR), BDRST);
    assert_int_equal(seconds(board), 0);
    set_reg(board, RCC_BDCR, SEL_HSE | RTCEN);
    set_reg(board, RCC_CR, get_reg(board, RCC_CR) | 1u << 16);
    pass(board, 3 * MS);
    set_core(board, RTC_PRLH, 8000000 / 128 - 1);
    pass(board, 10 * S + MS);
    assert_int_equal(seconds(board), 10);
    power_on(board); /* there is no battery */
    open_domain(board);
    assert_int_equal(get_reg(board, RCC_BDCR), 0);
    board_free(board);
}

static void test_rtc_second_and_overflow(void **state)
{
    (void)state;
    struct board *board = make_clock();
    set_core(board, RTC_ALRH, 5);
    set_core(board, RTC_CNTH, 0xFFFFFFFEu);
    set_reg(board, RTC_CRL, RSF); /* no flags */
    set_reg(board, RTC_CRH, SECF | OWF);
    pass(board, S - MS);
    assert_false(irq(board, 3));
    pass(board, 2 * MS);
    assert_true(irq(board, 3));
    assert_int_equal(get_reg(board, RTC_CRL), RTOFF | RSF | SECF);
    set_reg(board, RTC_CRL, RSF | ALRF | OWF); /* cleared by a 0 */
    assert_false(irq(board, 3));
    set_reg(board, RTC_CRH, OWF);
    pass(board, S - 2 * MS);
    assert_false(irq(board, 3));
    pass(board, 2 * MS);
    assert_true(irq(board, 3));
    assert_int_equal(get_reg(board, RTC_CRL), RTOFF | RSF | SECF | OWF);
    assert_int_equal(seconds(board), 0);
    board_free(board);
}

static void test_rtc_alarm_rises_its_line_of_exti(void **state)
{
    (void)state;
    struct board *board = make_clock();
    set_core(board, RTC_ALRH, 70000);
    set_core(board, RTC_CNTH, 60000);
    set_reg(board, EXTI_BASE + 0x00, 1u << 17);
    set_reg(board, EXTI_BASE + 0x08, 1u << 17); /* rising */
    pass(board, 9999 * S);
    assert_false(irq(board, 41));
    assert_int_equal(get_reg(board, RTC_CRL) & ALRF, 0);
    pass(board, S);
    assert_true(irq(board, 41));
    assert_false(irq(board, 3)); /* ALRIE is 0 */
    assert_int_equal(get_reg(board, RTC_CRL) & ALRF, ALRF);
    set_reg(board, EXTI_BASE + 0x14, 1u << 17);
    assert_false(irq(board, 41));
    board_free(board);
}

static void test_rtc_is_not_read_before_it_is_synchronized(void **state)
{
    (void)state;
    struct board *board = make_clock();
    set_reg(board, RTC_CRL, 0); /* by hand, as after a reset */
    assert_int_equal(get_reg(board, RTC_CRL) & RSF, 0);
    pass(board, S / LSI_HZ);
    assert_int_equal(get_reg(board, RTC_CRL) & RSF, RSF);
    board_reset(board);
    open_domain(board);
    (void)get_reg(board, RTC_CNTL);
    assert_unknown(board, "RSF");
    board_free(board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rtc_lies_in_the_backup_domain),
        cmocka_unit_test(test_rtc_writes_take_three_cycles_in_configuration_mode),
        cmocka_unit_test(test_rtc_counts_seconds_for_hours),
        cmocka_unit_test(test_rtc_from_the_crystals),
        cmocka_unit_test(test_rtc_second_and_overflow),
        cmocka_unit_test(test_rtc_alarm_rises_its_line_of_exti),
        cmocka_unit_test(test_rtc_is_not_read_before_it_is_synchronized),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
