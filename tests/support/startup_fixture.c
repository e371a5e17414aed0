/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "otter/flag.h"
#include "otter/update.h"
#include "support/rng.h"
#include "support/startup_fixture.h"

struct ram_flash flash;
struct otter_port port;
const struct otter_layout *const layout = &ram_flash_layout;
unsigned erases[RAM_FLASH_SIZE / RAM_FLASH_PAGE];
uint32_t image_size[IMAGES];
enum otter_reason verify_new_as;
const struct otter_flag_functions *fixture_tutorial;
enum otter_action actions[ACTIONS_LOG_MAX];
unsigned actions_len;
uint8_t details[ACTIONS_LOG_MAX];
uint8_t last_detail;
bool fixture_unheard;
static bool is_received;
struct otter_journal_file fixture_received;
unsigned fixture_case;

static const uint32_t image_number[IMAGES] = {
    [OLD] = 10, [NEW] = 11, [OLDER] = 9, [NEWEST] = 12};
static uint8_t images[IMAGES][FULL];

static int erase(void *ctx, uint32_t addr)
{
    erases[(addr - RAM_FLASH_ADDR) / RAM_FLASH_PAGE]++;
    return flash.port.erase(ctx, addr);
}

void fixture_factory(uint32_t size)
{
    uint64_t random = 4;

    ram_flash_init(&flash);
    port = flash.port;
    port.erase = erase;
    memset(erases, 0, sizeof erases);
    for (int i = 0; i < IMAGES; i++) {
        image_size[i] = size;
        if (images[i][0] == 0) { /* the first time; no image begins so */
            rng_fill(&random, images[i], sizeof images[i]);
            images[i][0] = 0x80;
        }
    }
    verify_new_as = OTTER_REASON_NONE;
    fixture_unheard = is_received = false;
    fixture_received = (struct otter_journal_file){.tries = 0};
    fixture_tutorial = &otter_flag_functions;
    ram_flash_poke(&flash, layout->app.addr, images[OLD], size);
}

static bool is_at(enum fixture_image image, enum otter_image_at place)
{
    for (uint32_t off = 0; off < image_size[image]; off += RAM_FLASH_PAGE) {
        uint32_t left = image_size[image] - off;

        if (memcmp(ram_flash_peek(&flash,
                                  otter_swap_page_addr(layout, place, off / RAM_FLASH_PAGE)),
                   images[image] + off, left < RAM_FLASH_PAGE ? left : RAM_FLASH_PAGE) != 0) {
            return false;
        }
    }
    return true;
}

enum fixture_image fixture_image_at(enum otter_image_at place)
{
    for (enum fixture_image image = OLD; image < IMAGES; image++) {
        if (is_at(image, place)) {
            return image;
        }
    }
    return NO_IMAGE;
}

/* Stands for trailer and signature: only whole images have one. */
static enum otter_reason verify(const void *ctx, enum otter_image_at place, uint32_t *size,
                                uint32_t *out_number)
{
    enum fixture_image image = fixture_image_at(place);

    assert_ptr_equal(ctx, &flash);
    assert_true(*size <= layout->app.size); /* whatever a journal says */
    if (place == OTTER_IMAGE_AT_NEW && verify_new_as != OTTER_REASON_NONE) {
        return verify_new_as;
    }
    if (image == NO_IMAGE) {
        return OTTER_REASON_SIGNATURE;
    }
    if (*size != 0 && *size != image_size[image]) {
        return OTTER_REASON_NO_IMAGE;
    }
    *size = image_size[image];
    *out_number = image_number[image];
    return OTTER_REASON_NONE;
}

static void report(void *ctx, enum otter_action action, uint8_t detail)
{
    (void)ctx;
    last_detail = detail;
    assert_true(actions_len < ACTIONS_LOG_MAX);
    details[actions_len] = detail;
    actions[actions_len++] = action;
}

enum otter_startup_target fixture_start(void)
{
    struct otter_startup startup = {.received_file = &fixture_received,
                                    .now.before = is_received       ? OTTER_BEFORE_RECEIVED
                                                  : fixture_unheard ? OTTER_BEFORE_UNHEARD
                                                                    : OTTER_BEFORE_NOTHING,
                                    .port = &port,
                                    .layout = layout,
                                    .verify = verify,
                                    .verify_ctx = &flash,
                                    .report = report};
    enum otter_startup_target how;

    actions_len = 0;
    is_received = false;
    how = otter_startup_run(&startup, fixture_tutorial);
    assert_true(actions_len <= 40 + 2); /* and says that it gives up, and recovers */
    if (how != OTTER_STARTUP_RECOVERY && fixture_image_at(OTTER_IMAGE_AT_APP) == NO_IMAGE) {
        fail_msg("case %u: what starts is no image", fixture_case);
    }
    return how;
}

