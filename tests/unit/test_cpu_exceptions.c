/* SPDX-License-Identifier: Apache-2.0 */
/* Exception entry and return against ARM DDI 0403E B1.5.6 to B1.5.8: the frame, the stacks,
 * IT. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/cpu_fixture.h"

enum { XPSR_T = 1 << 24, XPSR_ALIGN = 1 << 9 };

static void check_frame(uint32_t at, uint32_t return_addr, uint32_t xpsr)
{
    assert_int_equal(h_get32(at), 0);
    assert_int_equal(h_get32(at + 4), 0x10101010);
    assert_int_equal(h_get32(at + 8), 0x20202020);
    assert_int_equal(h_get32(at + 12), 0x30303030);
    assert_int_equal(h_get32(at + 16), 0xC0C0C0C0);
    assert_int_equal(h_get32(at + 20), 0x0800AAAB);
    assert_int_equal(h_get32(at + 24), return_addr);
    assert_int_equal(h_get32(at + 28), xpsr);
}

static void start_svc(void)
{
    static const uint16_t program[] = {
        0xDF12, /* svc 0x12 */
        0xBF00, /* nop */
    };
    H_START(program);
    h_cpu.r[14] = 0x0800AAAB;
    h_set_flags(N | C | Q);
}

static void test_svc_frame_ddi0403_b1_5_6(void **state)
{
    (void)state;
    start_svc();
    h_enter(H_SVC);
    assert_int_equal(h_cpu.r[13], H_STACK - 32);
    assert_int_equal(h_cpu.r[14], 0xFFFFFFF9);
    check_frame(H_STACK - 32, H_CODE + 2, (uint32_t)(N | C | Q) << 27 | XPSR_T);
    assert_int_equal(cpu_xpsr(&h_cpu) & 0x1FF, H_SVC);

    /* What the handler leaves in the caller's registers and in the flags is gone after the
     * return. */
    h_cpu.r[0] = h_cpu.r[3] = h_cpu.r[12] = 0x55555555;
    h_put32(H_STACK - 28, 0x77777777); /* a result for r1 */
    h_cpu.r[4] = 0x44444444;
    h_set_flags(Z | V);
    h_return(H_SVC);
    assert_int_equal(h_cpu.r[15], H_CODE + 2);
    assert_int_equal(h_cpu.ipsr, 0);
    assert_int_equal(h_cpu.r[13], H_STACK);
    assert_int_equal(h_cpu.r[0], 0);
    assert_int_equal(h_cpu.r[1], 0x77777777);
    assert_int_equal(h_cpu.r[3], 0x30303030);
    assert_int_equal(h_cpu.r[4], 0x44444444);
    assert_int_equal(h_cpu.r[12], 0xC0C0C0C0);
    assert_int_equal(h_cpu.r[14], 0x0800AAAB);
    assert_int_equal(h_flags(), N | C | Q);
}

static void test_stack_alignment_ddi0403_b1_5_7(void **state)
{
    (void)state;
    start_svc();
    h_poke(H_CCR, 0x200); /* STKALIGN */
    h_cpu.r[13] = H_STACK - 4;
    h_enter(H_SVC);
    assert_int_equal(h_cpu.r[13], H_STACK - 40);
    check_frame(H_STACK - 40, H_CODE + 2, (uint32_t)(N | C | Q) << 27 | XPSR_T | XPSR_ALIGN);
    h_return(H_SVC);
    assert_int_equal(h_cpu.r[13], H_STACK - 4);
    assert_int_equal(cpu_xpsr(&h_cpu) & XPSR_ALIGN, 0);

    start_svc();
    h_poke(H_CCR, 0);
    h_cpu.r[13] = H_STACK - 4;
    h_enter(H_SVC);
    assert_int_equal(h_cpu.r[13], H_STACK - 36);
    check_frame(H_STACK - 36, H_CODE + 2, (uint32_t)(N | C | Q) << 27 | XPSR_T);
    h_return(H_SVC);
    assert_int_equal(h_cpu.r[13], H_STACK - 4);
}

