/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/oracle/unicorn_cases.h"

#include <string.h>
#include "tests/support/rng.h"

enum { ROWS16 = 0xE800 >> 6, ROW32_FIRST = 0x080, ROW32_END = 0x200 };

static bool one_in(uint64_t *random, uint32_t n)
{
    return rng_below(random, n) == 0;
}

/* A register that most instructions may have: not SP, not PC. */
static uint32_t any_register(uint64_t *random)
{
    uint32_t n = rng_below(random, 14);
    return n == 13 ? 14 : n;
}

static uint32_t any_value(uint64_t *random)
{
    static const uint32_t edges[] = {
        0,      1,       2,          0x7F,       0x80,       0xFF,       0x7FFF,    0x8000,
        0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, 0xFFFFFFFF};
    uint32_t value = rng_next(random);
    switch (rng_below(random, 8)) {
    case 0:
        return edges[rng_below(random, sizeof edges / sizeof edges[0])];
    case 1:
        return value & 0xFF;
    case 2:
        return COMPARE_FLASH + value % COMPARE_FLASH_SIZE;
    case 3:
        return value >> 28 == 0xE ? value >> 4
                                  : value; /* the system space is no business of ours */
    case 4:
        return COMPARE_RAM + value % COMPARE_RAM_SIZE;
    default:
        return COMPARE_RAM + (value % COMPARE_RAM_SIZE & ~3u);
    }
}

/* MRS, MSR, barriers, hints, exclusives, table branches, divisions, saturation, bit fields,
 * shifts by register, extensions, long branches: with operands that mostly exist. */
static void make_special(uint64_t *random, uint16_t code[2])
{
    static const uint8_t special[] = {0, 1, 2, 3, 5, 6, 7, 8, 9, 16, 17, 18, 19, 20};
    static const uint16_t bits[] = {0xF300, 0xF320, 0xF340, 0xF360, 0xF380, 0xF3A0, 0xF3C0};
    static const uint16_t dsp_like[] = {0xFA00, 0xFA10, 0xFA20, 0xFA30,
                                        0xFA40, 0xFA50, 0xFA60, 0xFA70};
    uint32_t sysm = special[rng_below(random, sizeof special)];
    uint32_t n = any_register(random), d = any_register(random), m = any_register(random);
    uint32_t t = any_register(random), r = rng_next(random);
    uint32_t first, second;
    switch (rng_below(random, 12)) {
    case 0:
        first = 0xF3EF;
        second = 0x8000 | d << 8 | sysm;
        break;
    case 1:
        first = 0xF380 | n;
        second = 0x8800 | sysm;
        break;
    case 2:
        first = (r & 1) != 0 ? 0xF3BF : 0xF3AF;
        second = 0x8F00 >> ((r & 1) != 0 ? 0 : 4) | (r >> 8 & 0xFF);
        second = (r & 1) != 0 ? (second & 0xFFFF) : 0x8000 | (r >> 8 & 0xFF);
        break;
    case 3: /* LDREX, STREX */
        first = 0xE840 | (r & 0x10) | n;
        second = t << 12 | ((r & 0x10) != 0 ? 15u : d) << 8 | (r >> 8 & 0xF);
        break;
    case 4: /* their byte and halfword forms, TBB, TBH */
        first = 0xE8C0 | (r & 0x10) | n;
        second =
            t << 12 | 0xF00 | ((r >> 8 & 1) != 0 ? 0x40u : 0x50u) | ((r & 0x10) != 0 ? 15u : d);
        if ((r & 0x200) != 0) {
            first = 0xE8D0 | ((r & 0x400) != 0 ? 15u : n);
            second = 0xF000 | (r >> 8 & 0x10) | m;
        }
        break;
    case 5: /* SDIV, UDIV */
        first = 0xFB90 | (r & 0x20) | n;
        second = 0xF0F0 | d << 8 | m;
        break;
    case 6: /* SSAT, USAT, SBFX, UBFX, BFI */
    case 7:
        first = bits[rng_below(random, 7)] | n;
        second = (r & 0x70C0) | d << 8 | (r & 0x1F);
        break;
    case 8:
        first = dsp_like[rng_below(random, 8)] | n;
        second = 0xF000 | d << 8 | m;
        break;
    case 9: /* SXTH and its like, REV and its like, CLZ */
        first = 0xFA00 | (r & 0x50) | 15;
        second = 0xF080 | d << 8 | (r & 0x3000) >> 8 | m;
        if ((r & 0x100) != 0) {
            first = ((r & 0x800) != 0 ? 0xFAB0u : 0xFA90u) | m;
            second = 0xF080 | d << 8 | ((r & 0x800) != 0 ? 0 : (r & 0x3000) >> 8) | m;
        }
        break;
    case 10: /* MUL, MLA, MLS, long ones */
        first = (r & 1) != 0 ? 0xFB00 | n : 0xFB80 | (r & 0x60) | n;
        second = t << 12 | d << 8 | ((r & 3) == 3 ? 0x10u : 0) | m;
        break;
    default: /* B, BL, not far */
        first = (r & 1) != 0 ? 0xF000 | (r >> 8 & 7) : 0xF7FF;
        second = ((r & 2) != 0 ? 0xF800u : 0xB800u) | (r >> 16 & 0x7FF);
        break;
    }
    if (one_in(random, 16)) { /* reserved bits, too */
        second ^= 1u << rng_below(random, 16);
    }
    code[0] = (uint16_t)first;
    code[1] = (uint16_t)second;
}

