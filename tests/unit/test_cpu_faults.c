/* SPDX-License-Identifier: Apache-2.0 */
/* Faults against ARM DDI 0403E B1.5.14, B1.5.15, B3.2.15: which one, where exactly, what is
 * left undone, escalation and lockup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/cpu_fixture.h"

/* CFSR, B3.2.15 */
enum {
    IACCVIOL = 1 << 0,
    IBUSERR = 1 << 8,
    PRECISERR = 1 << 9,
    STKERR = 1 << 12,
    BFARVALID = 1 << 15,
    UNDEFINSTR = 1 << 16,
    INVSTATE = 1 << 17,
    INVPC = 1 << 18,
    NOCP = 1 << 19,
    UNALIGNED = 1 << 24,
    DIVBYZERO = 1 << 25,
};
enum { FORCED = 1 << 30 /* HFSR */ };
enum { ALL_FAULTS = 7 << 16 /* SHCSR: MEMFAULTENA, BUSFAULTENA, USGFAULTENA */ };
enum { UNALIGN_TRP = 1 << 3, DIV_0_TRP = 1 << 4, STKALIGN = 1 << 9 };

struct fault_case {
    uint16_t op[2];
    const char *text;
    uint32_t ccr, r1;
    unsigned exception;
    uint32_t cfsr;
};

/* r0 = 0, r1 as given, r2 = 0x20202020, r3 = r0. */
static const struct fault_case cases[] = {
    {{0xDE00}, "udf #0", 0, 0, H_USAGEFAULT, UNDEFINSTR},
    {{0xF7F0, 0xA000}, "udf.w #0", 0, 0, H_USAGEFAULT, UNDEFINSTR},
    {{0xFA82, 0xF041}, "uadd8 r0, r2, r1 (DSP extension)", 0, 0, H_USAGEFAULT, UNDEFINSTR},
    {{0xFB12, 0xF001}, "smulbb r0, r2, r1 (DSP extension)", 0, 0, H_USAGEFAULT, UNDEFINSTR},
    {{0xEE11, 0x0F10}, "mrc p15, 0, r0, c1, c0, 0", 0, 0, H_USAGEFAULT, NOCP},
    {{0xED91, 0x0A00}, "vldr s0, [r1]", 0, 0, H_USAGEFAULT, NOCP},
    {{0xFBB1, 0xF0F0}, "udiv r0, r1, r0", DIV_0_TRP, 5, H_USAGEFAULT, DIVBYZERO},
    {{0xFB91, 0xF0F0}, "sdiv r0, r1, r0", DIV_0_TRP, 5, H_USAGEFAULT, DIVBYZERO},
    {{0x6808}, "ldr r0, [r1]", UNALIGN_TRP, H_DATA + 2, H_USAGEFAULT, UNALIGNED},
    {{0x8008}, "strh r0, [r1]", UNALIGN_TRP, H_DATA + 1, H_USAGEFAULT, UNALIGNED},
    {{0xF931, 0x2F03}, "ldrsh r2, [r1, #3]!", UNALIGN_TRP, H_DATA, H_USAGEFAULT, UNALIGNED},
    /* A3.2.1: these trap in any case. */
    {{0xC905}, "ldmia r1!, {r0, r2}", 0, H_DATA + 2, H_USAGEFAULT, UNALIGNED},
    {{0xE921, 0x0005}, "stmdb r1!, {r0, r2}", 0, H_DATA + 2, H_USAGEFAULT, UNALIGNED},
    {{0xE9D1, 0x0200}, "ldrd r0, r2, [r1]", 0, H_DATA + 2, H_USAGEFAULT, UNALIGNED},
    {{0xE9E1, 0x0202}, "strd r0, r2, [r1, #8]!", 0, H_DATA + 1, H_USAGEFAULT, UNALIGNED},
    {{0xE851, 0x0F00}, "ldrex r0, [r1]", 0, H_DATA + 2, H_USAGEFAULT, UNALIGNED},
    /* Neither register nor base is written when the access fails. */
    {{0x6808}, "ldr r0, [r1]", 0, H_NOTHING, H_BUSFAULT, PRECISERR | BFARVALID},
    {{0xF811, 0x2B01}, "ldrb r2, [r1], #1", 0, H_NOTHING, H_BUSFAULT, PRECISERR | BFARVALID},
    {{0xE8F1, 0x0202},
     "ldrd r0, r2, [r1], #8",
     0,
     H_NOTHING,
     H_BUSFAULT,
     PRECISERR | BFARVALID},
    {{0xC905}, "ldmia r1!, {r0, r2}", 0, H_NOTHING, H_BUSFAULT, PRECISERR | BFARVALID},
    {{0xF841, 0x0B04}, "str r0, [r1], #4", 0, H_NOTHING, H_BUSFAULT, PRECISERR | BFARVALID},
    {{0xE8D1, 0xF000}, "tbb [r1, r0]", 0, H_NOTHING, H_BUSFAULT, PRECISERR | BFARVALID},
};

