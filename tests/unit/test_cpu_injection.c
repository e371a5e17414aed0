/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupted code does not notice: two nested interrupts before every single instruction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "support/cpu_fixture.h"

/* A little of everything; r0..r12 are its result. */
static void start_victim(void)
{
    static const uint16_t program[] = {
        0x2005,         /* movs r0, #5 */
        0x2100,         /* movs r1, #0 */
        0x4A12,         /* ldr r2, =0x20001000 */
        0xF64F, 0x73FF, /* movw r3, #0xffff */
        /* loop: */
        0x18C9,         /* adds r1, r1, r3 */
        0x4141,         /* adcs r1, r0 */
        0xB50F,         /* push {r0-r3, lr} */
        0xF000, 0xF814, /* bl callee */
        0xBC1F,         /* pop {r0-r3, r4} */
        0x2803,         /* cmp r0, #3 */
        0xBF8B,         /* itete hi */
        0x005B,         /* lslhi r3, r3, #1 */
        0xF083, 0x0355, /* eorls r3, r3, #0x55 */
        0xF842, 0x3B04, /* strhi r3, [r2], #4 */
        0xF852, 0xCC04, /* ldrls.w r12, [r2, #-4] */
        0xC20B,         /* stmia r2!, {r0, r1, r3} */
        0xE952, 0x8902, /* ldrd r8, r9, [r2, #-8] */
        0xFBA8, 0xAB09, /* umull r10, r11, r8, r9 */
        0xE852, 0x5F00, /* ldrex r5, [r2] */
        0x3801,         /* subs r0, #1 */
        0xD1E7,         /* bne loop */
        0xBE00,         /* bkpt 0 */
        /* callee: */
        0xF3EF, 0x8600,         /* mrs r6, apsr */
        0x4437,                 /* add r7, r6 */
        0xE8DF, 0xF000,         /* tbb [pc, r0] */
        0x0303, 0x0304, 0x0304, /* .byte 3, 3, 4, 3, 4, 3 */
        0x43FF,                 /* mvns r7, r7 */
        0x4770,                 /* bx lr */
        0x1000, 0x2000,         /* .ltorg */
    };
    H_START(program);
}

static unsigned run_victim(unsigned interrupt_at)
{
    unsigned steps = 0;
    for (;;) {
        if (steps == interrupt_at) {
            h_pulse_irq(5);
        }
        enum board_stop stop = cpu_step(&h_cpu);
        if (stop == BOARD_STOP_BKPT && h_cpu.r[15] < H_HANDLERS) {
            return steps;
        }
        if (stop != BOARD_STOP_TIME || ++steps > 1000) {
            fail_msg("interrupt at step %u: stop %d at 0x%08x %s", interrupt_at, (int)stop,
                     h_cpu.r[15], h_cpu.why);
        }
    }
}

/* Handlers that spoil all they may, the outer one interrupted by a more urgent one. */
static void load_spoilers(void)
{
    static const uint16_t outer[] = {
        0x4808,         /* ldr r0, =0xe000ef00 ; STIR */
        0x2106,         /* movs r1, #6 */
        0x6001,         /* str r1, [r0] */
        0xF3BF, 0x8F4F, /* dsb */
        0x4289,         /* cmp r1, r1 */
        0xBF14,         /* ite ne */
        0xF04F, 0x0C01, /* movne r12, #1 */
        0xEA6F, 0x0C0C, /* mvneq r12, r12 */
        0x2200,         /* movs r2, #0 */
        0x43D3,         /* mvns r3, r2 */
        0xF383, 0x8800, /* msr apsr_nzcvq, r3 */
        0xF104, 0x0400, /* add r4, r4, #0 ; r4..r11 are the caller's: unchanged */
        0x4770,         /* bx lr */
        0xEF00, 0xE000, /* .ltorg */
    };
    static const uint16_t inner[] = {
        0x43C0,         /* mvns r0, r0 */
        0x43C9,         /* mvns r1, r1 */
        0x43D2,         /* mvns r2, r2 */
        0x43DB,         /* mvns r3, r3 */
        0xEB1C, 0x0C00, /* adds r12, r12, r0 */
        0x4770,         /* bx lr */
    };
    H_LOAD(h_handler(H_IRQ0 + 5), outer);
    H_LOAD(h_handler(H_IRQ0 + 6), inner);
    h_enable_irq(5, 0x80);
    h_enable_irq(6, 0x40);
}

static void test_interrupt_before_each_instruction(void **state)
{
    (void)state;
    static struct cpu clean;
    static uint8_t clean_ram[sizeof h_ram];
    const uint32_t kept = 0x3000; /* of RAM: below lie old frames */

    start_victim();
    load_spoilers();
    unsigned steps = run_victim(UINT32_MAX);
    clean = h_cpu;
    memcpy(clean_ram, h_ram, sizeof clean_ram);
    assert_in_range(steps, 80, 200);

    for (unsigned at = 0; at < steps; at++) {
        start_victim();
        load_spoilers();
        unsigned taken = run_victim(at);
        if (taken < steps + 18 || memcmp(h_cpu.r, clean.r, sizeof clean.r) != 0 ||
            cpu_apsr(&h_cpu) != cpu_apsr(&clean) || memcmp(h_ram, clean_ram, kept) != 0) {
            fail_msg("interrupt before step %u changes what comes out", at);
        }
    }
}

/* Interrupt the instruction that is next, and be back at it with everything as it was. */
static void inject(unsigned round)
{
    struct cpu before = h_cpu;
    h_pulse_irq(5);
    do {
        if (cpu_step(&h_cpu) != BOARD_STOP_TIME) {
            fail_msg("round %u: the handlers stop at 0x%08x %s", round, h_cpu.r[15], h_cpu.why);
        }
    } while (h_cpu.ipsr != 0);
    if (memcmp(h_cpu.r, before.r, sizeof before.r) != 0 ||
        cpu_apsr(&h_cpu) != cpu_apsr(&before) || h_cpu.itstate != before.itstate ||
        h_cpu.other_sp != before.other_sp || h_cpu.irq_entries != before.irq_entries + 2) {
        fail_msg("round %u: an interrupt before 0x%08x shows", round, before.r[15]);
    }
}

/* One run with an interrupt before every instruction, again and again from other registers. */
static void test_20000_interrupts_in_a_row(void **state)
{
    (void)state;
    unsigned injected = 0;
    for (unsigned round = 0; injected < 20000; round++) {
        start_victim();
        load_spoilers();
        h_set_flags(round & 31u);
        for (unsigned n = 5; n < 13; n++) {
            h_cpu.r[n] = (round + n) * 0x9E3779B9u;
        }
        struct cpu start = h_cpu;
        (void)run_victim(UINT32_MAX);
        struct cpu clean = h_cpu;

        memset(h_ram, 0, sizeof h_ram);
        h_cpu = start;
        do {
            inject(round);
            injected++;
        } while (cpu_step(&h_cpu) == BOARD_STOP_TIME);
        if (h_cpu.stop != BOARD_STOP_BKPT || memcmp(h_cpu.r, clean.r, sizeof clean.r) != 0 ||
            cpu_apsr(&h_cpu) != cpu_apsr(&clean)) {
            fail_msg("round %u: interrupts change what comes out", round);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interrupt_before_each_instruction),
        cmocka_unit_test(test_20000_interrupts_in_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
