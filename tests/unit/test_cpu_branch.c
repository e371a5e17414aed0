/* SPDX-License-Identifier: Apache-2.0 */
/* Branches and conditions against ARM DDI 0403E: ConditionPassed() of A7.3, ranges of A4.3, IT
 * blocks of A7.3.2 and A7.7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "board/cpu/debug.h"
#include "support/cpu_fixture.h"

/* Table A7-1. */
static int passes(unsigned condition, unsigned flags)
{
    int n = (flags & N) != 0, z = (flags & Z) != 0, c = (flags & C) != 0, v = (flags & V) != 0;
    switch (condition) {
    case 0: /* EQ */
        return z;
    case 1: /* NE */
        return !z;
    case 2: /* CS */
        return c;
    case 3: /* CC */
        return !c;
    case 4: /* MI */
        return n;
    case 5: /* PL */
        return !n;
    case 6: /* VS */
        return v;
    case 7: /* VC */
        return !v;
    case 8: /* HI */
        return c && !z;
    case 9: /* LS */
        return !c || z;
    case 10: /* GE */
        return n == v;
    case 11: /* LT */
        return n != v;
    case 12: /* GT */
        return !z && n == v;
    default: /* LE */
        return z || n != v;
    }
}

static void test_conditions_ddi0403_a7_3(void **state)
{
    (void)state;
    static const uint16_t narrow[] = {
        0xD002, /* beq.n .+8 */
    };
    static const uint16_t wide[] = {
        0xF000, 0x8002, /* beq.w .+8 */
    };
    for (unsigned condition = 0; condition < 14; condition++) {
        for (unsigned flags = 0; flags < 32; flags += 2) {
            uint16_t op[2] = {(uint16_t)(narrow[0] | condition << 8), 0};
            unsigned taken = passes(condition, flags) != 0;

            h_start();
            h_load(H_CODE, op, 1);
            h_set_flags(flags);
            h_steps(1);
            assert_int_equal(h_cpu.r[15], taken ? H_CODE + 8 : H_CODE + 2);

            op[0] = (uint16_t)(wide[0] | condition << 6);
            op[1] = wide[1];
            h_start();
            h_load(H_CODE, op, 2);
            h_set_flags(flags);
            h_steps(1);
            assert_int_equal(h_cpu.r[15], taken ? H_CODE + 8 : H_CODE + 4);
            assert_int_equal(h_flags(), flags);
        }
    }
}

struct branch_case {
    uint16_t op[2];
    const char *text;
    int32_t distance; /* from the instruction itself */
    uint32_t lr;
};

/* As far as each encoding goes, both ways (A4.3, table A4-1). */
static void test_ranges_ddi0403_a4_3(void **state)
{
    (void)state;
    enum { LR_KEPT = 0 };
    static const struct branch_case cases[] = {
        {{0xD17F}, "bne.n .+258", 258, LR_KEPT},
        {{0xD180}, "bne.n .-252", -252, LR_KEPT},
        {{0xE3FF}, "b.n .+2050", 2050, LR_KEPT},
        {{0xE400}, "b.n .-2044", -2044, LR_KEPT},
        {{0xF07F, 0xAFFF}, "bne.w .+0x100002", 0x100002, LR_KEPT},
        {{0xF440, 0x8000}, "bne.w .-0xffffc", -0xffffc, LR_KEPT},
        {{0xF3FF, 0x97FF}, "b.w .+0x1000002", 0x1000002, LR_KEPT},
        {{0xF400, 0x9000}, "b.w .-0xfffffc", -0xfffffc, LR_KEPT},
        {{0xF000, 0xB000}, "b.w .+0x400004", 0x400004, LR_KEPT},
        {{0xF000, 0x9800}, "b.w .+0x800004", 0x800004, LR_KEPT},
        {{0xF3FF, 0xD7FF}, "bl .+0x1000002", 0x1000002, (H_CODE + 4) | 1},
        {{0xF400, 0xD000}, "bl .-0xfffffc", -0xfffffc, (H_CODE + 4) | 1},
        {{0xF000, 0xF800}, "bl .+4", 4, (H_CODE + 4) | 1},
        {{0xB3F8}, "cbz r0, .+130", 130, LR_KEPT},
        {{0xBBF9}, "cbnz r1, .+130", 130, LR_KEPT},
        {{0xB3F9}, "cbz r1, .+130", 2, LR_KEPT},
        {{0xBBF8}, "cbnz r0, .+130", 2, LR_KEPT},
        {{0xB100}, "cbz r0, .+4", 4, LR_KEPT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct branch_case *c = &cases[i];
        h_start();
        h_load(H_CODE, c->op, 2);
        h_cpu.r[14] = LR_KEPT;
        h_set_flags(N | C);
        h_steps(1);
        if (h_cpu.r[15] != H_CODE + (uint32_t)c->distance || h_cpu.r[14] != c->lr ||
            h_flags() != (N | C)) {
            fail_msg("row %zu: %s: pc 0x%08x, lr 0x%08x", i, c->text, h_cpu.r[15], h_cpu.r[14]);
        }
    }
}

static void test_bx_blx_ddi0403_a7_7_blx(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0x4788, /* blx r1 */
        0xBF00, /* nop */
        0x4770, /* bx lr */
        0x4697, /* mov pc, r2 */
    };
    H_START(program);
    h_cpu.r[1] = (H_CODE + 4) | 1;
    h_steps(1);
    assert_int_equal(h_cpu.r[15], H_CODE + 4);
    assert_int_equal(h_cpu.r[14], (H_CODE + 2) | 1);
    h_steps(1);
    assert_int_equal(h_cpu.r[15], H_CODE + 2);
    h_cpu.r[15] = H_CODE + 6;
    h_cpu.r[2] = H_CODE + 2; /* BranchWritePC: bit 0 does not matter */
    h_steps(1);
    assert_int_equal(h_cpu.r[15], H_CODE + 2);
}