static void start(const struct fault_case *c, uint32_t shcsr)
{
    h_start();
    h_load(H_CODE, c->op, 2);
    h_poke(H_CCR, STKALIGN | c->ccr);
    h_poke(H_SHCSR, shcsr);
    h_cpu.r[1] = c->r1;
    h_cpu.r[3] = h_cpu.r[0];
    h_set_flags(N | V);
}

static void test_fault_is_exact_ddi0403_b1_5_14(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct fault_case *c = &cases[i];
        for (unsigned enabled = 0; enabled < 2; enabled++) {
            start(c, enabled ? ALL_FAULTS : 0);
            h_enter(enabled ? c->exception : H_HARDFAULT);
            uint32_t cfsr = h_peek(H_CFSR), hfsr = h_peek(H_HFSR);
            if (cfsr != c->cfsr || hfsr != (enabled ? 0 : FORCED) ||
                h_get32(H_STACK - 8) != H_CODE || h_get32(H_STACK - 32) != 0 ||
                h_get32(H_STACK - 28) != c->r1 || h_get32(H_STACK - 24) != 0x20202020 ||
                h_get32(H_STACK - 4) != ((uint32_t)(N | V) << 27 | 1 << 24)) {
                fail_msg("row %zu: %s: cfsr 0x%08x hfsr 0x%08x pc 0x%08x r0 0x%08x r1 0x%08x",
                         i, c->text, cfsr, hfsr, h_get32(H_STACK - 8), h_get32(H_STACK - 32),
                         h_get32(H_STACK - 28));
            }
            if ((c->cfsr & BFARVALID) != 0) {
                assert_int_equal(h_peek(H_BFAR), H_NOTHING);
            }
            /* Status bits stay until one is written to them. */
            h_poke(H_CFSR, c->cfsr);
            h_poke(H_HFSR, FORCED);
            assert_int_equal(h_peek(H_CFSR) | h_peek(H_HFSR), 0);
        }
    }
}

/* ITSTATE in the frame is that of the instruction at fault, so that it can be repeated. */
static void test_fault_in_it_ddi0403_b1_5_14(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xBF5C, /* itt pl */
        0x2401, /* movpl r4, #1 */
        0x6808, /* ldrpl r0, [r1] */
    };
    H_START(program);
    h_poke(H_SHCSR, ALL_FAULTS);
    h_cpu.r[1] = H_NOTHING;
    h_enter(H_BUSFAULT);
    assert_int_equal(h_get32(H_STACK - 8), H_CODE + 4);
    /* PL = 5, one instruction left: 0101 1000 in bits 26:25 and 15:10 */
    assert_int_equal(h_get32(H_STACK - 4), 1 << 24 | 0x58 << 8);
}

static void test_invstate_ddi0403_b1_5_14(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0x4700, /* bx r0 */
    };
    H_START(program);
    h_poke(H_SHCSR, ALL_FAULTS);
    h_cpu.r[0] = H_CODE + 0x40; /* bit 0 clears T; the fault is at the target */
    h_enter(H_USAGEFAULT);
    assert_int_equal(h_peek(H_CFSR), INVSTATE);
    assert_int_equal(h_get32(H_STACK - 8), H_CODE + 0x40);
    assert_int_equal(h_get32(H_STACK - 4) & 1 << 24, 0);
}

static void test_bad_fetch_ddi0403_b3_1_1(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0x4780, /* blx r0 */
    };
    H_START(program);
    h_poke(H_SHCSR, ALL_FAULTS);
    h_cpu.r[0] = H_NOTHING | 1;
    h_enter(H_BUSFAULT);
    assert_int_equal(h_peek(H_CFSR), IBUSERR);
    assert_int_equal(h_get32(H_STACK - 8), H_NOTHING);
    assert_int_equal(h_get32(H_STACK - 12), (H_CODE + 2) | 1);

    H_START(program);
    h_poke(H_SHCSR, ALL_FAULTS);
    h_cpu.r[0] = H_DEVICE | 1; /* table B3-1: execute never */
    h_enter(H_MEMMANAGE);
    assert_int_equal(h_peek(H_CFSR), IACCVIOL);
    assert_int_equal(h_get32(H_STACK - 8), H_DEVICE);
}

