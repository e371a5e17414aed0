/* SPDX-License-Identifier: Apache-2.0 */
/* The slot writer on flash that is cut, fails or lies at any operation. Authority:
 * slot_writer.h; what was digested is what flash holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "otter/slot_writer.h"
#include "support/ram_flash.h"
#include "support/rng.h"

enum { SIZE = 2301, PART = 700, BACKUP = 0x08009800 };

static struct ram_flash flash;
static struct otter_slot_writer writer;
static struct otter_md5 md5;
static uint8_t file[0x6800];

static void digest_of(const uint8_t bytes[], uint32_t len, uint8_t out_digest[16])
{
    struct otter_md5 other;

    otter_md5_init(&other);
    otter_md5_update(&other, bytes, len);
    otter_md5_final(&other, out_digest);
}

static void set_up(uint32_t size)
{
    uint64_t seed = 3;

    ram_flash_init(&flash);
    memset(flash.bytes, 0x5A, RAM_FLASH_SIZE); /* what was there before */
    rng_fill(&seed, file, sizeof file);
    otter_slot_writer_open(&writer, &flash.port, BACKUP, size, &md5);
}

/* The whole file in parts. Returns the first error. */
static int write_all(uint32_t size, uint16_t part)
{
    for (uint32_t off = 0; off < size; off += part) {
        uint32_t left = size - off;
        int rc =
            otter_slot_writer_write(&writer, file + off, left < part ? (uint16_t)left : part);

        while (rc == 0 && otter_slot_writer_has_work(&writer)) {
            rc = otter_slot_writer_step(&writer);
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static bool is_digest_of_flash(uint32_t size)
{
    uint8_t digest[16], expected[16];

    otter_slot_writer_finish(&writer, digest);
    digest_of(ram_flash_peek(&flash, BACKUP), size, expected);
    return memcmp(digest, expected, sizeof digest) == 0;
}

static bool is_file_in_flash(uint32_t size)
{
    return memcmp(ram_flash_peek(&flash, BACKUP), file, size) == 0;
}

static void test_files_of_every_kind_of_size_and_part(void **state)
{
    static const uint32_t sizes[] = {1, 2, 255, 256, 257, 1023, 1024, 1025, 5000, 26624};
    static const uint16_t parts[] = {2, 128, 256, 510, 1024, 2044};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
            set_up(sizes[i]);
            assert_int_equal(write_all(sizes[i], parts[k]), 0);
            assert_true(is_file_in_flash(sizes[i]));
            assert_true(is_digest_of_flash(sizes[i]));
            assert_int_equal(flash.erased, (sizes[i] + 1023) / 1024);
            assert_int_equal(flash.programmed, (sizes[i] + 1) / 2);
            assert_int_equal(flash.refused, 0);
            if (sizes[i] % 2 != 0) {
                assert_int_equal(*ram_flash_peek(&flash, BACKUP + sizes[i]), 0xFF);
            }
        }
    }
}

/* An erase and the first bytes of its page are two steps: a byte ring is drained between
 * them. */
static void test_a_step_erases_or_programs_and_feeds(void **state)
{
    uint32_t erased = 0, programmed = 0;

    (void)state;
    set_up(26624);
    assert_int_equal(flash.operations, 0);
    for (uint32_t off = 0; off < 26624; off += 1024) {
        assert_int_equal(otter_slot_writer_write(&writer, file + off, 1024), 0);
        while (otter_slot_writer_has_work(&writer)) {
            assert_int_equal(otter_slot_writer_step(&writer), 0);
            if (flash.erased != erased) {
                assert_int_equal(flash.erased, erased + 1);
                assert_int_equal(flash.programmed, programmed);
            } else {
                assert_int_equal(flash.programmed, programmed + OTTER_SLOT_WRITER_STEP / 2);
            }
            assert_int_equal(flash.unfed, flash.erased - erased);
            erased = flash.erased;
            programmed = flash.programmed;
        }
    }
}

static void test_the_next_page_is_erased_ahead(void **state)
{
    (void)state;
    set_up(2048);
    assert_int_equal(otter_slot_writer_write(&writer, file, 1024), 0);
    while (otter_slot_writer_is_busy(&writer)) {
        assert_int_equal(otter_slot_writer_step(&writer), 0);
    }
    assert_int_equal(flash.erased, 1);
    assert_true(otter_slot_writer_has_work(&writer));
    assert_int_equal(otter_slot_writer_step(&writer), 0);
    assert_int_equal(flash.erased, 2);
    assert_false(otter_slot_writer_has_work(&writer));
    assert_int_equal(otter_slot_writer_step(&writer), 0); /* nothing to do, nothing done */
    assert_int_equal(flash.operations, 2 + 512);
}

static void test_no_more_than_the_file_and_one_part_at_a_time(void **state)
{
    (void)state;
    set_up(1000);
    assert_int_equal(otter_slot_writer_write(&writer, file, 1001), OTTER_ERR_RANGE);
    assert_int_equal(otter_slot_writer_write(&writer, file, 600), 0);
    assert_int_equal(otter_slot_writer_write(&writer, file, 2), OTTER_ERR_BUSY);
    while (otter_slot_writer_is_busy(&writer)) {
        assert_int_equal(otter_slot_writer_step(&writer), 0);
    }
    assert_int_equal(otter_slot_writer_write(&writer, file, 401), OTTER_ERR_RANGE);
    assert_int_equal(otter_slot_writer_write(&writer, file + 600, 400), 0);
    while (otter_slot_writer_is_busy(&writer)) {
        assert_int_equal(otter_slot_writer_step(&writer), 0);
    }
    assert_int_equal(otter_slot_writer_write(&writer, file, 1), OTTER_ERR_RANGE);
    assert_true(is_file_in_flash(1000));
}

/* Nothing outside of the file's pages changes. */
static void check_outside(const char *what, unsigned at, unsigned kind)
{
    static uint8_t before[RAM_FLASH_SIZE];
    uint32_t from = BACKUP - RAM_FLASH_ADDR, end = from + 3 * RAM_FLASH_PAGE;

    memset(before, 0x5A, sizeof before);
    if (memcmp(flash.bytes, before, from) != 0 ||
        memcmp(flash.bytes + end, before, RAM_FLASH_SIZE - end) != 0) {
        fail_msg("%s at %u, kind %u: something outside of the slot changed", what, at, kind);
    }
}

static void body(void *ctx)
{
    (void)ctx;
    assert_int_equal(write_all(SIZE, PART), 0);
}

/* After any cut the same file can be written again, over whatever the cut left. */
static void test_power_cut_at_every_operation(void **state)
{
    (void)state;
    for (uint32_t at = 1;; at++) {
        for (unsigned tear = 0; tear < RAM_FLASH_TEARS; tear++) {
            set_up(SIZE);
            flash.cut_at = at;
            flash.tear = (enum ram_flash_tear)tear;
            flash.seed = at;
            if (ram_flash_run(&flash, body, NULL)) {
                assert_int_equal(at, 3 + (SIZE + 1) / 2 + 1);
                return;
            }
            check_outside("cut", at, tear);
            ram_flash_restart(&flash);
            otter_slot_writer_open(&writer, &flash.port, BACKUP, SIZE, &md5);
            assert_int_equal(write_all(SIZE, PART), 0);
            assert_true(is_file_in_flash(SIZE));
            assert_true(is_digest_of_flash(SIZE));
            assert_int_equal(flash.refused, 0);
        }
    }
}

/* A cell that refuses is an error at once; nothing is programmed after it. */
static void test_bad_cell_at_every_operation(void **state)
{
    (void)state;
    for (uint32_t at = 1; at <= 3 + (SIZE + 1) / 2; at++) {
        set_up(SIZE);
        flash.fail_at = at;
        flash.fail_count = 1;
        assert_int_equal(write_all(SIZE, PART), OTTER_ERR_FLASH);
        assert_int_equal(flash.operations, at);
        check_outside("fault", at, 0);
    }
}

/* A cell that keeps another value than it was given, and says nothing, is in the digest. */
static void test_cell_that_lies_is_in_the_digest(void **state)
{
    uint8_t digest[16], expected[16];
    unsigned found = 0;

    (void)state;
    for (uint32_t at = 1; at <= 3 + (SIZE + 1) / 2; at++) {
        set_up(SIZE);
        flash.lie_at = at;
        flash.lie_count = 1;
        flash.seed = at;
        if (write_all(SIZE, PART) != 0 || is_file_in_flash(SIZE)) {
            continue; /* an erase, or the padding after the end */
        }
        otter_slot_writer_finish(&writer, digest);
        digest_of(file, SIZE, expected);
        if (memcmp(digest, expected, sizeof digest) == 0) {
            fail_msg("operation %u: the digest is of what should be there", (unsigned)at);
        }
        digest_of(ram_flash_peek(&flash, BACKUP), SIZE, expected);
        assert_memory_equal(digest, expected, sizeof digest);
        found++;
    }
    assert_in_range(found, (SIZE + 1) / 2 - 2, (SIZE + 1) / 2);
}

static void test_flash_that_cannot_be_read(void **state)
{
    (void)state;
    for (uint32_t at = 1; at <= 30; at++) {
        set_up(SIZE);
        flash.fail_read_at = at;
        assert_int_equal(write_all(SIZE, PART), OTTER_ERR_RANGE);
        assert_int_equal(flash.reads, at);
    }
}

/* Units of 4, 8 and 64 bytes: every program call is whole units, and the end is filled up. */
static uint32_t unit;

static int program_units(void *ctx, uint32_t addr, const uint8_t data[], uint32_t len)
{
    assert_int_equal(addr % unit, 0);
    assert_int_equal(len % unit, 0);
    return ((struct ram_flash *)ctx)->port.program(ctx, addr, data, len);
}

static void test_larger_programming_units(void **state)
{
    (void)state;
    for (unit = 4; unit <= 64; unit *= 2) {
        struct otter_port port;

        set_up(SIZE);
        port = flash.port;
        port.program = program_units;
        port.program_size = (uint16_t)unit;
        otter_slot_writer_open(&writer, &port, BACKUP, SIZE, &md5);
        assert_int_equal(write_all(SIZE, 704), 0);
        assert_true(is_file_in_flash(SIZE));
        for (uint32_t off = SIZE; off % unit != 0; off++) {
            assert_int_equal(*ram_flash_peek(&flash, BACKUP + off), 0xFF);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_of_every_kind_of_size_and_part),
        cmocka_unit_test(test_a_step_erases_or_programs_and_feeds),
        cmocka_unit_test(test_the_next_page_is_erased_ahead),
        cmocka_unit_test(test_no_more_than_the_file_and_one_part_at_a_time),
        cmocka_unit_test(test_power_cut_at_every_operation),
        cmocka_unit_test(test_bad_cell_at_every_operation),
        cmocka_unit_test(test_cell_that_lies_is_in_the_digest),
        cmocka_unit_test(test_flash_that_cannot_be_read),
        cmocka_unit_test(test_larger_programming_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
