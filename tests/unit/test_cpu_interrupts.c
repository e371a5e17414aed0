/* SPDX-License-Identifier: Apache-2.0 */
/* Priorities, nesting, tail-chaining, masks and the NVIC against ARM DDI 0403E B1.5.4, B3.2,
 * B3.4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/cpu_fixture.h"

/* Thread mode does nothing, for a long time. */
static void start(void)
{
    static const uint16_t program[] = {
        0xBF00, /* nop */
        0xBF00, /* nop */
        0xBF00, /* nop */
        0xBF00, /* nop */
        0xE7FA, /* b .-8 */
    };
    H_START(program);
}

static unsigned active(void)
{
    return h_peek(H_ICSR) & 0x1FF;
}

static void test_nesting_ddi0403_b1_5_4(void **state)
{
    (void)state;
    start();
    h_enable_irq(0, 0x80);
    h_enable_irq(1, 0x40);
    h_enable_irq(2, 0x90);
    h_pulse_irq(0);
    h_enter(H_IRQ0);
    uint32_t sp = h_cpu.r[13];
    assert_int_equal(sp, H_STACK - 32);
    h_pulse_irq(2); /* less urgent: waits */
    h_pulse_irq(1); /* more urgent: now */
    h_enter(H_IRQ0 + 1);
    assert_int_equal(h_cpu.r[14], 0xFFFFFFF1);
    assert_int_equal(h_cpu.r[13], sp - 32);
    assert_int_equal(h_get32(sp - 8), h_handler(H_IRQ0));
    assert_int_equal(h_get32(sp - 4) & 0x1FF, H_IRQ0);
    assert_int_equal(h_peek(H_NVIC_IABR0), 3);
    h_return(H_IRQ0 + 1);
    assert_int_equal(h_cpu.r[15], h_handler(H_IRQ0));
    assert_int_equal(h_cpu.ipsr, H_IRQ0);
    assert_int_equal(h_cpu.r[13], sp);
    h_return(H_IRQ0);
    h_enter(H_IRQ0 + 2);
}

/* B1.5.12: the next handler is entered without the thread in between; one frame for both. */
static void test_tail_chaining_ddi0403_b1_5_12(void **state)
{
    (void)state;
    start();
    h_enable_irq(0, 0x80);
    h_enable_irq(1, 0x80);
    h_steps(1);
    uint32_t pc = h_cpu.r[15];
    h_pulse_irq(0);
    h_enter(H_IRQ0);
    uint32_t sp = h_cpu.r[13];
    h_pulse_irq(1);
    h_put32(sp, 0x12345678); /* r0 of the thread: neither popped nor pushed in between */
    h_cpu.r[0] = 0;
    uint64_t then = h_cpu.now;
    h_return(H_IRQ0);
    h_enter(H_IRQ0 + 1);
    /* 6 cycles by DDI 0337E 5.5; popping and pushing takes more than 20. */
    assert_in_range(h_cpu.now - then, 6 * H_TICKS_PER_CYCLE, 14 * H_TICKS_PER_CYCLE);
    assert_int_equal(h_cpu.r[13], sp);
    assert_int_equal(h_cpu.r[14], 0xFFFFFFF9);
    assert_int_equal(h_get32(sp), 0x12345678);
    assert_int_equal(h_get32(sp + 24), pc);
    h_return(H_IRQ0 + 1);
    assert_int_equal(h_cpu.r[15], pc);
    assert_int_equal(h_cpu.r[0], 0x12345678);
    assert_int_equal(h_cpu.r[13], H_STACK);
}

/* Equal priority does not preempt; of several, the lowest number goes first. */
static void test_equal_priorities_ddi0403_b1_5_4(void **state)
{
    (void)state;
    start();
    h_enable_irq(7, 0x80);
    h_enable_irq(8, 0x80);
    h_enable_irq(40, 0x80);
    h_pulse_irq(8);
    h_enter(H_IRQ0 + 8);
    h_pulse_irq(40);
    h_pulse_irq(7);
    static const uint16_t handler[] = {
        0xBF00, /* nop */
        0xBF00, /* nop */
        0x4770, /* bx lr */
    };
    H_LOAD(h_handler(H_IRQ0 + 8), handler);
    h_steps(2);
    assert_int_equal(h_cpu.ipsr, H_IRQ0 + 8);
    h_enter(H_IRQ0 + 7);
    h_return(H_IRQ0 + 7);
    h_enter(H_IRQ0 + 40);
    h_return(H_IRQ0 + 40);
    assert_int_equal(h_cpu.ipsr, 0);
    h_poke(H_ICSR, 1 << 28 | 1 << 26); /* PENDSVSET, PENDSTSET */
    h_enter(H_PENDSV);
    h_return(H_PENDSV);
    h_enter(H_SYSTICK);
}