/* Offsets in halfwords from the instruction's address + 4. */
static void test_tbb_tbh_ddi0403_a7_7_tbb(void **state)
{
    (void)state;
    static const uint16_t byte[] = {
        0xE8DF, 0xF000, /* tbb [pc, r0] */
        0xFF02, 0x0403, /* .byte 2, 255, 3, 4 */
    };
    static const uint16_t half[] = {
        0xE8D1, 0xF010, /* tbh [r1, r0, lsl #1] */
    };
    static const uint32_t bytes[] = {2, 255, 3, 4};
    for (uint32_t i = 0; i < 4; i++) {
        H_START(byte);
        h_cpu.r[0] = i;
        h_steps(1);
        assert_int_equal(h_cpu.r[15], H_CODE + 4 + 2 * bytes[i]);
    }
    H_START(half);
    h_put32(H_DATA, 0x12348001);
    h_cpu.r[1] = H_DATA;
    h_cpu.r[0] = 0;
    h_steps(1);
    assert_int_equal(h_cpu.r[15], H_CODE + 4 + 2 * 0x8001);
    H_START(half);
    h_put32(H_DATA, 0x12348001);
    h_cpu.r[1] = H_DATA;
    h_cpu.r[0] = 1;
    h_steps(1);
    assert_int_equal(h_cpu.r[15], H_CODE + 4 + 2 * 0x1234);
}

/* All masks of IT with EQ: bit i of the answer = instruction i was executed (A7.7, IT). */
static void test_it_masks_ddi0403_a7_7_it(void **state)
{
    (void)state;
    static const uint16_t body[] = {0x1C40 /* adds r0, r0, #1 */, 0x1C49 /* adds r1, r1, #1 */,
                                    0x1C52 /* adds r2, r2, #1 */, 0x1C5B /* adds r3, r3, #1 */,
                                    0x1C64 /* adds r4, r4, #1 */};
    for (unsigned mask = 1; mask < 16; mask++) {
        unsigned length = mask & 1 ? 4 : mask & 2 ? 3 : mask & 4 ? 2 : 1;
        for (unsigned zero = 0; zero < 2; zero++) {
            const uint16_t it = (uint16_t)(0xBF00 | mask); /* firstcond 0: EQ, its bit 0 is 0 */
            h_start();
            h_load(H_CODE, &it, 1);
            H_LOAD(H_CODE + 2, body);
            for (unsigned n = 0; n < 5; n++) {
                h_cpu.r[n] = 0;
            }
            h_set_flags(zero ? Z | C | V : C | V);
            h_steps(1 + length);
            for (unsigned n = 0; n < length; n++) {
                /* Instruction 0 runs under EQ; a mask bit of 1 makes it NE for a later one. */
                unsigned inverted = n == 0 ? 0 : mask >> (4 - n) & 1;
                assert_int_equal(h_cpu.r[n], zero ^ inverted);
            }
            /* 16-bit arithmetic leaves the flags in an IT block, and sets them after it. */
            assert_int_equal(h_flags(), zero ? Z | C | V : C | V);
            assert_int_equal(h_cpu.itstate, 0);
            h_steps(1);
            assert_int_equal(h_cpu.r[length], 1);
            assert_int_equal(h_flags(), 0);
        }
    }
}

