/* SPDX-License-Identifier: Apache-2.0 */
/* Special registers, reset and hints against ARM DDI 0403E: B5.2 (CPS, MRS, MSR), B1.4,
 * B1.5.5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/cpu_fixture.h"

static void test_reset_ddi0403_b1_5_5(void **state)
{
    (void)state;
    h_start();
    h_put32(H_FLASH, H_STACK | 3);
    cpu_reset(&h_cpu);
    assert_int_equal(h_cpu.r[13], H_STACK); /* SP_main = vector<31:2>:'00' */
    assert_int_equal(h_cpu.r[14], 0xFFFFFFFF);
    assert_int_equal(h_cpu.r[15], H_CODE);
    assert_int_equal(
        h_cpu.ipsr | h_cpu.primask | h_cpu.faultmask | h_cpu.basepri | h_cpu.control, 0);
    assert_int_equal(cpu_xpsr(&h_cpu) & 0x07FFFFFF, 0x01000000);
    assert_int_equal(h_peek(H_VTOR), 0);
    assert_int_equal(h_peek(H_AIRCR), 0xFA050000);    /* VECTKEYSTAT, B3.2.6 */
    assert_int_equal(h_peek(0xE000ED00), 0x411FC231); /* CPUID of r1p1, DDI 0337E */
}

static void test_apsr_ddi0403_b5_2_2(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xF380, 0x8800, /* msr apsr_nzcvq, r0 */
        0xF3EF, 0x8100, /* mrs r1, apsr */
        0xF3EF, 0x8203, /* mrs r2, xpsr */
        0xF3EF, 0x8306, /* mrs r3, epsr */
        0xF3EF, 0x8405, /* mrs r4, ipsr */
        0xF385, 0x8800, /* msr apsr_nzcvq, r5 */
        0xF3EF, 0x8600, /* mrs r6, apsr */
    };
    H_START(program);
    h_cpu.r[0] = 0xFFFFFFFF;
    h_cpu.r[5] = 0x28000000;
    h_steps(5);
    assert_int_equal(h_flags(), N | Z | C | V | Q);
    assert_int_equal(h_cpu.r[1], 0xF8000000);
    assert_int_equal(h_cpu.r[2], 0xF8000000); /* EPSR reads as zero, T too */
    assert_int_equal(h_cpu.r[3], 0);
    assert_int_equal(h_cpu.r[4], 0);
    h_steps(2);
    assert_int_equal(h_flags(), C | Q);
    assert_int_equal(h_cpu.r[6], 0x28000000);
}

static void test_masks_ddi0403_b5_2_3(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xB672,         /* cpsid i */
        0xF3EF, 0x8010, /* mrs r0, primask */
        0xF381, 0x8810, /* msr primask, r1 ; bit 0 alone counts */
        0xF3EF, 0x8210, /* mrs r2, primask */
        0xF383, 0x8810, /* msr primask, r3 */
        0xB662,         /* cpsie i */
        0xB671,         /* cpsid f */
        0xF3EF, 0x8413, /* mrs r4, faultmask */
        0xB661,         /* cpsie f */
        0xF383, 0x8813, /* msr faultmask, r3 */
        0xF381, 0x8813, /* msr faultmask, r1 */
    };
    H_START(program);
    h_cpu.r[1] = 0xFFFFFFFE;
    h_cpu.r[3] = 1;
    h_steps(2);
    assert_int_equal(h_cpu.r[0], 1);
    assert_int_equal(h_cpu.primask, 1);
    h_steps(2);
    assert_int_equal(h_cpu.r[2], 0);
    h_steps(1);
    assert_int_equal(h_cpu.primask, 1);
    h_steps(1);
    assert_int_equal(h_cpu.primask, 0);
    h_steps(2);
    assert_int_equal(h_cpu.r[4], 1);
    assert_int_equal(h_cpu.primask, 0);
    h_steps(1);
    assert_int_equal(h_cpu.faultmask, 0);
    h_steps(1);
    assert_int_equal(h_cpu.faultmask, 1);
    h_steps(1);
    assert_int_equal(h_cpu.faultmask, 0);
}

