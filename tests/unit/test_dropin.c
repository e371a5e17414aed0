/* SPDX-License-Identifier: Apache-2.0 */
/* gizwits-dropin/: the tutorial's functions under a generated dispatcher. Authority: the
 * tutorial's signatures and return codes; docs/protocol.md chapter 4 for what goes over the
 * wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "support/dropin_checks.h"
#include "support/dropin_fixture.h"
#include "otter/bytes.h"
#include "otter/flag.h"
#include "otter/image.h"

enum { BACKUP = 0x08009800, FLAG = 0x08002C00, APP = 0x08003000 };

static void test_whole_update_of_every_kind_of_size(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {10,   11,   127,  128,  129,   130,
                                     1024, 1025, 2049, 5000, 26623, 26624};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        dropin_init(sizes[i], i);
        assert_int_equal(dropin_update(), 0);
        dropin_assert_updated();
        assert_int_equal(dropin.restarts, 0); /* not before the last ACK */
        assert_int_equal(dropin_sent(0x27), 0);
        dropin_wait(90);
        assert_int_equal(dropin.restarts, 0);
        dropin_wait(10);
        assert_int_equal(dropin.restarts, 1);
        /* weak point 17; and FLAG, whatever it read */
        assert_int_equal(dropin.flash.erased, (sizes[i] + 1023) / 1024 + 1);
        assert_true(dropin.flash.unfed_max <= 1);
        if (sizes[i] % 2 != 0) { /* weak point 23 */
            assert_int_equal(*ram_flash_peek(&dropin.flash, BACKUP + sizes[i]), 0xFF);
        }
        assert_int_equal(romUpdate.update_param.rom_statue, 0xEEEE);
        assert_int_equal(romUpdate.update_param.rom_size, sizes[i]);
        assert_memory_equal(romUpdate.update_param.ssl_data, dropin.md5, 16);
    }
}

static void test_ready_repeats_the_md5_text_and_asks_less_than_the_file(void **state)
{
    (void)state;
    dropin_init(1000, 1);
    assert_int_equal(dropin_offer(), 0);
    assert_int_equal(dropin.sent_count, 2); /* 0x1A before READY */
    assert_int_equal(dropin.sent[0].cmd, DROPIN_ACK + 0x19);
    assert_int_equal(dropin.sent[1].cmd, 0x1B);
    assert_int_equal(dropin.sent[1].payload_len, 36);
    assert_memory_equal(dropin.sent[1].payload + 2, dropin.offer + 6, 32);
    assert_int_equal(dropin_asked(), 128);
    assert_int_equal(dropin.flash.operations, 0); /* nothing is erased before it is needed */
    dropin_init(100, 1);
    assert_int_equal(dropin_offer(), 0);
    assert_int_equal(dropin_asked(), 98);
}

/* Weak point 6: hashed and programmed once. */
static void test_repeated_pieces_are_acknowledged_and_not_stored(void **state)
{
    (void)state;
    dropin_init(1000, 2);
    assert_int_equal(dropin_offer(), 0);
    for (unsigned n = 1; n <= 8; n++) {
        assert_int_equal(dropin_piece(n, 128), 0);
        uint32_t operations = dropin.flash.operations;
        assert_int_equal(dropin_piece(n, 128), 0);
        assert_int_equal(dropin.flash.operations, operations);
    }
    dropin_assert_updated();
    assert_int_equal(dropin_sent(DROPIN_ACK + 0x1D), 16);
}

static void test_md5_mismatch_is_minus_two_and_one_stop(void **state)
{
    (void)state;
    dropin_init(1000, 3);
    dropin.image[999] ^= 1;
    assert_int_equal(dropin_update(), -2);
    dropin_assert_refused_in_order();
    dropin_wait(60000);
    assert_int_equal(dropin.restarts, 0);
    assert_int_equal(dropin_sent(0x27), 1);
    assert_int_equal(dropin_sent(0x1B), 1);
    /* and a new offer of the right file works */
    dropin_update_offer();
    assert_int_equal(dropin_update(), 0);
    dropin_assert_updated();
}

/* Weak point 7: what counts is what is in flash. */
static void test_flash_that_lies_or_fails_is_noticed(void **state)
{
    (void)state;
    for (unsigned at = 1; at <= 60; at++) {
        dropin_init(1000, at);
        dropin.flash.lie_at = at * 8;
        dropin.flash.lie_count = 1;
        dropin.flash.seed = at;
        if (dropin_update() == 0) { /* the page's erase, or a bit that had that value */
            dropin_assert_updated();
        } else {
            dropin_assert_refused_in_order();
        }
        dropin_init(1000, at);
        dropin.flash.fail_at = at * 8;
        dropin.flash.fail_count = 1;
        assert_int_equal(dropin_update(), -1);
        dropin_assert_refused_in_order();
    }
}

