/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "otter/frame.h"
#include "support/guard.h"
#include "support/rng.h"
#include "unit/vectors.h"

/* Authority: Gizwits serial protocol 4.0.4 chapter 3 (its misprints corrected), and the byte
 * streams of a running open GAgent 04020006 for the three interop traps: docs/protocol.md
 * 1.2. */

enum { BODY_MAX = 1300 };

static const enum otter_frame_mode both_modes[] = {OTTER_FRAME_LENIENT, OTTER_FRAME_STRICT};

/* What came out of a decoder: one line per frame, so that streams compare as text. */
struct log {
    char text[8192];
    size_t len;
    unsigned frames, bad;
};

static void note(struct log *log, int result, const struct otter_frame *frame)
{
    int n = snprintf(log->text + log->len, sizeof log->text - log->len, "%s%02X %02X %04X [%u]",
                     result < 0 ? "BAD " : "", frame->cmd, frame->sn, frame->flags,
                     frame->payload_len);

    assert_true(n > 0 && log->len + (size_t)n + 8 < sizeof log->text);
    log->len += (size_t)n;
    for (uint16_t i = 0; i < frame->payload_len && i < 64; i++) {
        assert_true(log->len + 8 < sizeof log->text);
        log->len += (size_t)snprintf(log->text + log->len, 4, " %02X", frame->payload[i]);
    }
    log->text[log->len++] = '\n';
    log->text[log->len] = 0;
    if (result < 0) {
        log->bad++;
    } else {
        log->frames++;
    }
}

/* Feed in[len], which is copied against a guard page, as far as it goes. */
static void feed(struct otter_frame_decoder *decoder, const uint8_t in[], size_t len,
                 struct log *log)
{
    struct guard guard = guard_copy(in, len);
    size_t done = 0;

    for (;;) {
        struct otter_frame frame;
        size_t consumed = SIZE_MAX;
        int result =
            otter_frame_decode(decoder, guard.bytes + done, len - done, &consumed, &frame);

        assert_true(consumed <= len - done);
        done += consumed;
        if (result == 0) {
            assert_int_equal(done, len);
            break;
        }
        assert_true(result == 1 || result == OTTER_ERR_CHECKSUM);
        assert_true(consumed > 0);
        note(log, result, &frame);
    }
    guard_free(&guard);
}

/* The log of a stream read whole; checked against reading it byte by byte and split in two
 * anywhere. */
static void decode_all(const uint8_t in[], size_t len, enum otter_frame_mode mode,
                       struct log *log)
{
    static uint8_t body[BODY_MAX];
    struct otter_frame_decoder decoder;

    memset(log, 0, sizeof *log);
    otter_frame_decoder_init(&decoder, body, sizeof body, mode);
    feed(&decoder, in, len, log);

    for (size_t split = 0; split <= len; split++) {
        static struct log other;

        memset(&other, 0, sizeof other);
        otter_frame_decoder_init(&decoder, body, sizeof body, mode);
        if (split == len) { /* all of it byte by byte, with calls without input between */
            for (size_t i = 0; i < len; i++) {
                feed(&decoder, in + i, 1, &other);
                feed(&decoder, in + i, 0, &other);
            }
        } else {
            feed(&decoder, in, split, &other);
            feed(&decoder, in + split, len - split, &other);
        }
        if (strcmp(log->text, other.text) != 0) {
            print_error("mode %d, split at %zu of %zu:\nwhole:\n%ssplit:\n%s", mode, split, len,
                        log->text, other.text);
            fail();
        }
    }
}

static void expect(const uint8_t in[], size_t len, enum otter_frame_mode mode, const char *want)
{
    static struct log log;

    decode_all(in, len, mode, &log);
    if (strcmp(log.text, want) != 0) {
        print_error("mode %d:", mode);
        for (size_t i = 0; i < len; i++) {
            print_error(" %02X", in[i]);
        }
        print_error("\ngot:\n%swant:\n%s", log.text, want);
        fail();
    }
}