/* The STM32F103 implements four priority bits (PM0056 4.3). */
static void test_basepri_ddi0403_b5_2_3(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xF380, 0x8811, /* msr basepri, r0 */
        0xF3EF, 0x8111, /* mrs r1, basepri */
        0xF382, 0x8812, /* msr basepri_max, r2 */
        0xF3EF, 0x8312, /* mrs r3, basepri_max */
        0xF384, 0x8812, /* msr basepri_max, r4 ; less urgent: ignored */
        0xF385, 0x8812, /* msr basepri_max, r5 ; zero: ignored */
        0xF384, 0x8811, /* msr basepri, r4 ; may lower it */
        0xF385, 0x8811, /* msr basepri, r5 */
        0xF384, 0x8812, /* msr basepri_max, r4 ; from zero: taken */
    };
    H_START(program);
    h_cpu.r[0] = 0xFFFFFFFF;
    h_cpu.r[2] = 0x40;
    h_cpu.r[4] = 0x80;
    h_cpu.r[5] = 0;
    h_steps(2);
    assert_int_equal(h_cpu.r[1], 0xF0);
    h_steps(2);
    assert_int_equal(h_cpu.r[3], 0x40);
    h_steps(2);
    assert_int_equal(h_cpu.basepri, 0x40);
    h_steps(1);
    assert_int_equal(h_cpu.basepri, 0x80);
    h_steps(1);
    assert_int_equal(h_cpu.basepri, 0);
    h_steps(1);
    assert_int_equal(h_cpu.basepri, 0x80);
}

static void test_stack_pointers_ddi0403_b1_4_1(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xF380, 0x8809, /* msr psp, r0 */
        0xF3EF, 0x8109, /* mrs r1, psp */
        0xF3EF, 0x8208, /* mrs r2, msp */
        0xF383, 0x8814, /* msr control, r3 */
        0xF3BF, 0x8F6F, /* isb */
        0x466C,         /* mov r4, sp */
        0xB420,         /* push {r5} */
        0xF3EF, 0x8608, /* mrs r6, msp */
        0xF3EF, 0x8709, /* mrs r7, psp */
        0xF388, 0x8808, /* msr msp, r8 */
        0xF3EF, 0x8914, /* mrs r9, control */
        0xF38A, 0x8814, /* msr control, r10 */
        0x46EB,         /* mov r11, sp */
        0xF3EF, 0x8C09, /* mrs r12, psp */
    };
    H_START(program);
    h_cpu.r[0] = H_DATA + 0x100;
    h_cpu.r[3] = 2;
    h_cpu.r[8] = H_STACK - 0x80;
    h_cpu.r[10] = 0;
    h_steps(14);
    assert_int_equal(h_cpu.r[1], H_DATA + 0x100);
    assert_int_equal(h_cpu.r[2], H_STACK);
    assert_int_equal(h_cpu.r[4], H_DATA + 0x100);
    assert_int_equal(h_get32(H_DATA + 0xFC), 0x50505050);
    assert_int_equal(h_cpu.r[6], H_STACK);
    assert_int_equal(h_cpu.r[7], H_DATA + 0xFC);
    assert_int_equal(h_cpu.r[9], 2);
    assert_int_equal(h_cpu.r[11], H_STACK - 0x80);
    assert_int_equal(h_cpu.r[12], H_DATA + 0xFC);
}

/* Unprivileged code may read and write APSR and read CONTROL; the rest reads as zero and
 * ignores writes (B5.2.2, B5.2.3; CPS B5.2.1). */
