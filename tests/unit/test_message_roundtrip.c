/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "otter/message.h"
#include "support/guard.h"
#include "support/rng.h"

/* Every message put and got again, values that cannot be, and room of every size. The vendor's
 * own bytes and hostile lengths are in test_message.c. Authority: docs/protocol.md chapter
 * 2. */

static const char product_key[] = "6f3074fe43894547a4f1314bd7e3ae0b";
static const char md5_text[] = "f1686ecec0fd1930da2ec14aec982122";

/* Put must need exactly as much room as it says: `put` is evaluated with every out_max. */
#define CHECK_ROOM(len_, put)                                                                  \
    do {                                                                                       \
        for (int max_ = 0; max_ <= (len_); max_++) {                                           \
            uint16_t out_max = (uint16_t)max_;                                                 \
            struct guard room = guard_new(out_max);                                            \
            uint8_t *out = room.bytes;                                                         \
            int result_ = (put);                                                               \
            guard_free(&room);                                                                 \
            if (result_ != (max_ < (len_) ? OTTER_ERR_SPACE : (len_))) {                       \
                fail_msg("%s: %d for %u bytes", #put, result_, out_max);                       \
            }                                                                                  \
        }                                                                                      \
    } while (0)

static struct otter_info some_info(unsigned form)
{
    struct otter_info info = {
        .bindable_s = 0xFF01, .has_attr = form >= 1, .has_secret = form >= 2};
    uint64_t random = 5;

    rng_fill(&random, info.protocol, 8);
    rng_fill(&random, info.p0_version, 8);
    rng_fill(&random, info.hardware, 8);
    rng_fill(&random, info.version, 8);
    rng_fill(&random, info.product_key, 32);
    if (form >= 1) {
        rng_fill(&random, info.attr, 8);
    }
    if (form >= 2) {
        rng_fill(&random, info.secret, 32);
    }
    return info;
}

static void info_forms(void **state)
{
    static const uint16_t lens[] = {66, 74, 106}; /* len fields 71, 79, 111 */

    (void)state;
    for (unsigned form = 0; form < 3; form++) {
        struct otter_info info = some_info(form), got;
        uint8_t payload[OTTER_INFO_MAX];
        struct otter_frame frame = {.payload = payload};
        int len = otter_put_info(&info, payload, sizeof payload);

        assert_int_equal(len, lens[form]);
        frame.payload_len = (uint16_t)len;
        assert_int_equal(otter_get_info(&frame, &got), 0);
        assert_memory_equal(&got, &info, offsetof(struct otter_info, bindable_s));
        assert_int_equal(got.bindable_s, info.bindable_s);
        assert_int_equal(got.has_attr, info.has_attr);
        assert_int_equal(got.has_secret, info.has_secret);
        assert_memory_equal(got.attr, info.attr, 8);
        assert_memory_equal(got.secret, info.secret, 32);
        CHECK_ROOM(len, otter_put_info(&info, out, out_max));
    }
}

static void info_with_secret_needs_attr(void **state)
{
    struct otter_info info = some_info(2);
    uint8_t payload[OTTER_INFO_MAX];

    (void)state;
    info.has_attr = false;
    assert_int_equal(otter_put_info(&info, payload, sizeof payload), OTTER_ERR_RANGE);
}

/* Attributes and 40 more bytes: a real module takes the attributes. */
static void info_with_a_tail(void **state)
{
    struct otter_info info = some_info(1), got;
    uint8_t payload[74 + 40] = {0};
    struct otter_frame frame = {.payload = payload, .payload_len = sizeof payload};

    (void)state;
    assert_int_equal(otter_put_info(&info, payload, sizeof payload), 74);
    assert_int_equal(otter_get_info(&frame, &got), 0);
    assert_true(got.has_attr);
    assert_false(got.has_secret);
    assert_memory_equal(got.attr, info.attr, 8);
}

/* Flags that are not ours, such as the 0000 of every other MCU, say nothing. */
static void update_status_in_any_flags(void **state)
{
    struct otter_update_status got = {.is_otter = true, .on_trial = true, .reason = 200};

    (void)state;
    assert_int_equal(otter_put_update_status(&got),
                     0x6F80 + 200 - 128); /* such a number cannot be */
    for (unsigned flags = 0; flags <= 0xFFFF; flags++) {
        struct otter_frame frame = {.flags = (uint16_t)flags};
        bool is_ours = flags >> 8 == 'o';

        otter_get_update_status(&frame, &got);
        assert_int_equal(got.is_otter, is_ours);
        assert_int_equal(got.on_trial, is_ours && (flags & 0x80) != 0);
        assert_int_equal(got.reason, is_ours ? flags & 0x7F : 0);
        assert_int_equal(otter_put_update_status(&got), is_ours ? flags : 0);
    }
}

static void p0(void **state)
{
    static const uint8_t data[] = {1, 2, 3};
    struct otter_p0 p0 = {.action = OTTER_P0_VAR_REPORT, .data = data, .data_len = 3};
    struct otter_p0 empty = {.action = OTTER_P0_READ};
    uint8_t payload[8];
    struct otter_frame frame = {.payload = payload, .payload_len = 4};
    struct otter_p0 got;

    (void)state;
    assert_int_equal(otter_put_p0(&p0, payload, sizeof payload), 4);
    assert_int_equal(otter_get_p0(&frame, &got), 0);
    assert_int_equal(got.action, OTTER_P0_VAR_REPORT);
    assert_int_equal(got.data_len, 3);
    assert_memory_equal(got.data, data, 3);
    CHECK_ROOM(4, otter_put_p0(&p0, out, out_max));
    CHECK_ROOM(1, otter_put_p0(&empty, out, out_max));
}

static void single_numbers(void **state)
{
    uint8_t payload[2];
    struct otter_frame frame = {.payload = payload, .payload_len = 1};

    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        enum otter_config_mode mode;
        uint8_t code;

        payload[0] = (uint8_t)value;
        assert_int_equal(otter_get_config_mode(&frame, &mode),
                         value == 1 || value == 2 ? 0 : OTTER_ERR_FORMAT);
        assert_int_equal(otter_get_illegal(&frame, &code), 0);
        assert_int_equal(code, value);
        assert_int_equal(otter_put_illegal((enum otter_illegal)value, payload, 2),
                         value >= 1 && value <= 4 ? 1 : OTTER_ERR_RANGE);
        assert_int_equal(otter_put_config_mode((enum otter_config_mode)value, payload, 2),
                         value == 1 || value == 2 ? 1 : OTTER_ERR_RANGE);
    }
    CHECK_ROOM(1, otter_put_config_mode(OTTER_CONFIG_SOFTAP, out, out_max));
    CHECK_ROOM(1, otter_put_illegal(OTTER_ILLEGAL_OTHER, out, out_max));
    CHECK_ROOM(2, otter_put_status(0x1FFF, out, out_max));
    frame.payload_len = 2;
    for (uint32_t value = 0; value < 65536; value += 257) {
        uint16_t status;

        assert_int_equal(otter_put_status((uint16_t)value, payload, 2), 2);
        assert_int_equal(otter_get_status(&frame, &status), 0);
        assert_int_equal(status, value);
    }
}

