/* SPDX-License-Identifier: Apache-2.0 */
/* Shifts, logic with the shifter's carry, constants and bit fields against ARM DDI 0403E:
 * Shift_C() of A7.4.2, ThumbExpandImm_C() of A5.3.2, and the pages of A7.7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/cpu_fixture.h"

/* What r0 holds where the instruction must not write it. */
#define KEEP 0xCAFEF00DU

static void test_shift_immediate_ddi0403_a7_4_2(void **state)
{
    (void)state;
    static const struct h_case cases[] = {
        /* LSL #0 is MOV: the carry stays. */
        {{0x0008}, "movs r0, r1", KEEP, 0x80000001, 0, C | V, 0x80000001, N | C | V},
        {{0x0008}, "movs r0, r1", KEEP, 0, 0, N | V, 0, Z | V},
        {{0x0048}, "lsls r0, r1, #1", KEEP, 0x80000001, 0, 0, 2, C},
        {{0x07C8}, "lsls r0, r1, #31", KEEP, 3, 0, 0, 0x80000000, N | C},
        {{0x07C8}, "lsls r0, r1, #31", KEEP, 2, 0, C, 0, Z | C},
        {{0x0848}, "lsrs r0, r1, #1", KEEP, 1, 0, 0, 0, Z | C},
        {{0x0808}, "lsrs r0, r1, #32", KEEP, 0x80000000, 0, 0, 0, Z | C},
        {{0x0808}, "lsrs r0, r1, #32", KEEP, 0x7FFFFFFF, 0, C, 0, Z},
        {{0x1108}, "asrs r0, r1, #4", KEEP, 0x80000008, 0, 0, 0xF8000000, N | C},
        {{0x1008}, "asrs r0, r1, #32", KEEP, 0x80000000, 0, 0, 0xFFFFFFFF, N | C},
        {{0x1008}, "asrs r0, r1, #32", KEEP, 0x7FFFFFFF, 0, C, 0, Z},
        {{0xEA5F, 0x0071}, "rors.w r0, r1, #1", KEEP, 1, 0, 0, 0x80000000, N | C},
        {{0xEA5F, 0x70F1}, "rors.w r0, r1, #31", KEEP, 0x40000001, 0, C, 0x80000002, N | C},
        {{0xEA5F, 0x1031}, "rors.w r0, r1, #4", KEEP, 0x12345678, 0, 0, 0x81234567, N | C},
        {{0xEA5F, 0x0031}, "rrxs r0, r1", KEEP, 1, 0, C, 0x80000000, N | C},
        {{0xEA5F, 0x0031}, "rrxs r0, r1", KEEP, 2, 0, 0, 1, 0},
        {{0xEA4F, 0x0031}, "rrx r0, r1", KEEP, 3, 0, C, 0x80000001, C},
        {{0xEA4F, 0x2001}, "lsl.w r0, r1, #8", KEEP, 0x01000000, 0, N, 0, N},
        {{0xEA5F, 0x0011}, "lsrs.w r0, r1, #32", KEEP, 0x80000000, 0, 0, 0, Z | C},
        {{0xEA4F, 0x0021}, "asr.w r0, r1, #32", KEEP, 0x80000000, 0, 0, 0xFFFFFFFF, 0},
    };
    H_CHECK(cases);
}

