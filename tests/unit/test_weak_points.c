/* SPDX-License-Identifier: Apache-2.0 */
/* The weak points of the tutorial's code that docs/weak-points.md lists, by their numbers: one
 * test each, thin where another file has the depth. Those that need the chip are in
 * tests/fw/test_weak_points.c. tests/mutants/ puts every weakness back, and its test must fail.
 *
 * Run one: test_weak_points 'test_wp06*'
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "otter/bytes.h"
#include "otter/flag.h"
#include "otter/image.h"
#include "support/receiver_fixture.h"

static struct receiver_fixture fixture;
static uint8_t before[RAM_FLASH_SIZE];

/* 0x27 was sent: answer it. Nothing is announced, and the reason is `result`. */
static void expect_stopped(enum otter_result result)
{
    uint8_t sn = fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP)->sn;

    fixture_module(&fixture, OTTER_CMD_RECEIVER_STOP_ACK, sn, 0, NULL, 0);
    fixture.sent_count = fixture.sent_at = 0;
    fixture_run(&fixture, 20000);
    fixture_expect_nothing(&fixture);
    assert_int_equal(fixture.device.receiver.transfer.result, result);
    assert_int_equal(fixture.device.receiver.transfer.state, OTTER_TRANSFER_IDLE);
    assert_int_equal(fixture.restarts, 0);
    assert_false(fixture_is_announced(&fixture));
}

static void begin(uint32_t size, uint16_t piece_max)
{
    fixture_init(&fixture, size, size);
    fixture.receiver_config.piece_max = piece_max;
    fixture_boot(&fixture);
    fixture_begin(&fixture);
}

/* A device that knows nothing gets an offer of any form. */
static void refuse_offer(const uint8_t payload[], uint16_t len)
{
    uint8_t sn = fixture.module_sn++;

    fixture_module(&fixture, OTTER_CMD_OFFER, sn, 0, payload, len);
    fixture_expect_ack(&fixture, OTTER_CMD_OFFER_ACK, sn);
    expect_stopped(OTTER_RESULT_BAD_OFFER);
}

static void test_wp01_md5_length_of_the_wire_is_never_used(void **state)
{
    static const uint16_t lengths[] = {0, 31, 33, 100, 255, 1024, 0xFFFF};
    static uint8_t payload[1024];

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        fixture_init(&fixture, 1500, 1);
        memset(payload, '5', sizeof(payload));
        assert_true(otter_put_offer(&fixture.offer, payload, sizeof(payload)) > 0);
        otter_put_be16(payload + 4, lengths[i]);
        refuse_offer(payload, OTTER_OFFER_SIZE); /* only the number lies */
        fixture_init(&fixture, 1500, 1);
        refuse_offer(payload, lengths[i] < 1000 ? (uint16_t)(lengths[i] + 6) : 1024);
    }
}

static void test_wp02_short_offer_does_not_read_stale_bytes(void **state)
{
    uint8_t payload[OTTER_OFFER_SIZE];

    (void)state;
    for (uint16_t len = 0; len < OTTER_OFFER_SIZE; len++) {
        fixture_init(&fixture, 1500, 1);
        assert_true(otter_put_offer(&fixture.offer, payload, sizeof(payload)) > 0);
        /* A message nobody answers leaves a whole offer in the receive buffer. */
        fixture_module(&fixture, OTTER_CMD_ILLEGAL_TO_MCU, 1, 0, payload, sizeof(payload));
        fixture_expect_nothing(&fixture);
        refuse_offer(payload, len);
    }
}

/* Piece `number` of `count` with `len` bytes after `good` right ones: refused, acknowledged,
 * and flash is as it was. */
static void refuse_piece(uint16_t good, uint16_t number, uint16_t count, uint16_t len,
                         uint16_t flags)
{
    static uint8_t payload[OTTER_PIECE_MAX + OTTER_PIECE_HEAD];

    begin(5000, 128);
    if (good != 0) {
        fixture_pieces(&fixture, 1, good);
    }
    memcpy(before, fixture.flash.bytes, sizeof(before));
    memset(payload, 0x5A, sizeof(payload));
    otter_put_be16(payload, number);
    otter_put_be16(payload + 2, count);
    fixture_module(&fixture, OTTER_CMD_PIECE, 77, flags, payload,
                   (uint16_t)(len + OTTER_PIECE_HEAD));
    fixture_run(&fixture, 100);
    assert_memory_equal(fixture.flash.bytes, before, sizeof(before));
    expect_stopped(OTTER_RESULT_BAD_PIECE);
    assert_int_equal(fixture.flash.refused, 0);
}

