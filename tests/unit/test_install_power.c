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
#include "support/rng.h"
#include "unit/install_bench.h"

/* Authority: docs/flash-format.md chapter 6. The campaign goes through every flash operation of an
 * install; after each cut the device starts again, is cut again, and must end with the new image. */

enum { SMALL = 1101 }; /* 2 pages, odd: 1 mark, 2 erases, 551 half-words, 2 marks */

static void body_install(void *ctx)
{
    int *error = ctx;

    *error = install();
}

static unsigned long long campaign_runs;

/* What must hold whenever the power comes back. */
static void expect_consistent(uint32_t size, const char *where)
{
    uint8_t status[2];

    memcpy(status, ram_flash_peek(&flash, layout->flag.addr), 2);
    if (!is_pending() && !is_app_new(size)) {
        fail_msg("%s: status %04X, but APP is not the new image", where,
                 otter_get_le16(status));
    }
    if (otter_flag_is_installed(port, layout)) {
        assert_true(is_app_new(size));
    }
    expect_rest_untouched();
}

/* Cut at operation `first`, then at seeded operations `more` times, then not: the new image runs. */
static void cut_and_recover(uint32_t size, uint32_t first, enum ram_flash_tear tear,
                            uint64_t seed, unsigned more)
{
    uint64_t random = seed ^ (uint64_t)first << 20;
    char where[120];

    memcpy(flash.bytes, before, sizeof before);
    ram_flash_heal(&flash);
    ram_flash_restart(&flash);
    flash.cut_at = first;
    for (unsigned cuts = 0; cuts < 100; cuts++) {
        int error = -100;
        bool returned;

        flash.tear = tear;
        flash.seed = seed + cuts;
        (void)snprintf(where, sizeof where,
                       "size %u, first cut at operation %u, tear %d, seed %llu, cut %u",
                       (unsigned)size, (unsigned)first, tear, (unsigned long long)seed, cuts);
        returned = ram_flash_run(&flash, body_install, &error);
        campaign_runs++;
        if (!returned) {
            assert_int_equal(flash.refused, 0);
            assert_true(flash.unfed_max <= 1);
            ram_flash_restart(&flash); /* what is weak now reads as it will at the next start */
        }
        expect_consistent(size, where);
        if (returned) {
            /* NONE: the mark was cut, but is no longer "pending" */
            if (error != 0 && error != OTTER_ERR_NONE) {
                fail_msg("%s: ended with %d", where, error);
            }
            assert_true(is_app_new(size));
            assert_false(is_pending());
            return;
        }
        flash.cut_at = cuts < more ? 1 + rng_below(&random, (size + 1) / 2 + 30) : 0;
    }
    fail_msg("%s: never ends", where);
}

static void cut_at_every_operation(void **state)
{
    static const uint32_t sizes[] = {8, 9, SMALL, 2048};

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        uint32_t operations;

        prepare(sizes[s]);
        assert_int_equal(install(), 0);
        operations = flash.operations;
        for (uint32_t cut = 1; cut <= operations; cut++) {
            cut_and_recover(sizes[s], cut, RAM_FLASH_NOT_DONE, 0, 0);
            cut_and_recover(sizes[s], cut, RAM_FLASH_DONE, 0, 0);
            for (uint64_t seed = 0; seed < 4; seed++) {
                cut_and_recover(sizes[s], cut, RAM_FLASH_TORN, seed, 0);
                cut_and_recover(sizes[s], cut, RAM_FLASH_WEAK, seed, 0);
            }
        }
    }
    assert_true(campaign_runs > 10000);
}

static void cut_again_while_recovering(void **state)
{
    uint32_t operations;

    (void)state;
    prepare(SMALL);
    assert_int_equal(install(), 0);
    operations = flash.operations;
    for (uint32_t cut = 1; cut <= operations; cut++) {
        for (int tear = 0; tear < RAM_FLASH_TEARS; tear++) {
            cut_and_recover(SMALL, cut, (enum ram_flash_tear)tear, 1000 + cut, 1 + cut % 3);
        }
    }
}

/* The marks weak in their first or a later cut, then a cut anywhere in the copy: the marks that were
 * read in doubt must not lead to a half-copied APP. */
static void cut_at_the_marks_and_again(void **state)
{
    uint32_t operations;

    (void)state;
    prepare(SMALL);
    assert_int_equal(install(), 0);
    operations = flash.operations;
    for (uint64_t seed = 0; seed < 600; seed++) {
        cut_and_recover(SMALL, 1, RAM_FLASH_WEAK, seed, 1 + seed % 4);
        cut_and_recover(SMALL, operations - 1, RAM_FLASH_WEAK, seed, 1 + seed % 4);
        cut_and_recover(SMALL, operations, RAM_FLASH_WEAK, seed, 1 + seed % 4);
    }
}

/* Status itself weak, since the app was cut in writing it: the old app or the new one. */
static void status_is_weak(void **state)
{
    static const uint8_t weak[] = {0x11, 0x11};

    (void)state;
    for (uint64_t seed = 0; seed < 1500; seed++) {
        uint64_t random = seed;

        prepare(SMALL);
        memcpy(flash.weak + off_of(&layout->flag), weak, sizeof weak);
        ram_flash_add_weak(&flash, off_of(&layout->flag), sizeof weak);
        flash.weak_random = seed;
        for (unsigned starts = 0; starts < 8; starts++) {
            int error = 0;

            ram_flash_restart(&flash);
            flash.cut_at = starts < 7 ? 1 + rng_below(&random, 600) : 0;
            (void)ram_flash_run(&flash, body_install, &error);
            if (!is_pending() && !is_app_old() && !is_app_new(SMALL)) {
                fail_msg("seed %llu, start %u: a mixed APP would run", (unsigned long long)seed,
                         starts);
            }
        }
    }
}

/* A refused image, cut while FLAG is erased: the old app stays, whatever is read from FLAG then. */
static void cut_while_refusing(void **state)
{
    (void)state;
    for (int tear = 0; tear < RAM_FLASH_TEARS; tear++) {
        for (uint64_t seed = 0; seed < 300; seed++) {
            int error = 0;

            prepare(100);
            flash.bytes[off_of(&layout->backup)] ^= 1;
            flash.cut_at = 1;
            flash.tear = (enum ram_flash_tear)tear;
            flash.seed = seed;
            assert_false(ram_flash_run(&flash, body_install, &error));
            assert_true(is_app_old());
            ram_flash_restart(&flash);
            error = install();
            if (error != OTTER_ERR_NONE && error != OTTER_ERR_CHECKSUM) {
                fail_msg("tear %d, seed %llu: %d", tear, (unsigned long long)seed, error);
            }
            assert_true(is_app_old());
            assert_false(is_pending());
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_at_every_operation),
        cmocka_unit_test(cut_again_while_recovering),
        cmocka_unit_test(cut_at_the_marks_and_again),
        cmocka_unit_test(status_is_weak),
        cmocka_unit_test(cut_while_refusing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
