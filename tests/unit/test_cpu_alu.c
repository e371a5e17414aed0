/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic and its flags against ARM DDI 0403E: AddWithCarry() of A2.2.1, and the pages of
 * A7.7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/cpu_fixture.h"

/* What r0 holds where the instruction must not write it. */
#define KEEP 0xCAFEF00DU

static void test_add_sub_flags_ddi0403_a2_2_1(void **state)
{
    (void)state;
    static const struct h_case cases[] = {
        {{0x1888}, "adds r0, r1, r2", KEEP, 1, 2, N | Z | C | V | Q, 3, Q},
        {{0x1888}, "adds r0, r1, r2", KEEP, 0x7FFFFFFF, 1, 0, 0x80000000, N | V},
        {{0x1888}, "adds r0, r1, r2", KEEP, 0xFFFFFFFF, 1, 0, 0, Z | C},
        {{0x1888}, "adds r0, r1, r2", KEEP, 0x80000000, 0x80000000, 0, 0, Z | C | V},
        {{0x1888}, "adds r0, r1, r2", KEEP, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0xFFFFFFFE, N | C},
        {{0x1DC8}, "adds r0, r1, #7", KEEP, 0xFFFFFFFA, 0, 0, 1, C},
        {{0x30FF}, "adds r0, #255", 0x7FFFFF01, 0, 0, 0, 0x80000000, N | V},
        {{0xEB01, 0x0002}, "add.w r0, r1, r2", KEEP, 0xFFFFFFFF, 1, N, 0, N},
        {{0xEB11, 0x0002}, "adds.w r0, r1, r2", KEEP, 0xFFFFFFFF, 1, N, 0, Z | C},
        {{0x1A88}, "subs r0, r1, r2", KEEP, 5, 5, N | V, 0, Z | C},
        {{0x1A88}, "subs r0, r1, r2", KEEP, 3, 5, C, 0xFFFFFFFE, N},
        {{0x1A88}, "subs r0, r1, r2", KEEP, 0x80000000, 1, 0, 0x7FFFFFFF, C | V},
        {{0x1A88}, "subs r0, r1, r2", KEEP, 0, 0x80000000, 0, 0x80000000, N | V},
        {{0x1A88}, "subs r0, r1, r2", KEEP, 0x7FFFFFFF, 0xFFFFFFFF, 0, 0x80000000, N | V},
        {{0x1A88}, "subs r0, r1, r2", KEEP, 0x80000000, 0x80000000, 0, 0, Z | C},
        {{0x1FC8}, "subs r0, r1, #7", KEEP, 6, 0, 0, 0xFFFFFFFF, N},
        {{0x38FF}, "subs r0, #255", 255, 0, 0, 0, 0, Z | C},
        {{0xEBA1, 0x0002}, "sub.w r0, r1, r2", KEEP, 0, 1, Z, 0xFFFFFFFF, Z},
        {{0xF601, 0x70FF}, "addw r0, r1, #0xfff", KEEP, 1, 0, Z | C, 0x1000, Z | C},
        {{0xF6A1, 0x70FF}, "subw r0, r1, #0xfff", KEEP, 0, 0, Z, 0xFFFFF001, Z},
    };
    H_CHECK(cases);
}

static void test_carry_in_ddi0403_a7_7(void **state)
{
    (void)state;
    static const struct h_case cases[] = {
        {{0x4148}, "adcs r0, r1", 0xFFFFFFFF, 0, 0, C, 0, Z | C},
        {{0x4148}, "adcs r0, r1", 0xFFFFFFFF, 0, 0, 0, 0xFFFFFFFF, N},
        {{0xEB51, 0x0002}, "adcs.w r0, r1, r2", KEEP, 0x7FFFFFFF, 0, C, 0x80000000, N | V},
        {{0xEB51, 0x0002},
         "adcs.w r0, r1, r2",
         KEEP,
         0xFFFFFFFF,
         0xFFFFFFFF,
         C,
         0xFFFFFFFF,
         N | C},
        {{0xEB51, 0x0002}, "adcs.w r0, r1, r2", KEEP, 1, 1, 0, 2, 0},
        {{0xF151, 0x407F}, "adcs.w r0, r1, #0xff000000", KEEP, 0x00FFFFFF, 0, C, 0, Z | C},
        {{0xEB41, 0x0002}, "adc.w r0, r1, r2", KEEP, 1, 1, C, 3, C},
        {{0x4188}, "sbcs r0, r1", 5, 3, 0, C, 2, C},
        {{0x4188}, "sbcs r0, r1", 5, 3, 0, 0, 1, C},
        {{0x4188}, "sbcs r0, r1", 0, 0, 0, 0, 0xFFFFFFFF, N},
        {{0xEB71, 0x0002}, "sbcs.w r0, r1, r2", KEEP, 0x80000000, 0, 0, 0x7FFFFFFF, C | V},
        {{0xEB71, 0x0002}, "sbcs.w r0, r1, r2", KEEP, 0, 0xFFFFFFFF, 0, 0, Z},
        {{0xF171, 0x0001}, "sbcs.w r0, r1, #1", KEEP, 1, 0, C, 0, Z | C},
        {{0xEB61, 0x0002}, "sbc.w r0, r1, r2", KEEP, 1, 1, 0, 0xFFFFFFFF, 0},
    };
    H_CHECK(cases);
}

