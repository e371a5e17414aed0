/* SPDX-License-Identifier: Apache-2.0 */
/* Loads and stores of several words, and exclusive ones, against ARM DDI 0403E A7.7 and
 * A3.4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/cpu_fixture.h"

enum { D = H_DATA };

/* Words D, D + 4, ... hold 0xD0000000, 0xD0000004, ... */
static void fill(void)
{
    for (uint32_t i = 0; i < 64; i += 4) {
        h_put32(D + i, 0xD0000000 + i);
    }
}

static void test_ldm_ddi0403_a7_7_ldm(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xC90D,         /* ldmia r1!, {r0, r2, r3} */
        0xCC30,         /* ldmia r4, {r4, r5} ; the base is in the list: no write-back */
        0xE896, 0x0180, /* ldmia.w r6, {r7, r8} */
        0xE939, 0x1C00, /* ldmdb r9!, {r10, r11, r12} */
        0xE916, 0x4001, /* ldmdb.w r6, {r0, lr} */
    };
    H_START(program);
    fill();
    h_cpu.r[1] = D;
    h_cpu.r[4] = D + 0x10;
    h_cpu.r[6] = D + 0x18;
    h_cpu.r[9] = D + 0x20;
    h_steps(1);
    assert_int_equal(h_cpu.r[0], 0xD0000000);
    assert_int_equal(h_cpu.r[2], 0xD0000004);
    assert_int_equal(h_cpu.r[3], 0xD0000008);
    assert_int_equal(h_cpu.r[1], D + 12);
    h_steps(1);
    assert_int_equal(h_cpu.r[4], 0xD0000010);
    assert_int_equal(h_cpu.r[5], 0xD0000014);
    h_steps(1);
    assert_int_equal(h_cpu.r[7], 0xD0000018);
    assert_int_equal(h_cpu.r[8], 0xD000001C);
    assert_int_equal(h_cpu.r[6], D + 0x18);
    h_steps(1);
    assert_int_equal(h_cpu.r[10], 0xD0000014);
    assert_int_equal(h_cpu.r[11], 0xD0000018);
    assert_int_equal(h_cpu.r[12], 0xD000001C);
    assert_int_equal(h_cpu.r[9], D + 0x14);
    h_steps(1);
    assert_int_equal(h_cpu.r[0], 0xD0000010);
    assert_int_equal(h_cpu.r[14], 0xD0000014);
    assert_int_equal(h_cpu.r[6], D + 0x18);
}

static void test_stm_ddi0403_a7_7_stm(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xC10D,         /* stmia r1!, {r0, r2, r3} */
        0xC106,         /* stmia r1!, {r1, r2} ; lowest in the list: the old base is stored */
        0xE884, 0x0060, /* stmia.w r4, {r5, r6} */
        0xE927, 0x0300, /* stmdb r7!, {r8, r9} */
        0xE907, 0x4400, /* stmdb r7, {r10, lr} */
    };
    H_START(program);
    h_cpu.r[1] = D;
    h_cpu.r[4] = D + 0x20;
    h_cpu.r[7] = D + 0x40;
    h_cpu.r[14] = 0xEEEEEEEE;
    h_steps(5);
    assert_int_equal(h_get32(D), 0);
    assert_int_equal(h_get32(D + 4), 0x20202020);
    assert_int_equal(h_get32(D + 8), 0x30303030);
    assert_int_equal(h_get32(D + 12), D + 12);
    assert_int_equal(h_get32(D + 16), 0x20202020);
    assert_int_equal(h_get32(D + 20), 0);
    assert_int_equal(h_cpu.r[1], D + 20);
    assert_int_equal(h_get32(D + 0x20), 0x50505050);
    assert_int_equal(h_get32(D + 0x24), 0x60606060);
    assert_int_equal(h_cpu.r[4], D + 0x20);
    assert_int_equal(h_get32(D + 0x38), 0x80808080);
    assert_int_equal(h_get32(D + 0x3C), 0x90909090);
    assert_int_equal(h_cpu.r[7], D + 0x38);
    assert_int_equal(h_get32(D + 0x30), 0xA0A0A0A0);
    assert_int_equal(h_get32(D + 0x34), 0xEEEEEEEE);
}

