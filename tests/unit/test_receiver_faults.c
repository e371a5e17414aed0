/* SPDX-License-Identifier: Apache-2.0 */
/* The receiver when the power or the MCU fails at any flash operation, and against frames that
 * a module never sends. OTTER_SEED=n repeats one round of the hostile part.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include "otter/bytes.h"
#include "otter/flag.h"
#include "otter/image.h"
#include "support/rng.h"
#include "support/receiver_fixture.h"

enum { OLD_SIZE = 1400, NEW_SIZE = 1201, HOSTILE_ROUNDS = 60, HOSTILE_STEPS = 400 };

static struct receiver_fixture fixture;
static uint8_t old_image[OLD_SIZE], app[OTTER_COMMAND_MAX];

/* ---- cuts ---- */

/* A product whose APPBAK holds an older image, announced or not, when a new one is offered. */
static void set_up(bool is_announced)
{
    struct otter_flag flag = {.image_size = OLD_SIZE};
    uint64_t seed = 77;

    fixture_init(&fixture, NEW_SIZE, 5);
    rng_fill(&seed, old_image, sizeof(old_image));
    memset(app, 0x3C, sizeof(app));
    memcpy(app, fixture.image, OTTER_IMAGE_SIZE_MIN); /* programs that could start */
    memcpy(old_image, fixture.image, OTTER_IMAGE_SIZE_MIN);
    ram_flash_poke(&fixture.flash, fixture.layout.app.addr, app, sizeof(app));
    ram_flash_poke(&fixture.flash, fixture.layout.backup.addr, old_image, sizeof(old_image));
    assert_int_equal(otter_image_md5(&fixture.flash.port, fixture.layout.backup.addr, OLD_SIZE,
                                     NULL, NULL, flag.md5),
                     0);
    if (is_announced) {
        assert_int_equal(otter_flag_write(&fixture.flash.port, &fixture.layout, &flag), 0);
    }
    ram_flash_restart(&fixture.flash);
    fixture.receiver_config.piece_max = 256;
    fixture.receiver_config.check_image = false;
    fixture_boot(&fixture);
}

static void converse(void *ctx)
{
    (void)ctx;
    fixture_begin(&fixture);
    fixture_pieces(&fixture, 1, fixture_piece_count(&fixture));
}

static bool app_is(const uint8_t image[], uint32_t len)
{
    return memcmp(ram_flash_peek(&fixture.flash, fixture.layout.app.addr), image, len) == 0;
}

/* What the bootloader makes of it: a whole image or none. */
static void check_bootloader(bool was_announced, uint32_t at)
{
    enum otter_startup_target what;

    ram_flash_restart(&fixture.flash);
    what = fixture_bootloader(&fixture);
    if (what != OTTER_STARTUP_APP ||
        !(app_is(fixture.image, NEW_SIZE) || (was_announced && app_is(old_image, OLD_SIZE)) ||
          app_is(app, sizeof(app)))) {
        fail_msg("announced %d, cut at %u, tear %d: the bootloader says %d", was_announced,
                 (unsigned)at, (int)fixture.flash.tear, (int)what);
    }
}

/* The file is offered, acknowledged and refused; nothing is erased. */
static void expect_refusal(void)
{
    uint32_t erased = fixture.flash.erased;

    fixture_offer(&fixture);
    fixture_poll(&fixture);
    fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
    fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
    assert_int_equal(fixture.device.receiver.transfer.result, OTTER_RESULT_INSTALLED);
    assert_int_equal(fixture.flash.erased, erased);
}

static void cut_everywhere(bool is_announced)
{
    for (uint32_t at = 1;; at++) {
        for (int tear = 0; tear < RAM_FLASH_TEARS; tear++) {
            uint64_t noise = at;

            set_up(is_announced);
            fixture.flash.cut_at = at;
            fixture.flash.tear = (enum ram_flash_tear)tear;
            fixture.flash.seed = at;
            if (ram_flash_run(&fixture.flash, converse, NULL)) {
                /* FLAG, pages, image, FLAG */
                assert_int_equal(at, 1 + 2 + (NEW_SIZE + 1) / 2 + 10 + 2);
                assert_true(fixture_is_announced(&fixture));
                return;
            }
            check_bootloader(is_announced, at);
            rng_fill(&noise, (uint8_t *)&fixture.resume, sizeof(fixture.resume));
            fixture_boot(&fixture);
            fixture.restarts = 0;
            if (app_is(fixture.image, NEW_SIZE)) { /* installed: no other download */
                expect_refusal();
                continue;
            }
            fixture_begin(&fixture);
            fixture_complete(&fixture);
        }
    }
}

static void test_power_cut_at_every_operation(void **state)
{
    (void)state;
    cut_everywhere(false);
}

static void test_power_cut_while_an_older_update_is_announced(void **state)
{
    (void)state;
    cut_everywhere(true);
}