static void test_it_contents_ddi0403_a7_7_it(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xBFC7,         /* ittee gt */
        0xF100, 0x0001, /* addgt.w r0, r0, #1 ; 32 bits, executed */
        0xF110,
        0x0000, /* addsgt.w r0, r0, #0 ; a 32-bit instruction obeys its S: now Z = 0, C = 0 */
        0x2101, /* movle r1, #1 ; skipped */
        0xF8D1, 0x1004, /* ldrle.w r1, [r1, #4] ; skipped: no access */
        0x4280,         /* cmp r0, r0 */
        0xBF04,         /* itt eq */
        0x4290,         /* cmpeq r0, r2 ; compares set flags: not equal */
        0x2301,         /* moveq r3, #1 ; so this is skipped */
        0xBF1C,         /* itt ne */
        0x2401,         /* movne r4, #1 */
        0xE000,         /* bne there ; last of its block */
        0xBF00,         /* nop */
        /* there: */
        0xBF2A,         /* itet cs */
        0x2501,         /* movcs r5, #1 */
        0x2502,         /* movcc r5, #2 */
        0xF7FF, 0xFFFB, /* blcs there */
    };
    H_START(program);
    h_cpu.r[0] = 0x7FFFFFFE;
    h_cpu.r[1] = H_NOTHING;
    h_set_flags(0);
    h_steps(3);
    assert_int_equal(h_cpu.r[0], 0x7FFFFFFF);
    assert_int_equal(h_flags(), 0);
    h_steps(2);
    assert_int_equal(h_cpu.r[1], H_NOTHING);
    h_steps(4);
    assert_int_equal(h_cpu.r[3], 0x30303030);
    h_steps(3);
    assert_int_equal(h_cpu.r[4], 1);
    assert_int_equal(h_cpu.r[15], H_CODE + 0x20);
    assert_int_equal(h_cpu.itstate, 0);
    h_set_flags(C);
    h_steps(4);
    assert_int_equal(h_cpu.r[5], 1);
    assert_int_equal(h_cpu.r[15], H_CODE + 0x20);
}

static void test_it_branch_not_taken_ddi0403_a7_7_it(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xBF08, /* it eq */
        0x4770, /* bxeq lr */
        0xBF14, /* ite ne */
        0x2001, /* movne r0, #1 */
        0xBD00, /* popeq {pc} */
        0x1849, /* adds r1, r1, r1 */
    };
    H_START(program);
    h_set_flags(C);
    h_steps(5);
    assert_int_equal(h_cpu.r[15], H_CODE + 10);
    assert_int_equal(h_cpu.r[0], 1);
    assert_int_equal(h_cpu.r[13], H_STACK);
    h_steps(1);
    assert_int_equal(h_flags(), 0);
}

/* A7.3.2: 16-bit arithmetic, logic and shifts leave the flags alone inside an IT block. */
static void test_it_16_bit_flags_ddi0403_a7_3_2(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xBF21, /* itttt cs */
        0x4008, /* andcs r0, r1 */
        0x408A, /* lslcs r2, r1 */
        0x414B, /* adccs r3, r1 */
        0x424C, /* negcs r4, r1 */
        0xBF21, /* itttt cs */
        0x434D, /* mulcs r5, r1, r5 */
        0x43CE, /* mvncs r6, r1 */
        0x084F, /* lsrcs r7, r1, #1 */
        0x4188, /* sbccs r0, r1 */
    };
    H_START(program);
    h_cpu.r[1] = 0;
    h_cpu.r[3] = 0xFFFFFFFF;
    h_set_flags(N | C | V);
    h_steps(10);
    assert_int_equal(h_flags(), N | C | V);
    assert_int_equal(h_cpu.r[0], 0);
    assert_int_equal(h_cpu.r[2], 0x20202020);
    assert_int_equal(h_cpu.r[3], 0);
    assert_int_equal(h_cpu.r[4], 0);
    assert_int_equal(h_cpu.r[5], 0);
    assert_int_equal(h_cpu.r[6], 0xFFFFFFFF);
    assert_int_equal(h_cpu.r[7], 0);
}

/* A glitch: as if there were a NOP, which in an IT block also moves on to the next
 * condition. */
