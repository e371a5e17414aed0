/* SPDX-License-Identifier: Apache-2.0 */
/* Single loads and stores against ARM DDI 0403E A7.7: address, write-back, extension, unaligned
 * words and halfwords (A3.2.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "support/cpu_fixture.h"

/* What r0 holds where the instruction must not write it. */
#define KEEP 0xCAFEF00DU

enum { D = H_DATA };

/* The byte at D + n is 0x80 + n: first 128 negative ones, then positive ones. */
static void fill(void)
{
    for (unsigned i = 0; i < 256; i++) {
        h_ram[D - H_RAM + i] = (uint8_t)(0x80 + i);
    }
}

struct load_case {
    uint16_t op[2];
    const char *text;
    uint32_t r1, r2, r0_after, r1_after;
};

static void check_loads(const struct load_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct load_case *c = &cases[i];
        h_start();
        fill();
        h_load(H_CODE, c->op, 2);
        h_cpu.r[0] = KEEP;
        h_cpu.r[1] = c->r1;
        h_cpu.r[2] = c->r2;
        h_set_flags(N | C);
        h_steps(1);
        if (h_cpu.r[0] != c->r0_after || h_cpu.r[1] != c->r1_after || h_cpu.r[2] != c->r2 ||
            h_flags() != (N | C)) {
            fail_msg("row %zu: %s: r0 0x%08x, r1 0x%08x, r2 0x%08x", i, c->text, h_cpu.r[0],
                     h_cpu.r[1], h_cpu.r[2]);
        }
    }
}
#define CHECK_LOADS(cases) check_loads(cases, sizeof(cases) / sizeof(cases)[0])

static void test_ldr_ddi0403_a7_7_ldr(void **state)
{
    (void)state;
    static const struct load_case cases[] = {
        {{0x6848}, "ldr r0, [r1, #4]", D, 0, 0x87868584, D},
        {{0x6FC8}, "ldr r0, [r1, #124]", D, 0, 0xFFFEFDFC, D},
        {{0x5888}, "ldr r0, [r1, r2]", D, 8, 0x8B8A8988, D},
        {{0x5888}, "ldr r0, [r1, r2]", D + 8, 0xFFFFFFFC, 0x87868584, D + 8},
        {{0xF851, 0x0022}, "ldr.w r0, [r1, r2, lsl #2]", D, 3, 0x8F8E8D8C, D},
        {{0xF8D1, 0x0F04}, "ldr.w r0, [r1, #0xf04]", D - 0xF00, 0, 0x87868584, D - 0xF00},
        {{0xF851, 0x0C04}, "ldr r0, [r1, #-4]", D + 8, 0, 0x87868584, D + 8},
        {{0xF851, 0x0F04}, "ldr r0, [r1, #4]!", D, 0, 0x87868584, D + 4},
        {{0xF851, 0x0DFF}, "ldr r0, [r1, #-255]!", D + 255, 0, 0x83828180, D},
        {{0xF851, 0x0B04}, "ldr r0, [r1], #4", D, 0, 0x83828180, D + 4},
        {{0xF851, 0x0904}, "ldr r0, [r1], #-4", D + 4, 0, 0x87868584, D},
        {{0xF851, 0x0E04}, "ldrt r0, [r1, #4]", D, 0, 0x87868584, D},
        {{0x6849}, "ldr r1, [r1, #4]", D, 0, KEEP, 0x87868584},
        /* A3.2.1: words may be unaligned. */
        {{0x6808}, "ldr r0, [r1]", D + 1, 0, 0x84838281, D + 1},
        {{0x6808}, "ldr r0, [r1]", D + 2, 0, 0x85848382, D + 2},
        {{0xF851, 0x0F03}, "ldr r0, [r1, #3]!", D, 0, 0x86858483, D + 3},
    };
    CHECK_LOADS(cases);
}