/* Only the bottom byte of the register counts. */
static void test_shift_register_ddi0403_a7_7(void **state)
{
    (void)state;
    static const struct h_case cases[] = {
        {{0x4088}, "lsls r0, r1", 0x80000001, 0, 0, C, 0x80000001, N | C},
        {{0x4088}, "lsls r0, r1", 0x80000001, 1, 0, 0, 2, C},
        {{0x4088}, "lsls r0, r1", 0x80000001, 32, 0, 0, 0, Z | C},
        {{0x4088}, "lsls r0, r1", 0x80000001, 33, 0, C, 0, Z},
        {{0x4088}, "lsls r0, r1", 0x80000001, 255, 0, C, 0, Z},
        {{0x4088}, "lsls r0, r1", 0x80000001, 0x100, 0, 0, 0x80000001, N},
        {{0x40C8}, "lsrs r0, r1", 0x80000001, 0, 0, C | V, 0x80000001, N | C | V},
        {{0x40C8}, "lsrs r0, r1", 0x80000001, 32, 0, 0, 0, Z | C},
        {{0x40C8}, "lsrs r0, r1", 0x80000001, 33, 0, C, 0, Z},
        {{0x40C8}, "lsrs r0, r1", 0x80000001, 255, 0, C, 0, Z},
        {{0x4108}, "asrs r0, r1", 0x80000001, 0, 0, 0, 0x80000001, N},
        {{0x4108}, "asrs r0, r1", 0x80000001, 32, 0, 0, 0xFFFFFFFF, N | C},
        {{0x4108}, "asrs r0, r1", 0x80000001, 33, 0, 0, 0xFFFFFFFF, N | C},
        {{0x4108}, "asrs r0, r1", 0x7FFFFFFF, 255, 0, C, 0, Z},
        {{0x41C8}, "rors r0, r1", 0x80000001, 0, 0, 0, 0x80000001, N},
        {{0x41C8}, "rors r0, r1", 0x80000001, 32, 0, 0, 0x80000001, N | C},
        {{0x41C8}, "rors r0, r1", 0x00000001, 32, 0, C, 0x00000001, 0},
        {{0x41C8}, "rors r0, r1", 0x80000001, 33, 0, 0, 0xC0000000, N | C},
        {{0x41C8}, "rors r0, r1", 0x80000001, 255, 0, C, 0x00000003, 0},
        {{0xFA11, 0xF002}, "lsls.w r0, r1, r2", KEEP, 3, 31, 0, 0x80000000, N | C},
        {{0xFA21, 0xF002}, "lsr.w r0, r1, r2", KEEP, 0x80000000, 31, C, 1, C},
        {{0xFA51, 0xF002}, "asrs.w r0, r1, r2", KEEP, 0x80000000, 0xFF, 0, 0xFFFFFFFF, N | C},
        {{0xFA61, 0xF002}, "ror.w r0, r1, r2", KEEP, 0x12345678, 8, N, 0x78123456, N},
    };
    H_CHECK(cases);
}

/* N, Z and the shifter's carry; V stays. */
static void test_logic_ddi0403_a7_7(void **state)
{
    (void)state;
    static const struct h_case cases[] = {
        {{0x4008}, "ands r0, r1", 0xF0F0F0F0, 0x8000000F, 0, C | V, 0x80000000, N | C | V},
        {{0x4308}, "orrs r0, r1", 0, 0, 0, C, 0, Z | C},
        {{0x4048}, "eors r0, r1", 0xFF, 0x0F, 0, V, 0xF0, V},
        {{0x4388}, "bics r0, r1", 0xFF, 0x0F, 0, C, 0xF0, C},
        {{0x43C8}, "mvns r0, r1", KEEP, 0, 0, C, 0xFFFFFFFF, N | C},
        {{0x4211}, "tst r1, r2", KEEP, 0xF0, 0x0F, N | V, KEEP, Z | V},
        {{0xEA11, 0x0002}, "ands.w r0, r1, r2", KEEP, 3, 1, C | V, 1, C | V},
        {{0xEA11, 0x0042}, "ands.w r0, r1, r2, lsl #1", KEEP, 0, 0x80000001, V, 0, Z | C | V},
        {{0xEA11, 0x0042}, "ands.w r0, r1, r2, lsl #1", KEEP, 0xFF, 0x00000001, C, 2, 0},
        {{0xEA51, 0x0012}, "orrs.w r0, r1, r2, lsr #32", KEEP, 1, 0x80000000, 0, 1, C},
        {{0xEA91, 0x0022},
         "eors.w r0, r1, r2, asr #32",
         KEEP,
         1,
         0x80000000,
         0,
         0xFFFFFFFE,
         N | C},
        {{0xEA31, 0x1032},
         "bics.w r0, r1, r2, ror #4",
         KEEP,
         0xFFFFFFFF,
         0x0000000F,
         0,
         0x0FFFFFFF,
         C},
        {{0xEA71, 0x0032}, "orns r0, r1, r2, rrx", KEEP, 0, 0xFFFFFFFE, C, 0, Z},
        {{0xEA7F, 0x0032}, "mvns.w r0, r2, rrx", KEEP, 0, 1, 0, 0xFFFFFFFF, N | C},
        {{0xEA01, 0x0042}, "and.w r0, r1, r2, lsl #1", KEEP, 0xFF, 0x80000001, 0, 2, 0},
        {{0xEA11, 0x0F52}, "tst.w r1, r2, lsr #1", KEEP, 1, 3, 0, KEEP, C},
        {{0xEA91, 0x0F02}, "teq.w r1, r2", KEEP, 5, 5, C | V, KEEP, Z | C | V},
        {{0xEA91, 0x1F02},
         "teq.w r1, r2, lsl #4",
         KEEP,
         0x80000000,
         0x10000000,
         0,
         KEEP,
         N | C},
        {{0xEA5F, 0x0002}, "movs.w r0, r2", KEEP, 0, 0, C, 0, Z | C},
    };
    H_CHECK(cases);
}

