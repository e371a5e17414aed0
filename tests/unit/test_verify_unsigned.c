/* SPDX-License-Identifier: Apache-2.0 */
/* A bootloader that verifies no signature: which changes of APP it takes for a probe's work,
 * and which for damage. Authority: docs/security.md, otter/verify.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "otter/bytes.h"
#include "otter/md5.h"
#include "otter/startup.h"
#include "otter/update.h"
#include "otter/verify.h"
#include "support/journal_fixture.h"
#include "support/ram_flash.h"
#include "support/rng.h"

enum { SIZE = 3000 };

static struct ram_flash flash;
static const struct otter_port *const port = &flash.port;
static const struct otter_layout *const layout = &ram_flash_layout;
static uint8_t old_image[SIZE], new_image[SIZE];

static enum otter_startup_target start(void)
{
    const struct otter_verifier verifier = {
        .port = port, .layout = layout, .hardware = "03010100"};
    struct otter_startup startup = {.port = port,
                                    .layout = layout,
                                    .verify = otter_verify_unsigned,
                                    .verify_ctx = &verifier};

    return otter_startup_run(&startup, NULL);
}

static void make_image(uint8_t image[SIZE], uint64_t seed)
{
    rng_fill(&seed, image, SIZE);
    otter_put_le32(image, layout->ram.addr + layout->ram.size);
    otter_put_le32(image + 4, layout->app.addr + 9);
}

static bool is_app(const uint8_t image[SIZE])
{
    return memcmp(ram_flash_peek(&flash, layout->app.addr), image, SIZE) == 0;
}

/* A cell of APP fades, or a probe changes a byte. */
static void change_app(uint32_t off)
{
    uint8_t byte = *ram_flash_peek(&flash, layout->app.addr + off) ^ 0x10;

    ram_flash_poke(&flash, layout->app.addr + off, &byte, 1);
}

/* The old app is installed; the new one is downloaded, asked for, and started on trial. */
static void put_on_trial(bool with_old)
{
    struct otter_flag file = {.image_size = SIZE};
    struct otter_md5 md5;

    make_image(old_image, 1);
    make_image(new_image, 2);
    ram_flash_init(&flash);
    ram_flash_poke(&flash, layout->app.addr, old_image, SIZE);
    assert_int_equal(start(), OTTER_STARTUP_APP);
    ram_flash_poke(&flash, layout->backup.addr, new_image, SIZE);
    otter_md5_init(&md5);
    otter_md5_update(&md5, new_image, SIZE);
    otter_md5_final(&md5, file.md5);
    assert_int_equal(otter_update_request(port, layout, &file), 0);
    if (!with_old) {
        change_app(7); /* its vectors: nobody goes back to that */
    }
    assert_int_equal(start(), OTTER_STARTUP_TRIAL);
    assert_true(is_app(new_image));
}

static void test_change_on_trial_takes_it_back(void **state)
{
    (void)state;
    for (uint32_t off = 8; off < SIZE; off += 331) {
        put_on_trial(true);
        assert_int_equal(start(), OTTER_STARTUP_TRIAL);
        change_app(off);
        assert_int_equal(start(), OTTER_STARTUP_APP);
        assert_true(is_app(old_image));
        assert_int_equal(journal_get(&flash).reason, OTTER_REASON_BAD_COPY);
        assert_true(otter_update_is_allowed(port, layout));
    }
}

/* With nothing to go back to, what a probe flashes may as well start. */
static void test_change_on_trial_without_a_way_back(void **state)
{
    (void)state;
    put_on_trial(false);
    change_app(2000);
    assert_int_equal(start(), OTTER_STARTUP_APP);
    assert_int_equal(journal_get(&flash).kind, OTTER_JOURNAL_IDLE);
}

static void test_change_after_the_trial_is_a_probes(void **state)
{
    (void)state;
    put_on_trial(true);
    assert_int_equal(otter_update_confirm(port, layout), 0);
    change_app(2000);
    assert_int_equal(start(), OTTER_STARTUP_APP);
    assert_false(is_app(old_image));
    assert_int_equal(journal_get(&flash).kind, OTTER_JOURNAL_IDLE);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_change_on_trial_takes_it_back),
        cmocka_unit_test(test_change_on_trial_without_a_way_back),
        cmocka_unit_test(test_change_after_the_trial_is_a_probes),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