static void time_that_cannot_be(void **state)
{
    static const struct otter_time good = {2026, 12, 31, 23, 59, 60, 0xFFFFFFFF};
    static const struct otter_time zero = {0};
    uint8_t payload[11];
    struct otter_frame frame = {.payload = payload, .payload_len = sizeof payload};
    struct otter_time got;

    (void)state;
    CHECK_ROOM(11, otter_put_time(&good, out, out_max));
    assert_int_equal(otter_put_time(&zero, payload, sizeof payload), 11);
    assert_int_equal(otter_get_time(&frame, &got),
                     0); /* the vendor's text: zeros before the cloud */
    for (size_t i = 2; i < 7; i++) {
        assert_int_equal(otter_put_time(&good, payload, sizeof payload), 11);
        assert_int_equal(otter_get_time(&frame, &got), 0);
        assert_int_equal(got.ntp_s, good.ntp_s);
        payload[i]++;
        assert_int_equal(otter_get_time(&frame, &got), OTTER_ERR_FORMAT);
        assert_int_equal(otter_put_time(&got, payload, sizeof payload), OTTER_ERR_RANGE);
    }
}

static void offer_with_bad_md5_text(void **state)
{
    struct otter_offer offer = {.file_size = 0xFFFFFFFF}, got;
    uint8_t payload[OTTER_OFFER_SIZE];
    struct otter_frame frame = {.payload = payload, .payload_len = sizeof payload};

    (void)state;
    memcpy(offer.md5_hex, "0123456789abcdefABCDEF9876543210", 32);
    CHECK_ROOM(OTTER_OFFER_SIZE, otter_put_offer(&offer, out, out_max));
    assert_int_equal(otter_put_offer(&offer, payload, sizeof payload), sizeof payload);
    assert_int_equal(otter_get_offer(&frame, &got), 0);
    assert_int_equal(got.file_size, 0xFFFFFFFF);
    assert_memory_equal(got.md5_hex, offer.md5_hex, 32); /* letter by letter */

    for (unsigned c = 0; c < 256; c++) {
        for (size_t i = 6; i < sizeof payload; i += 31) {
            bool hex =
                (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
            uint8_t old = payload[i];

            payload[i] = (uint8_t)c;
            assert_int_equal(otter_get_offer(&frame, &got), hex ? 0 : OTTER_ERR_FORMAT);
            payload[i] = old;
        }
    }
    for (unsigned md5_len = 0; md5_len < 65536; md5_len++) {
        payload[4] = (uint8_t)(md5_len >> 8);
        payload[5] = (uint8_t)md5_len;
        assert_int_equal(otter_get_offer(&frame, &got), md5_len == 32 ? 0 : OTTER_ERR_FORMAT);
    }
}

static void ready(void **state)
{
    struct otter_ready ready = {.piece_len = 1024}, got;
    uint8_t payload[OTTER_READY_SIZE];
    struct otter_frame frame = {.payload = payload, .payload_len = sizeof payload};

    (void)state;
    memcpy(ready.md5_hex, md5_text, 32);
    CHECK_ROOM(OTTER_READY_SIZE, otter_put_ready(&ready, out, out_max));
    assert_int_equal(otter_put_ready(&ready, payload, sizeof payload), sizeof payload);
    assert_int_equal(otter_get_ready(&frame, &got), 0);
    assert_int_equal(got.piece_len, 1024);
    payload[1] = 31;
    assert_int_equal(otter_get_ready(&frame, &got), OTTER_ERR_FORMAT);
}

static void piece(void **state)
{
    static const struct {
        uint16_t number, count, data_len;
        bool good;
    } cases[] = {
        {1, 1, 1, true},         {1, 2, 9, true},  {2, 2, 9, true},
        {65535, 65535, 9, true}, {7, 0, 9, true},  {65535, 0, 1, true}, /* count 0: HEX */
        {0, 0, 9, false},        {0, 5, 9, false}, {3, 2, 9, false},
        {1, 1, 0, false},        {1, 0, 0, false},
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        static const uint8_t data[9] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
        struct otter_piece piece = {cases[c].number, cases[c].count, data, cases[c].data_len};
        struct otter_piece got;
        uint8_t payload[16] = {0};
        struct otter_frame frame = {.payload = payload,
                                    .payload_len = (uint16_t)(cases[c].data_len + 4)};
        int len = otter_put_piece(&piece, payload, sizeof payload);

        if (!cases[c].good) {
            assert_int_equal(len, OTTER_ERR_RANGE);
            payload[0] = (uint8_t)(piece.number >> 8);
            payload[1] = (uint8_t)piece.number;
            payload[2] = (uint8_t)(piece.count >> 8);
            payload[3] = (uint8_t)piece.count;
            assert_int_equal(otter_get_piece(&frame, &got), OTTER_ERR_FORMAT);
            continue;
        }
        assert_int_equal(len, frame.payload_len);
        assert_int_equal(otter_get_piece(&frame, &got), 0);
        assert_int_equal(got.number, piece.number);
        assert_int_equal(got.count, piece.count);
        assert_int_equal(got.data_len, piece.data_len);
        assert_memory_equal(got.data, data, piece.data_len);
        CHECK_ROOM(len, otter_put_piece(&piece, out, out_max));
    }
}

static void piece_whose_data_is_in_place(void **state)
{
    uint8_t payload[8] = {0, 0, 0, 0, 1, 2, 3, 4};
    struct otter_piece piece = {1, 1, payload + OTTER_PIECE_HEAD, 4};

    (void)state;
    assert_int_equal(otter_put_piece(&piece, payload, sizeof payload), 8);
    assert_memory_equal(payload, ((uint8_t[]){0, 1, 0, 1, 1, 2, 3, 4}), 8);
}

static void module_info_forms(void **state)
{
    static const uint8_t cells[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    uint64_t random = 3;
    struct otter_module_info info = {.cell_count = 2, .cell_size = 5, .cells = cells}, got;
    uint8_t payload[128];
    struct otter_frame frame = {.payload = payload};
    int len;

    (void)state;
    rng_fill(&random, info.protocol, 8);
    rng_fill(&random, info.hardware, 8);
    rng_fill(&random, info.version, 8);
    rng_fill(&random, info.attr, 8);
    rng_fill(&random, info.mac, 16);
    rng_fill(&random, info.ip, 16);
    rng_fill(&random, info.imei, 16);
    rng_fill(&random, info.imsi, 16);
    rng_fill(&random, info.mcc, 8);
    rng_fill(&random, info.mnc, 8);
    assert_int_equal(otter_put_module_info(&info, payload, sizeof payload), OTTER_ERR_RANGE);

    info.kind = OTTER_MODULE_WIFI;
    len = otter_put_module_info(&info, payload, sizeof payload);
    assert_int_equal(len, 65);
    CHECK_ROOM(len, otter_put_module_info(&info, out, out_max));
    frame.payload_len = (uint16_t)len;
    assert_int_equal(otter_get_module_info(&frame, &got), 0);
    assert_int_equal(got.kind, OTTER_MODULE_WIFI);
    assert_memory_equal(got.protocol, info.protocol, 8);
    assert_memory_equal(got.hardware, info.hardware, 8);
    assert_memory_equal(got.version, info.version, 8);
    assert_memory_equal(got.attr, info.attr, 8);
    assert_memory_equal(got.mac, info.mac, 16);
    assert_memory_equal(got.ip, info.ip, 16);
    assert_null(got.cells);

    info.kind = OTTER_MODULE_GPRS;
    len = otter_put_module_info(&info, payload, sizeof payload);
    assert_int_equal(len, 93);
    CHECK_ROOM(len, otter_put_module_info(&info, out, out_max));
    frame.payload_len = (uint16_t)len;
    assert_int_equal(otter_get_module_info(&frame, &got), 0);
    assert_memory_equal(got.attr, info.attr, 8);
    assert_memory_equal(got.imei, info.imei, 16);
    assert_memory_equal(got.imsi, info.imsi, 16);
    assert_memory_equal(got.mcc, info.mcc, 8);
    assert_memory_equal(got.mnc, info.mnc, 8);
    assert_int_equal(got.cell_count, 2);
    assert_int_equal(got.cell_size, 5);
    assert_memory_equal(got.cells, cells, sizeof cells);

    payload[81] = 255; /* cells that are not there */
    payload[82] = 255;
    assert_int_equal(otter_get_module_info(&frame, &got), OTTER_ERR_FORMAT);
}

/* As recorded from an open GAgent: 0x22 in the GPRS form without cells. */
static void module_info_of_an_open_gagent(void **state)
{
    uint8_t payload[83] = "\x02"
                          "00000004000LINUX04020006";
    struct otter_frame frame = {.payload = payload, .payload_len = sizeof payload};
    struct otter_module_info got;

    (void)state;
    assert_int_equal(otter_get_module_info(&frame, &got), 0);
    assert_int_equal(got.kind, OTTER_MODULE_GPRS);
    assert_memory_equal(got.hardware, "000LINUX", 8);
    assert_memory_equal(got.version, "04020006", 8);
    assert_int_equal(got.cell_count, 0);
    assert_null(got.cells);
}

static void transactions(void **state)
{
    static const uint8_t url[] = "http://a/b";
    struct otter_transaction check = {.kind = OTTER_TRANSACTION_CHECK, .check_flag = 1};
    struct otter_transaction download = {
        .kind = OTTER_TRANSACTION_DOWNLOAD, .url = url, .url_len = 10};
    struct otter_transaction none = {.kind = OTTER_TRANSACTION_CHECK_RESULT}, got;
    uint8_t payload[100];
    struct otter_frame frame = {.payload = payload, .payload_len = 82};

    (void)state;
    memcpy(check.product_key, product_key, 32);
    memset(check.did, 'd', 32);
    memset(check.hardware, 'h', 8);
    memset(check.version, 'v', 8);
    assert_int_equal(otter_put_transaction(&check, payload, sizeof payload), 82);
    assert_int_equal(otter_get_transaction(&frame, &got), 0);
    assert_memory_equal(got.product_key, check.product_key, 32);
    assert_memory_equal(got.did, check.did, 32);
    assert_memory_equal(got.hardware, check.hardware, 8);
    assert_memory_equal(got.version, check.version, 8);
    assert_int_equal(got.check_flag, 1);
    CHECK_ROOM(82, otter_put_transaction(&check, out, out_max));

    assert_int_equal(otter_put_transaction(&download, payload, sizeof payload), 13);
    frame.payload_len = 13;
    assert_int_equal(otter_get_transaction(&frame, &got), 0);
    assert_int_equal(got.url_len, 10);
    assert_memory_equal(got.url, url, 10);
    payload[2]++; /* a URL longer than the frame */
    assert_int_equal(otter_get_transaction(&frame, &got), OTTER_ERR_FORMAT);
    CHECK_ROOM(13, otter_put_transaction(&download, out, out_max));
    assert_int_equal(otter_put_transaction(&none, payload, sizeof payload), OTTER_ERR_RANGE);
    payload[0] = 9;
    assert_int_equal(otter_get_transaction(&frame, &got), OTTER_ERR_FORMAT);
}

static void transaction_results(void **state)
{
    static const uint8_t url[] = "http://a/b";
    struct otter_transaction_result offer = {.kind = OTTER_TRANSACTION_CHECK_RESULT,
                                             .has_url = true,
                                             .version = {'0', '3'},
                                             .url = url,
                                             .url_len = 10};
    struct otter_transaction_result got;
    uint8_t payload[32];
    struct otter_frame frame = {.payload = payload, .payload_len = 2};

    (void)state;
    for (uint8_t kind = 0; kind < 8; kind++) {
        for (uint8_t value = 0; value < 4; value++) {
            struct otter_transaction_result result = {.kind = kind, .value = value};
            bool good = (kind == OTTER_TRANSACTION_CHECK_RESULT ||
                         kind == OTTER_TRANSACTION_DOWNLOAD_RESULT) &&
                        value <= 1;

            assert_int_equal(otter_put_transaction_result(&result, payload, sizeof payload),
                             good ? 2 : OTTER_ERR_RANGE);
            payload[0] = kind;
            payload[1] = value;
            assert_int_equal(otter_get_transaction_result(&frame, &got),
                             good ? 0 : OTTER_ERR_FORMAT);
            if (good) {
                assert_int_equal(got.kind, kind);
                assert_int_equal(got.value, value);
                assert_false(got.has_url);
                CHECK_ROOM(2, otter_put_transaction_result(&result, out, out_max));
            }
        }
    }
    assert_int_equal(otter_put_transaction_result(&offer, payload, sizeof payload), 21);
    frame.payload_len = 21;
    assert_int_equal(otter_get_transaction_result(&frame, &got), 0);
    assert_true(got.has_url);
    assert_memory_equal(got.version, offer.version, 8);
    assert_int_equal(got.url_len, 10);
    assert_memory_equal(got.url, url, 10);
    CHECK_ROOM(21, otter_put_transaction_result(&offer, out, out_max));
    payload[0] = OTTER_TRANSACTION_DOWNLOAD_RESULT; /* which has no URL */
    assert_int_equal(otter_get_transaction_result(&frame, &got), OTTER_ERR_FORMAT);
    offer.kind = OTTER_TRANSACTION_DOWNLOAD_RESULT;
    assert_int_equal(otter_put_transaction_result(&offer, payload, sizeof payload),
                     OTTER_ERR_RANGE);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(info_forms),
        cmocka_unit_test(info_with_secret_needs_attr),
        cmocka_unit_test(info_with_a_tail),
        cmocka_unit_test(update_status_in_any_flags),
        cmocka_unit_test(p0),
        cmocka_unit_test(single_numbers),
        cmocka_unit_test(time_that_cannot_be),
        cmocka_unit_test(offer_with_bad_md5_text),
        cmocka_unit_test(ready),
        cmocka_unit_test(piece),
        cmocka_unit_test(piece_whose_data_is_in_place),
        cmocka_unit_test(module_info_forms),
        cmocka_unit_test(module_info_of_an_open_gagent),
        cmocka_unit_test(transactions),
        cmocka_unit_test(transaction_results),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