static void test_reverse_subtract_ddi0403_a7_7_rsb(void **state)
{
    (void)state;
    static const struct h_case cases[] = {
        {{0x4248}, "negs r0, r1", KEEP, 1, 0, C, 0xFFFFFFFF, N},
        {{0x4248}, "negs r0, r1", KEEP, 0, 0, 0, 0, Z | C},
        {{0x4248}, "negs r0, r1", KEEP, 0x80000000, 0, 0, 0x80000000, N | V},
        {{0xF1D1, 0x00FF}, "rsbs r0, r1, #255", KEEP, 1, 0, 0, 254, C},
        {{0xEBD1, 0x0002}, "rsbs.w r0, r1, r2", KEEP, 3, 1, 0, 0xFFFFFFFE, N},
        {{0xEBD1, 0x1002}, "rsbs.w r0, r1, r2, lsl #4", KEEP, 0x10, 1, 0, 0, Z | C},
        {{0xF1C1, 0x0000}, "rsb r0, r1, #0", KEEP, 5, 0, C, 0xFFFFFFFB, C},
    };
    H_CHECK(cases);
}

static void test_compare_ddi0403_a7_7_cmp(void **state)
{
    (void)state;
    static const struct h_case cases[] = {
        {{0x4291}, "cmp r1, r2", KEEP, 5, 5, N, KEEP, Z | C},
        {{0x4291}, "cmp r1, r2", KEEP, 0, 1, C, KEEP, N},
        {{0x4291}, "cmp r1, r2", KEEP, 0x80000000, 1, 0, KEEP, C | V},
        {{0x4291}, "cmp r1, r2", KEEP, 1, 0x80000000, 0, KEEP, N | V},
        {{0x29C8}, "cmp r1, #200", KEEP, 200, 0, 0, KEEP, Z | C},
        {{0xEBB1, 0x0F62},
         "cmp.w r1, r2, asr #1",
         KEEP,
         0xFFFFFFFF,
         0xFFFFFFFE,
         0,
         KEEP,
         Z | C},
        {{0xF1B1, 0x4F00}, "cmp.w r1, #0x80000000", KEEP, 0, 0, 0, KEEP, N | V},
        {{0x4569}, "cmp r1, sp", KEEP, H_STACK, 0, 0, KEEP, Z | C},
        {{0x42D1}, "cmn r1, r2", KEEP, 0xFFFFFFFF, 1, 0, KEEP, Z | C},
        {{0x42D1}, "cmn r1, r2", KEEP, 0x7FFFFFFF, 1, 0, KEEP, N | V},
        {{0xF111, 0x0F01}, "cmn.w r1, #1", KEEP, 0x80000000, 0, 0, KEEP, N},
        {{0xEB11, 0x7FD2},
         "cmn.w r1, r2, lsr #31",
         KEEP,
         0xFFFFFFFF,
         0x80000000,
         0,
         KEEP,
         Z | C},
    };
    H_CHECK(cases);
}

static void test_multiply_ddi0403_a7_7_mul(void **state)
{
    (void)state;
    static const struct h_case cases[] = {
        /* MULS: N and Z only. */
        {{0x4348}, "muls r0, r1", 0x10000, 0x8000, 0, C | V | Q, 0x80000000, N | C | V | Q},
        {{0x4348}, "muls r0, r1", 0x10000, 0x10000, 0, C | V, 0, Z | C | V},
        {{0xFB01, 0xF002}, "mul r0, r1, r2", KEEP, 0xFFFFFFFF, 5, Z, 0xFFFFFFFB, Z},
        {{0xFB01, 0x0002}, "mla r0, r1, r2, r0", 10, 7, 6, N, 52, N},
        {{0xFB01, 0x0002}, "mla r0, r1, r2, r0", 1, 0xFFFFFFFF, 0xFFFFFFFF, 0, 2, 0},
        {{0xFB01, 0x0012}, "mls r0, r1, r2, r0", 10, 7, 6, 0, 0xFFFFFFE0, 0},
    };
    H_CHECK(cases);
}