/* B1.5.8: returns that contradict what is active. The frame stays, the fault tail-chains. */
static void test_invpc_ddi0403_b1_5_8(void **state)
{
    (void)state;
    const uint16_t bx_lr = 0x4770;
    static const uint32_t bad[] = {0xFFFFFFF1, 0xFFFFFFF0, 0xFFFFFFFB, 0xFFFFFFFF};
    static const uint16_t program[] = {
        0xDF00, /* svc 0 */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        H_START(program);
        h_poke(H_SHCSR, ALL_FAULTS);
        h_enter(H_SVC);
        h_cpu.r[14] = bad[i];
        h_put32(H_STACK - 4, 1 << 24 | H_PENDSV); /* xPSR alone would do for a handler */
        h_load(h_handler(H_SVC), &bx_lr, 1);
        h_enter(H_USAGEFAULT);
        assert_int_equal(h_peek(H_CFSR), INVPC);
        assert_int_equal(h_cpu.r[13], H_STACK - 32);
        assert_int_equal(h_cpu.r[14], bad[i]);
        assert_int_equal(h_get32(H_STACK - 8), H_CODE + 2);
        assert_int_equal(h_peek(H_SHCSR) & 0xFFFF, 1 << 3); /* SVC is not active any more */
    }
    /* A return to thread mode while another exception is active and CCR.NONBASETHRDENA is 0. */
    H_START(program);
    h_poke(H_SHCSR, ALL_FAULTS);
    h_poke(H_SHPR2, 0x80000000);
    h_enable_irq(0, 0x40);
    h_enter(H_SVC);
    h_pulse_irq(0);
    h_enter(H_IRQ0);
    h_cpu.r[14] = 0xFFFFFFF9;
    h_put32(H_STACK - 64 + 28, 1 << 24); /* nor does xPSR of thread mode help */
    h_load(h_handler(H_IRQ0), &bx_lr, 1);
    h_enter(H_USAGEFAULT);
    assert_int_equal(h_peek(H_CFSR), INVPC);
}

/* B1.5.14: a fault or SVC that its priority does not let in becomes a HardFault. */
static void test_escalation_ddi0403_b1_5_14(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xDF00, /* svc 0 */
    };
    H_START(program);
    h_cpu.primask = 1;
    h_enter(H_HARDFAULT);
    assert_int_equal(h_peek(H_HFSR), FORCED);
    /* SVC is not repeated, whether it is escalated or not (Zephyr relies on this: its pull
     * request 18713). */
    assert_int_equal(h_get32(H_STACK - 8), H_CODE + 2);

    H_START(program); /* SVC in its own handler */
    H_LOAD(h_handler(H_SVC), program);
    h_enter(H_HARDFAULT);
    assert_int_equal(h_peek(H_HFSR), FORCED);
    assert_int_equal(h_get32(H_STACK - 64 + 24), h_handler(H_SVC) + 2);

    start(&cases[0], ALL_FAULTS); /* UsageFault at a priority that BASEPRI masks */
    h_poke(H_SHPR1, 0x00800000);
    h_cpu.basepri = 0x80;
    h_enter(H_HARDFAULT);
    assert_int_equal(h_peek(H_CFSR), UNDEFINSTR);

    start(&cases[0], ALL_FAULTS);
    h_poke(H_SHPR1, 0x00700000);
    h_cpu.basepri = 0x80;
    h_enter(H_USAGEFAULT);
}

static void test_lockup_ddi0403_b1_5_15(void **state)
{
    (void)state;
    static const uint16_t fault[] = {
        0xDE00, /* udf #0 */
    };
    static const uint16_t program[] = {
        0xBF00, /* nop */
        0xBF00, /* nop */
    };
    /* in HardFault */
    start(&cases[0], 0);
    H_LOAD(h_handler(H_HARDFAULT), fault);
    assert_int_equal(h_run(10), BOARD_STOP_LOCKUP);
    assert_int_equal(h_cpu.r[15], h_handler(H_HARDFAULT));
    assert_int_not_equal(h_cpu.why[0], 0);
    /* in NMI, with every fault enabled */
    H_START(program);
    h_poke(H_SHCSR, ALL_FAULTS);
    H_LOAD(h_handler(H_NMI), fault);
    h_poke(H_ICSR, 1U << 31);
    assert_int_equal(h_run(10), BOARD_STOP_LOCKUP);
    /* with FAULTMASK set */
    start(&cases[0], ALL_FAULTS);
    h_cpu.faultmask = 1;
    assert_int_equal(h_run(10), BOARD_STOP_LOCKUP);
}

