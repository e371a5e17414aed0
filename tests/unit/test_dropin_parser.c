/* SPDX-License-Identifier: Apache-2.0 */
/* The generated parser in its repaired form (tests/dropin/gizwits_protocol.c). Authority:
 * the repairs that docs/dropin.md chapter 7 describes, each with the bytes that broke the
 * generated one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "support/dropin_fixture.h"
#include "otter/frame.h"
#include "support/rng.h"
#include "tests/dropin/gizwits_protocol.h"
#include "tests/dropin/ringBuffer.h"

dataPoint_t currentDataPoint;
extern rb_t pRb;
extern gizwitsProtocol_t gizwitsProtocol;

int8_t gizwitsEventProcess(eventInfo_t *info, uint8_t *data, uint32_t len)
{
    (void)len;
    if (info->num == 1) {
        currentDataPoint = *(dataPoint_t *)data;
    }
    return 0;
}

void gizLog(const char *format, ...)
{
    (void)format;
}

/* One message a call, and a turn more. */
static void handle(void)
{
    do {
        (void)gizwitsHandle(&currentDataPoint);
    } while (rbCanRead(&pRb) > 0);
    (void)gizwitsHandle(&currentDataPoint);
}

static void put(const uint8_t bytes[], uint32_t len)
{
    static uint8_t copy[2100];

    memcpy(copy, bytes, len);
    assert_int_equal(gizPutData(copy, len), len);
}

static void put_frame(uint8_t cmd, const uint8_t payload[], uint16_t len)
{
    uint8_t bytes[2100];
    const struct otter_frame frame = {
        .cmd = cmd, .sn = 7, .payload = payload, .payload_len = len};
    int size = otter_frame_encode(&frame, true, bytes, sizeof bytes);
    assert_true(size > 0);
    put(bytes, (uint32_t)size);
}

static int start(void **state)
{
    static const uint8_t quiet[64];
    (void)state;
    dropin_init(1000, 1);
    gizwitsInit();
    put(quiet, sizeof quiet);
    handle();
    dropin_forget();
    return 0;
}

/* What lies behind the buffer of a packet, in the same object, is as gizwitsInit() left it. */
static void expect_inside(void)
{
    for (size_t i = 0; i < sizeof gizwitsProtocol.transparentBuff; i++) {
        assert_int_equal(gizwitsProtocol.transparentBuff[i], 0);
    }
}

static void expect_alive(void)
{
    dropin_forget();
    put_frame(0x07, NULL, 0);
    handle();
    assert_int_equal(dropin.sent_count, 1);
    assert_int_equal(dropin.sent[0].cmd, 0x08);
    assert_int_equal(dropin.sent[0].sn, 7);
}

/* Weak point 10: 256 bytes in the ring looked like none. */
static void test_any_number_of_waiting_bytes(void **state)
{
    static const uint8_t quiet[800];
    for (uint32_t waiting = 9; waiting <= 800; waiting++) {
        (void)start(state);
        put(quiet, waiting - 9);
        put_frame(0x07, NULL, 0);
        handle();
        assert_int_equal(dropin_sent(0x08), 1);
    }
}

/* Weak point 10: a length beyond the buffer. */
static void test_lengths_that_do_not_fit(void **state)
{
    (void)state;
    for (uint32_t len = 0; len <= 0xFFFF; len += len < 950 ? 1 : 251) {
        uint8_t noise[8] = {0xFF, 0xFF, (uint8_t)(len >> 8), (uint8_t)len, 0x07, 0x01, 0, 0};
        static uint8_t more[980];
        put(noise, sizeof noise);
        memset(more, 0x11, sizeof more);
        put(more, sizeof more);
        handle();
    }
    expect_inside();
    expect_alive();
}

/* Weak point 10: the frame after a wrong checksum is a frame again. */
static void test_frame_behind_a_wrong_sum(void **state)
{
    (void)state;
    static const uint8_t bad[] = {0xFF, 0xFF, 0, 5, 7, 3, 0, 0, 0x10};
    uint8_t more[980];
    put(bad, sizeof bad);
    put_frame(0x07, NULL, 0);
    handle();
    dropin_forget();
    memset(more, 0x11, sizeof more); /* these belong to no frame: nothing may become of them */
    put(bad, sizeof bad);
    put(more, sizeof more);
    handle();
    handle();
    assert_int_equal(dropin.sent_count, 1);
    assert_int_equal(dropin.restarts, 0);
    expect_inside();
    dropin_forget();
    put(bad, sizeof bad);
    put_frame(0x07, NULL, 0);
    handle();
    assert_int_equal(dropin_sent(0x12), 1);
    assert_int_equal(dropin.sent[0].payload[0], ERROR_ACK_SUM);
    assert_int_equal(dropin.sent[0].sn, 3);
    assert_int_equal(dropin_sent(0x08), 1);
}

/* Weak point 10: a head inside a frame, after any number of its bytes. */
static void test_frame_inside_a_broken_frame(void **state)
{
    uint8_t half[40] = {0xFF, 0xFF, 0, 43, 0x19, 1};
    for (uint32_t len = 2; len <= sizeof half; len++) {
        (void)start(state);
        put(half, len);
        put_frame(0x07, NULL, 0);
        handle();
        assert_int_equal(dropin_sent(0x08), 1);
    }
}

/* Simple ACKs of real modules are not escaped: FF as sn, or as the checksum with nothing after
 * it. */
static void test_bare_ff(void **state)
{
    (void)state;
    static const uint8_t bare_sn[] = {0xFF, 0xFF, 0, 5, 7, 0xFF, 0, 0, 0x0B};
    static const uint8_t bare_sum[] = {0xFF, 0xFF, 0, 5, 7, 0xF3, 0, 0, 0xFF};
    put(bare_sn, sizeof bare_sn);
    put(bare_sum, sizeof bare_sum);
    put(bare_sum, sizeof bare_sum);
    handle();
    assert_int_equal(dropin_sent(0x08), 3);
    expect_alive();
}

/* Weak point 11: a report waits for the end of an update. */
static void test_no_report_while_an_update_runs(void **state)
{
    (void)state;
    static const uint8_t control[] = {1, 1, 1};
    put_frame(0x19, dropin.offer, sizeof dropin.offer);
    handle();
    assert_int_equal(romUpdate.otaBusyModeFlag, 1);
    put_frame(0x03, control, sizeof control);
    handle();
    assert_int_equal(dropin_sent(0x04), 1);
    assert_int_equal(dropin_sent(0x05), 0);
    Pro_D2W_UpdateSuspend();
    handle();
    assert_int_equal(dropin_sent(0x05), 1);
}

static void test_noise_then_a_whole_frame(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        uint64_t random = seed;
        static const uint8_t end[] = {0, 0xFF, 0xFF, 0, 5, 0x08, 0, 0, 0, 0x0D};
        uint8_t noise[600];
        uint32_t len = rng_below(&random, sizeof noise);
        rng_fill(&random, noise, len);
        put(noise, len);
        put(end, sizeof end); /* ends whatever the noise began */
        handle();
        dropin_boot();
        expect_alive();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_any_number_of_waiting_bytes, start),
        cmocka_unit_test_setup(test_lengths_that_do_not_fit, start),
        cmocka_unit_test_setup(test_frame_behind_a_wrong_sum, start),
        cmocka_unit_test_setup(test_frame_inside_a_broken_frame, start),
        cmocka_unit_test_setup(test_bare_ff, start),
        cmocka_unit_test_setup(test_no_report_while_an_update_runs, start),
        cmocka_unit_test_setup(test_noise_then_a_whole_frame, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