static void test_ldrb_ldrh_ddi0403_a7_7(void **state)
{
    (void)state;
    static const struct load_case cases[] = {
        {{0x7948}, "ldrb r0, [r1, #5]", D, 0, 0x85, D},
        {{0x5C88}, "ldrb r0, [r1, r2]", D, 6, 0x86, D},
        {{0xF811, 0x0032}, "ldrb.w r0, [r1, r2, lsl #3]", D, 2, 0x90, D},
        {{0xF891, 0x0F05}, "ldrb.w r0, [r1, #0xf05]", D - 0xF00, 0, 0x85, D - 0xF00},
        {{0xF811, 0x0C01}, "ldrb r0, [r1, #-1]", D + 4, 0, 0x83, D + 4},
        {{0xF811, 0x0D01}, "ldrb r0, [r1, #-1]!", D + 4, 0, 0x83, D + 3},
        {{0xF811, 0x0B01}, "ldrb r0, [r1], #1", D, 0, 0x80, D + 1},
        {{0x88C8}, "ldrh r0, [r1, #6]", D, 0, 0x8786, D},
        {{0x5A88}, "ldrh r0, [r1, r2]", D, 2, 0x8382, D},
        {{0xF831, 0x0012}, "ldrh.w r0, [r1, r2, lsl #1]", D, 2, 0x8584, D},
        {{0xF8B1, 0x0F06}, "ldrh.w r0, [r1, #0xf06]", D - 0xF00, 0, 0x8786, D - 0xF00},
        {{0xF831, 0x0D02}, "ldrh r0, [r1, #-2]!", D + 4, 0, 0x8382, D + 2},
        {{0xF831, 0x0B02}, "ldrh r0, [r1], #2", D, 0, 0x8180, D + 2},
        {{0x8808}, "ldrh r0, [r1]", D + 3, 0, 0x8483, D + 3},
        {{0x5688}, "ldrsb r0, [r1, r2]", D, 5, 0xFFFFFF85, D},
        {{0x5688}, "ldrsb r0, [r1, r2]", D, 0x85, 0x05, D},
        {{0xF991, 0x0005}, "ldrsb.w r0, [r1, #5]", D, 0, 0xFFFFFF85, D},
        {{0xF911, 0x0012}, "ldrsb.w r0, [r1, r2, lsl #1]", D, 1, 0xFFFFFF82, D},
        {{0xF911, 0x0D01}, "ldrsb r0, [r1, #-1]!", D + 4, 0, 0xFFFFFF83, D + 3},
        {{0xF911, 0x0901}, "ldrsb r0, [r1], #-1", D + 4, 0, 0xFFFFFF84, D + 3},
        {{0x5E88}, "ldrsh r0, [r1, r2]", D, 4, 0xFFFF8584, D},
        {{0x5E88}, "ldrsh r0, [r1, r2]", D, 0x84, 0x0504, D},
        {{0xF9B1, 0x0005}, "ldrsh.w r0, [r1, #5]", D, 0, 0xFFFF8685, D},
        {{0xF931, 0x0F04}, "ldrsh r0, [r1, #4]!", D, 0, 0xFFFF8584, D + 4},
        {{0xF931, 0x0B04}, "ldrsh r0, [r1], #4", D, 0, 0xFFFF8180, D + 4},
    };
    CHECK_LOADS(cases);
}

struct store_case {
    uint16_t op[2];
    const char *text;
    uint32_t r1, r2, addr, size, r1_after;
};