/* The carry is bit 31 of a rotated constant and stays for the other forms. */
static void test_constants_ddi0403_a5_3_2(void **state)
{
    (void)state;
    static const struct h_case cases[] = {
        {{0x2000}, "movs r0, #0", KEEP, 0, 0, N | C | V, 0, Z | C | V},
        {{0xF05F, 0x00FF}, "movs.w r0, #0xff", KEEP, 0, 0, C, 0xFF, C},
        {{0xF05F, 0x407F}, "movs.w r0, #0xff000000", KEEP, 0, 0, 0, 0xFF000000, N | C},
        {{0xF45F, 0x007F}, "movs.w r0, #0x00ff0000", KEEP, 0, 0, C, 0x00FF0000, 0},
        {{0xF45F, 0x7080}, "movs.w r0, #0x00000100", KEEP, 0, 0, C, 0x00000100, 0},
        {{0xF05F, 0x10AB}, "movs.w r0, #0x00ab00ab", KEEP, 0, 0, C, 0x00AB00AB, C},
        {{0xF05F, 0x20AB}, "movs.w r0, #0xab00ab00", KEEP, 0, 0, 0, 0xAB00AB00, N},
        {{0xF05F, 0x30AB}, "movs.w r0, #0xabababab", KEEP, 0, 0, 0, 0xABABABAB, N},
        {{0xF07F, 0x4000}, "mvns.w r0, #0x80000000", KEEP, 0, 0, 0, 0x7FFFFFFF, C},
        {{0xF011, 0x4000}, "ands.w r0, r1, #0x80000000", KEEP, 1, 0, V, 0, Z | C | V},
        {{0xF451, 0x707F}, "orrs.w r0, r1, #0x3fc", KEEP, 1, 0, C, 0x3FD, 0},
        {{0xF061, 0x00FF}, "orn r0, r1, #0xff", KEEP, 1, 0, C, 0xFFFFFF01, C},
        {{0xF091, 0x20FF}, "eors.w r0, r1, #0xff00ff00", KEEP, 0xFF00FF00, 0, C, 0, Z | C},
        {{0xF031, 0x0001}, "bics.w r0, r1, #1", KEEP, 3, 0, C, 2, C},
        {{0xF011, 0x4F00}, "tst.w r1, #0x80000000", KEEP, 0xFFFFFFFF, 0, 0, KEEP, N | C},
        {{0xF091, 0x0FFF}, "teq.w r1, #0xff", KEEP, 0xFF, 0, C, KEEP, Z | C},
        {{0xF64A, 0x30CD}, "movw r0, #0xabcd", KEEP, 0, 0, N | C, 0x0000ABCD, N | C},
        {{0xF2C1, 0x2034}, "movt r0, #0x1234", KEEP, 0, 0, Z, 0x1234F00D, Z},
    };
    H_CHECK(cases);
}

static void test_bit_fields_ddi0403_a7_7(void **state)
{
    (void)state;
    static const struct h_case cases[] = {
        {{0xF361, 0x100B}, "bfi r0, r1, #4, #8", 0xFFFFFFFF, 0x12345600, 0, N, 0xFFFFF00F, N},
        {{0xF361, 0x001F}, "bfi r0, r1, #0, #32", KEEP, 0x12345678, 0, 0, 0x12345678, 0},
        {{0xF361, 0x70DF}, "bfi r0, r1, #31, #1", 0, 1, 0, 0, 0x80000000, 0},
        {{0xF36F, 0x701F}, "bfc r0, #28, #4", 0xFFFFFFFF, 0, 0, 0, 0x0FFFFFFF, 0},
        {{0xF36F, 0x001F}, "bfc r0, #0, #32", 0xFFFFFFFF, 0, 0, 0, 0, 0},
        {{0xF341, 0x70C0}, "sbfx r0, r1, #31, #1", KEEP, 0x80000000, 0, C, 0xFFFFFFFF, C},
        {{0xF341, 0x2007}, "sbfx r0, r1, #8, #8", KEEP, 0x00008000, 0, 0, 0xFFFFFF80, 0},
        {{0xF341, 0x2007}, "sbfx r0, r1, #8, #8", KEEP, 0xFFFF7FFF, 0, 0, 0x7F, 0},
        {{0xF341, 0x001F}, "sbfx r0, r1, #0, #32", KEEP, 0x87654321, 0, 0, 0x87654321, 0},
        {{0xF3C1, 0x001F}, "ubfx r0, r1, #0, #32", KEEP, 0x87654321, 0, 0, 0x87654321, 0},
        {{0xF3C1, 0x2007}, "ubfx r0, r1, #8, #8", KEEP, 0x00008000, 0, 0, 0x80, 0},
        {{0xF3C1, 0x70C0}, "ubfx r0, r1, #31, #1", KEEP, 0x80000000, 0, 0, 1, 0},
    };
    H_CHECK(cases);
}

