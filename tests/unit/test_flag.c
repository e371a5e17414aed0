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
#include "otter/flag.h"
#include "support/ram_flash.h"
#include "support/rng.h"

/* Authority: docs/flash-format.md chapter 2 (the tutorial request of 24 bytes), PM0075 for
 * flash. */

static struct ram_flash flash;
static const struct otter_port *const port = &flash.port;
static const struct otter_layout *const layout = &ram_flash_layout;

static const struct otter_flag new_flag = {
    .image_size = 0x1235,
    .md5 = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
};
static const struct otter_flag old_flag = {.image_size = 0x2000,
                                           .md5 = {0xAA, 0, 0xFF, 0xFF, 7}};

static const uint8_t *page(void)
{
    return ram_flash_peek(&flash, layout->flag.addr);
}

static void poke_record(uint16_t status, uint32_t size)
{
    uint8_t bytes[OTTER_FLAG_SIZE];

    memset(bytes, 0xFF, sizeof bytes);
    otter_put_le16(bytes, status);
    otter_put_le32(bytes + 4, size);
    ram_flash_poke(&flash, layout->flag.addr, bytes, sizeof bytes);
}

static bool is_blank(void)
{
    for (uint32_t i = 0; i < layout->flag.size; i++) {
        if (page()[i] != 0xFF) {
            return false;
        }
    }
    return true;
}

static bool is_same(const struct otter_flag *a, const struct otter_flag *b)
{
    return a->image_size == b->image_size && memcmp(a->md5, b->md5, sizeof a->md5) == 0;
}

static void record_as_the_tutorial_has_it(void **state)
{
    static const uint8_t want[OTTER_FLAG_SIZE] = {0xEE, 0xEE, 0xFF, 0xFF, 0x35, 0x12, 0,  0,
                                                  1,    2,    3,    4,    5,    6,    7,  8,
                                                  9,    10,   11,   12,   13,   14,   15, 16};
    struct otter_flag got;

    (void)state;
    ram_flash_init(&flash);
    assert_int_equal(otter_flag_read(port, layout, &got), OTTER_ERR_NONE);
    assert_int_equal(otter_flag_write(port, layout, &new_flag), 0);
    assert_memory_equal(page(), want, sizeof want);
    assert_int_equal(otter_flag_read(port, layout, &got), 0);
    assert_true(is_same(&got, &new_flag));
    assert_int_equal(otter_flag_erase(port, layout), 0);
    assert_true(is_blank());
    assert_int_equal(otter_flag_read(port, layout, &got), OTTER_ERR_NONE);
    assert_int_equal(flash.refused, 0);
}

static void every_status(void **state)
{
    (void)state;
    ram_flash_init(&flash);
    for (uint32_t status = 0; status < 0x10000; status++) {
        struct otter_flag got;

        poke_record((uint16_t)status, 4096);
        assert_int_equal(otter_flag_read(port, layout, &got),
                         status == 0xEEEE ? 0 : OTTER_ERR_NONE);
    }
}

static void sizes_that_cannot_be(void **state)
{
    static const struct {
        uint32_t size;
        bool good;
    } cases[] = {
        {0, false},          {1, false},          {7, false},          {8, true},
        {9, true},           {0x67FF, true},      {0x6800, true},      {0x6801, false},
        {0x10000, false},    {0x7FFFFFFF, false}, {0x80000000, false}, {0xFFFFFFFF, false},
        {0xFFFF9800, false}, {0x08003000, false},
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct otter_flag flag = {.image_size = cases[c].size}, got = {.image_size = 1};
        int want = cases[c].good ? 0 : OTTER_ERR_RANGE;

        ram_flash_init(&flash);
        assert_int_equal(otter_flag_write(port, layout, &flag), want);
        assert_int_equal(flash.operations != 0,
                         cases[c].good); /* refused: nothing is touched */
        poke_record(OTTER_FLAG_PENDING, cases[c].size);
        assert_int_equal(otter_flag_read(port, layout, &got), want);
        assert_int_equal(got.image_size, cases[c].size); /* filled for logs */
    }
}

