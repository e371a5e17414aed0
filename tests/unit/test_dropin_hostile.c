/* SPDX-License-Identifier: Apache-2.0 */
/* gizwits-dropin/ against everything that a frame with a good sum can hold, and against power
 * cuts. Authority: nothing outside of APPBAK and FLAG ever changes; FLAG says nothing, or the
 * truth. Every payload ends where its memory ends, so AddressSanitizer sees a byte too many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "support/dropin_fixture.h"
#include "otter/bytes.h"
#include "otter/flag.h"
#include "support/journal_fixture.h"
#include "support/rng.h"

enum { BACKUP = 0x08009800, FLAG = 0x08002C00, FLAG_END = 0x08003000 };

static int read_flag(struct otter_flag *flag)
{
    return otter_flag_read(&dropin.flash.port, &ram_flash_layout, flag);
}

/* Weak points 1 and 2: the MD5 length of the wire, and short or long offers. */
static void test_offers_of_the_wrong_form(void **state)
{
    (void)state;
    static const uint16_t md5_lens[] = {0, 1, 31, 33, 64, 255, 256, 890, 65535};
    for (size_t i = 0; i < sizeof md5_lens / sizeof md5_lens[0]; i++) {
        dropin_init(1000, i);
        otter_put_be16(dropin.offer + 4, md5_lens[i]);
        assert_int_equal(dropin_offer(), -1);
        assert_int_equal(dropin_sent(0x27), 1);
        assert_int_equal(dropin_sent(0x1B), 0);
    }
    for (uint32_t len = 0; len <= 900; len++) {
        static uint8_t payload[900];
        dropin_init(1000, len);
        memset(payload, 'a', sizeof payload);
        memcpy(payload, dropin.offer, sizeof dropin.offer);
        assert_int_equal(dropin_ask(payload, len), len == sizeof dropin.offer ? 0 : -1);
    }
    dropin_init(1000, 1);
    dropin.offer[20] = 'g'; /* not a hex digit */
    assert_int_equal(dropin_offer(), -1);
    assert_int_equal(Pro_W2D_UpdateCmdHandle(NULL, 38), -1);
    assert_int_equal(Pro_D2W_UpdateReady(NULL, 32), -1);
    assert_int_equal(dropin_update(), -1);
    dropin_update_offer();
    assert_int_equal(dropin_offer(), 0);
    for (uint32_t len = 0; len < 65536; len++) { /* the length of READY's MD5 */
        if (len != 32) {
            assert_int_equal(Pro_D2W_UpdateReady(dropin.offer + 6, (uint16_t)len), -1);
        }
    }
}

/* Weak point 8. */
static void test_sizes_that_cannot_be(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0,      1,          7,          8,         26625,
                                     0x8000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        dropin_init(1000, i);
        otter_put_be32(dropin.offer, sizes[i]);
        assert_int_equal(dropin_offer(), -1);
        assert_int_equal(dropin_sent(0x27), 1);
        assert_int_equal(romUpdate.otaBusyModeFlag, 0);
        assert_int_equal(dropin_piece(1, 128), -1);
        assert_int_equal(dropin.flash.operations, 0);
    }
}

/* Send one piece with these fields after `good` good ones; nothing may be stored. */
static void expect_refused(unsigned good, unsigned number, unsigned count, uint32_t data_len)
{
    static uint8_t payload[4 + 2000];
    dropin_init(1000, 1);
    assert_int_equal(dropin_offer(), 0);
    for (unsigned n = 1; n <= good; n++) {
        assert_int_equal(dropin_piece(n, 128), 0);
    }
    uint32_t operations = dropin.flash.operations;
    memcpy(payload + 4, dropin.image, 128);
    otter_put_be16(payload, (uint16_t)number);
    otter_put_be16(payload + 2, (uint16_t)count);
    dropin_forget();
    if (dropin_piece_raw(payload, 4 + data_len) != -1) {
        fail_msg("taken: piece %u of %u, %u bytes, after %u", number, count, (unsigned)data_len,
                 good);
    }
    assert_int_equal(dropin_sent(0x27), 1);
    assert_int_equal(dropin.sent[0].cmd, 0x27);
    assert_int_equal(dropin.flash.operations, operations);
}