/* B1.5.11: the stack cannot hold the frame: BusFault with STKERR, or HardFault. */
static void test_stacking_error_ddi0403_b1_5_11(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xDF00, /* svc 0 */
    };
    for (unsigned enabled = 0; enabled < 2; enabled++) {
        H_START(program);
        h_poke(H_SHCSR, enabled ? ALL_FAULTS : 0);
        /* SVC is less urgent than the derived fault, which is taken first. */
        h_poke(H_SHPR2, 0x80000000);
        h_cpu.r[13] = H_NOTHING + 0x100;
        h_enter(enabled ? H_BUSFAULT : H_HARDFAULT);
        assert_int_equal(h_peek(H_CFSR), STKERR);
        assert_int_equal(h_peek(H_HFSR), enabled ? 0 : FORCED);
        assert_int_equal(h_cpu.r[13], H_NOTHING + 0x100 - 32);
        assert_int_equal(h_peek(H_SHCSR) >> 15 & 1, 1); /* SVC waits */
    }
}

/* The system control space is for privileged code (B3.1.1). */
static void test_unprivileged_scs_ddi0403_b3_1_1(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0x6808, /* ldr r0, [r1] */
    };
    H_START(program);
    h_poke(H_SHCSR, ALL_FAULTS);
    h_cpu.r[1] = H_ICSR;
    h_cpu.control = 1;
    h_enter(H_BUSFAULT);
    assert_int_equal(h_peek(H_CFSR), PRECISERR | BFARVALID);
    assert_int_equal(h_peek(H_BFAR), H_ICSR);
}

struct unknown_case {
    uint16_t op[2];
    const char *text;
};

/* UNPREDICTABLE in the pages of A7.7: the run stops at the instruction and says so; nothing
 * else. */
static void test_unpredictable_stops(void **state)
{
    (void)state;
    static const struct unknown_case unknown[] = {
        {{0xF851, 0x1B04}, "ldr r1, [r1], #4"},
        {{0xF841, 0x1F04}, "str r1, [r1, #4]!"},
        {{0xE8B1, 0x0006}, "ldmia.w r1!, {r1, r2}"},
        {{0xE891, 0x0004}, "ldmia.w r1, {r2}"},
        {{0xE891, 0xC001}, "ldmia.w r1, {r0, lr, pc}"},
        {{0xE9D1, 0x0002}, "ldrd r0, r0, [r1, #8]"},
        {{0xE8F1, 0x1202}, "ldrd r1, r2, [r1], #8"},
        {{0xFBA1, 0x0002}, "umull r0, r0, r1, r2"},
        {{0xE841, 0x0000}, "strex r0, r0, [r1]"},
        {{0xEB0D, 0x0D0F}, "add.w sp, sp, pc"},
        {{0xFA0D, 0xF000}, "lsl.w r0, sp, r0"},
        {{0xFAB1, 0xF082}, "clz r0, r2 with another Rm in the first halfword"},
        {{0xF361, 0x1000}, "bfi r0, r1, #4, #-3"},
    };
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        h_start();
        h_load(H_CODE, unknown[i].op, 2);
        h_cpu.r[1] = H_DATA;
        enum board_stop stop = h_run(1);
        if (stop != BOARD_STOP_UNKNOWN || h_cpu.r[15] != H_CODE || h_cpu.why[0] == 0 ||
            h_cpu.r[1] != H_DATA) {
            fail_msg("row %zu: %s: stop %d at 0x%08x", i, unknown[i].text, (int)stop,
                     h_cpu.r[15]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fault_is_exact_ddi0403_b1_5_14),
        cmocka_unit_test(test_fault_in_it_ddi0403_b1_5_14),
        cmocka_unit_test(test_invstate_ddi0403_b1_5_14),
        cmocka_unit_test(test_bad_fetch_ddi0403_b3_1_1),
        cmocka_unit_test(test_invpc_ddi0403_b1_5_8),
        cmocka_unit_test(test_escalation_ddi0403_b1_5_14),
        cmocka_unit_test(test_lockup_ddi0403_b1_5_15),
        cmocka_unit_test(test_stacking_error_ddi0403_b1_5_11),
        cmocka_unit_test(test_unprivileged_scs_ddi0403_b3_1_1),
        cmocka_unit_test(test_unpredictable_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