#define WIRE(...) ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})

static void vectors_of_the_protocol(void **state)
{
    (void)state;
    for (size_t v = 0; v < sizeof vectors / sizeof vectors[0]; v++) {
        const struct vector *vector = &vectors[v];

        for (size_t m = 0; m < 2; m++) {
            uint8_t body[BODY_MAX], wire[300];
            struct otter_frame_decoder decoder;
            struct otter_frame frame;
            struct guard guard = guard_copy(vector->wire, vector->wire_len);
            size_t consumed;
            int result, len;

            otter_frame_decoder_init(&decoder, body, sizeof body, both_modes[m]);
            result = otter_frame_decode(&decoder, guard.bytes, guard.len, &consumed, &frame);
            if (result != 1 || consumed != vector->wire_len) {
                fail_msg("%s: result %d, %zu of %zu bytes", vector->name, result, consumed,
                         vector->wire_len);
            }
            assert_int_equal(frame.cmd, vector->cmd);
            assert_int_equal(frame.sn, vector->sn);
            assert_int_equal(frame.flags, 0);

            len = otter_frame_encode(&frame, true, wire, sizeof wire);
            assert_int_equal(len, vector->wire_len);
            assert_memory_equal(wire, vector->wire, vector->wire_len);
            guard_free(&guard);
        }
    }
}

static void misprints_of_the_protocol_are_refused(void **state)
{
    /* The vendor's text prints 0x03 control with sum 1F instead of 17. */
    static const uint8_t wrong_sum[] = {0xFF, 0xFF, 0, 0x0D, 3, 4, 0, 0,   1,
                                        1,    1,    0, 0,    0, 0, 0, 0x1F};

    (void)state;
    for (size_t m = 0; m < 2; m++) {
        expect(wrong_sum, sizeof wrong_sum, both_modes[m],
               "BAD 03 04 0000 [8] 01 01 01 00 00 00 00 00\n");
    }
}

static void escaped_ff_everywhere(void **state)
{
    static const struct {
        struct otter_frame frame;
        uint8_t payload[3];
        const char *log;
    } cases[] = {
        {{.cmd = 0xFF, .sn = 1}, {0}, "FF 01 0000 [0]\n"},
        {{.cmd = 1, .sn = 0xFF}, {0}, "01 FF 0000 [0]\n"},
        {{.cmd = 1, .sn = 1, .flags = 0xFFFF}, {0}, "01 01 FFFF [0]\n"},
        {{.cmd = 1, .sn = 1, .flags = 0xFF00}, {0}, "01 01 FF00 [0]\n"},
        {{.cmd = 1, .sn = 1, .flags = 0x00FF}, {0}, "01 01 00FF [0]\n"},
        {{.cmd = 6, .sn = 0xF4}, {0}, "06 F4 0000 [0]\n"}, /* sum FF */
        {{.cmd = 1, .sn = 1, .payload_len = 3},
         {0xFF, 0xFF, 0xFF},
         "01 01 0000 [3] FF FF FF\n"},
        {{.cmd = 1, .sn = 1, .payload_len = 3},
         {0xFF, 0x55, 0x55},
         "01 01 0000 [3] FF 55 55\n"},
        {{.cmd = 1, .sn = 1, .payload_len = 2}, {0x55, 0xFF}, "01 01 0000 [2] 55 FF\n"},
        {{.cmd = 0xFF, .sn = 0xFF, .flags = 0xFFFF, .payload_len = 1},
         {0xFF},
         "FF FF FFFF [1] FF\n"},
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct otter_frame frame = cases[c].frame;
        uint8_t wire[64];
        int len;

        frame.payload = cases[c].payload;
        len = otter_frame_encode(&frame, true, wire, sizeof wire);
        assert_true(len > 0);
        for (size_t m = 0; m < 2; m++) {
            expect(wire, (size_t)len, both_modes[m], cases[c].log);
        }
        for (int i = 2; i < len; i++) { /* no bare FF after the head */
            assert_true(wire[i] != 0xFF || (i + 1 < len && wire[i + 1] == 0x55));
        }
    }
}