static void test_push_pop_ddi0403_a7_7_push(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xB506,                         /* push {r1, r2, lr} */
        0xBC18,                         /* pop {r3, r4} */
        0xBD00,                         /* pop {pc} */
        0x0000, 0x0000, 0x0000, 0x0000, /* .space 8 */
        /* there: */
        0xE92D, 0x4FF0, /* push.w {r4-r11, lr} */
        0xE8BD, 0x9007, /* pop.w {r0-r2, r12, pc} */
    };
    H_START(program);
    h_cpu.r[14] = (H_CODE + 0xE) | 1;
    h_steps(1);
    assert_int_equal(h_cpu.r[13], H_STACK - 12);
    assert_int_equal(h_get32(H_STACK - 12), 0x10101010);
    assert_int_equal(h_get32(H_STACK - 8), 0x20202020);
    assert_int_equal(h_get32(H_STACK - 4), (H_CODE + 0xE) | 1);
    h_steps(2);
    assert_int_equal(h_cpu.r[3], 0x10101010);
    assert_int_equal(h_cpu.r[4], 0x20202020);
    assert_int_equal(h_cpu.r[13], H_STACK);
    assert_int_equal(h_cpu.r[15], H_CODE + 0xE);
    h_steps(1);
    assert_int_equal(h_cpu.r[13], H_STACK - 36);
    assert_int_equal(h_get32(H_STACK - 36), 0x20202020);
    assert_int_equal(h_get32(H_STACK - 32), 0x50505050);
    assert_int_equal(h_get32(H_STACK - 8), 0xB0B0B0B0);
    h_put32(H_STACK - 20, (H_CODE + 2) | 1);
    h_steps(1);
    assert_int_equal(h_cpu.r[0], 0x20202020);
    assert_int_equal(h_cpu.r[2], 0x60606060);
    assert_int_equal(h_cpu.r[12], 0x70707070);
    assert_int_equal(h_cpu.r[13], H_STACK - 16);
    assert_int_equal(h_cpu.r[15], H_CODE + 2);
}

static void test_load_pc_ddi0403_a7_7_ldr(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xF851, 0xFB08, /* ldr pc, [r1], #8 */
    };
    static const uint16_t multiple[] = {
        0xE8B1, 0x8001, /* ldmia r1!, {r0, pc} */
    };
    H_START(program);
    h_put32(D, (H_CODE + 0x100) | 1);
    h_cpu.r[1] = D;
    h_steps(1);
    assert_int_equal(h_cpu.r[15], H_CODE + 0x100);
    assert_int_equal(h_cpu.r[1], D + 8);

    H_START(multiple);
    h_put32(D, 7);
    h_put32(D + 4, (H_CODE + 0x200) | 1);
    h_cpu.r[1] = D;
    h_steps(1);
    assert_int_equal(h_cpu.r[15], H_CODE + 0x200);
    assert_int_equal(h_cpu.r[0], 7);
    assert_int_equal(h_cpu.r[1], D + 8);
}