/* Weak points 3, 4, 5. */
static void test_pieces_that_cannot_be(void **state)
{
    (void)state;
    static const unsigned numbers[] = {0, 3, 4, 8, 9, 200, 0x7FFF, 0x8000, 0xFFFF};
    static const unsigned counts[] = {0, 1, 7, 9, 0xFFFF};
    static const uint32_t lens[] = {1, 127, 129, 256, 886, 890, 2000};
    for (unsigned good = 0; good <= 1; good++) {
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            expect_refused(good, numbers[i], 8, 128);
        }
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
            expect_refused(good, good + 1, counts[i], 128);
        }
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
            expect_refused(good, good + 1, 8, lens[i]);
        }
        for (uint32_t len = 0; len <= 4; len++) { /* no data, or not even the numbers */
            static const uint8_t payload[4] = {0, 1, 0, 8};
            dropin_init(1000, 1);
            assert_int_equal(dropin_offer(), 0);
            assert_int_equal(dropin_piece_raw(payload, len), -1);
        }
    }
    dropin_init(1000, 1);
    assert_int_equal(dropin_offer(), 0);
    assert_int_equal(Pro_W2D_UpdateDataHandle(NULL, 132, BIN), -1);
    assert_int_equal(Pro_W2D_UpdateDataHandle(dropin.image, 0x10000 + 132, BIN), -1);
}

/* Any order of any messages with any bytes in them. */
static void test_random_messages(void **state)
{
    (void)state;
    static uint8_t before[RAM_FLASH_SIZE];
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t random = seed;
        dropin_init(600 + (uint32_t)seed, seed);
        memcpy(before, dropin.flash.bytes, sizeof before);
        unsigned next = 1;
        for (int step = 0; step < 200; step++) {
            uint8_t payload[1000];
            uint32_t len = rng_below(&random, sizeof payload);
            rng_fill(&random, payload, len);
            switch (rng_below(&random, 8)) {
            case 0:
                (void)dropin_ask(payload, len);
                break;
            case 1:
                (void)dropin_offer();
                next = 1;
                break;
            case 2:
                (void)dropin_piece_raw(payload, len);
                break;
            case 3:
                if (len >= 4) { /* right numbers, wrong bytes */
                    otter_put_be16(payload, (uint16_t)(1 + rng_below(&random, 8)));
                    otter_put_be16(payload + 2, (uint16_t)((dropin.size + 127) / 128));
                    (void)dropin_piece_raw(payload, len < 132 ? len : 132);
                }
                break;
            case 4:
                dropin_sender_stops();
                break;
            case 5:
                dropin_wait(rng_below(&random, 12000));
                break;
            default:
                if ((next - 1) * 128 < dropin.size) {
                    (void)dropin_piece(next++, 128);
                }
                break;
            }
        }
        uint32_t flag_off = FLAG - RAM_FLASH_ADDR, flag_end = FLAG_END - RAM_FLASH_ADDR;
        struct otter_flag flag;
        if (memcmp(before, dropin.flash.bytes, flag_off) != 0 ||
            memcmp(before + flag_end, dropin.flash.bytes + flag_end, BACKUP - FLAG_END) != 0 ||
            dropin.flash.refused != 0) {
            fail_msg("flash outside of APPBAK touched: seed %d", (int)seed);
        }
        if (read_flag(&flag) == 0 &&
            (flag.image_size != dropin.size || memcmp(flag.md5, dropin.md5, 16) != 0 ||
             memcmp(ram_flash_peek(&dropin.flash, BACKUP), dropin.image, dropin.size) != 0)) {
            fail_msg("FLAG names what is not there: seed %d", (int)seed);
        }
    }
}

/* ---- power ---- */