static void len_with_ff_in_it(void **state)
{
    /* Payload 250: len 00 FF. Payload 65530 - 255 and more: the high byte too. */
    static const uint16_t payload_lens[] = {250, 0xFF00 - 5, 0xFFFF - 5};
    static uint8_t payload[65530], wire[2 * 65537 + 2], body[65535];

    (void)state;
    for (size_t i = 0; i < sizeof payload_lens / sizeof payload_lens[0]; i++) {
        struct otter_frame frame = {
            .cmd = 0x1D, .sn = 9, .payload = payload, .payload_len = payload_lens[i]};
        int len = otter_frame_encode(&frame, true, wire, sizeof wire);

        assert_true(len > 0);
        for (size_t m = 0; m < 2; m++) {
            struct otter_frame_decoder decoder;
            struct otter_frame got;
            size_t consumed;
            int result;

            otter_frame_decoder_init(&decoder, body, sizeof body, both_modes[m]);
            result = otter_frame_decode(&decoder, wire, (size_t)len, &consumed, &got);
            if (payload_lens[i] + 7 > 65535) { /* no decoder buffer is that large */
                assert_int_equal(result, 0);
            } else {
                assert_int_equal(result, 1);
                assert_int_equal(got.payload_len, payload_lens[i]);
            }
        }
    }
}

static void trap1_raw_acks(void **state)
{
    (void)state;
    /* sn FF bare */
    expect(WIRE(0xFF, 0xFF, 0, 5, 6, 0xFF, 0, 0, 0x0A), OTTER_FRAME_LENIENT,
           "06 FF 0000 [0]\n");
    expect(WIRE(0xFF, 0xFF, 0, 5, 6, 0xFF, 0, 0, 0x0A), OTTER_FRAME_STRICT, "");
    /* sum FF bare: complete with its last byte; STRICT waits for the 55 */
    expect(WIRE(0xFF, 0xFF, 0, 5, 6, 0xF4, 0, 0, 0xFF), OTTER_FRAME_LENIENT,
           "06 F4 0000 [0]\n");
    expect(WIRE(0xFF, 0xFF, 0, 5, 6, 0xF4, 0, 0, 0xFF), OTTER_FRAME_STRICT, "");
    expect(WIRE(0xFF, 0xFF, 0, 5, 6, 0xF4, 0, 0, 0xFF, 0x55), OTTER_FRAME_STRICT,
           "06 F4 0000 [0]\n");
    /* the 55 after a complete frame is swallowed */
    expect(
        WIRE(0xFF, 0xFF, 0, 5, 6, 0xF4, 0, 0, 0xFF, 0x55, 0xFF, 0xFF, 0, 5, 6, 3, 0, 0, 0x0E),
        OTTER_FRAME_LENIENT, "06 F4 0000 [0]\n06 03 0000 [0]\n");
    /* a bare FF before each other field */
    expect(WIRE(0xFF, 0xFF, 0, 6, 6, 1, 0, 0, 0xFF, 0x0C), OTTER_FRAME_LENIENT,
           "06 01 0000 [1] FF\n");
    expect(WIRE(0xFF, 0xFF, 0, 5, 0xFF, 1, 0, 0, 0x05), OTTER_FRAME_LENIENT,
           "FF 01 0000 [0]\n");
}

