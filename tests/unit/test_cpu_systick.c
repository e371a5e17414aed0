/* SPDX-License-Identifier: Apache-2.0 */
/* SysTick and sleep against ARM DDI 0403E B3.3, B1.5.18, B1.5.19; RM0008 7.2: the external
 * reference clock of SysTick is HCLK / 8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/cpu_fixture.h"

enum { ENABLE = 1, TICKINT = 2, CLKSOURCE = 4, COUNTFLAG = 1 << 16 };

/* "loop: wfi; b loop", and a handler that returns at once. */
static void start(uint32_t reload, uint32_t csr)
{
    static const uint16_t program[] = {
        0xBF30, /* wfi */
        0xE7FD, /* b .-2 */
    };
    H_START(program);
    h_poke(H_SYST_RVR, reload);
    h_poke(H_SYST_CVR, 0);
    h_poke(H_SYST_CSR, csr);
}

/* Enter the handler, return from it, and tell when it began. */
static uint64_t tick(void)
{
    h_enter(H_SYSTICK);
    uint64_t at = h_cpu.now;
    h_return(H_SYSTICK);
    return at;
}

/* One exception every RELOAD + 1 clocks, B3.3.1: exactly, because the core sleeps in
 * between. */
static void check_period(uint32_t reload, uint32_t csr, uint64_t period)
{
    start(reload, csr);
    tick();
    uint64_t first = tick();
    for (unsigned i = 1; i <= 10; i++) {
        assert_int_equal(tick() - first, i * period);
    }
}

static void test_period_ddi0403_b3_3_1(void **state)
{
    (void)state;
    check_period(71999, ENABLE | TICKINT | CLKSOURCE, (uint64_t)72000 * H_TICKS_PER_CYCLE);
    check_period(999, ENABLE | TICKINT | CLKSOURCE, (uint64_t)1000 * H_TICKS_PER_CYCLE);
    check_period(8999, ENABLE | TICKINT, (uint64_t)9000 * 8 * H_TICKS_PER_CYCLE);
    check_period(0xFFFFFF, ENABLE | TICKINT | CLKSOURCE,
                 (uint64_t)0x1000000 * H_TICKS_PER_CYCLE);
}

/* The first one comes RELOAD + 1 counts after a write to CVR. A count is 8 cycles here, so it
 * hardly matters at which cycle of the store counting begins. */
static void test_first_period_ddi0403_b3_3_1(void **state)
{
    (void)state;
    start(99, ENABLE | TICKINT);
    h_poke(H_SYST_CVR, 0);
    uint64_t cleared = h_cpu.now;
    uint64_t first = tick();
    uint64_t cycles = (first - cleared) / H_TICKS_PER_CYCLE;
    assert_in_range(cycles, 8 * 100 + 9, 8 * 100 + 14); /* entry: 12 */
}

/* Without sleep the handler starts at most one instruction late, and the lateness does not add
 * up. */
static void test_no_drift_while_running(void **state)
{
    (void)state;
    const uint64_t period = (uint64_t)1000 * H_TICKS_PER_CYCLE;
    start(999, ENABLE | TICKINT | CLKSOURCE);
    const uint16_t program[] = {0xE7FE /* b . */};
    H_LOAD(H_CODE, program);
    h_cpu.r[15] = H_CODE;
    tick();
    uint64_t first = tick();
    for (unsigned i = 1; i <= 200; i++) {
        uint64_t late = tick() - first + period / 2 - i * period;
        assert_in_range(late, period / 2 - 10 * H_TICKS_PER_CYCLE,
                        period / 2 + 10 * H_TICKS_PER_CYCLE);
    }
}

/* The first exception comes RELOAD + 1 clocks after a write to CVR, wherever the count was. */
static void test_clear_restarts_ddi0403_b3_3_5(void **state)
{
    (void)state;
    start(9999, ENABLE | TICKINT | CLKSOURCE);
    tick();
    cpu_run(&h_cpu, h_cpu.now + (uint64_t)5000 * H_TICKS_PER_CYCLE);
    h_poke(H_SYST_CVR, 1234); /* any value clears it */
    uint64_t cleared = h_cpu.now;
    uint64_t cycles = (tick() - cleared) / H_TICKS_PER_CYCLE;
    assert_in_range(cycles, 9980,
                    10030); /* with the store before and the exception entry after it */
}

static void test_countflag_ddi0403_b3_3_3(void **state)
{
    (void)state;
    start(999, ENABLE | CLKSOURCE);
    assert_int_equal(h_peek(H_SYST_CSR), ENABLE | CLKSOURCE);
    cpu_run(&h_cpu, h_cpu.now + (uint64_t)1100 * H_TICKS_PER_CYCLE);
    assert_int_equal(h_cpu.ipsr, 0); /* no TICKINT, no exception */
    assert_int_equal(h_peek(H_SYST_CSR), COUNTFLAG | ENABLE | CLKSOURCE);
    assert_int_equal(h_peek(H_SYST_CSR), ENABLE | CLKSOURCE); /* reading has cleared it */
    cpu_run(&h_cpu, h_cpu.now + (uint64_t)2000 * H_TICKS_PER_CYCLE);
    h_poke(H_SYST_CVR, 0); /* clears the flag, too */
    assert_int_equal(h_peek(H_SYST_CSR), ENABLE | CLKSOURCE);
}