static void body(void *ctx)
{
    (void)ctx;
    assert_int_equal(dropin_update(), 0);
}

/* Weak point 18. Also: after the cut a whole update works. */
static void test_power_cut_at_every_flash_operation(void **state)
{
    (void)state;
    enum { SIZE = 2301 };
    unsigned cases = 0, named = 0;
    dropin_init(SIZE, 1);
    body(NULL);
    uint32_t operations = dropin.flash.operations;
    assert_int_equal(operations, 1 + 3 + 1151 + 11); /* FLAG, pages, image, FLAG */
    for (uint32_t at = 1; at <= operations; at++) {
        for (unsigned tear = 0; tear < RAM_FLASH_TEARS; tear++) {
            struct otter_flag flag;
            dropin_init(SIZE, 1);
            dropin.flash.cut_at = at;
            dropin.flash.tear = (enum ram_flash_tear)tear;
            dropin.flash.seed = at;
            assert_false(ram_flash_run(&dropin.flash, body, NULL));
            dropin_boot();
            int rc = read_flag(&flag);
            bool is_exact =
                rc == 0 && flag.image_size == SIZE && memcmp(flag.md5, dropin.md5, 16) == 0 &&
                memcmp(ram_flash_peek(&dropin.flash, BACKUP), dropin.image, SIZE) == 0;
            if (rc != OTTER_ERR_NONE && !is_exact) {
                fail_msg("FLAG lies: operation %u, tear %u, seed %u", (unsigned)at, tear,
                         (unsigned)at);
            }
            named += is_exact;
            cases++;
            if (at % 50 == 0 || at > operations - 12) {
                assert_int_equal(dropin_update(), 0);
                assert_int_equal(read_flag(&flag), 0);
            }
        }
    }
    assert_true(named > 0);
    print_message("%u cuts, %u of them after the last half-word of FLAG\n", cases, named);
}

/* The same over otter's bootloader: the journal asks for exactly this image, or for nothing,
 * and what is installed stays known. */
static void test_power_cut_at_every_flash_operation_with_a_journal(void **state)
{
    (void)state;
    enum { SIZE = 2301 };
    static const struct journal_entry installed = {
        .kind = OTTER_JOURNAL_IDLE, .number = 8, .present_len = 900};
    unsigned cases = 0, named = 0;
    dropin_init(SIZE, 1);
    journal_put(&dropin.flash, 0, &installed);
    body(NULL);
    uint32_t operations = dropin.flash.operations;
    assert_int_equal(operations, 3 + 1151 + 10); /* pages, image, request */
    for (uint32_t at = 1; at <= operations; at++) {
        for (unsigned tear = 0; tear < RAM_FLASH_TEARS; tear++) {
            struct otter_journal journal;
            dropin_init(SIZE, 1);
            journal_put(&dropin.flash, 0, &installed);
            dropin.flash.cut_at = at;
            dropin.flash.tear = (enum ram_flash_tear)tear;
            dropin.flash.seed = at;
            assert_false(ram_flash_run(&dropin.flash, body, NULL));
            dropin_boot();
            journal = journal_get(&dropin.flash);
            if (journal.present.length != 900 ||
                (journal.request_size != 0 &&
                 (journal.request_size != SIZE ||
                  memcmp(ram_flash_peek(&dropin.flash, BACKUP), dropin.image, SIZE) != 0))) {
                fail_msg("the journal lies: operation %u, tear %u, seed %u", (unsigned)at, tear,
                         (unsigned)at);
            }
            named += journal.request_size != 0;
            cases++;
        }
    }
    assert_true(named > 0);
    print_message("%u cuts, %u of them after the request\n", cases, named);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offers_of_the_wrong_form),
        cmocka_unit_test(test_sizes_that_cannot_be),
        cmocka_unit_test(test_pieces_that_cannot_be),
        cmocka_unit_test(test_random_messages),
        cmocka_unit_test(test_power_cut_at_every_flash_operation),
        cmocka_unit_test(test_power_cut_at_every_flash_operation_with_a_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