/* Thread mode on the process stack; the handler runs on the main one with SPSEL 0. */
static void test_process_stack_ddi0403_b1_5_6(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xF384, 0x8809, /* msr psp, r4 */
        0xF385, 0x8814, /* msr control, r5 */
        0xF3BF, 0x8F6F, /* isb */
        0xDF00,         /* svc 0 */
        0xBF00,         /* nop */
    };
    static const uint16_t handler[] = {
        0xF3EF, 0x8614, /* mrs r6, control */
        0xF3EF, 0x8709, /* mrs r7, psp */
        0x4770,         /* bx lr */
    };
    H_START(program);
    H_LOAD(h_handler(H_SVC), handler);
    h_cpu.r[4] = H_DATA + 0x100;
    h_cpu.r[5] = 3; /* unprivileged, PSP */
    h_cpu.r[14] = 0x0800AAAB;
    h_steps(4);
    h_run_to(h_handler(H_SVC) + 8);
    assert_int_equal(h_cpu.r[14], 0xFFFFFFFD);
    assert_int_equal(h_cpu.r[13], H_STACK);
    assert_int_equal(h_cpu.r[6], 1); /* nPRIV is not changed by entry */
    assert_int_equal(h_cpu.r[7], H_DATA + 0x100 - 32);
    check_frame(H_DATA + 0x100 - 32, H_CODE + 14, XPSR_T);
    h_steps(1);
    assert_int_equal(h_cpu.control, 3);
    assert_int_equal(h_cpu.r[13], H_DATA + 0x100);
    assert_int_equal(h_cpu.other_sp, H_STACK);
    assert_int_equal(h_cpu.r[15], H_CODE + 14);
}

/* How a kernel starts its first thread: a frame made by hand, and EXC_RETURN 0xFFFFFFFD. */
static void test_first_thread_ddi0403_b1_5_8(void **state)
{
    (void)state;
    static const uint16_t handler[] = {
        0xF384, 0x8809, /* msr psp, r4 */
        0xF8D5, 0xF000, /* ldr pc, [r5] ; EXC_RETURN is taken from a load as well */
    };
    uint32_t frame = H_DATA + 0x80;

    start_svc();
    H_LOAD(h_handler(H_SVC), handler);
    for (uint32_t i = 0; i < 5; i++) {
        h_put32(frame + 4 * i, 0xA0 + i);
    }
    h_put32(frame + 20, 0xA5);
    h_put32(frame + 24, H_CODE + 0x100);
    h_put32(frame + 28, XPSR_T | 0x60000000);
    h_put32(H_DATA, 0xFFFFFFFD);
    h_cpu.r[4] = frame;
    h_cpu.r[5] = H_DATA;
    h_run_to(H_CODE + 0x100);
    assert_int_equal(h_cpu.r[0], 0xA0);
    assert_int_equal(h_cpu.r[3], 0xA3);
    assert_int_equal(h_cpu.r[12], 0xA4);
    assert_int_equal(h_cpu.r[14], 0xA5);
    assert_int_equal(h_cpu.r[13], frame + 32);
    assert_int_equal(h_cpu.other_sp, H_STACK - 32); /* the first frame is still there */
    assert_int_equal(h_cpu.control, 2);
    assert_int_equal(h_flags(), Z | C);
}

static void test_return_by_pop_ddi0403_b1_5_8(void **state)
{
    (void)state;
    static const uint16_t popping[] = {
        0xB510, /* push {r4, lr} */
        0xBD10, /* pop {r4, pc} */
    };
    static const uint16_t wide[] = {
        0xE92D, 0x4110, /* push.w {r4, r8, lr} */
        0xE8BD, 0x8110, /* ldmia.w sp!, {r4, r8, pc} */
    };
    start_svc();
    H_LOAD(h_handler(H_SVC), popping);
    h_run_to(H_CODE + 2);
    assert_int_equal(h_cpu.r[13], H_STACK);
    assert_int_equal(h_cpu.ipsr, 0);
    start_svc();
    H_LOAD(h_handler(H_SVC), wide);
    h_run_to(H_CODE + 2);
    assert_int_equal(h_cpu.r[13], H_STACK);
    assert_int_equal(h_cpu.ipsr, 0);
}