/* B3.2.6: PRIGROUP 5 = two bits of group priority; the others only put waiting ones in
 * order. */
static void test_prigroup_ddi0403_b3_2_6(void **state)
{
    (void)state;
    start();
    h_poke(H_AIRCR, 0x05FA0500);
    assert_int_equal(h_peek(H_AIRCR), 0xFA050500);
    h_poke(H_AIRCR, 0x12340700); /* no key: ignored */
    assert_int_equal(h_peek(H_AIRCR), 0xFA050500);
    h_enable_irq(0, 0x70);
    h_enable_irq(1, 0x50);
    h_enable_irq(2, 0x40);
    h_enable_irq(3, 0x30);
    h_pulse_irq(0);
    h_enter(H_IRQ0);
    h_pulse_irq(1);
    h_pulse_irq(2);
    static const uint16_t handler[] = {
        0xBF00, /* nop */
        0xBF00, /* nop */
        0x4770, /* bx lr */
    };
    H_LOAD(h_handler(H_IRQ0), handler);
    h_steps(1);
    assert_int_equal(h_cpu.ipsr, H_IRQ0); /* the same group: no preemption */
    h_pulse_irq(3);
    h_enter(H_IRQ0 + 3); /* another group */
    h_return(H_IRQ0 + 3);
    h_enter(H_IRQ0 + 2); /* 0x40 before 0x50, whatever the numbers */
    h_return(H_IRQ0 + 2);
    h_enter(H_IRQ0 + 1);
}

static void test_basepri_ddi0403_b1_5_4(void **state)
{
    (void)state;
    start();
    h_enable_irq(0, 0x80);
    h_enable_irq(1, 0x70);
    h_cpu.basepri = 0x80;
    h_pulse_irq(0);
    h_steps(20);
    assert_int_equal(h_cpu.ipsr, 0);
    h_pulse_irq(1);
    h_enter(H_IRQ0 + 1);
    h_return(H_IRQ0 + 1);
    h_steps(20);
    assert_int_equal(h_cpu.ipsr, 0);
    static const uint16_t unmask[] = {
        0xF380, 0x8811, /* msr basepri, r0 ; 0: no mask at all */
        0xF3BF, 0x8F6F, /* isb */
        0xBF00,         /* nop */
    };
    H_LOAD(H_CODE + 0x100, unmask);
    h_cpu.r[0] = 0;
    h_cpu.r[15] = H_CODE + 0x100;
    h_enter(H_IRQ0);
    assert_in_range(h_get32(H_STACK - 8), H_CODE + 0x104, H_CODE + 0x108);
}

/* PRIMASK holds back all but NMI and HardFault. */
static void test_primask_nmi_ddi0403_b1_5_4(void **state)
{
    (void)state;
    start();
    h_enable_irq(0, 0);
    h_poke(H_SHPR3, 0x00F00000); /* PendSV last */
    h_cpu.primask = 1;
    h_pulse_irq(0);
    h_poke(H_ICSR, 1U << 28); /* PENDSVSET */
    h_steps(20);
    assert_int_equal(h_cpu.ipsr, 0);
    h_poke(H_ICSR, 1U << 31); /* NMIPENDSET */
    h_enter(H_NMI);
    assert_int_equal(h_cpu.primask, 1);
    h_return(H_NMI);
    h_steps(20);
    assert_int_equal(h_cpu.ipsr, 0);
    static const uint16_t unmask[] = {
        0xB662,         /* cpsie i */
        0xF3BF, 0x8F6F, /* isb */
        0xBF00,         /* nop */
    };
    H_LOAD(H_CODE + 0x100, unmask);
    h_cpu.r[15] = H_CODE + 0x100;
    h_enter(H_IRQ0);
    h_return(H_IRQ0);
    h_enter(H_PENDSV);
}