static void test_wp03_piece_longer_than_asked_is_refused(void **state)
{
    (void)state;
    for (uint16_t len = 129; len <= OTTER_PIECE_MAX; len = (uint16_t)(len + 179)) {
        refuse_piece(2, 3, 40, len, 0);
    }
    refuse_piece(39, 40, 40, 128, 0); /* the last one has 8 */
}

static void test_wp04_piece_number_never_becomes_an_address(void **state)
{
    static const uint16_t numbers[] = {0, 41, 209, 0x7FFF, 0x8000, 0xFFFF};

    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        refuse_piece(2, numbers[i], 40, 128, 0);
        refuse_piece(2, numbers[i], 0xFFFF, 128, 0);
    }
}

static void test_wp05_pieces_are_consecutive_and_fit_the_size(void **state)
{
    (void)state;
    refuse_piece(3, 5, 40, 128, 0); /* a gap */
    refuse_piece(3, 2, 40, 128, 0); /* backwards */
    refuse_piece(3, 4, 39, 128, 0); /* count does not fit the size */
    refuse_piece(3, 4, 41, 128, 0);
    refuse_piece(3, 4, 40, 127, 0); /* not the length that was asked */
    refuse_piece(3, 4, 40, 1, 0);
    refuse_piece(39, 40, 40, 7, 0);
}

static void test_wp06_repeated_piece_is_acked_and_not_hashed_again(void **state)
{
    (void)state;
    begin(5000, 1024);
    for (uint16_t number = 1; number <= 5; number++) {
        uint8_t sn = (uint8_t)(40 + number);

        for (unsigned times = 0; times < 3; times++) { /* as the module does: three sends */
            fixture_piece(&fixture, number, sn);
            fixture_run(&fixture, 100);
            fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, sn);
        }
    }
    assert_true(fixture_is_announced(&fixture));
    assert_int_equal(fixture.flash.programmed, 2500 + 20 / 2 + 1);
    assert_int_equal(fixture.flash.refused, 0);
}

static void test_wp07_digest_is_over_what_flash_holds(void **state)
{
    (void)state;
    for (uint32_t at = 3; at < 600; at += 37) { /* after the erases */
        begin(1200, 1024);
        fixture.flash.lie_at = at; /* a bit is wrong, and flash says nothing */
        fixture.flash.lie_count = 1;
        fixture_pieces(&fixture, 1, 1);
        fixture_piece(&fixture, 2, 9);
        fixture_run(&fixture, 100);
        expect_stopped(OTTER_RESULT_MD5);
    }
    begin(1200, 1024);
    fixture.flash.fail_at = 300; /* an error it does tell of */
    fixture.flash.fail_count = 1;
    fixture_piece(&fixture, 1, 9);
    fixture_run(&fixture, 100);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 9);
    expect_stopped(OTTER_RESULT_FLASH);
}

static void test_wp08_size_and_vectors_are_checked(void **state)
{
    static const uint32_t sizes[] = {0, 1, 2, 7, 0x6801, 0xFFFFFFFF};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        fixture_init(&fixture, 1500, 1);
        fixture.offer.file_size = sizes[i];
        fixture_offer(&fixture);
        fixture_poll(&fixture);
        fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
        expect_stopped(sizes[i] < 8 ? OTTER_RESULT_TOO_SMALL : OTTER_RESULT_TOO_LARGE);
        assert_int_equal(fixture.flash.operations, 0);
    }
    fixture_init(&fixture, 1500, 1);
    memset(fixture.image, 0xFF, 8); /* no vector table */
    fixture_update_offer(&fixture);
    fixture_begin(&fixture);
    fixture_piece(&fixture, 1, 9);
    expect_stopped(OTTER_RESULT_NOT_STARTABLE);
}

/* The sum is the protocol's and stays one byte; what it lets through must not become an
 * update. */
static void test_wp09_error_that_the_sum_misses_is_found_by_the_digest(void **state)
{
    (void)state;
    begin(3000, 1024);
    fixture_pieces(&fixture, 1, 1);
    fixture.image[1500]++; /* two errors that cancel out */
    fixture.image[1600]--;
    fixture_pieces(&fixture, 2, 2);
    fixture_piece(&fixture, 3, 9);
    fixture_run(&fixture, 100);
    expect_stopped(OTTER_RESULT_MD5);
}

