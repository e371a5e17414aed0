/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "otter/bytes.h"
#include "otter/image.h"
#include "otter/md5.h"
#include "support/guard.h"
#include "support/ram_flash.h"
#include "support/rng.h"

/* Authority: docs/flash-format.md chapter 3; ARM DDI 0403 B1.5.3 for the vector table. */

static const uint8_t header[OTTER_IMAGE_HEADER_SIZE] = {
    'o',  't',  't',  'e',  'r', '-', 'i', 'm', 2,   0,   0,   0,   0x34, 0x12, 0,   0,
    '0',  '3',  '0',  '1',  '0', '1', '0', '0', '0', '3', '0', '1', '0',  '1',  '0', '2',
    0x66, 0x54, 0x32, 0x01, 0,   0,   0,   0,   0,   0,   0,   0,   0,    0,    0,   0};
enum { IMAGE_SIZE = 0x1234 + OTTER_IMAGE_TRAILER_SIZE };

static void trailer_of_the_format(void **state)
{
    struct otter_image image;
    struct guard in = guard_copy(header, sizeof header);
    struct guard out = guard_new(OTTER_IMAGE_TRAILER_SIZE);

    (void)state;
    assert_int_equal(otter_image_get_trailer(in.bytes, IMAGE_SIZE, &image), 0);
    assert_int_equal(image.length, 0x1234);
    assert_int_equal(image.flags, 0);
    assert_memory_equal(image.hardware, "03010100", 8);
    assert_memory_equal(image.version, "03010102", 8);
    assert_int_equal(image.number, 0x01325466);
    assert_int_equal(image.key_id, 0);
    memset(out.bytes, 0xA5, OTTER_IMAGE_TRAILER_SIZE);
    otter_image_put_trailer(out.bytes, &image);
    assert_memory_equal(out.bytes, header, sizeof header);
    for (size_t i = sizeof header; i < OTTER_IMAGE_TRAILER_SIZE; i++) {
        assert_int_equal(out.bytes[i], 0); /* not signed */
    }
    guard_free(&in);
    guard_free(&out);
}

static void all_fields_come_back(void **state)
{
    struct otter_image image = {.length = 0xFFFFFFCF - OTTER_IMAGE_TRAILER_SIZE,
                                .number = 0xFFFFFFFF,
                                .key_id = 0x89ABCDEF,
                                .flags = 0xFFFE};
    struct otter_image got;
    uint8_t bytes[OTTER_IMAGE_TRAILER_SIZE];

    (void)state;
    memset(image.hardware, 0xFF, 8);
    memset(image.version, 0, 8);
    otter_image_put_trailer(bytes, &image);
    assert_int_equal(otter_image_get_trailer(bytes, 0xFFFFFFCF, &got), 0);
    assert_int_equal(got.length, image.length);
    assert_int_equal(got.number, image.number);
    assert_int_equal(got.key_id, image.key_id);
    assert_int_equal(got.flags, image.flags);
    assert_memory_equal(got.hardware, image.hardware, 8);
    assert_memory_equal(got.version, image.version, 8);
}

/* Every byte that is fixed by the format, changed in every bit. */
static void damaged_trailers(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 8 * sizeof header; bit++) {
        uint8_t bytes[sizeof header];
        struct otter_image image;
        unsigned at = bit / 8;
        int want = 0;

        memcpy(bytes, header, sizeof bytes);
        bytes[at] ^= (uint8_t)(1U << bit % 8);
        if (at < 8) {
            want = OTTER_ERR_NONE; /* no magic: a plain .bin */
        } else if (at < 10 || (at >= 12 && at < 16) || at >= 40) {
            want = OTTER_ERR_FORMAT;
        }
        if (otter_image_get_trailer(bytes, IMAGE_SIZE, &image) != want) {
            fail_msg("byte %u, bit %u", at, bit % 8);
        }
    }
}

static void length_must_fit_the_image(void **state)
{
    struct otter_image image;

    (void)state;
    for (uint32_t size = 0; size < 2 * IMAGE_SIZE; size++) {
        assert_int_equal(otter_image_get_trailer(header, size, &image),
                         size == IMAGE_SIZE ? 0 : OTTER_ERR_FORMAT);
    }
    for (uint32_t size = 0; size < 200; size++) { /* and the image must hold a vector table */
        struct otter_image small = {.length = size - OTTER_IMAGE_TRAILER_SIZE};
        uint8_t bytes[OTTER_IMAGE_TRAILER_SIZE];

        otter_image_put_trailer(bytes, &small);
        assert_int_equal(otter_image_get_trailer(bytes, size, &image),
                         size >= 120 ? 0 : OTTER_ERR_FORMAT);
    }
}