static void trap1_every_sn_raw_and_escaped(void **state)
{
    (void)state;
    for (unsigned cmd = 2; cmd < 0x30; cmd += 2) {
        for (unsigned sn = 0; sn < 256; sn++) {
            struct otter_frame frame = {.cmd = (uint8_t)cmd, .sn = (uint8_t)sn};

            for (int escape = 0; escape < 2; escape++) {
                uint8_t wire[40], body[16];
                struct otter_frame_decoder decoder;
                struct log log = {.len = 0};
                int len = otter_frame_encode(&frame, escape != 0, wire, 20);

                assert_true(len >= 9 && (escape != 0 || len == 9));
                memcpy(wire + len, wire,
                       (size_t)len); /* twice, head directly after the checksum */
                otter_frame_decoder_init(&decoder, body, sizeof body, OTTER_FRAME_LENIENT);
                feed(&decoder, wire, 2 * (size_t)len, &log);
                if (log.frames != 2 || log.bad != 0) {
                    fail_msg("cmd %02X sn %02X escape %d: %s", cmd, sn, escape, log.text);
                }
            }
        }
    }
}

static void trap2_strict_drops_bare_ff(void **state)
{
    (void)state;
    /* and finds the frame after it */
    expect(WIRE(0xFF, 0xFF, 0, 5, 6, 0xFF, 0, 0, 0x0A, 0xFF, 0xFF, 0, 5, 6, 3, 0, 0, 0x0E),
           OTTER_FRAME_STRICT, "06 03 0000 [0]\n");
    /* sum FF without its 55, then a head: FF FF FF, the unfinished frame is lost, the next is
     * not */
    expect(WIRE(0xFF, 0xFF, 0, 5, 6, 0xF4, 0, 0, 0xFF, 0xFF, 0xFF, 0, 5, 6, 3, 0, 0, 0x0E),
           OTTER_FRAME_STRICT, "06 03 0000 [0]\n");
}

static void trap3_extra_ff(void **state)
{
    (void)state;
    for (size_t m = 0; m < 2; m++) {
        for (size_t extra = 0; extra < 7; extra++) {
            uint8_t wire[32];
            static const uint8_t rest[] = {0, 5, 6, 3, 0, 0, 0x0E};

            memset(wire, 0xFF, 2 + extra);
            memcpy(wire + 2 + extra, rest, sizeof rest);
            expect(wire, 2 + extra + sizeof rest, both_modes[m], "06 03 0000 [0]\n");
        }
    }
    /* sum FF bare, then the head of the next frame, with one FF more, and with one FF lost */
    expect(WIRE(0xFF, 0xFF, 0, 5, 6, 0xF4, 0, 0, 0xFF, 0xFF, 0xFF, 0, 5, 6, 3, 0, 0, 0x0E),
           OTTER_FRAME_LENIENT, "06 F4 0000 [0]\n06 03 0000 [0]\n");
    expect(
        WIRE(0xFF, 0xFF, 0, 5, 6, 0xF4, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 5, 6, 3, 0, 0, 0x0E),
        OTTER_FRAME_LENIENT, "06 F4 0000 [0]\n06 03 0000 [0]\n");
}

static void a_frame_that_lost_its_sum_does_not_eat_the_next(void **state)
{
    (void)state;
    /* LENIENT takes the next head's first FF as the missing sum, and remembers that it was an
     * FF. */
    expect(WIRE(0xFF, 0xFF, 0, 5, 6, 3, 0, 0, 0xFF, 0xFF, 0, 5, 6, 3, 0, 0, 0x0E),
           OTTER_FRAME_LENIENT, "BAD 06 03 0000 [0]\n06 03 0000 [0]\n");
    expect(WIRE(0xFF, 0xFF, 0, 5, 6, 3, 0, 0, 0xFF, 0xFF, 0, 5, 6, 3, 0, 0, 0x0E),
           OTTER_FRAME_STRICT, "06 03 0000 [0]\n");
}

static void new_head_inside_a_frame(void **state)
{
    static const uint8_t whole[] = {0xFF, 0xFF, 0, 9, 5, 1, 0, 0, 1, 2, 3, 4, 0x19};

    (void)state;
    for (size_t m = 0; m < 2; m++) {
        for (size_t cut = 2; cut < sizeof whole - 1; cut++) {
            uint8_t wire[2 * sizeof whole];

            memcpy(wire, whole, cut);
            memcpy(wire + cut, whole, sizeof whole);
            expect(wire, cut + sizeof whole, both_modes[m], "05 01 0000 [4] 01 02 03 04\n");
        }
    }
}