/* CCR.DIV_0_TRP is 0 after reset: division by zero gives 0 (A7.7, UDIV and SDIV). */
static void test_divide_ddi0403_a7_7_div(void **state)
{
    (void)state;
    static const struct h_case cases[] = {
        {{0xFBB1, 0xF0F2}, "udiv r0, r1, r2", KEEP, 100, 7, N | C, 14, N | C},
        {{0xFBB1, 0xF0F2}, "udiv r0, r1, r2", KEEP, 0xFFFFFFFF, 1, 0, 0xFFFFFFFF, 0},
        {{0xFBB1, 0xF0F2}, "udiv r0, r1, r2", KEEP, 0x80000000, 0xFFFFFFFF, 0, 0, 0},
        {{0xFBB1, 0xF0F2}, "udiv r0, r1, r2", KEEP, 5, 0, 0, 0, 0},
        {{0xFB91, 0xF0F2},
         "sdiv r0, r1, r2",
         KEEP,
         0xFFFFFFF9,
         2,
         0,
         0xFFFFFFFD,
         0}, /* -7 / 2 = -3 */
        {{0xFB91, 0xF0F2}, "sdiv r0, r1, r2", KEEP, 7, 0xFFFFFFFE, 0, 0xFFFFFFFD, 0},
        {{0xFB91, 0xF0F2}, "sdiv r0, r1, r2", KEEP, 0xFFFFFFF9, 0xFFFFFFFE, 0, 3, 0},
        {{0xFB91, 0xF0F2}, "sdiv r0, r1, r2", KEEP, 0x80000000, 0xFFFFFFFF, 0, 0x80000000, 0},
        {{0xFB91, 0xF0F2}, "sdiv r0, r1, r2", KEEP, 0x80000000, 0, 0, 0, 0},
    };
    H_CHECK(cases);
}

struct long_case {
    uint16_t op[2];
    const char *text;
    uint32_t low, high, r1, r2, low_after, high_after;
};