void fixture_expect_actions(const enum otter_action want[], unsigned count)
{
    for (unsigned i = 0; i < count && i < actions_len; i++) {
        if (actions[i] != want[i]) {
            fail_msg("action %u is %d, not %d", i, actions[i], want[i]);
        }
    }
    assert_int_equal(actions_len, count);
}

struct otter_journal fixture_journal(void)
{
    struct otter_journal journal;

    otter_journal_read(&flash.port, layout, &journal);
    return journal;
}

void fixture_download(enum fixture_image image)
{
    for (uint32_t off = 0; off < image_size[image]; off += RAM_FLASH_PAGE) {
        uint32_t left = image_size[image] - off;

        /* not counted: the download is no part of the installation */
        assert_int_equal(flash.port.erase(&flash, layout->backup.addr + off), 0);
        assert_int_equal(port.program(&flash, layout->backup.addr + off, images[image] + off,
                                      left < RAM_FLASH_PAGE ? left : RAM_FLASH_PAGE),
                         0);
    }
}

void fixture_damage(uint32_t addr)
{
    flash.bytes[addr - RAM_FLASH_ADDR] ^= 0x10;
}

void fixture_probe(enum fixture_image image)
{
    memcpy(flash.bytes + (layout->app.addr - RAM_FLASH_ADDR), images[image], image_size[image]);
}

void fixture_ask(enum fixture_image image)
{
    const struct otter_flag file = {.image_size = image_size[image],
                                    .md5 = {(uint8_t)(image + 1)}};

    assert_true(otter_update_is_allowed(&port, layout));
    fixture_download(image);
    assert_int_equal(otter_update_request(&port, layout, &file), 0);
}

int fixture_request(uint32_t size)
{
    const struct otter_flag file = {.image_size = size};

    return otter_update_request(&port, layout, &file);
}

void fixture_write_record(enum fixture_image image)
{
    const struct otter_flag record = {.image_size = image_size[image]};

    fixture_download(image);
    assert_int_equal(otter_flag_write(&port, layout, &record), 0);
}

void fixture_age(unsigned count)
{
    while (count-- != 0) {
        struct otter_journal journal = fixture_journal();

        assert_int_equal(journal.kind, OTTER_JOURNAL_IDLE);
        assert_int_equal(otter_journal_append(&port, layout, &journal), 0);
    }
}

/* ---- the ways that many tests go ---- */

void fixture_idle(uint32_t size)
{
    fixture_factory(size);
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    assert_int_equal(fixture_journal().kind, OTTER_JOURNAL_IDLE);
}

void fixture_expect_quiet(enum fixture_image image)
{
    for (unsigned i = 0; i < 5; i++) {
        ram_flash_restart(&flash);
        assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
        EXPECT_ACTIONS(OTTER_ACTION_CHECK_APP, OTTER_ACTION_START);
        assert_int_equal(fixture_image_at(OTTER_IMAGE_AT_APP), image);
        assert_int_equal(flash.operations, 0);
    }
}

void fixture_expect_trial(enum fixture_image image)
{
    assert_int_equal(fixture_start(), OTTER_STARTUP_TRIAL);
    assert_int_equal(fixture_image_at(OTTER_IMAGE_AT_APP), image);
    assert_int_equal(flash.refused, 0);
}

void fixture_expect_refused(enum otter_reason reason)
{
    uint32_t operations = flash.operations;

    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
    assert_int_equal(fixture_image_at(OTTER_IMAGE_AT_APP), OLD);
    assert_in_range(flash.operations - operations, 1, 60); /* APP is not touched */
    assert_int_equal(fixture_journal().reason, reason);
    fixture_expect_quiet(OLD);
    assert_int_equal(otter_update_reason(&port, layout), reason); /* kept, for the app */
}

void fixture_expect_recovery(enum otter_reason reason)
{
    uint32_t operations = flash.operations;

    assert_int_equal(fixture_start(), OTTER_STARTUP_RECOVERY);
    assert_int_equal(actions[actions_len - 1], OTTER_ACTION_RECOVER);
    assert_int_equal(last_detail, reason);
    assert_int_equal(flash.operations, operations);
}

void fixture_receive(enum fixture_image image)
{
    fixture_download(image);
    is_received = true;
}

void fixture_update(enum fixture_image image)
{
    fixture_ask(image);
    fixture_expect_trial(image);
    assert_int_equal(otter_update_confirm(&port, layout), 0);
    assert_int_equal(fixture_start(), OTTER_STARTUP_APP);
}