static void test_current_value_ddi0403_b3_3_5(void **state)
{
    (void)state;
    start(0x123456, ENABLE | CLKSOURCE);
    cpu_run(&h_cpu, h_cpu.now + 2 * H_TICKS_PER_CYCLE);
    uint32_t before = h_peek(H_SYST_CVR);
    uint64_t then = h_cpu.now;
    assert_in_range(before, 0x123456 - 40, 0x123456);
    h_cpu.now += (uint64_t)1000 * H_TICKS_PER_CYCLE;
    uint32_t after = h_peek(H_SYST_CVR);
    assert_int_equal(before - after, (h_cpu.now - then) / H_TICKS_PER_CYCLE);

    /* While it is stopped it keeps its value; it goes on from there. */
    h_poke(H_SYST_CSR, CLKSOURCE);
    uint32_t kept = h_peek(H_SYST_CVR);
    assert_in_range(kept, after - 10, after);
    h_cpu.now += (uint64_t)1000 * H_TICKS_PER_CYCLE;
    assert_int_equal(h_peek(H_SYST_CVR), kept);
    h_poke(H_SYST_CSR, ENABLE | CLKSOURCE);
    assert_in_range(h_peek(H_SYST_CVR), kept - 10, kept);
}

/* B3.3.4: a reload value of 0 stops the counter with the next wrap. */
static void test_zero_reload_ddi0403_b3_3_4(void **state)
{
    (void)state;
    start(0, ENABLE | TICKINT | CLKSOURCE);
    assert_int_equal(cpu_run(&h_cpu, h_cpu.now + 100000), BOARD_STOP_TIME);
    assert_int_equal(h_cpu.ipsr, 0);
    assert_int_equal(h_peek(H_SYST_CVR), 0);
}

static void test_pendst_bits_ddi0403_b3_2_4(void **state)
{
    (void)state;
    start(999, ENABLE | TICKINT | CLKSOURCE);
    h_cpu.primask = 1;
    h_cpu.now += (uint64_t)1500 * H_TICKS_PER_CYCLE;
    assert_int_equal(h_peek(H_ICSR) >> 26 & 1, 1);
    h_poke(H_ICSR, 1 << 25); /* PENDSTCLR */
    assert_int_equal(h_peek(H_ICSR) >> 26 & 1, 0);
    h_poke(H_ICSR, 1 << 26); /* PENDSTSET */
    h_cpu.primask = 0;
    h_enter(H_SYSTICK);
}

/* B1.5.19: what would preempt if PRIMASK were 0 wakes the core, and is taken when PRIMASK is
 * 0. */
static void test_wfi_primask_ddi0403_b1_5_19(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xB672, /* cpsid i */
        0xBF30, /* wfi */
        0x2001, /* movs r0, #1 */
        0xB662, /* cpsie i */
        0xBF00, /* nop */
        0x2101, /* movs r1, #1 */
    };
    H_START(program);
    h_enable_irq(0, 0x80);
    h_steps(2);
    uint64_t until = h_cpu.now + 100000;
    uint64_t instructions = h_cpu.instructions;
    assert_int_equal(cpu_run(&h_cpu, until), BOARD_STOP_TIME);
    assert_true(h_cpu.sleeping);
    assert_true(h_cpu.now == until);
    assert_true(h_cpu.instructions == instructions);
    assert_int_equal(h_cpu.r[15], H_CODE + 4);
    h_pulse_irq(0);
    h_run_to(H_CODE + 6);
    assert_int_equal(h_cpu.r[0], 1);
    assert_int_equal(h_cpu.ipsr, 0);
    h_enter(H_IRQ0);
    assert_in_range(h_get32(H_STACK - 8), H_CODE + 8, H_CODE + 10);
}

/* BASEPRI counts: what it masks does not wake the core. */
static void test_wfi_basepri_ddi0403_b1_5_19(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xBF30, /* wfi */
        0x2001, /* movs r0, #1 */
        0xBE00, /* bkpt 0 */
    };
    H_START(program);
    h_enable_irq(0, 0x80);
    h_enable_irq(1, 0x40);
    h_cpu.basepri = 0x80;
    h_steps(1);
    h_pulse_irq(0);
    cpu_run(&h_cpu, h_cpu.now + 100000);
    assert_true(h_cpu.sleeping);
    h_pulse_irq(1);
    h_enter(H_IRQ0 + 1);
    assert_int_equal(h_get32(H_STACK - 8), H_CODE + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_period_ddi0403_b3_3_1),
        cmocka_unit_test(test_first_period_ddi0403_b3_3_1),
        cmocka_unit_test(test_no_drift_while_running),
        cmocka_unit_test(test_clear_restarts_ddi0403_b3_3_5),
        cmocka_unit_test(test_countflag_ddi0403_b3_3_3),
        cmocka_unit_test(test_current_value_ddi0403_b3_3_5),
        cmocka_unit_test(test_zero_reload_ddi0403_b3_3_4),
        cmocka_unit_test(test_pendst_bits_ddi0403_b3_2_4),
        cmocka_unit_test(test_wfi_primask_ddi0403_b1_5_19),
        cmocka_unit_test(test_wfi_basepri_ddi0403_b1_5_19),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