static void startable(void **state)
{
    enum { LENGTH = 0x5800 };
    static const struct {
        uint32_t stack, reset;
        bool good;
    } cases[] = {
        {0x20005000, 0x08003101, true},
        {0x20000100, 0x08003101, true},
        {0x20000400, 0x08003009, true},
        {0x20000400, 0x080087FF, true},  /* the last byte */
        {0x20000000, 0x08003101, false}, /* no room below */
        {0x200000FC, 0x08003101, false},
        {0x20005004, 0x08003101, false}, /* beyond RAM */
        {0x20004FFE, 0x08003101, false},
        {0x20004FFF, 0x08003101, false},
        {0x1FFFFFFC, 0x08003101, false},
        {0, 0x08003101, false},
        {0xFFFFFFFF, 0xFFFFFFFF, false}, /* erased flash */
        {0, 0, false},
        {0xFFFFFFFC, 0x08003101, false},
        {0x20005000, 0x08003100, false}, /* not Thumb */
        {0x20005000, 0x08003007, false}, /* inside the vector itself */
        {0x20005000, 0x08003001, false},
        {0x20005000, 0x08008801, false}, /* behind the program */
        {0x20005000, 0x08009801, false},
        {0x20005000, 0x08002FFF, false},
        {0x20005000, 0x00000101, false},
        {0x20005000, 0x88003101, false},
        {0x20005000, 0xFFFFFFFF, false},
        {0x08003101, 0x20005000, false},
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct guard head = guard_new(8);

        otter_put_le32(head.bytes, cases[c].stack);
        otter_put_le32(head.bytes + 4, cases[c].reset);
        if (otter_image_is_startable(head.bytes, LENGTH, &ram_flash_layout) != cases[c].good) {
            fail_msg("stack %08X, reset %08X", (unsigned)cases[c].stack,
                     (unsigned)cases[c].reset);
        }
        guard_free(&head);
    }
}

static void count(void *ctx)
{
    unsigned *calls = ctx;

    ++*calls;
}

static void md5_of_flash(void **state)
{
    static const uint32_t sizes[] = {0,    1,    8,    63,   64,   65,   255,  256,      257,
                                     1023, 1024, 1025, 1535, 1537, 4096, 9999, 26 * 1024};
    static struct ram_flash flash;
    uint64_t random = 4;

    (void)state;
    ram_flash_init(&flash);
    rng_fill(&random, flash.bytes, RAM_FLASH_SIZE);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        uint32_t addr = RAM_FLASH_ADDR + 0x801 * (uint32_t)s;
        struct otter_md5 md5;
        uint8_t want[16], got[16];
        unsigned calls = 0;

        otter_md5_init(&md5);
        otter_md5_update(&md5, ram_flash_peek(&flash, addr), sizes[s]);
        otter_md5_final(&md5, want);
        assert_int_equal(otter_image_md5(&flash.port, addr, sizes[s], NULL, NULL, got), 0);
        assert_memory_equal(got, want, 16);
        ram_flash_restart(&flash);
        memset(got, 0, sizeof got);
        assert_int_equal(otter_image_md5(&flash.port, addr, sizes[s], count, &calls, got), 0);
        assert_memory_equal(got, want, 16);
        assert_int_equal(calls, (sizes[s] + 255) / 256);
        assert_int_equal(flash.feeds, calls);
        assert_int_equal(flash.operations, 0);
    }
}

static void md5_stops_at_a_read_error(void **state)
{
    static struct ram_flash flash;
    uint8_t digest[16];

    (void)state;
    ram_flash_init(&flash);
    for (uint32_t fail = 1; fail <= 16; fail++) {
        ram_flash_restart(&flash);
        flash.fail_read_at = fail;
        assert_int_equal(otter_image_md5(&flash.port, RAM_FLASH_ADDR, 1000, NULL, NULL, digest),
                         OTTER_ERR_RANGE);
        assert_int_equal(flash.reads, fail);
    }
    ram_flash_restart(&flash); /* an image that runs out of flash, or round the address space */
    assert_int_equal(
        otter_image_md5(&flash.port, RAM_FLASH_ADDR + 64, RAM_FLASH_SIZE, NULL, NULL, digest),
        OTTER_ERR_RANGE);
    assert_int_equal(otter_image_md5(&flash.port, 0xFFFFFFF0, 64, NULL, NULL, digest),
                     OTTER_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trailer_of_the_format),
        cmocka_unit_test(all_fields_come_back),
        cmocka_unit_test(damaged_trailers),
        cmocka_unit_test(length_must_fit_the_image),
        cmocka_unit_test(startable),
        cmocka_unit_test(md5_of_flash),
        cmocka_unit_test(md5_stops_at_a_read_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