static void test_unprivileged_ddi0403_b5_2(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xF388, 0x8811, /* msr basepri, r8 */
        0xF389, 0x8814, /* msr control, r9 */
        0xF3BF, 0x8F6F, /* isb */
        0xB672,         /* cpsid i */
        0xF389, 0x8810, /* msr primask, r9 */
        0xF389, 0x8811, /* msr basepri, r9 */
        0xF389, 0x8813, /* msr faultmask, r9 */
        0xF389, 0x8808, /* msr msp, r9 */
        0xF38A, 0x8814, /* msr control, r10 */
        0xF3EF, 0x8011, /* mrs r0, basepri */
        0xF3EF, 0x8108, /* mrs r1, msp */
        0xF3EF, 0x8209, /* mrs r2, psp */
        0xF3EF, 0x8314, /* mrs r3, control */
        0xF38B, 0x8800, /* msr apsr_nzcvq, r11 */
        0xF3EF, 0x8400, /* mrs r4, apsr */
    };
    H_START(program);
    h_cpu.r[8] = 0x40;
    h_cpu.r[9] = 1;
    h_cpu.r[10] = 0;
    h_steps(15);
    assert_int_equal(h_cpu.primask, 0);
    assert_int_equal(h_cpu.faultmask, 0);
    assert_int_equal(h_cpu.basepri, 0x40);
    assert_int_equal(h_cpu.control, 1);
    assert_int_equal(h_cpu.r[13], H_STACK);
    assert_int_equal(h_cpu.r[0], 0);
    assert_int_equal(h_cpu.r[1], 0);
    assert_int_equal(h_cpu.r[2], 0);
    assert_int_equal(h_cpu.r[3], 1);
    assert_int_equal(h_cpu.r[4], 0xB0000000);
}

/* FAULTMASK cannot be set at priority -1 or -2, and CONTROL.SPSEL not in handler mode. */
static void test_handler_limits_ddi0403_b5_2_3(void **state)
{
    (void)state;
    static const uint16_t handler[] = {
        0xB671,         /* cpsid f */
        0xF3EF, 0x8013, /* mrs r0, faultmask */
        0xF384, 0x8813, /* msr faultmask, r4 */
        0xF3EF, 0x8513, /* mrs r5, faultmask */
        0xF381, 0x8814, /* msr control, r1 */
        0xF3BF, 0x8F6F, /* isb */
        0xF3EF, 0x8214, /* mrs r2, control */
        0xF3EF, 0x8305, /* mrs r3, ipsr */
        0xBE00,         /* bkpt 0 */
    };
    h_start();
    H_LOAD(h_handler(H_NMI), handler);
    h_cpu.r[1] = 3;
    h_poke(H_ICSR, 1U << 31); /* NMIPENDSET */
    h_cpu.r[4] = 1;
    h_run(9);
    assert_int_equal(h_cpu.r[0], 0);
    assert_int_equal(h_cpu.r[5], 0);
    assert_int_equal(h_cpu.r[2], 1); /* nPRIV is set, SPSEL stays */
    assert_int_equal(h_cpu.r[3], H_NMI);
    assert_int_equal(h_cpu.r[13], H_STACK - 32);
}

static void test_hints_ddi0403_a7_7(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xBF00,         /* nop */
        0xF3AF, 0x8000, /* nop.w */
        0xBF10,         /* yield */
        0xF3BF, 0x8F4F, /* dsb */
        0xF3BF, 0x8F5F, /* dmb */
        0xF3BF, 0x8F6F, /* isb */
        0xBF40,         /* sev */
        0xBF20,         /* wfe ; the event is there: no sleep */
        0x2001,         /* movs r0, #1 */
    };
    H_START(program);
    h_steps(9);
    assert_int_equal(h_cpu.r[0], 1);
    assert_int_equal(h_cpu.r[15], H_CODE + sizeof program);
}

static void test_breakpoint_stays_on_it(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xBF00, /* nop */
        0xBE5A, /* bkpt 0x5a */
    };
    H_START(program);
    assert_int_equal(cpu_run(&h_cpu, 1000000), BOARD_STOP_BKPT);
    assert_int_equal(h_cpu.r[15], H_CODE + 2);
    assert_int_equal(cpu_run(&h_cpu, 1000000), BOARD_STOP_BKPT);
    assert_int_equal(h_cpu.r[15], H_CODE + 2);
}