/* Weak point 8. */
static void test_image_that_cannot_start_is_refused(void **state)
{
    (void)state;
    dropin_init(1000, 4);
    memset(dropin.image, 0x5A, 8);
    dropin_update_offer();
    assert_int_equal(dropin_update(), -1);
    dropin_assert_refused_in_order();
    assert_int_equal(dropin.flash.operations, 0);
}

/* A trailer that says another length is refused although the MD5 is right; none at all is
 * fine. */
static void test_trailer_must_be_right(void **state)
{
    (void)state;
    for (uint32_t length = 999; length <= 1001; length++) {
        const struct otter_image image = {.length = length, .key_id = 1};

        dropin_init(1000 + OTTER_IMAGE_TRAILER_SIZE, 21);
        otter_image_put_trailer(dropin.image + 1000, &image);
        dropin_update_offer();
        if (length == 1000) {
            assert_int_equal(dropin_update(), 0);
            dropin_assert_updated();
        } else {
            assert_int_equal(dropin_update(), -2);
            dropin_assert_refused_in_order();
        }
    }
}

/* Weak point 12. */
static void test_ready_is_repeated_after_silence_only(void **state)
{
    (void)state;
    dropin_init(1000, 5);
    assert_int_equal(dropin_offer(), 0);
    dropin_wait(3490);
    assert_int_equal(dropin_sent(0x1B), 1);
    dropin_wait(10);
    assert_int_equal(dropin_sent(0x1B), 2);
    for (int i = 0; i < 6; i++) { /* bytes keep coming: a piece is on its way, or garbled */
        dropin_wait(1000);
        otter_dropin_heard();
    }
    assert_int_equal(dropin_sent(0x1B), 2);
    dropin_wait(3520);
    assert_int_equal(dropin_sent(0x1B), 3);
    dropin_wait(60000); /* four in all, then normal life */
    assert_int_equal(dropin_sent(0x1B), 4);
    assert_int_equal(romUpdate.otaBusyModeFlag, 0);
}

static void test_transfer_that_stalls_is_asked_again(void **state)
{
    (void)state;
    dropin_init(1000, 6);
    assert_int_equal(dropin_offer(), 0);
    assert_int_equal(dropin_piece(1, 128), 0);
    dropin_wait(9990);
    assert_int_equal(dropin_sent(0x1B), 1);
    dropin_wait(10);
    assert_int_equal(dropin_sent(0x1B), 2);
    for (unsigned n = 1; n <= 8; n++) {
        assert_int_equal(dropin_piece(n, 128), 0);
    }
    dropin_assert_updated();
}

/* 0x1F: the dispatcher clears the busy flag, the poll asks again; a repeated 0x1F does not. */
static void test_sender_stop_leads_to_ready_once(void **state)
{
    (void)state;
    dropin_init(1000, 7);
    assert_int_equal(dropin_offer(), 0);
    assert_int_equal(dropin_piece(1, 128), 0);
    dropin_wait(9000);
    dropin_sender_stops();
    dropin_wait(200);
    assert_int_equal(dropin_sent(0x1B), 1);
    dropin_wait(10);
    assert_int_equal(dropin_sent(0x1B), 2);
    assert_int_equal(romUpdate.otaBusyModeFlag, 1);
    dropin_wait(200);
    dropin_sender_stops();
    dropin_wait(200);
    dropin_sender_stops();
    dropin_wait(1000);
    assert_int_equal(dropin_sent(0x1B), 2);
    assert_int_equal(dropin_piece(1, 128), 0);
    for (unsigned n = 2; n <= 8; n++) {
        assert_int_equal(dropin_piece(n, 128), 0);
    }
    dropin_assert_updated();
}

static void test_attempts_are_limited(void **state)
{
    (void)state;
    dropin_init(1000, 8);
    assert_int_equal(dropin_offer(), 0);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(dropin_sent(0x27), 0);
        assert_int_equal(dropin_piece(1, 128), 0);
        dropin_wait(10000);
    }
    assert_int_equal(dropin_sent(0x1B), 8);
    assert_int_equal(dropin_sent(0x27), 1);
    assert_int_equal(romUpdate.otaBusyModeFlag, 0);
}

static void test_repeated_offer_is_one_offer(void **state)
{
    (void)state;
    dropin_init(1000, 9);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(dropin_offer(), 0);
        dropin_wait(200);
    }
    assert_int_equal(dropin_sent(0x1B), 1);
    dropin_wait(1000);
    assert_int_equal(dropin_offer(), 0); /* a module that restarted: READY after silence */
    dropin_wait(1890);
    assert_int_equal(dropin_sent(0x1B), 1);
    dropin_wait(10);
    assert_int_equal(dropin_sent(0x1B), 2);
}