static void test_bit_reversal_ddi0403_a7_7(void **state)
{
    (void)state;
    static const struct h_case cases[] = {
        {{0xFAB1, 0xF081}, "clz r0, r1", KEEP, 0, 0, C, 32, C},
        {{0xFAB1, 0xF081}, "clz r0, r1", KEEP, 1, 0, 0, 31, 0},
        {{0xFAB1, 0xF081}, "clz r0, r1", KEEP, 0x80000000, 0, 0, 0, 0},
        {{0xFAB1, 0xF081}, "clz r0, r1", KEEP, 0x00FFFFFF, 0, 0, 8, 0},
        {{0xFA91, 0xF0A1}, "rbit r0, r1", KEEP, 0x00000001, 0, 0, 0x80000000, 0},
        {{0xFA91, 0xF0A1}, "rbit r0, r1", KEEP, 0x12345678, 0, 0, 0x1E6A2C48, 0},
        {{0xBA08}, "rev r0, r1", KEEP, 0x12345678, 0, N, 0x78563412, N},
        {{0xBA48}, "rev16 r0, r1", KEEP, 0x12345678, 0, 0, 0x34127856, 0},
        {{0xBAC8}, "revsh r0, r1", KEEP, 0x12345680, 0, 0, 0xFFFF8056, 0},
        {{0xBAC8}, "revsh r0, r1", KEEP, 0x1234807F, 0, 0, 0x00007F80, 0},
        {{0xFA91, 0xF081}, "rev.w r0, r1", KEEP, 0x12345678, 0, 0, 0x78563412, 0},
        {{0xFA91, 0xF091}, "rev16.w r0, r1", KEEP, 0x12345678, 0, 0, 0x34127856, 0},
        {{0xFA91, 0xF0B1}, "revsh.w r0, r1", KEEP, 0x12345680, 0, 0, 0xFFFF8056, 0},
    };
    H_CHECK(cases);
}

static void test_extend_ddi0403_a7_7(void **state)
{
    (void)state;
    static const struct h_case cases[] = {
        {{0xB248}, "sxtb r0, r1", KEEP, 0x12345680, 0, C, 0xFFFFFF80, C},
        {{0xB248}, "sxtb r0, r1", KEEP, 0xFFFFFF7F, 0, 0, 0x7F, 0},
        {{0xB208}, "sxth r0, r1", KEEP, 0x12348000, 0, 0, 0xFFFF8000, 0},
        {{0xB2C8}, "uxtb r0, r1", KEEP, 0x12345680, 0, N, 0x80, N},
        {{0xB288}, "uxth r0, r1", KEEP, 0x12348765, 0, 0, 0x8765, 0},
        {{0xFA4F, 0xF091}, "sxtb.w r0, r1, ror #8", KEEP, 0x12348065, 0, 0, 0xFFFFFF80, 0},
        {{0xFA0F, 0xF091}, "sxth.w r0, r1, ror #8", KEEP, 0x12F23456, 0, 0, 0xFFFFF234, 0},
        {{0xFA5F, 0xF0B1}, "uxtb.w r0, r1, ror #24", KEEP, 0x92345678, 0, 0, 0x92, 0},
        {{0xFA1F, 0xF0A1}, "uxth.w r0, r1, ror #16", KEEP, 0x92345678, 0, 0, 0x9234, 0},
        {{0xFA1F, 0xF0B1}, "uxth.w r0, r1, ror #24", KEEP, 0x92345678, 0, 0, 0x7892, 0},
    };
    H_CHECK(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shift_immediate_ddi0403_a7_4_2),
        cmocka_unit_test(test_shift_register_ddi0403_a7_7),
        cmocka_unit_test(test_logic_ddi0403_a7_7),
        cmocka_unit_test(test_constants_ddi0403_a5_3_2),
        cmocka_unit_test(test_bit_fields_ddi0403_a7_7),
        cmocka_unit_test(test_bit_reversal_ddi0403_a7_7),
        cmocka_unit_test(test_extend_ddi0403_a7_7),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