/* Found by oracle_unicorn. */
static void test_stack_pointer_bits_ddi0403_b1_4_7(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xF8D0, 0xD000, /* ldr.w sp, [r0] */
        0xF20D, 0x0D07, /* addw sp, sp, #7 */
        0xF2AD, 0x0D01, /* subw sp, sp, #1 */
    };
    H_START(program);
    h_cpu.r[0] = H_DATA;
    h_put32(H_DATA, H_STACK | 3);
    h_steps(1);
    assert_int_equal(h_cpu.r[13], H_STACK);
    h_steps(1);
    assert_int_equal(h_cpu.r[13], H_STACK + 4);
    h_steps(1);
    assert_int_equal(h_cpu.r[13], H_STACK);
}

static void test_breakpoint_ignores_it_ddi0403_a7_7_17(void **state)
{
    (void)state;
    static const uint16_t program[] = {0xBF08 /* it eq */, 0xBE01 /* bkpt 1 */};
    H_START(program);
    h_set_flags(0);
    assert_int_equal(h_run(2), BOARD_STOP_BKPT);
    assert_int_equal(h_cpu.r[15], H_CODE + 2);
}

/* Should-be-zero and should-be-one bits that are not: UNPREDICTABLE, nothing is guessed. */
static void test_reserved_bits_stop_ddi0403_a5_1(void **state)
{
    (void)state;
    static const uint16_t cases[][2] = {
        {0xF3BF, 0x8F25}, /* CLREX, bits 3..0 */
        {0xF3B0, 0x8F4F}, /* DSB, bits 3..0 of the first half */
        {0xF3A0, 0x8000}, /* NOP.W, the same */
        {0xF398, 0x8F00}, /* MSR, bit 4 */
        {0xF388, 0x8C00}, /* MSR APSR_nzcvqg without the DSP extension */
        {0xF388, 0x8900}, /* MSR, bit 8 */
        {0xF3FF, 0x8000}, /* MRS, bit 4 */
        {0xF34C, 0x2320}, /* SBFX, bit 5 */
        {0xF7C8, 0x2746}, /* UBFX, bit 10 */
        {0xF366, 0x2029}, /* BFI, bit 5 */
        {0xF721, 0x59C8}, /* SSAT, bit 10 */
        {0xE8C7, 0x6A41}, /* STREXB, bits 11..8 */
        {0xF83E, 0xFEEB}, /* LDRHT PC */
        {0xF815, 0xFE64}, /* LDRBT PC */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        h_start();
        h_load(H_CODE, cases[i], 2);
        if (h_run(1) != BOARD_STOP_UNKNOWN) {
            fail_msg("%04x %04x is executed", cases[i][0], cases[i][1]);
        }
    }
}

static void test_wfi_wakes_despite_primask_ddi0403_b1_5_17(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xB672, /* cpsid i */
        0xBF30, /* wfi */
        0x2007, /* movs r0, #7 */
    };
    H_START(program);
    h_enable_irq(5, 0x80);
    h_steps(2);
    h_pulse_irq(5);
    h_steps(1);
    assert_int_equal(h_cpu.r[0], 7);
    assert_int_equal(h_cpu.ipsr, 0); /* it wakes, but the interrupt stays pending */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset_ddi0403_b1_5_5),
        cmocka_unit_test(test_apsr_ddi0403_b5_2_2),
        cmocka_unit_test(test_masks_ddi0403_b5_2_3),
        cmocka_unit_test(test_basepri_ddi0403_b5_2_3),
        cmocka_unit_test(test_stack_pointers_ddi0403_b1_4_1),
        cmocka_unit_test(test_unprivileged_ddi0403_b5_2),
        cmocka_unit_test(test_handler_limits_ddi0403_b5_2_3),
        cmocka_unit_test(test_hints_ddi0403_a7_7),
        cmocka_unit_test(test_breakpoint_stays_on_it),
        cmocka_unit_test(test_stack_pointer_bits_ddi0403_b1_4_7),
        cmocka_unit_test(test_breakpoint_ignores_it_ddi0403_a7_7_17),
        cmocka_unit_test(test_reserved_bits_stop_ddi0403_a5_1),
        cmocka_unit_test(test_wfi_wakes_despite_primask_ddi0403_b1_5_17),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