static void test_skip_is_a_nop(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0x2001,         /* movs r0, #1: skipped */
        0xF04F, 0x0102, /* mov r1, #2: skipped */
        0xBF0C,         /* ite eq */
        0x2203,         /* moveq r2, #3: skipped */
        0x2304,         /* movne r3, #4 */
        0xBF18,         /* it ne: skipped */
        0x2405,         /* movs r4, #5: does not depend on it */
        0xE7FE,         /* b . : skipped */
        0xBF00,         /* nop */
    };
    H_START(program);
    h_set_flags(Z);
    cpu_skip(&h_cpu);
    cpu_skip(&h_cpu);
    assert_int_equal(h_cpu.r[15], H_CODE + 6);
    h_steps(1);
    cpu_skip(&h_cpu);
    h_steps(1);
    assert_int_equal(h_cpu.itstate, 0);
    cpu_skip(&h_cpu);
    h_steps(1);
    cpu_skip(&h_cpu);
    assert_int_equal(h_cpu.r[15], H_CODE + 18);
    assert_int_equal(h_cpu.r[0], 0);
    assert_int_equal(h_cpu.r[1], 0x10101010);
    assert_int_equal(h_cpu.r[2], 0x20202020);
    assert_int_equal(h_cpu.r[3], 0x30303030);
    assert_int_equal(h_cpu.r[4], 5);
}

/* Run the program at H_CODE to its BKPT; *out_stops = how often it stopped at the trap on the
 * way. */
static struct cpu run_with_trap(const uint16_t program[], size_t len, uint32_t trap,
                                unsigned *out_stops)
{
    enum board_stop stop;
    h_start();
    h_load(H_CODE, program, len);
    h_cpu.r[4] = (H_CODE + 0x12) | 1u;
    h_cpu.r[5] = (H_CODE + 0x10) | 1u;
    h_set_flags(Z);
    cpu_set_traps(&h_cpu, (uint32_t[]){trap ^ 0x80, trap}, 2);
    *out_stops = 0;
    while ((stop = cpu_run(&h_cpu, 1000000)) == BOARD_STOP_TRAP && *out_stops < 9) {
        assert_int_equal(h_cpu.r[15], trap);
        ++*out_stops;
    }
    assert_int_equal(stop, BOARD_STOP_BKPT);
    return h_cpu;
}

/* Three calls and a jump; four ways to return. */
static void test_trap_at_branches(void **state)
{
    (void)state;
    uint16_t program[14] = {
        0xF000, 0xF807, /* 00: bl f */
        0x47A0,         /* 04: blx r4 */
        0xBF08,         /* 06: it eq */
        0xF000, 0xF803, /* 08: bleq f */
        0x46AE,         /* 0C: mov lr, r5 */
        0xE000,         /* 0E: b f */
        0xBE00,         /* 10: bkpt */
    };
    static const uint16_t functions[4][3] = {
        {0x4770},                 /* 12: f: bx lr */
        {0xB500, 0xBD00},         /* push {lr}; pop {pc} */
        {0xB540, 0xE8BD, 0x8040}, /* push {r6, lr}; ldmia.w sp!, {r6, pc} */
        {0xB500, 0xF85D, 0xFB04}, /* push {lr}; ldr.w pc, [sp], #4 */
    };
    for (unsigned i = 0; i < 4; i++) {
        unsigned stops;
        memcpy(program + 9, functions[i], sizeof functions[i]);
        struct cpu plain = run_with_trap(program, 14, 0, &stops);
        assert_int_equal(stops, 0);
        for (uint32_t off = 0; off < 0x1C; off += 2) {
            struct cpu cpu = run_with_trap(program, 14, H_CODE + off, &stops);
            unsigned calls = off == 0x12 ? 4 : 0;
            unsigned returns = off == 0x04 || off == 0x06 || off == 0x0C || off == 0x10;
            assert_int_equal(stops, calls + returns);
            assert_int_equal(cpu.now, plain.now);
            assert_int_equal(cpu.instructions, plain.instructions);
            assert_memory_equal(cpu.r, plain.r, sizeof cpu.r);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conditions_ddi0403_a7_3),
        cmocka_unit_test(test_ranges_ddi0403_a4_3),
        cmocka_unit_test(test_bx_blx_ddi0403_a7_7_blx),
        cmocka_unit_test(test_tbb_tbh_ddi0403_a7_7_tbb),
        cmocka_unit_test(test_it_masks_ddi0403_a7_7_it),
        cmocka_unit_test(test_it_16_bit_flags_ddi0403_a7_3_2),
        cmocka_unit_test(test_it_contents_ddi0403_a7_7_it),
        cmocka_unit_test(test_it_branch_not_taken_ddi0403_a7_7_it),
        cmocka_unit_test(test_skip_is_a_nop),
        cmocka_unit_test(test_trap_at_branches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
