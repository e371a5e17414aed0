/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "otter/bytes.h"
#include "support/rng.h"
#include "support/journal_fixture.h"
#include "support/startup_fixture.h"

/* A journal and a FLAG that somebody forged, over a good image in APP. It may cost the image;
 * it never makes the bootloader start what the verifier does not know, and never keeps it busy.
 * Authority: issue 4, "Security"; docs/design.md. */

enum { SIZE = 2 * RAM_FLASH_PAGE + 36, STARTS_MAX = 12, DIGESTS = 4 };

#define JOURNALS 20000U

/* Anything that has a place in the area: an image somebody signed, or noise. */
static void fill_area(uint64_t *random)
{
    static uint8_t noise[SIZE];
    uint32_t style = rng_below(random, 6);

    if (style < IMAGES) {
        fixture_download((enum fixture_image)style);
    } else if (style == IMAGES) {
        rng_fill(random, noise, sizeof noise);
        ram_flash_poke(&flash, layout->backup.addr, noise, sizeof noise);
    }
    if (rng_below(random, 4) == 0) {
        rng_fill(random, noise, RAM_FLASH_PAGE);
        ram_flash_poke(&flash, layout->spare.addr, noise, RAM_FLASH_PAGE);
    }
}

/* Digest records that are right for what lies there. */
static void make_digests(struct otter_digest_record digests[DIGESTS])
{
    for (unsigned place = 0; place < 3; place++) {
        digests[place].length = SIZE;
        digests[place].crc =
            otter_swap_image_crc(&port, layout, (enum otter_image_at)place, SIZE);
    }
    digests[3] = (struct otter_digest_record){0, 0};
}

static void forge(uint64_t *random)
{
    struct otter_digest_record digests[DIGESTS];
    uint32_t blank_of_4 = rng_below(random, 4);

    make_digests(digests);
    for (unsigned i = 0; i < JOURNAL_ENTRIES; i++) {
        uint32_t addr = journal_entry_addr(i);
        uint8_t entry[JOURNAL_ENTRY_LEN];

        if (rng_below(random, 4) >= blank_of_4) {
            journal_entry_hostile(random, entry, i % JOURNAL_PLACES, digests, DIGESTS);
            ram_flash_poke(&flash, addr, entry, sizeof entry);
        }
    }
    if (rng_below(random, 3) == 0) { /* a tutorial request: for an image, or for nothing */
        uint8_t request[24];

        rng_fill(random, request, sizeof request);
        otter_put_le16(request, 0xEEEE);
        if (rng_below(random, 2) != 0) {
            otter_put_le32(request + 4, SIZE);
        }
        ram_flash_poke(&flash, layout->flag.addr, request, sizeof request);
        if (rng_below(random, 2) != 0) {
            memset(flash.bytes + (layout->flag.addr - RAM_FLASH_ADDR) + 24, 0xFF, 40);
        }
    }
}

static bool is_quiet(enum otter_startup_target how)
{
    return how == OTTER_STARTUP_RECOVERY || (how == OTTER_STARTUP_APP && flash.operations == 0);
}

static void forged_journals(void **state)
{
    unsigned ends[3] = {0};

    (void)state;
    for (uint64_t seed = 1; seed <= JOURNALS; seed++) {
        uint64_t random = seed;
        enum otter_startup_target how = OTTER_STARTUP_APP;
        unsigned starts = 0;

        fixture_case = (unsigned)seed;
        fixture_factory(SIZE);
        fill_area(&random);
        forge(&random);
        do {
            ram_flash_restart(&flash);
            how = fixture_start();
            if (++starts == STARTS_MAX) {
                fail_msg("seed %u: no end", (unsigned)seed);
            }
        } while (!is_quiet(how));
        if (how == OTTER_STARTUP_RECOVERY) { /* and recovery stays recovery */
            enum otter_startup_target again = fixture_start();

            if (again != OTTER_STARTUP_RECOVERY) {
                fail_msg("seed %u: unsure about recovery", (unsigned)seed);
            }
        }
        ends[how]++;
    }
    print_message("%u journals: %u end in an app, %u in recovery\n", JOURNALS,
                  ends[OTTER_STARTUP_APP], ends[OTTER_STARTUP_RECOVERY]);
    assert_true(ends[OTTER_STARTUP_APP] > JOURNALS / 4);
    assert_true(ends[OTTER_STARTUP_RECOVERY] > JOURNALS / 100);
}

/* ---- a forged swap, cut anywhere ---- */

static void start_once(void *ctx)
{
    enum otter_startup_target *how = ctx;

    *how = fixture_start();
}

/* An entry that says: noise, whose digest record is right, is being swapped in. `requested`:
 * and there is a tutorial request beside it, which confirms what is on trial. */
static void forge_swap_of_noise(bool requested)
{
    struct journal_entry forged = {
        .kind = OTTER_JOURNAL_INSTALL, .number = 16, .present_len = SIZE};
    uint8_t noise[SIZE], entry[JOURNAL_ENTRY_LEN], request[24];
    uint64_t random = 77;

    fixture_factory(SIZE);
    rng_fill(&random, noise, sizeof noise);
    ram_flash_poke(&flash, layout->backup.addr, noise, sizeof noise);
    forged.present_crc = otter_swap_image_crc(&port, layout, OTTER_IMAGE_AT_NEW, SIZE);
    forged.previous_len = SIZE;
    forged.previous_crc = otter_swap_image_crc(&port, layout, OTTER_IMAGE_AT_APP, SIZE);
    journal_entry_put(entry, 0, &forged);
    ram_flash_poke(&flash, layout->journal.addr, entry, sizeof entry);
    memset(request, 0, sizeof request);
    otter_put_le16(request, 0xEEEE);
    otter_put_le32(request + 4, SIZE);
    if (requested) {
        ram_flash_poke(&flash, layout->flag.addr, request, sizeof request);
    }
}

/* It is swapped in, found bad, and taken back; a cut in between does not make it good. */
static void noise_with_a_digest_is_never_started(void **state)
{
    (void)state;
    for (int requested = 0; requested < 2; requested++) {
        bool returned = false;
        uint32_t cut;

        for (cut = 1; !returned; cut++) {
            enum otter_startup_target how;

            fixture_case = cut;
            forge_swap_of_noise(requested != 0);
            flash.cut_at = cut;
            flash.tear = RAM_FLASH_DONE;
            returned = ram_flash_run(&flash, start_once, &how);
            ram_flash_restart(&flash);
            assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
            assert_int_equal(fixture_image_at(OTTER_IMAGE_AT_APP), OLD);
        }
        assert_true(cut > 9 * RAM_FLASH_PAGE / 2); /* there and back */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forged_journals),
        cmocka_unit_test(noise_with_a_digest_is_never_started),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