/* Exactly `size` bytes of RAM at addr become those of r0. */
static void test_str_ddi0403_a7_7_str(void **state)
{
    (void)state;
    static const struct store_case cases[] = {
        {{0x6048}, "str r0, [r1, #4]", D, 0, D + 4, 4, D},
        {{0x5088}, "str r0, [r1, r2]", D, 8, D + 8, 4, D},
        {{0xF841, 0x0022}, "str.w r0, [r1, r2, lsl #2]", D, 3, D + 12, 4, D},
        {{0xF8C1, 0x0F04}, "str.w r0, [r1, #0xf04]", D - 0xF00, 0, D + 4, 4, D - 0xF00},
        {{0xF841, 0x0C04}, "str r0, [r1, #-4]", D + 8, 0, D + 4, 4, D + 8},
        {{0xF841, 0x0F04}, "str r0, [r1, #4]!", D, 0, D + 4, 4, D + 4},
        {{0xF841, 0x0D04}, "str r0, [r1, #-4]!", D + 8, 0, D + 4, 4, D + 4},
        {{0xF841, 0x0B04}, "str r0, [r1], #4", D, 0, D, 4, D + 4},
        {{0xF841, 0x0908}, "str r0, [r1], #-8", D + 8, 0, D + 8, 4, D},
        {{0x6008}, "str r0, [r1]", D + 1, 0, D + 1, 4, D + 1},
        {{0x6008}, "str r0, [r1]", D + 3, 0, D + 3, 4, D + 3},
        {{0x7148}, "strb r0, [r1, #5]", D, 0, D + 5, 1, D},
        {{0x5488}, "strb r0, [r1, r2]", D, 6, D + 6, 1, D},
        {{0xF881, 0x0F05}, "strb.w r0, [r1, #0xf05]", D - 0xF00, 0, D + 5, 1, D - 0xF00},
        {{0xF801, 0x0012}, "strb.w r0, [r1, r2, lsl #1]", D, 3, D + 6, 1, D},
        {{0xF801, 0x0B01}, "strb r0, [r1], #1", D, 0, D, 1, D + 1},
        {{0xF801, 0x0D01}, "strb r0, [r1, #-1]!", D + 4, 0, D + 3, 1, D + 3},
        {{0x80C8}, "strh r0, [r1, #6]", D, 0, D + 6, 2, D},
        {{0x5288}, "strh r0, [r1, r2]", D, 2, D + 2, 2, D},
        {{0xF821, 0x0012}, "strh.w r0, [r1, r2, lsl #1]", D, 2, D + 4, 2, D},
        {{0xF821, 0x0B02}, "strh r0, [r1], #2", D, 0, D, 2, D + 2},
        {{0xF821, 0x0F02}, "strh r0, [r1, #2]!", D, 0, D + 2, 2, D + 2},
        {{0x8008}, "strh r0, [r1]", D + 1, 0, D + 1, 2, D + 1},
        {{0x8008}, "strh r0, [r1]", D + 3, 0, D + 3, 2, D + 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct store_case *c = &cases[i];
        static uint8_t expected[sizeof h_ram];

        h_start();
        fill();
        memcpy(expected, h_ram, sizeof expected);
        for (uint32_t n = 0; n < c->size; n++) {
            expected[c->addr - H_RAM + n] = (uint8_t)(0x12345678U >> 8 * n);
        }
        h_load(H_CODE, c->op, 2);
        h_cpu.r[0] = 0x12345678;
        h_cpu.r[1] = c->r1;
        h_cpu.r[2] = c->r2;
        h_steps(1);
        if (memcmp(h_ram, expected, sizeof expected) != 0 || h_cpu.r[1] != c->r1_after) {
            fail_msg("row %zu: %s: word at 0x%08x 0x%08x, r1 0x%08x", i, c->text, c->addr & ~3U,
                     h_get32(c->addr & ~3U), h_cpu.r[1]);
        }
    }
}

/* The base of a literal is Align(PC, 4) (A7.7, LDR literal and ADR). */
static void test_literals_ddi0403_a7_7(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        /* start: */
        0xBF00,         /* nop */
        0x4807,         /* ldr r0, near ; at 2 modulo 4 */
        0xF8DF, 0x1018, /* ldr.w r1, near */
        0xA205,         /* adr r2, near */
        0xF89F, 0x3015, /* ldrb.w r3, near + 1 */
        0xF9BF, 0x4012, /* ldrsh.w r4, near + 2 */
        0xE9DF, 0x5603, /* ldrd r5, r6, near */
        0xF2AF, 0x0718, /* adr.w r7, start */
        0xF85F, 0x801C, /* ldr.w r8, start */
        0xE7FE,         /* b . */
        /* near: */
        0xBA98, 0xFEDC, /* .word 0xfedcba98 */
        0x4567, 0x0123, /* .word 0x01234567 */
    };
    H_START(program);
    h_steps(9);
    assert_int_equal(h_cpu.r[0], 0xFEDCBA98);
    assert_int_equal(h_cpu.r[1], 0xFEDCBA98);
    assert_int_equal(h_cpu.r[2], H_CODE + 0x20);
    assert_int_equal(h_cpu.r[3], 0xBA);
    assert_int_equal(h_cpu.r[4], 0xFFFFFEDC);
    assert_int_equal(h_cpu.r[5], 0xFEDCBA98);
    assert_int_equal(h_cpu.r[6], 0x01234567);
    assert_int_equal(h_cpu.r[7], H_CODE);
    assert_int_equal(h_cpu.r[8], h_get32(H_CODE));
}

static void test_sp_relative_ddi0403_a7_7(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0x9002,         /* str r0, [sp, #8] */
        0x9902,         /* ldr r1, [sp, #8] */
        0xF84D, 0x0D04, /* str.w r0, [sp, #-4]! */
        0xF85D, 0x2B04, /* ldr.w r2, [sp], #4 */
    };
    H_START(program);
    h_cpu.r[0] = 0x12345678;
    h_cpu.r[13] = D;
    h_steps(2);
    assert_int_equal(h_cpu.r[1], 0x12345678);
    assert_int_equal(h_get32(D + 8), 0x12345678);
    h_steps(1);
    assert_int_equal(h_cpu.r[13], D - 4);
    h_steps(1);
    assert_int_equal(h_cpu.r[2], 0x12345678);
    assert_int_equal(h_cpu.r[13], D);
}

/* Flash is seen at 0 too (boot from flash), and the bus gets what is in neither window. */
static void test_windows(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0x6801, /* ldr r1, [r0] */
        0x605A, /* str r2, [r3, #4] */
        0x795C, /* ldrb r4, [r3, #5] */
        0x80DD, /* strh r5, [r3, #6] */
        0x685E, /* ldr r6, [r3, #4] */
    };
    H_START(program);
    h_cpu.r[0] = 4;
    h_cpu.r[2] = 0x11223344;
    h_cpu.r[3] = H_DEVICE;
    h_cpu.r[5] = 0xAABBCCDD;
    h_steps(5);
    assert_int_equal(h_cpu.r[1], H_CODE | 1);
    assert_int_equal(h_cpu.r[4], 0x33);
    assert_int_equal(h_device[1], 0xCCDD3344);
    assert_int_equal(h_cpu.r[6], 0xCCDD3344);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ldr_ddi0403_a7_7_ldr),
        cmocka_unit_test(test_ldrb_ldrh_ddi0403_a7_7),
        cmocka_unit_test(test_str_ddi0403_a7_7_str),
        cmocka_unit_test(test_literals_ddi0403_a7_7),
        cmocka_unit_test(test_sp_relative_ddi0403_a7_7),
        cmocka_unit_test(test_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