static void test_ldrd_strd_ddi0403_a7_7_ldrd(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xE9D1, 0x0302, /* ldrd r0, r3, [r1, #8] */
        0xE971, 0x4502, /* ldrd r4, r5, [r1, #-8]! */
        0xE8F1, 0x6704, /* ldrd r6, r7, [r1], #16 */
        0xE9D1, 0x2800, /* ldrd r2, r8, [r1] */
        0xE9C1, 0x9A04, /* strd r9, r10, [r1, #16] */
        0xE961, 0xBC01, /* strd r11, r12, [r1, #-4]! */
        0xE8E1, 0xCB01, /* strd r12, r11, [r1], #4 */
    };
    H_START(program);
    fill();
    h_cpu.r[1] = D + 16;
    h_steps(1);
    assert_int_equal(h_cpu.r[0], 0xD0000018);
    assert_int_equal(h_cpu.r[3], 0xD000001C);
    assert_int_equal(h_cpu.r[1], D + 16);
    h_steps(1);
    assert_int_equal(h_cpu.r[4], 0xD0000008);
    assert_int_equal(h_cpu.r[5], 0xD000000C);
    assert_int_equal(h_cpu.r[1], D + 8);
    h_steps(1);
    assert_int_equal(h_cpu.r[6], 0xD0000008);
    assert_int_equal(h_cpu.r[7], 0xD000000C);
    assert_int_equal(h_cpu.r[1], D + 24);
    h_steps(1);
    assert_int_equal(h_cpu.r[2], 0xD0000018);
    assert_int_equal(h_cpu.r[8], 0xD000001C);
    h_steps(1);
    assert_int_equal(h_get32(D + 40), 0x90909090);
    assert_int_equal(h_get32(D + 44), 0xA0A0A0A0);
    h_steps(1);
    assert_int_equal(h_get32(D + 20), 0xB0B0B0B0);
    assert_int_equal(h_get32(D + 24), 0xC0C0C0C0);
    assert_int_equal(h_cpu.r[1], D + 20);
    h_steps(1);
    assert_int_equal(h_get32(D + 20), 0xC0C0C0C0);
    assert_int_equal(h_get32(D + 24), 0xB0B0B0B0);
    assert_int_equal(h_cpu.r[1], D + 24);
    assert_int_equal(h_get32(D + 28), 0xD000001C);
}

/* A3.4: a store-exclusive succeeds only after a load-exclusive, and ends the exclusive
 * state. */
static void test_exclusive_ddi0403_a3_4(void **state)
{
    (void)state;
    static const uint16_t program[] = {
        0xE841, 0x3200, /* strex r2, r3, [r1] ; nothing loaded */
        0xE851, 0x0F01, /* ldrex r0, [r1, #4] */
        0xE841, 0x3401, /* strex r4, r3, [r1, #4] */
        0xE841, 0x6501, /* strex r5, r6, [r1, #4] ; once only */
        0xE851, 0x0F00, /* ldrex r0, [r1] */
        0xF3BF, 0x8F2F, /* clrex */
        0xE841, 0x6700, /* strex r7, r6, [r1] */
        0xE8D1, 0x0F4F, /* ldrexb r0, [r1] */
        0xE8C1, 0x6F48, /* strexb r8, r6, [r1] */
        0xE8D1, 0x9F5F, /* ldrexh r9, [r1] */
        0xE8C1, 0x6F5A, /* strexh r10, r6, [r1] */
    };
    H_START(program);
    fill();
    h_cpu.r[1] = D;
    h_steps(1);
    assert_int_equal(h_cpu.r[2], 1);
    assert_int_equal(h_get32(D), 0xD0000000);
    h_steps(2);
    assert_int_equal(h_cpu.r[0], 0xD0000004);
    assert_int_equal(h_cpu.r[4], 0);
    assert_int_equal(h_get32(D + 4), 0x30303030);
    h_steps(1);
    assert_int_equal(h_cpu.r[5], 1);
    assert_int_equal(h_get32(D + 4), 0x30303030);
    h_steps(3);
    assert_int_equal(h_cpu.r[7], 1);
    assert_int_equal(h_get32(D), 0xD0000000);
    h_steps(2);
    assert_int_equal(h_cpu.r[0], 0);
    assert_int_equal(h_cpu.r[8], 0);
    assert_int_equal(h_get32(D), 0xD0000060);
    h_steps(2);
    assert_int_equal(h_cpu.r[9], 0x60);
    assert_int_equal(h_cpu.r[10], 0);
    assert_int_equal(h_get32(D), 0xD0006060);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ldm_ddi0403_a7_7_ldm),
        cmocka_unit_test(test_stm_ddi0403_a7_7_stm),
        cmocka_unit_test(test_push_pop_ddi0403_a7_7_push),
        cmocka_unit_test(test_load_pc_ddi0403_a7_7_ldr),
        cmocka_unit_test(test_ldrd_strd_ddi0403_a7_7_ldrd),
        cmocka_unit_test(test_exclusive_ddi0403_a3_4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
