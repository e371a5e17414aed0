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
#include "unit/vectors.h"

/* Authority: the vendor's protocol text with its misprints corrected, and recordings of an open
 * GAgent 04020006: docs/protocol.md chapter 2. */

static const char product_key[] = "6f3074fe43894547a4f1314bd7e3ae0b";
static const char md5_text[] = "f1686ecec0fd1930da2ec14aec982122";

static uint8_t body[200];

static struct otter_frame frame_of(const struct vector *vector)
{
    struct otter_frame_decoder decoder;
    struct otter_frame frame;
    size_t consumed;

    otter_frame_decoder_init(&decoder, body, sizeof body, OTTER_FRAME_STRICT);
    assert_int_equal(
        otter_frame_decode(&decoder, vector->wire, vector->wire_len, &consumed, &frame), 1);
    return frame;
}

/* What was put must be the payload of the vector. */
static void expect_put(const struct vector *vector, int len, const uint8_t out[])
{
    struct otter_frame frame = frame_of(vector);

    assert_int_equal(len, frame.payload_len);
    assert_memory_equal(out, frame.payload, frame.payload_len);
}

static void vectors_of_p0(void **state)
{
    static const struct {
        int vector;
        uint8_t action;
        uint16_t data_len;
    } cases[] = {
        {VECTOR_P0_READ, OTTER_P0_READ, 0},
        {VECTOR_P0_READ_ANSWER, OTTER_P0_READ_ANSWER, 11},
        {VECTOR_P0_REPORT, OTTER_P0_REPORT, 11},
        {VECTOR_CONTROL_SWITCH, OTTER_P0_CONTROL, 7},
        {VECTOR_CONTROL_PINK, OTTER_P0_CONTROL, 7},
        {VECTOR_CONTROL_RGB, OTTER_P0_CONTROL, 7},
        {VECTOR_CONTROL_MOTOR_1, OTTER_P0_CONTROL, 7},
        {VECTOR_CONTROL_MOTOR_STOP, OTTER_P0_CONTROL, 7},
        {VECTOR_CONTROL_FIVE, OTTER_P0_CONTROL, 7},
        {VECTOR_REPORT_WITH_FF, OTTER_P0_REPORT, 13},
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct otter_frame frame = frame_of(&vectors[cases[c].vector]);
        struct otter_p0 p0;
        uint8_t out[32];

        assert_int_equal(otter_get_p0(&frame, &p0), 0);
        assert_int_equal(p0.action, cases[c].action);
        assert_int_equal(p0.data_len, cases[c].data_len);
        expect_put(&vectors[cases[c].vector], otter_put_p0(&p0, out, sizeof out), out);
    }
}

static void vectors_of_info(void **state)
{
    const struct vector *vector = &vectors[VECTOR_INFO_71];
    struct otter_frame frame = frame_of(vector);
    struct otter_info info;
    uint8_t out[OTTER_INFO_MAX];

    (void)state;
    assert_int_equal(otter_get_info(&frame, &info), 0);
    assert_memory_equal(info.protocol, "00000004", 8);
    assert_memory_equal(info.p0_version, "00000004", 8);
    assert_memory_equal(info.hardware, "00000001", 8);
    assert_memory_equal(info.version, "00000001", 8);
    assert_memory_equal(info.product_key, product_key, 32);
    assert_int_equal(info.bindable_s, 0);
    assert_false(info.has_attr);
    assert_false(info.has_secret);
    expect_put(vector, otter_put_info(&info, out, sizeof out), out);
}