static void test_wp10_parser_is_bounded_and_resynchronises(void **state)
{
    static const uint8_t good[] = {0xFF, 0xFF, 0, 5, 7, 0x42, 0, 0, 0x4E}; /* a heartbeat */
    static uint8_t body[70000], in[1024];
    struct otter_frame_decoder decoder;
    struct otter_frame frame;
    size_t used;

    (void)state;
    for (unsigned len = 65 - 2; len <= 0xFFFE; len += 1499) { /* len of the wire > buffer */
        memset(body, 0xA5, sizeof(body));
        otter_frame_decoder_init(&decoder, body, 64, OTTER_FRAME_LENIENT);
        memset(in, 0x11, sizeof(in));
        in[0] = in[1] = 0xFF;
        otter_put_be16(in + 2, (uint16_t)len);
        assert_int_equal(otter_frame_decode(&decoder, in, sizeof(in), &used, &frame), 0);
        for (size_t i = 64; i < sizeof(body); i++) {
            assert_int_equal(body[i], 0xA5);
        }
        assert_int_equal(otter_frame_decode(&decoder, good, sizeof(good), &used, &frame), 1);
    }
    for (size_t cut = 2; cut < sizeof(good); cut++) { /* a new head anywhere in a frame */
        int got;

        otter_frame_decoder_init(&decoder, body, 64, OTTER_FRAME_LENIENT);
        assert_int_equal(otter_frame_decode(&decoder, good, cut, &used, &frame), 0);
        got = otter_frame_decode(&decoder, good, sizeof(good), &used, &frame);
        if (got < 0) { /* FF in the place of the sum: the frame before ends here */
            got = otter_frame_decode(&decoder, good + used, sizeof(good) - used, &used, &frame);
        }
        assert_int_equal(got, 1);
        assert_int_equal(frame.sn, 0x42);
    }
    fixture_init(&fixture, 1500, 1);
    fixture_bad_checksum(&fixture, OTTER_CMD_HEARTBEAT,
                         1); /* and right after a wrong checksum */
    fixture_expect(&fixture, OTTER_CMD_ILLEGAL_TO_MODULE);
    for (size_t waiting = 255; waiting <= 1024; waiting += 128 + waiting % 2) {
        memset(in, 0, waiting); /* a full ring, 256 bytes included, in one call */
        memcpy(in + waiting - sizeof(good), good, sizeof(good));
        otter_device_receive(&fixture.device, in, waiting, fixture.now_ms);
        fixture_poll(&fixture);
        fixture_expect_ack(&fixture, OTTER_CMD_HEARTBEAT_ACK, 0x42);
    }
}

static void test_wp11_transfer_keeps_the_line_and_ends_after_silence(void **state)
{
    (void)state;
    begin(5000, 1024);
    fixture_pieces(&fixture, 1, 2);
    assert_int_equal(
        otter_device_command(&fixture.device, OTTER_CMD_GET_TIME, NULL, 0, fixture.now_ms),
        OTTER_ERR_BUSY);
    fixture_expect_nothing(&fixture);
    fixture_run(&fixture, 60000); /* the module is gone */
    assert_false(otter_receiver_is_active(&fixture.device.receiver));
    assert_int_equal(fixture.device.receiver.transfer.result, OTTER_RESULT_NO_ANSWER);
    assert_int_equal(
        otter_device_command(&fixture.device, OTTER_CMD_GET_TIME, NULL, 0, fixture.now_ms), 0);
}

static void test_wp12_lost_ready_is_sent_again(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture_offer(&fixture);
    fixture_poll(&fixture);
    fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
    fixture_expect(&fixture, OTTER_CMD_READY); /* lost */
    fixture_run(&fixture, 4000);
    fixture_expect_ready(&fixture);
    fixture_complete(&fixture);
}

/* otter asks for binary with a constant, so there is nothing to mix up; and takes nothing
 * else. */
static void test_wp13_hex_is_neither_asked_for_nor_taken(void **state)
{
    (void)state;
    fixture_init(&fixture, 5000, 1);
    fixture_offer(&fixture);
    fixture_poll(&fixture);
    fixture_expect(&fixture, OTTER_CMD_OFFER_ACK);
    assert_int_equal(fixture_expect(&fixture, OTTER_CMD_READY)->flags & OTTER_PIECE_FLAG_HEX,
                     0);
    refuse_piece(2, 3, 40, 128, OTTER_PIECE_FLAG_HEX);
}