static void make_wide(uint64_t *random, uint16_t code[2])
{
    uint32_t row = ROW32_FIRST + rng_below(random, ROW32_END - ROW32_FIRST);
    uint32_t n = one_in(random, 4) ? rng_below(random, 16) : any_register(random);
    uint32_t second = rng_next(random) & 0xFFFF;
    if (one_in(random, 3)) { /* what many encodings have there */
        second |= 0xF000;
    } else if (one_in(random, 2)) {
        second &= 0x7FFF;
    }
    if (one_in(random, 3)) {
        second &= 0xFF0F;
    } else if (one_in(random, 3)) {
        second &= 0xF03F; /* register offset */
    }
    code[0] = (uint16_t)(0xE000 | row << 4 | n);
    code[1] = (uint16_t)second;
}

void case_make(struct compare_case *out_case, uint64_t seed, uint64_t index)
{
    uint64_t random = (seed * 0xD1B54A32D192ED03u) ^ ((index + 1) * 0xA0761D6478BD642Fu);
    struct compare_case made = {.halfwords = 0};
    uint16_t *code = made.code;

    for (unsigned i = 0; i < 4; i++) { /* indexes next to each other shall not look alike */
        uint32_t next = rng_next(&random);
        random = random * 6364136223846793005u + next;
    }
    if (one_in(&random, 6)) {
        made.it = true;
        made.halfwords = 1;
        code[0] = (uint16_t)(0xBF08 | rng_below(&random, 15) << 4);
        code++;
    }
    switch (rng_below(&random, 8)) {
    case 0:
    case 1:
    case 2:
        code[0] = (uint16_t)(rng_below(&random, ROWS16) << 6 | rng_below(&random, 64));
        made.halfwords += 1;
        break;
    case 3:
        make_special(&random, code);
        made.halfwords += 2;
        break;
    default:
        make_wide(&random, code);
        made.halfwords += 2;
        break;
    }
    made.at = COMPARE_FLASH + 0x4000 + 2 * rng_below(&random, 0x4000);
    for (unsigned n = 0; n < 15; n++) {
        made.r[n] = any_value(&random);
    }
    made.r[13] = COMPARE_RAM + 0x200 + (rng_next(&random) % (COMPARE_RAM_SIZE - 0x400) & ~3u);
    if (one_in(&random, 32)) {
        made.r[13] = any_value(&random) & ~3u;
    }
    if ((code[0] & 0xFFF0u) == 0xF380u && (code[1] | 3u) == 0x8813u) {
        made.r[code[0] & 15u] &=
            ~0xFu; /* BASEPRI: Unicorn has 8 bits of priority, this chip 4 */
    }
    made.psp = any_value(&random) & ~3u;
    made.apsr = rng_next(&random) & 0xF8000000u;
    made.primask = rng_below(&random, 2);
    made.basepri = one_in(&random, 2) ? 0 : rng_next(&random) & 0xF0;
    *out_case = made;
}