/* The watchdog resets the MCU in a flash operation; the RAM lives on, and the module goes
 * on. */
static void test_reset_at_every_operation(void **state)
{
    (void)state;
    for (uint32_t at = 1;; at++) {
        uint8_t pieces;

        set_up(false);
        fixture.flash.cut_at = at;
        fixture.flash.tear = RAM_FLASH_DONE;
        if (ram_flash_run(&fixture.flash, converse, NULL)) {
            break;
        }
        pieces = (uint8_t)fixture.device.receiver.transfer.last_number;
        ram_flash_restart(&fixture.flash);
        fixture_boot(&fixture);
        assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_RESUMING);
        if (pieces < fixture_piece_count(&fixture)) {
            fixture_piece(&fixture, (uint16_t)(pieces + 1), 44);
            fixture_module(&fixture, OTTER_CMD_RECEIVER_STOP_ACK,
                           fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP)->sn, 0, NULL, 0);
            fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 44);
            fixture_poll(&fixture);
        } else { /* the module has nothing to resend if the last ACK was out */
            fixture_run(&fixture, OTTER_PIECE_SILENCE_MS);
        }
        fixture_expect_ready(&fixture);
        fixture_complete(&fixture);
    }
}

/* ---- hostile frames ---- */

static uint8_t outside[RAM_FLASH_SIZE];

/* A request straight to the receiver, in memory of exactly its size. */
static void request(uint8_t cmd, uint8_t sn, uint16_t flags, const uint8_t payload[],
                    uint16_t len)
{
    uint8_t *copy = malloc(len != 0 ? len : 1);
    struct otter_frame frame = {cmd, sn, flags, copy, len};

    assert_non_null(copy);
    memcpy(copy, payload, len);
    otter_receiver_tell(&fixture.device.receiver, OTTER_TRANSFER_HEARD, fixture.now_ms);
    if (otter_receiver_request(&fixture.device.receiver, &fixture.device.link, &frame,
                               fixture.now_ms) != 0) {
        fixture.hold = false; /* the queue is full: let it go */
    }
    free(copy);
}

static void hostile_offer(uint64_t *random)
{
    static const uint32_t sizes[] = {0,     1,     7,     8,     9,          300,       1024,
                                     26623, 26624, 26625, 65535, 0x7FFFFFFF, 0xFFFFFFFF};
    struct otter_offer offer = fixture.offer;
    uint8_t payload[OTTER_OFFER_SIZE + 30];
    uint16_t len = OTTER_OFFER_SIZE;

    rng_fill(random, payload, sizeof(payload));
    if (rng_below(random, 3) == 0) {
        offer.file_size = sizes[rng_below(random, sizeof(sizes) / sizeof(sizes[0]))];
    }
    assert_int_equal(otter_put_offer(&offer, payload, sizeof(payload)), OTTER_OFFER_SIZE);
    if (rng_below(random, 4) == 0) {
        payload[rng_below(random, OTTER_OFFER_SIZE)] = (uint8_t)rng_next(random);
    }
    if (rng_below(random, 4) == 0) {
        len = (uint16_t)rng_below(random, sizeof(payload) + 1);
    }
    request(OTTER_CMD_OFFER, (uint8_t)rng_next(random), (uint16_t)rng_below(random, 4), payload,
            len);
}

static void hostile_piece(uint64_t *random)
{
    static uint8_t payload[2200];
    const struct otter_transfer *transfer = &fixture.device.receiver.transfer;
    uint32_t size = transfer->offer.file_size;
    uint16_t piece_len = transfer->piece_len != 0 ? transfer->piece_len : 100;
    uint32_t number = (uint32_t)transfer->last_number + 1;
    uint32_t left = size > transfer->received ? size - transfer->received : 0;
    uint32_t len = left < piece_len ? left : piece_len;
    uint32_t count = size / piece_len + (size % piece_len != 0);
    uint32_t off = (number - 1) * piece_len;
    uint16_t flags = 0;

    rng_fill(random, payload, 16);
    if (off + len <= fixture.image_size && size == fixture.image_size) {
        memcpy(payload + OTTER_PIECE_HEAD, fixture.image + off, len);
    }
    switch (rng_below(random, 16)) {
    case 0:
        number = rng_below(random, 2) == 0 ? rng_next(random) : number - 1;
        break;
    case 1:
        count = rng_next(random);
        break;
    case 2:
        len = rng_below(random, 2196);
        break;
    case 3:
        flags = (uint16_t)rng_next(random);
        break;
    default:
        break;
    }
    otter_put_be16(payload, (uint16_t)number);
    otter_put_be16(payload + 2, (uint16_t)count);
    if (rng_below(random, 30) == 0) {
        len = 0U - rng_below(random, 5); /* not even a whole head */
    }
    request(OTTER_CMD_PIECE, (uint8_t)rng_next(random), flags, payload,
            (uint16_t)(OTTER_PIECE_HEAD + len));
}