static void bad_len_hunts_for_the_next_head(void **state)
{
    (void)state;
    for (size_t m = 0; m < 2; m++) {
        for (unsigned len = 0; len < 5; len++) { /* below the smallest */
            expect(WIRE(0xFF, 0xFF, 0, (uint8_t)len, 6, 3, 0, 0, 0x0E, 0xFF, 0xFF, 0, 5, 6, 3,
                        0, 0, 0x0E),
                   both_modes[m], "06 03 0000 [0]\n");
        }
        expect(WIRE(0xFF, 0xFF, 0xFE, 0xFE, 6, 3, 0xFF, 0xFF, 0, 5, 6, 3, 0, 0, 0x0E),
               both_modes[m], "06 03 0000 [0]\n");
        expect(WIRE(0, 1, 0xFF, 2, 0x55, 0xFF, 0x55, 0xFF, 0xFF, 0, 5, 6, 3, 0, 0, 0x0E),
               both_modes[m], "06 03 0000 [0]\n");
    }
}

static void body_max_is_kept(void **state)
{
    (void)state;
    for (uint16_t payload_len = 0; payload_len < 40; payload_len++) {
        for (uint16_t body_max = 0; body_max < 50; body_max++) {
            uint8_t payload[40] = {0}, wire[100];
            struct otter_frame frame = {
                .cmd = 1, .payload = payload, .payload_len = payload_len};
            int len = otter_frame_encode(&frame, true, wire, sizeof wire);

            for (size_t m = 0; m < 2; m++) {
                struct guard body = guard_new(body_max);
                struct otter_frame_decoder decoder;
                struct log log = {.len = 0};

                otter_frame_decoder_init(&decoder, body.bytes, body_max, both_modes[m]);
                feed(&decoder, wire, (size_t)len, &log);
                assert_int_equal(log.frames, payload_len + 7 <= body_max);
                guard_free(&body);
            }
        }
    }
}

static void encode_never_writes_beyond_out(void **state)
{
    uint64_t random = 11;

    (void)state;
    for (int round = 0; round < 200; round++) {
        uint8_t payload[64], full[200];
        struct otter_frame frame = {.cmd = (uint8_t)rng_next(&random),
                                    .sn = (uint8_t)rng_next(&random),
                                    .flags = (uint16_t)rng_next(&random),
                                    .payload = payload,
                                    .payload_len =
                                        (uint16_t)rng_below(&random, sizeof payload)};
        bool escape = round % 2 == 0;
        int len;

        for (size_t i = 0; i < sizeof payload; i++) {
            payload[i] = rng_below(&random, 2) != 0 ? 0xFF : (uint8_t)rng_next(&random);
        }
        len = otter_frame_encode(&frame, escape, full, sizeof full);
        assert_true(len > 0 && len <= 2 * (frame.payload_len + 7) + 2);
        for (int max = 0; max <= len; max++) {
            struct guard out = guard_new((size_t)max);
            int got = otter_frame_encode(&frame, escape, out.bytes, (size_t)max);

            if (max < len) {
                assert_int_equal(got, OTTER_ERR_SPACE);
            } else {
                assert_int_equal(got, len);
                assert_memory_equal(out.bytes, full, (size_t)len);
            }
            guard_free(&out);
        }
    }
}

static void encode_refuses_what_len_cannot_say(void **state)
{
    static uint8_t payload[65535], wire[140000];
    struct otter_frame frame = {.cmd = 1, .payload = payload, .payload_len = 65531};

    (void)state;
    assert_int_equal(otter_frame_encode(&frame, true, wire, sizeof wire), OTTER_ERR_RANGE);
    frame.payload_len = 65530;
    assert_true(otter_frame_encode(&frame, true, wire, sizeof wire) > 65530);
}