static void vectors_of_single_numbers(void **state)
{
    struct otter_frame frame = frame_of(&vectors[VECTOR_CONFIG_AIRLINK]);
    enum otter_config_mode mode;
    uint16_t status;
    uint8_t code, out[2];

    (void)state;
    assert_int_equal(otter_get_config_mode(&frame, &mode), 0);
    assert_int_equal(mode, OTTER_CONFIG_AIRLINK);
    expect_put(&vectors[VECTOR_CONFIG_AIRLINK], otter_put_config_mode(mode, out, 2), out);
    frame = frame_of(&vectors[VECTOR_CONFIG_SOFTAP]);
    assert_int_equal(otter_get_config_mode(&frame, &mode), 0);
    assert_int_equal(mode, OTTER_CONFIG_SOFTAP);
    expect_put(&vectors[VECTOR_CONFIG_SOFTAP], otter_put_config_mode(mode, out, 2), out);

    frame = frame_of(&vectors[VECTOR_STATUS_STATION]);
    assert_int_equal(otter_get_status(&frame, &status), 0);
    assert_int_equal(status, OTTER_STATUS_STATION);
    frame = frame_of(&vectors[VECTOR_STATUS_073A]);
    assert_int_equal(otter_get_status(&frame, &status), 0);
    assert_int_equal(status, 7 << OTTER_STATUS_RSSI_SHIFT | OTTER_STATUS_CLOUD |
                                 OTTER_STATUS_ROUTER | OTTER_STATUS_BINDING |
                                 OTTER_STATUS_STATION);
    expect_put(&vectors[VECTOR_STATUS_073A], otter_put_status(status, out, 2), out);

    frame = frame_of(&vectors[VECTOR_ILLEGAL_TO_MCU]);
    assert_int_equal(otter_get_illegal(&frame, &code), 0);
    assert_int_equal(code, OTTER_ILLEGAL_CHECKSUM);
    expect_put(&vectors[VECTOR_ILLEGAL_TO_MODULE],
               otter_put_illegal(OTTER_ILLEGAL_CHECKSUM, out, 2), out);
}

static void vectors_of_time(void **state)
{
    struct otter_frame frame = frame_of(&vectors[VECTOR_TIME]);
    struct otter_time time;
    uint8_t out[11];

    (void)state;
    assert_int_equal(otter_get_time(&frame, &time), 0);
    assert_int_equal(time.year, 2026);
    assert_int_equal(time.month, 11);
    assert_int_equal(time.day, 22);
    assert_int_equal(time.hour, 21);
    assert_int_equal(time.minute, 48);
    assert_int_equal(time.second, 16);
    assert_int_equal(time.ntp_s, 0x6B02F2A0);
    expect_put(&vectors[VECTOR_TIME], otter_put_time(&time, out, sizeof out), out);

    frame = frame_of(&vectors[VECTOR_TIME_BEFORE_CLOUD]);
    assert_int_equal(otter_get_time(&frame, &time), 0);
    assert_int_equal(time.year, 1970);
    assert_int_equal(time.hour, 8);
    assert_int_equal(time.ntp_s, 0);
}

static void vectors_of_big_data(void **state)
{
    struct otter_frame frame = frame_of(&vectors[VECTOR_OFFER]);
    struct otter_offer offer;
    struct otter_ready ready;
    uint8_t out[OTTER_OFFER_SIZE];

    (void)state;
    assert_int_equal(otter_get_offer(&frame, &offer), 0);
    assert_int_equal(offer.file_size, 35872);
    assert_memory_equal(offer.md5_hex, md5_text, 32);
    expect_put(&vectors[VECTOR_OFFER], otter_put_offer(&offer, out, sizeof out), out);

    frame = frame_of(&vectors[VECTOR_READY]);
    assert_int_equal(otter_get_ready(&frame, &ready), 0);
    assert_int_equal(ready.piece_len, 256);
    assert_memory_equal(ready.md5_hex, md5_text, 32);
    expect_put(&vectors[VECTOR_READY], otter_put_ready(&ready, out, sizeof out), out);
}

/* ---- every get with every payload: nothing beyond payload_len is read ---- */

/* All get functions as one: returns what the chosen one says. */
enum { GETS = 12 };
static int get_any(unsigned which, const struct otter_frame *frame)
{
    union {
        struct otter_info info;
        struct otter_p0 p0;
        enum otter_config_mode mode;
        uint16_t status;
        uint8_t code;
        struct otter_time time;
        struct otter_offer offer;
        struct otter_ready ready;
        struct otter_piece piece;
        struct otter_module_info module_info;
        struct otter_transaction transaction;
        struct otter_transaction_result result;
    } out;

    switch (which) {
    case 0:
        return otter_get_info(frame, &out.info);
    case 1:
        return otter_get_p0(frame, &out.p0);
    case 2:
        return otter_get_config_mode(frame, &out.mode);
    case 3:
        return otter_get_status(frame, &out.status);
    case 4:
        return otter_get_illegal(frame, &out.code);
    case 5:
        return otter_get_time(frame, &out.time);
    case 6:
        return otter_get_offer(frame, &out.offer);
    case 7:
        return otter_get_ready(frame, &out.ready);
    case 8:
        return otter_get_piece(frame, &out.piece);
    case 9:
        return otter_get_module_info(frame, &out.module_info);
    case 10:
        return otter_get_transaction(frame, &out.transaction);
    default:
        return otter_get_transaction_result(frame, &out.result);
    }
}