/* r0 is the low word, r3 the high one. No flags. */
static void test_long_multiply_ddi0403_a7_7(void **state)
{
    (void)state;
    static const struct long_case cases[] = {
        {{0xFBA1, 0x0302}, "umull r0, r3, r1, r2", 1, 1, 0xFFFFFFFF, 0xFFFFFFFF, 1, 0xFFFFFFFE},
        {{0xFBA1, 0x0302}, "umull r0, r3, r1, r2", 1, 1, 0x80000000, 2, 0, 1},
        {{0xFB81, 0x0302}, "smull r0, r3, r1, r2", 1, 1, 0xFFFFFFFF, 0xFFFFFFFF, 1, 0},
        {{0xFB81, 0x0302}, "smull r0, r3, r1, r2", 1, 1, 0xFFFFFFFF, 2, 0xFFFFFFFE, 0xFFFFFFFF},
        {{0xFB81, 0x0302}, "smull r0, r3, r1, r2", 1, 1, 0x80000000, 0x80000000, 0, 0x40000000},
        {{0xFBE1, 0x0302}, "umlal r0, r3, r1, r2", 0xFFFFFFFF, 1, 0xFFFFFFFF, 1, 0xFFFFFFFE, 2},
        {{0xFBE1, 0x0302},
         "umlal r0, r3, r1, r2",
         0xFFFFFFFF,
         0xFFFFFFFF,
         0xFFFFFFFF,
         0xFFFFFFFF,
         0,
         0xFFFFFFFE},
        {{0xFBC1, 0x0302}, "smlal r0, r3, r1, r2", 0, 0, 0xFFFFFFFF, 1, 0xFFFFFFFF, 0xFFFFFFFF},
        {{0xFBC1, 0x0302}, "smlal r0, r3, r1, r2", 1, 0, 0xFFFFFFFF, 1, 0, 0},
        {{0xFBC1, 0x0302}, "smlal r0, r3, r1, r2", 0xFFFFFFFF, 0x7FFFFFFF, 1, 1, 0, 0x80000000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct long_case *c = &cases[i];
        h_start();
        h_load(H_CODE, c->op, 2);
        h_cpu.r[0] = c->low;
        h_cpu.r[1] = c->r1;
        h_cpu.r[2] = c->r2;
        h_cpu.r[3] = c->high;
        h_set_flags(N | V);
        h_steps(1);
        if (h_cpu.r[0] != c->low_after || h_cpu.r[3] != c->high_after || h_flags() != (N | V)) {
            fail_msg("row %zu: %s: 0x%08x%08x, flags 0x%02x", i, c->text, h_cpu.r[3],
                     h_cpu.r[0], h_flags());
        }
    }
}

static void test_saturate_ddi0403_a7_7_ssat(void **state)
{
    (void)state;
    static const struct h_case cases[] = {
        {{0xF301, 0x0007}, "ssat r0, #8, r1", KEEP, 127, 0, N | C, 127, N | C},
        {{0xF301, 0x0007}, "ssat r0, #8, r1", KEEP, 128, 0, 0, 127, Q},
        {{0xF301, 0x0007}, "ssat r0, #8, r1", KEEP, 0xFFFFFF80, 0, 0, 0xFFFFFF80, 0},
        {{0xF301, 0x0007}, "ssat r0, #8, r1", KEEP, 0xFFFFFF7F, 0, 0, 0xFFFFFF80, Q},
        {{0xF301, 0x0007}, "ssat r0, #8, r1", KEEP, 1, 0, Q, 1, Q}, /* Q is sticky */
        {{0xF301, 0x0000}, "ssat r0, #1, r1", KEEP, 5, 0, 0, 0, Q},
        {{0xF301, 0x001F}, "ssat r0, #32, r1", KEEP, 0x80000000, 0, 0, 0x80000000, 0},
        {{0xF301, 0x100F}, "ssat r0, #16, r1, lsl #4", KEEP, 0x800, 0, 0, 0x7FFF, Q},
        {{0xF301, 0x100F}, "ssat r0, #16, r1, lsl #4", KEEP, 0xF0000001, 0, 0, 0x10, 0},
        {{0xF321, 0x70CF}, "ssat r0, #16, r1, asr #31", KEEP, 0x80000000, 0, 0, 0xFFFFFFFF, 0},
        {{0xF381, 0x0008}, "usat r0, #8, r1", KEEP, 255, 0, 0, 255, 0},
        {{0xF381, 0x0008}, "usat r0, #8, r1", KEEP, 256, 0, 0, 255, Q},
        {{0xF381, 0x0008}, "usat r0, #8, r1", KEEP, 0xFFFFFFFF, 0, 0, 0, Q},
        {{0xF381, 0x0000}, "usat r0, #0, r1", KEEP, 1, 0, 0, 0, Q},
        {{0xF381, 0x001F}, "usat r0, #31, r1", KEEP, 0x7FFFFFFF, 0, 0, 0x7FFFFFFF, 0},
        {{0xF3A1, 0x00C5}, "usat r0, #5, r1, asr #3", KEEP, 0xF8, 0, 0, 31, 0},
        {{0xF3A1, 0x00C5}, "usat r0, #5, r1, asr #3", KEEP, 0x100, 0, 0, 31, Q},
    };
    H_CHECK(cases);
}

/* Registers 8 to 15; none of these sets flags (A7.7, ADD T2 and MOV T1). */
static void test_high_registers_ddi0403_a7_7(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0x4688,         /* mov r8, r1 */
        0x4490,         /* add r8, r2 */
        0x4640,         /* mov r0, r8 */
        0x4478,         /* add r0, pc ; pc reads as this address + 4 */
        0x46F9,         /* mov r9, pc */
        0xB002,         /* add sp, #8 */
        0xB084,         /* sub sp, #16 */
        0xAB01,         /* add r3, sp, #4 */
        0xF20D, 0x1401, /* addw r4, sp, #0x101 */
        0xF2AD, 0x0501, /* subw r5, sp, #1 */
        0x44B5,         /* add sp, r6 */
        0x46EA,         /* mov r10, sp */
        0x45C2,         /* cmp r10, r8 */
    };
    H_START(program);
    h_cpu.r[1] = 0xFFFFFFFF;
    h_cpu.r[2] = 3;
    h_cpu.r[6] = 0x20;
    h_set_flags(N | Z | C | V);
    h_steps(12);
    assert_int_equal(h_flags(), N | Z | C | V);
    assert_int_equal(h_cpu.r[8], 2);
    assert_int_equal(h_cpu.r[0], 2 + H_CODE + 6 + 4);
    assert_int_equal(h_cpu.r[9], H_CODE + 8 + 4);
    assert_int_equal(h_cpu.r[3], H_STACK - 8 + 4);
    assert_int_equal(h_cpu.r[4], H_STACK - 8 + 0x101);
    assert_int_equal(h_cpu.r[5], H_STACK - 8 - 1);
    assert_int_equal(h_cpu.r[13], H_STACK - 8 + 0x20);
    assert_int_equal(h_cpu.r[10], H_STACK - 8 + 0x20);
    h_steps(1);
    assert_int_equal(h_flags(), C);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add_sub_flags_ddi0403_a2_2_1),
        cmocka_unit_test(test_carry_in_ddi0403_a7_7),
        cmocka_unit_test(test_reverse_subtract_ddi0403_a7_7_rsb),
        cmocka_unit_test(test_compare_ddi0403_a7_7_cmp),
        cmocka_unit_test(test_multiply_ddi0403_a7_7_mul),
        cmocka_unit_test(test_divide_ddi0403_a7_7_div),
        cmocka_unit_test(test_long_multiply_ddi0403_a7_7),
        cmocka_unit_test(test_saturate_ddi0403_a7_7_ssat),
        cmocka_unit_test(test_high_registers_ddi0403_a7_7),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