static void the_smaller_slot_counts(void **state)
{
    struct otter_layout small_app = ram_flash_layout, small_backup = ram_flash_layout;
    struct otter_flag flag = {.image_size = 1025};

    (void)state;
    small_app.app.size = 1024;
    small_backup.backup.size = 1024;
    ram_flash_init(&flash);
    assert_int_equal(otter_flag_write(port, &small_app, &flag), OTTER_ERR_RANGE);
    assert_int_equal(otter_flag_write(port, &small_backup, &flag), OTTER_ERR_RANGE);
    flag.image_size = 1024;
    assert_int_equal(otter_flag_write(port, &small_app, &flag), 0);
}

static void erases_only_a_page_that_is_not_blank(void **state)
{
    (void)state;
    for (uint32_t off = 0; off <= layout->flag.size; off++) {
        static const uint8_t dirt[] = {0xFE};

        ram_flash_init(&flash);
        if (off < layout->flag.size) {
            ram_flash_poke(&flash, layout->flag.addr + off, dirt, 1);
        }
        assert_int_equal(otter_flag_write(port, layout, &new_flag), 0);
        assert_int_equal(flash.erased, off < layout->flag.size);
        assert_int_equal(flash.refused, 0);
    }
}

/* ---- power cuts ---- */

enum before { BLANK, VOID, DIRT, OLD_PENDING, BEFORES };

static void prepare(enum before before)
{
    uint64_t random = 9;
    uint8_t dirt[RAM_FLASH_PAGE];

    ram_flash_init(&flash);
    switch (before) {
    case VOID:
        poke_record(0, old_flag.image_size);
        break;
    case DIRT:
        rng_fill(&random, dirt, sizeof dirt);
        ram_flash_poke(&flash, layout->flag.addr, dirt, sizeof dirt);
        break;
    case OLD_PENDING:
        assert_int_equal(otter_flag_write(port, layout, &old_flag), 0);
        break;
    case BLANK:
    case BEFORES:
        break;
    }
    ram_flash_restart(&flash);
}

static void body_write(void *ctx)
{
    int *error = ctx;

    *error = otter_flag_write(port, layout, &new_flag);
}

static void body_erase(void *ctx)
{
    int *error = ctx;

    *error = otter_flag_erase(port, layout);
}

enum { SEEDS = 25 };

#define REPEAT_TEXT "before %d, cut at operation %u, tear %d, seed %u"

/* Cut otter_flag_write() everywhere: nothing is pending, or exactly the new request. Then it
 * can be written again, cut anywhere or not. */
static void write_cut_everywhere(void **state)
{
    (void)state;
    for (int before = 0; before < BEFORES; before++) {
        for (uint32_t cut = 1;; cut++) {
            unsigned returned = 0;

            for (int tear = 0; tear < RAM_FLASH_TEARS; tear++) {
                for (unsigned seed = 0; seed < (tear == RAM_FLASH_TORN ? SEEDS : 1U); seed++) {
                    struct otter_flag got;
                    int error = 0, read;
                    bool pending_new;

                    prepare((enum before)before);
                    flash.cut_at = cut;
                    flash.tear = (enum ram_flash_tear)tear;
                    flash.seed = seed;
                    returned += ram_flash_run(&flash, body_write, &error);
                    assert_int_equal(error, 0);
                    ram_flash_restart(&flash);

                    read = otter_flag_read(port, layout, &got);
                    pending_new = read == 0 && is_same(&got, &new_flag);
                    /* What was there before may survive the erase in part and say pending,
                     * which its range check or its MD5 finds. */
                    if (!pending_new && read != OTTER_ERR_NONE && before == BLANK) {
                        fail_msg("read %d, " REPEAT_TEXT, read, before, cut, tear, seed);
                    }
                    if (!pending_new) {
                        (void)ram_flash_run(&flash, body_write, &error);
                        assert_int_equal(error, 0);
                        assert_int_equal(otter_flag_read(port, layout, &got), 0);
                        assert_true(is_same(&got, &new_flag));
                    }
                    assert_int_equal(flash.refused, 0);
                }
            }
            if (returned != 0) { /* the cut was after the last operation */
                assert_int_equal(returned, RAM_FLASH_TEARS - 1 + SEEDS);
                assert_int_equal(cut, 11 + 1 + (before != BLANK)); /* 10 half-words, status */
                break;
            }
        }
    }
}