static void test_ready_not_sent_is_minus_two(void **state)
{
    (void)state;
    dropin_init(1000, 10);
    dropin.uart_fails = true;
    assert_int_equal(dropin_offer(), -2);
    dropin.uart_fails = false;
    dropin_wait(60000);
    assert_int_equal(dropin_sent(0x1B), 0);
    assert_int_equal(Pro_D2W_UpdateReady(dropin.offer + 6, 32), -1); /* nothing is offered */
}

/* Weak point 18, 19: FLAG still pending for an older image is void before APPBAK changes. */
static void test_older_record_is_voided_before_the_first_erase(void **state)
{
    (void)state;
    dropin_init(1000, 11);
    const struct otter_flag old = {.image_size = 500};
    assert_int_equal(otter_flag_write(&dropin.flash.port, &ram_flash_layout, &old), 0);
    assert_int_equal(dropin_offer(), 0);
    assert_int_equal(dropin_piece(1, 128), 0);
    dropin_assert_no_record();
}

/* After a reset in a transfer: 0x27, the dispatcher's ACK, and the module is made to offer
 * again. */
static void test_piece_without_offer_is_stopped_and_the_module_restarted_once(void **state)
{
    (void)state;
    dropin_init(1000, 13);
    assert_int_equal(dropin_piece(3, 128), -1);
    dropin_assert_refused_in_order();
    dropin_wait(10);
    assert_int_equal(dropin_sent(0x29), 1);
    otter_dropin_answered(0x2A);
    assert_int_equal(dropin_update(), 0);
    dropin_assert_updated();
}

static void test_flash_functions_keep_to_their_regions(void **state)
{
    (void)state;
    uint8_t bytes[6] = {1, 2, 3, 4, 5, 6}, back[6] = {0};
    static uint8_t before[RAM_FLASH_SIZE];
    dropin_init(1000, 14);
    memcpy(before, dropin.flash.bytes, sizeof before);
    flash_erase(0x400, APP);
    flash_erase(0x800, FLAG);
    flash_erase(0x6801, BACKUP);
    flash_erase(0xFFFFFFFF, BACKUP);
    flash_erase(4, 0xFFFFFFFC);
    wFlashData(bytes, 6, APP);
    wFlashData(bytes, 6, FLAG);
    wFlashData(bytes, 6, BACKUP + 1);
    wFlashData(bytes, 6, BACKUP + 0x6800 - 4);
    wFlashData(bytes, 6, 0xFFFFFFFE);
    wFlashData(NULL, 6, BACKUP);
    assert_memory_equal(before, dropin.flash.bytes, sizeof before);
    wFlashData(bytes, 5, BACKUP + 2);
    rFlashData(back, 6, BACKUP + 2);
    assert_memory_equal(back, "\1\2\3\4\5\xFF", 6);
    flash_erase(1, BACKUP + 3);
    rFlashData(back, 1, BACKUP + 2);
    assert_int_equal(back[0], 0xFF);
    flash_erase(0x400, FLAG);
    assert_int_equal(dropin.flash.erased, 2);
    rFlashData(back, 6, 0x20000000);
    assert_memory_equal(back, "\xFF\xFF\xFF\xFF\xFF\xFF", 6);
}

/* RFC 1321 A.5, through the tutorial's names. */
static void test_md5_names(void **state)
{
    (void)state;
    MD5_CTX ctx;
    unsigned char digest[16];
    unsigned char text[] = "abc";
    GAgent_MD5Init(&ctx);
    GAgent_MD5Update(&ctx, text, 3);
    GAgent_MD5Final(&ctx, digest);
    assert_memory_equal(digest,
                        "\x90\x01\x50\x98\x3c\xd2\x4f\xb0\xd6\x96\x3f\x7d\x28\xe1\x7f\x72", 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_update_of_every_kind_of_size),
        cmocka_unit_test(test_ready_repeats_the_md5_text_and_asks_less_than_the_file),
        cmocka_unit_test(test_repeated_pieces_are_acknowledged_and_not_stored),
        cmocka_unit_test(test_md5_mismatch_is_minus_two_and_one_stop),
        cmocka_unit_test(test_flash_that_lies_or_fails_is_noticed),
        cmocka_unit_test(test_image_that_cannot_start_is_refused),
        cmocka_unit_test(test_trailer_must_be_right),
        cmocka_unit_test(test_ready_is_repeated_after_silence_only),
        cmocka_unit_test(test_transfer_that_stalls_is_asked_again),
        cmocka_unit_test(test_sender_stop_leads_to_ready_once),
        cmocka_unit_test(test_attempts_are_limited),
        cmocka_unit_test(test_repeated_offer_is_one_offer),
        cmocka_unit_test(test_ready_not_sent_is_minus_two),
        cmocka_unit_test(test_older_record_is_voided_before_the_first_erase),
        cmocka_unit_test(test_piece_without_offer_is_stopped_and_the_module_restarted_once),
        cmocka_unit_test(test_flash_functions_keep_to_their_regions),
        cmocka_unit_test(test_md5_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