/* B1.5.8: an exception return clears the local monitor; so a load-exclusive never pairs with a
 * store-exclusive on the other side of an interrupt. */
static void test_exclusive_lost_ddi0403_b1_5_8(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xE851, 0x0F00, /* ldrex r0, [r1] */
        0xE841, 0x3200, /* strex r2, r3, [r1] */
    };
    H_START(program);
    h_cpu.r[1] = H_DATA;
    h_enable_irq(0, 0);
    h_steps(1);
    h_pulse_irq(0);
    h_enter(H_IRQ0);
    h_return(H_IRQ0);
    h_steps(1);
    assert_int_equal(h_cpu.r[2], 1);
    assert_int_equal(h_get32(H_DATA), 0);

    H_START(program); /* entry clears it as well (ExceptionTaken) */
    h_load(h_handler(H_IRQ0), program + 2, 2);
    h_cpu.r[1] = H_DATA;
    h_enable_irq(0, 0);
    h_steps(1);
    h_pulse_irq(0);
    h_run_to(h_handler(H_IRQ0) + 4);
    assert_int_equal(h_cpu.r[2], 1);
    assert_int_equal(h_get32(H_DATA), 0);
}

/* An interrupt before each instruction of an IT block: ITSTATE is in the frame, zero in the
 * handler, and back afterwards, also for instructions that are skipped. */
static void test_it_state_ddi0403_b1_5_6(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0x4280,         /* cmp r0, r0 */
        0xBF05,         /* ittet eq */
        0x3401,         /* addeq r4, r4, #1 */
        0xF105, 0x0501, /* addeq.w r5, r5, #1 */
        0x3601,         /* addne r6, r6, #1 */
        0x2709,         /* moveq r7, #9 */
        0xBF00,         /* nop */
    };
    /* ITSTATE before each: condition EQ in bits 7..4, mask 0b0101 shifted on (A7.3.2). */
    static const uint32_t its[] = {0, 0, 0x05, 0x0A, 0x14, 0x08, 0};

    for (unsigned at = 0; at < 7; at++) {
        H_START(program);
        h_enable_irq(3, 0);
        h_steps(at);
        uint32_t pc = h_cpu.r[15];
        h_pulse_irq(3);
        h_enter(H_IRQ0 + 3);
        assert_int_equal(h_cpu.itstate, 0);
        assert_int_equal(h_get32(H_STACK - 8), pc);
        uint32_t xpsr = h_get32(H_STACK - 4);
        assert_int_equal((xpsr >> 25 & 3) | (xpsr >> 8 & 0xFC), its[at]);
        h_return(H_IRQ0 + 3);
        assert_int_equal(h_cpu.r[15], pc);
        assert_int_equal(h_cpu.itstate, its[at]);
        h_run_to(H_CODE + sizeof program);
        assert_int_equal(h_cpu.r[4], 0x40404041);
        assert_int_equal(h_cpu.r[5], 0x50505051);
        assert_int_equal(h_cpu.r[6], 0x60606060);
        assert_int_equal(h_cpu.r[7], 9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_svc_frame_ddi0403_b1_5_6),
        cmocka_unit_test(test_stack_alignment_ddi0403_b1_5_7),
        cmocka_unit_test(test_process_stack_ddi0403_b1_5_6),
        cmocka_unit_test(test_first_thread_ddi0403_b1_5_8),
        cmocka_unit_test(test_return_by_pop_ddi0403_b1_5_8),
        cmocka_unit_test(test_exclusive_lost_ddi0403_b1_5_8),
        cmocka_unit_test(test_it_state_ddi0403_b1_5_6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