/* FAULTMASK lets only NMI through; a return from any other exception clears it (B1.5.8). */
static void test_faultmask_ddi0403_b1_5_8(void **state)
{
    (void)state;
    start();
    h_enable_irq(0, 0);
    h_cpu.faultmask = 1;
    h_pulse_irq(0);
    h_steps(20);
    assert_int_equal(h_cpu.ipsr, 0);
    h_poke(H_ICSR, 1U << 31);
    h_enter(H_NMI);
    h_return(H_NMI);
    assert_int_equal(h_cpu.faultmask, 1);
    h_steps(20);
    assert_int_equal(h_cpu.ipsr, 0);

    static const uint16_t handler[] = {
        0xB671, /* cpsid f */
        0x4770, /* bx lr */
    };
    start();
    h_enable_irq(0, 0);
    H_LOAD(h_handler(H_IRQ0), handler);
    h_pulse_irq(0);
    h_run_to(h_handler(H_IRQ0) + 2);
    assert_int_equal(h_cpu.faultmask, 1);
    h_steps(1);
    assert_int_equal(h_cpu.ipsr, 0);
    assert_int_equal(h_cpu.faultmask, 0);
}

/* A line that stays high pends again when its handler returns; B3.4.1. */
static void test_level_line_ddi0403_b3_4_1(void **state)
{
    (void)state;
    start();
    h_enable_irq(4, 0x80);
    cpu_set_irq(&h_cpu, 4, true);
    for (unsigned i = 0; i < 3; i++) {
        h_enter(H_IRQ0 + 4);
        assert_int_equal(h_peek(H_NVIC_ISPR0), 0); /* entry takes the pending bit away */
        if (i == 2) {
            cpu_set_irq(&h_cpu, 4, false);
        }
        h_return(H_IRQ0 + 4);
    }
    h_steps(20);
    assert_int_equal(h_cpu.ipsr, 0);

    /* A pulse while the handler runs makes it run once more. */
    h_pulse_irq(4);
    h_enter(H_IRQ0 + 4);
    h_pulse_irq(4);
    h_return(H_IRQ0 + 4);
    h_enter(H_IRQ0 + 4);
    h_return(H_IRQ0 + 4);
    h_steps(20);
    assert_int_equal(h_cpu.ipsr, 0);
}

static void test_nvic_registers_ddi0403_b3_4(void **state)
{
    (void)state;
    start();
    h_pulse_irq(9); /* pends though it is not enabled */
    h_steps(5);
    assert_int_equal(h_cpu.ipsr, 0);
    assert_int_equal(h_peek(H_NVIC_ISPR0), 1 << 9);
    h_poke(H_NVIC_ICPR0, 1 << 9);
    assert_int_equal(h_peek(H_NVIC_ISPR0), 0);
    h_poke(H_STIR, 33);
    assert_int_equal(h_peek(H_NVIC_ISPR0 + 4), 2);
    h_poke(H_NVIC_ISER0 + 4, 2);
    assert_int_equal(h_peek(H_NVIC_ICER0 + 4), 2);
    h_enter(H_IRQ0 + 33);
    assert_int_equal(h_peek(H_NVIC_IABR0 + 4), 2);
    h_poke(H_NVIC_ICER0 + 4, 2);
    assert_int_equal(h_peek(H_NVIC_ISER0 + 4), 0);
    /* Four bits of each priority (PM0056 4.3.7), bytes of a word. */
    h_poke(H_NVIC_IPR + 8, 0xFF8F4201);
    assert_int_equal(h_peek(H_NVIC_IPR + 8), 0xF0804000);
    h_poke(H_SHPR3, 0xFFFF0000);
    assert_int_equal(h_peek(H_SHPR3), 0xF0F00000);
}

/* B3.4: the registers of interrupts that are not there are zero, and take nothing. A loop over
 * ICER[0..7] and ICPR[0..7] is how many programs begin their jump into another one. */