/* Random noise, then good frames: after at most one frame that the noise took with it, every
 * good frame is found, in both modes. `seed` repeats a failure. */
static void resync_after_noise(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        uint64_t random = seed;
        uint8_t wire[2048], body[64], payload[8];
        size_t len = rng_below(&random, 80);
        enum otter_frame_mode mode = both_modes[seed % 2];
        struct otter_frame_decoder decoder;
        struct log log = {.len = 0};
        enum { FRAMES = 20 };

        for (size_t i = 0; i < len;
             i++) { /* FF, 00 and small numbers often: they look like frames */
            static const uint8_t likely[] = {0xFF, 0xFF, 0xFF, 0x55, 0, 0, 5, 9};
            uint32_t pick = rng_below(&random, 12);

            wire[i] = pick < sizeof likely ? likely[pick] : (uint8_t)rng_next(&random);
        }
        for (unsigned f = 0; f < FRAMES; f++) {
            struct otter_frame frame = {.cmd = 0x05,
                                        .sn = (uint8_t)f,
                                        .payload = payload,
                                        .payload_len = (uint16_t)rng_below(&random, 9)};
            int n;

            rng_fill(&random, payload, sizeof payload);
            n = otter_frame_encode(&frame, true, wire + len, sizeof wire - len);
            assert_true(n > 0);
            len += (size_t)n;
        }
        otter_frame_decoder_init(&decoder, body, sizeof body, mode);
        for (size_t done = 0; done < len;) {
            size_t part = 1 + rng_below(&random, 30);

            part = part < len - done ? part : len - done;
            feed(&decoder, wire + done, part, &log);
            done += part;
        }
        for (unsigned sn = 1; sn < FRAMES; sn++) { /* the first may be lost */
            char want[16];

            (void)snprintf(want, sizeof want, "05 %02X 0000 [", sn);
            if (strstr(log.text, want) == NULL) {
                fail_msg("seed %llu, mode %d: frame %u is missing in\n%s",
                         (unsigned long long)seed, mode, sn, log.text);
            }
        }
    }
}

/* Any bytes at all: nothing is read or written outside, every frame reported is inside the
 * body. */
static void hostile_streams(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t random = seed;
        uint8_t in[512];
        struct guard body = guard_new(7 + rng_below(&random, 40));
        struct otter_frame_decoder decoder;
        struct log log = {.len = 0};

        for (size_t i = 0; i < sizeof in; i++) {
            uint32_t pick = rng_below(&random, 6);

            in[i] = pick < 2 ? 0xFF : pick == 2 ? 0 : (uint8_t)rng_below(&random, 24);
        }
        otter_frame_decoder_init(&decoder, body.bytes, (uint16_t)body.len,
                                 both_modes[seed % 2]);
        feed(&decoder, in, sizeof in, &log);
        guard_free(&body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_the_protocol),
        cmocka_unit_test(misprints_of_the_protocol_are_refused),
        cmocka_unit_test(escaped_ff_everywhere),
        cmocka_unit_test(len_with_ff_in_it),
        cmocka_unit_test(trap1_raw_acks),
        cmocka_unit_test(trap1_every_sn_raw_and_escaped),
        cmocka_unit_test(trap2_strict_drops_bare_ff),
        cmocka_unit_test(trap3_extra_ff),
        cmocka_unit_test(a_frame_that_lost_its_sum_does_not_eat_the_next),
        cmocka_unit_test(new_head_inside_a_frame),
        cmocka_unit_test(bad_len_hunts_for_the_next_head),
        cmocka_unit_test(body_max_is_kept),
        cmocka_unit_test(encode_never_writes_beyond_out),
        cmocka_unit_test(encode_refuses_what_len_cannot_say),
        cmocka_unit_test(resync_after_noise),
        cmocka_unit_test(hostile_streams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