static void hostile_answer(uint64_t *random)
{
    static const uint8_t answers[] = {OTTER_CMD_READY_ACK, OTTER_CMD_RECEIVER_STOP_ACK,
                                      OTTER_CMD_RESTART_MODULE_ACK};
    uint8_t sn = rng_below(random, 4) == 0 ? (uint8_t)rng_next(random)
                                           : (uint8_t)(fixture.device.link.next_sn - 1);

    fixture_module(&fixture, answers[rng_below(random, 3)], sn, 0, NULL, 0);
}

static void check_flash(uint64_t seed, unsigned step)
{
    uint32_t flag = fixture.layout.flag.addr - RAM_FLASH_ADDR;
    uint32_t backup = fixture.layout.backup.addr - RAM_FLASH_ADDR;
    struct otter_flag record;
    uint8_t md5[16];

    if (fixture.flash.refused != 0 || memcmp(fixture.flash.bytes, outside, flag) != 0 ||
        memcmp(fixture.flash.bytes + flag + 1024, outside + flag + 1024,
               backup - flag - 1024) != 0) {
        fail_msg("OTTER_SEED=%u, step %u: wrote where or how it must not", (unsigned)seed,
                 step);
    }
    if (otter_flag_read(&fixture.flash.port, &fixture.layout, &record) != 0) {
        return;
    }
    assert_int_equal(otter_image_md5(&fixture.flash.port, fixture.layout.backup.addr,
                                     record.image_size, NULL, NULL, md5),
                     0);
    if (memcmp(md5, record.md5, 16) != 0) {
        fail_msg("OTTER_SEED=%u, step %u: FLAG announces another image", (unsigned)seed, step);
    }
}

static unsigned restart_if_finished(void)
{
    if (fixture.device.receiver.transfer.state != OTTER_TRANSFER_FINISHED) {
        return 0;
    }
    assert_int_equal(otter_flag_erase(&fixture.flash.port, &fixture.layout), 0);
    fixture_boot(&fixture);
    return 1;
}

static unsigned hostile_round(uint64_t seed)
{
    uint64_t random = seed;
    unsigned finished = 0;

    fixture_init(&fixture, 300 + rng_below(&random, 5000), seed);
    memset(outside, 0xFF, sizeof(outside));
    for (unsigned step = 0; step < HOSTILE_STEPS; step++) {
        switch (rng_below(&random, 32)) {
        case 0:
            hostile_offer(&random);
            break;
        case 1:
            request(OTTER_CMD_SENDER_STOP, (uint8_t)rng_next(&random), 0, outside,
                    (uint16_t)rng_below(&random, 3));
            break;
        case 2:
            hostile_answer(&random);
            break;
        case 3:
            fixture_run(&fixture, rng_below(&random, 12000));
            break;
        case 4:
            fixture_bad_checksum(&fixture, (uint8_t)rng_next(&random),
                                 (uint8_t)rng_next(&random));
            break;
        case 5:
            if (rng_below(&random, 4) == 0) {
                fixture_boot(&fixture);
            }
            break;
        case 6:
            fixture.hold = !fixture.hold;
            break;
        default:
            hostile_piece(&random);
            break;
        }
        fixture_run(&fixture, 10 * rng_below(&random, 8));
        fixture.sent_count = fixture.sent_at = 0;
        check_flash(seed, step);
        finished += restart_if_finished();
    }
    /* Left alone it becomes idle, and the next good offer is served. */
    fixture.hold = false;
    for (unsigned i = 0; i < 120; i++) {
        fixture_run(&fixture, 1000);
        fixture.sent_count = fixture.sent_at = 0;
        finished += restart_if_finished();
    }
    if (otter_receiver_is_active(&fixture.device.receiver)) {
        fail_msg("OTTER_SEED=%u: not idle but %d", (unsigned)seed,
                 (int)fixture.device.receiver.transfer.state);
    }
    fixture_begin(&fixture);
    fixture_complete(&fixture);
    return finished;
}

static void test_hostile_frames(void **state)
{
    const char *only = getenv("OTTER_SEED");
    unsigned finished = 0;

    (void)state;
    if (only != NULL) {
        hostile_round((uint64_t)atoi(only));
        return;
    }
    for (unsigned seed = 1; seed <= HOSTILE_ROUNDS; seed++) {
        finished += hostile_round(seed);
    }
    print_message("%u hostile rounds, %u transfers finished in spite of them\n", HOSTILE_ROUNDS,
                  finished);
    assert_true(finished > 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_power_cut_at_every_operation),
        cmocka_unit_test(test_power_cut_while_an_older_update_is_announced),
        cmocka_unit_test(test_reset_at_every_operation),
        cmocka_unit_test(test_hostile_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