static void test_nvic_has_eight_words_ddi0403_b3_4(void **state)
{
    (void)state;
    start();
    h_poke(H_NVIC_ISER0, 0xFFFFFFFF);
    h_poke(H_NVIC_ISER0 + 4, 0xFFFFFFFF);
    h_poke(H_NVIC_ISPR0, 0x80000000);
    for (uint32_t bank = H_NVIC_ISER0; bank <= H_NVIC_ICPR0; bank += 0x80) {
        for (uint32_t word = 2; word < 8; word++) {
            h_poke(bank + 4 * word, 0xFFFFFFFF);
            assert_int_equal(h_peek(bank + 4 * word), 0);
            assert_int_equal(h_peek(H_NVIC_IABR0 + 4 * word), 0);
        }
    }
    assert_int_equal(h_peek(H_NVIC_ISER0), 0xFFFFFFFF);
    assert_int_equal(h_peek(H_NVIC_ISER0 + 4), 0x0FFFFFFF); /* 60 interrupts */
    assert_int_equal(h_peek(H_NVIC_ISPR0), 0x80000000);
    assert_int_equal(h_peek(H_NVIC_ISPR0 + 4), 0);
    h_enter(H_IRQ0 + 31); /* that one alone */
    for (uint32_t word = 0; word < 8; word++) {
        h_poke(H_NVIC_ICER0 + 4 * word, 0xFFFFFFFF);
    }
    assert_int_equal(h_peek(H_NVIC_ISER0) | h_peek(H_NVIC_ISER0 + 4), 0);
}

/* B3.2.4 */
static void test_icsr_ddi0403_b3_2_4(void **state)
{
    (void)state;
    start();
    h_enable_irq(0, 0x80);
    h_enable_irq(1, 0x40);
    assert_int_equal(h_peek(H_ICSR) & ~(1U << 11), 0); /* RETTOBASE is UNKNOWN in thread mode */
    h_pulse_irq(0);
    h_enter(H_IRQ0);
    assert_int_equal(active(), H_IRQ0);
    assert_int_equal(h_peek(H_ICSR) >> 11 & 1, 1); /* RETTOBASE */
    h_pulse_irq(1);
    assert_int_equal(h_peek(H_ICSR) >> 12 & 0x1FF, H_IRQ0 + 1); /* VECTPENDING */
    assert_int_equal(h_peek(H_ICSR) >> 22 & 1, 1);              /* ISRPENDING */
    h_enter(H_IRQ0 + 1);
    assert_int_equal(active(), H_IRQ0 + 1);
    assert_int_equal(h_peek(H_ICSR) >> 11 & 1, 0);
    h_poke(H_ICSR, 1U << 28);
    assert_int_equal(h_peek(H_ICSR) >> 28 & 1, 1);
    h_poke(H_ICSR, 1U << 27); /* PENDSVCLR */
    assert_int_equal(h_peek(H_ICSR) >> 28 & 1, 0);
}

/* B3.2.5; and vectors are read at entry. */
static void test_vtor_ddi0403_b3_2_5(void **state)
{
    (void)state;
    start();
    h_put32(H_FLASH + 0x1000 + 4 * H_IRQ0, (H_CODE + 0x80) | 1);
    h_enable_irq(0, 0);
    h_poke(H_VTOR, H_FLASH + 0x1000);
    assert_int_equal(h_peek(H_VTOR), H_FLASH + 0x1000);
    const uint16_t bkpt = 0xBE00;
    h_load(H_CODE + 0x80, &bkpt, 1);
    h_pulse_irq(0);
    h_run_to_bkpt();
    assert_int_equal(h_cpu.r[15], H_CODE + 0x80);
    assert_int_equal(h_cpu.ipsr, H_IRQ0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nesting_ddi0403_b1_5_4),
        cmocka_unit_test(test_tail_chaining_ddi0403_b1_5_12),
        cmocka_unit_test(test_equal_priorities_ddi0403_b1_5_4),
        cmocka_unit_test(test_prigroup_ddi0403_b3_2_6),
        cmocka_unit_test(test_basepri_ddi0403_b1_5_4),
        cmocka_unit_test(test_primask_nmi_ddi0403_b1_5_4),
        cmocka_unit_test(test_faultmask_ddi0403_b1_5_8),
        cmocka_unit_test(test_level_line_ddi0403_b3_4_1),
        cmocka_unit_test(test_nvic_registers_ddi0403_b3_4),
        cmocka_unit_test(test_nvic_has_eight_words_ddi0403_b3_4),
        cmocka_unit_test(test_icsr_ddi0403_b3_2_4),
        cmocka_unit_test(test_vtor_ddi0403_b3_2_5),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