static void test_wp14_every_byte_of_ready_is_written(void **state)
{
    uint8_t payload[32];

    (void)state;
    fixture_init(&fixture, 5000, 1);
    memset(payload, 0xFF, sizeof(payload));
    assert_int_equal(otter_device_command(&fixture.device, OTTER_CMD_REPORT, payload,
                                          sizeof(payload), fixture.now_ms),
                     0); /* so the send buffers are not zeros */
    fixture_poll(&fixture);
    fixture_module(&fixture, OTTER_CMD_REPORT_ACK,
                   fixture_expect(&fixture, OTTER_CMD_REPORT)->sn, 0, NULL, 0);
    fixture_begin(&fixture); /* asserts flags 0 and the MD5 */
    fixture_complete(&fixture);
}

static void test_wp15_last_ack_leaves_before_the_restart(void **state)
{
    (void)state;
    begin(1500, 1024);
    fixture_pieces(&fixture, 1, 1);
    fixture.hold = true; /* the UART is slow */
    fixture_piece(&fixture, 2, 99);
    fixture_run(&fixture, 1000);
    assert_int_equal(fixture.restarts, 0);
    assert_false(fixture_is_announced(&fixture));
    fixture.hold = false;
    fixture_run(&fixture, 50);
    fixture_expect_ack(&fixture, OTTER_CMD_PIECE_ACK, 99);
    assert_int_equal(fixture.restarts, 1);
    assert_true(fixture_is_announced(&fixture));
}

static void test_wp17_one_page_is_erased_at_a_time(void **state)
{
    (void)state;
    begin(26624, 1024);
    for (uint16_t number = 1; number <= 26; number++) {
        uint32_t erased = fixture.flash.erased;

        fixture_pieces(&fixture, number, number);
        /* FLAG and the first page for piece 1; then always the next page, ahead. */
        assert_int_equal(fixture.flash.erased - erased, number == 1 ? 3 : number == 26 ? 0 : 1);
        assert_in_range(fixture.flash.unfed_max, 0, 1);
    }
    assert_true(fixture_is_announced(&fixture));
}

/* ---- FLAG and the bootloader's core ---- */

static struct otter_flag record;

static void write_flag(void *ctx)
{
    (void)ctx;
    assert_int_equal(otter_flag_write(&fixture.flash.port, &fixture.layout, &record), 0);
}

/* FLAG as another record, then written under a cut at every operation. Returns the
 * operations. */
static uint32_t cut_flag(bool over_an_old_one, uint64_t seed)
{
    static const uint8_t voided[2];

    for (uint32_t at = 1;; at++) {
        for (unsigned tear = 0; tear < RAM_FLASH_TEARS; tear++) {
            struct otter_flag old = {.image_size = 4444, .md5 = {1, 2, 3}}, found;
            int rc;

            fixture_init(&fixture, 1500, 1);
            record.image_size = 1500;
            memcpy(record.md5, fixture.md5, sizeof(record.md5));
            if (over_an_old_one) {
                assert_int_equal(otter_flag_write(&fixture.flash.port, &fixture.layout, &old),
                                 0);
                ram_flash_poke(&fixture.flash, fixture.layout.flag.addr, voided,
                               sizeof(voided));
            }
            ram_flash_restart(&fixture.flash);
            fixture.flash.cut_at = at;
            fixture.flash.tear = (enum ram_flash_tear)tear;
            fixture.flash.seed = seed;
            if (ram_flash_run(&fixture.flash, write_flag, NULL)) {
                return at - 1;
            }
            ram_flash_restart(&fixture.flash);
            rc = otter_flag_read(&fixture.flash.port, &fixture.layout, &found);
            if (rc != OTTER_ERR_NONE && (rc != 0 || found.image_size != 1500 ||
                                         memcmp(found.md5, fixture.md5, 16) != 0)) {
                fail_msg("cut at %u, tear %u, seed %u: FLAG reads %d, size %u", (unsigned)at,
                         tear, (unsigned)seed, rc, (unsigned)found.image_size);
            }
        }
    }
}

static void test_wp18_cut_while_flag_is_written_leaves_none_or_all(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        assert_int_equal(cut_flag(false, seed), 11);
    }
}