/* For each get, a payload that it takes, as long as any. */
static size_t good_payload(unsigned which, uint8_t out[256])
{
    static const uint16_t lens[GETS] = {106, 200, 1, 2, 1, 11, 38, 36, 200, 93, 82, 50};
    static const struct vector *const offer = &vectors[VECTOR_OFFER];

    memset(out, 0, 256);
    out[0] = 1;
    switch (which) {
    case 6:
        memcpy(out, offer->wire + 8, 38);
        break;
    case 7:
        out[0] = 0;
        out[1] = 32;
        break;
    case 8:
        out[1] = 1;
        break;
    case 9: /* GPRS form, two cells of 5 */
        out[0] = OTTER_MODULE_GPRS;
        out[81] = 2;
        out[82] = 5;
        break;
    case 11: /* version and URL of 39 */
        out[0] = OTTER_TRANSACTION_CHECK_RESULT;
        out[10] = 39;
        break;
    default:
        break;
    }
    return lens[which];
}

static void truncated_payloads_are_refused(void **state)
{
    /* Lengths that are a message of their own although the longest is cut. */
    static const uint16_t short_forms[GETS][34] = {
        {66, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83,  84,  85,  86,  87,  88, 89,
         90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105}};

    (void)state;
    for (unsigned which = 0; which < GETS; which++) {
        uint8_t payload[256];
        size_t good = good_payload(which, payload);
        struct guard guard = guard_new(good);

        for (size_t len = 0; len <= good; len++) {
            struct guard end = guard_end(&guard, payload, len);
            struct otter_frame frame = {.payload = end.bytes, .payload_len = (uint16_t)len};
            bool short_form =
                len == good || (which == 1 && len >= 1) || (which == 8 && len >= 5);
            int result;

            for (size_t i = 0; i < 34; i++) {
                short_form = short_form || (len != 0 && short_forms[which][i] == len);
            }
            if (which == 11 && len == 2) {
                short_form = true; /* 02 00: not needed */
            }
            result = get_any(which, &frame);
            if (result != (short_form ? 0 : OTTER_ERR_FORMAT)) {
                fail_msg("get %u, %zu of %zu bytes: %d", which, len, good, result);
            }
        }
        guard_free(&guard);
    }
}

static void longer_payloads(void **state)
{
    (void)state;
    for (unsigned which = 0; which < GETS; which++) {
        uint8_t payload[256];
        size_t good = good_payload(which, payload);
        struct otter_frame frame = {.payload = payload, .payload_len = (uint16_t)(good + 1)};
        bool takes = which == 0 || which == 1 || which == 8;

        if (get_any(which, &frame) != (takes ? 0 : OTTER_ERR_FORMAT)) {
            fail_msg("get %u, %zu bytes and one more", which, good);
        }
    }
}

static void random_payloads_stay_inside(void **state)
{
    struct guard guard = guard_new(256);
    unsigned accepted = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        uint64_t random = seed;
        unsigned which = (unsigned)(seed % GETS);
        uint8_t payload[256];
        size_t len = good_payload(which, payload);
        struct otter_frame frame;
        struct guard end;

        if (rng_below(&random, 2) != 0) {
            len = rng_below(&random, 257);
        }
        for (uint32_t flips = rng_below(&random, 5); flips != 0 && len != 0; flips--) {
            payload[rng_below(&random, (uint32_t)len)] = (uint8_t)rng_next(&random);
        }
        end = guard_end(&guard, payload, len);
        frame = (struct otter_frame){.payload = end.bytes, .payload_len = (uint16_t)len};
        switch (get_any(which, &frame)) {
        case 0:
            accepted++;
            break;
        case OTTER_ERR_FORMAT:
            break;
        default:
            fail_msg("seed %llu", (unsigned long long)seed);
        }
    }
    assert_true(accepted > 1000 && accepted < 19000);
    guard_free(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_p0),
        cmocka_unit_test(vectors_of_info),
        cmocka_unit_test(vectors_of_single_numbers),
        cmocka_unit_test(vectors_of_time),
        cmocka_unit_test(vectors_of_big_data),
        cmocka_unit_test(truncated_payloads_are_refused),
        cmocka_unit_test(longer_payloads),
        cmocka_unit_test(random_payloads_stay_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