/* Until its very last operation write leaves no pending request: status comes last. */
static void status_is_written_last(void **state)
{
    (void)state;
    for (uint32_t cut = 1; cut <= 11; cut++) {
        struct otter_flag got;
        int error = 0;

        prepare(BLANK);
        flash.cut_at = cut;
        flash.tear = RAM_FLASH_DONE;
        assert_false(ram_flash_run(&flash, body_write, &error));
        assert_int_equal(otter_get_le16(page()), cut < 11 ? 0xFFFF : OTTER_FLAG_PENDING);
        assert_int_equal(otter_flag_read(port, layout, &got), cut < 11 ? OTTER_ERR_NONE : 0);
    }
}

static void erase_cut(void **state)
{
    (void)state;
    for (int tear = 0; tear < RAM_FLASH_TEARS; tear++) {
        for (unsigned seed = 0; seed < 200; seed++) {
            int error = 0;

            prepare(OLD_PENDING);
            flash.cut_at = 1;
            flash.tear = (enum ram_flash_tear)tear;
            flash.seed = seed;
            assert_false(ram_flash_run(&flash, body_erase, &error));
            ram_flash_restart(&flash);
            assert_true(ram_flash_run(&flash, body_erase, &error));
            assert_int_equal(error, 0);
            assert_true(is_blank());
        }
    }
}

/* ---- errors of the port ---- */

static void flash_errors_come_through(void **state)
{
    struct otter_flag got;

    (void)state;
    for (uint32_t fail = 1; fail <= 12; fail++) { /* erase, 10 half-words, status */
        prepare(VOID);
        flash.fail_at = fail;
        flash.fail_count = 1;
        assert_int_equal(otter_flag_write(port, layout, &new_flag), OTTER_ERR_FLASH);
        assert_int_equal(flash.operations, fail); /* nothing is done after an error */
        assert_int_equal(otter_flag_read(port, layout, &got), OTTER_ERR_NONE);
    }
    prepare(OLD_PENDING);
    flash.fail_at = 1;
    flash.fail_count = 1;
    assert_int_equal(otter_flag_erase(port, layout), OTTER_ERR_FLASH);
}

static void read_errors_come_through(void **state)
{
    struct otter_flag got;

    (void)state;
    for (uint32_t fail = 1; fail <= 3; fail += 2) {
        prepare(BLANK);
        flash.fail_read_at = fail;
        assert_int_equal(otter_flag_write(port, layout, &new_flag), OTTER_ERR_RANGE);
        assert_int_equal(flash.operations, 0);
    }
    prepare(VOID);
    flash.fail_read_at = 1;
    assert_int_equal(otter_flag_read(port, layout, &got), OTTER_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_as_the_tutorial_has_it),
        cmocka_unit_test(every_status),
        cmocka_unit_test(sizes_that_cannot_be),
        cmocka_unit_test(the_smaller_slot_counts),
        cmocka_unit_test(erases_only_a_page_that_is_not_blank),
        cmocka_unit_test(write_cut_everywhere),
        cmocka_unit_test(status_is_written_last),
        cmocka_unit_test(erase_cut),
        cmocka_unit_test(flash_errors_come_through),
        cmocka_unit_test(read_errors_come_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