static void put_program_into_app(void)
{
    ram_flash_poke(&fixture.flash, fixture.layout.app.addr, fixture.image,
                   OTTER_IMAGE_SIZE_MIN);
}

static void test_wp19_damaged_record_installs_nothing(void **state)
{
    (void)state;
    assert_int_equal(cut_flag(true, 1),
                     12); /* erase first: the old record is not needed any more */
    for (unsigned bit = 4 * 8; bit < OTTER_FLAG_SIZE * 8; bit++) {
        uint8_t *flag;

        begin(1500, 1024);
        put_program_into_app();
        fixture_complete(&fixture);
        flag = fixture.flash.bytes + (fixture.layout.flag.addr - RAM_FLASH_ADDR);
        flag[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memcpy(before, fixture.flash.bytes, sizeof(before));
        assert_int_equal(fixture_bootloader(&fixture), OTTER_STARTUP_APP);
        assert_memory_equal(ram_flash_peek(&fixture.flash, fixture.layout.app.addr),
                            before + (fixture.layout.app.addr - RAM_FLASH_ADDR),
                            fixture.layout.app.size);
    }
}

static void test_wp23_odd_length_is_filled_up_with_ff(void **state)
{
    static const uint32_t sizes[] = {11, 129, 1025, 4999};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        begin(sizes[i], 128);
        fixture_complete(&fixture);
        assert_int_equal(*ram_flash_peek(&fixture.flash, fixture.layout.backup.addr + sizes[i]),
                         0xFF);
        assert_int_equal(fixture_bootloader(&fixture), OTTER_STARTUP_APP);
        assert_int_equal(*ram_flash_peek(&fixture.flash, fixture.layout.app.addr + sizes[i]),
                         0xFF);
    }
}

/* Not solved: whoever can offer a file can offer this device a program. What there is so far is
 * a check against accidents. When signatures come, a forged image goes here. */
static void test_wp24_image_for_other_hardware_is_refused(void **state)
{
    struct otter_image image = {.length = 1000, .number = 7};

    (void)state;
    memcpy(image.hardware, "99999999", sizeof(image.hardware));
    memcpy(image.version, "03010102", sizeof(image.version));
    fixture_init(&fixture, 1000 + OTTER_IMAGE_TRAILER_SIZE, 1);
    otter_image_put_trailer(fixture.image + 1000, &image);
    fixture_update_offer(&fixture);
    fixture_begin(&fixture);
    fixture_pieces(&fixture, 1, 1);
    fixture_piece(&fixture, 2, 9);
    fixture_run(&fixture, 100);
    expect_stopped(OTTER_RESULT_WRONG_HARDWARE);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wp01_md5_length_of_the_wire_is_never_used),
        cmocka_unit_test(test_wp02_short_offer_does_not_read_stale_bytes),
        cmocka_unit_test(test_wp03_piece_longer_than_asked_is_refused),
        cmocka_unit_test(test_wp04_piece_number_never_becomes_an_address),
        cmocka_unit_test(test_wp05_pieces_are_consecutive_and_fit_the_size),
        cmocka_unit_test(test_wp06_repeated_piece_is_acked_and_not_hashed_again),
        cmocka_unit_test(test_wp07_digest_is_over_what_flash_holds),
        cmocka_unit_test(test_wp08_size_and_vectors_are_checked),
        cmocka_unit_test(test_wp09_error_that_the_sum_misses_is_found_by_the_digest),
        cmocka_unit_test(test_wp10_parser_is_bounded_and_resynchronises),
        cmocka_unit_test(test_wp11_transfer_keeps_the_line_and_ends_after_silence),
        cmocka_unit_test(test_wp12_lost_ready_is_sent_again),
        cmocka_unit_test(test_wp13_hex_is_neither_asked_for_nor_taken),
        cmocka_unit_test(test_wp14_every_byte_of_ready_is_written),
        cmocka_unit_test(test_wp15_last_ack_leaves_before_the_restart),
        cmocka_unit_test(test_wp17_one_page_is_erased_at_a_time),
        cmocka_unit_test(test_wp18_cut_while_flag_is_written_leaves_none_or_all),
        cmocka_unit_test(test_wp19_damaged_record_installs_nothing),
        cmocka_unit_test(test_wp23_odd_length_is_filled_up_with_ff),
        cmocka_unit_test(test_wp24_image_for_other_hardware_is_refused),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
