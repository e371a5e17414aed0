/* SPDX-License-Identifier: Apache-2.0 */
/* The P0 codec against the vendor's printed frames (layout of 2014; those with a wrong sum or
 * length corrected, see docs/protocol.md) and against frames recorded from a running module
 * (layout of 2017). Every test takes or makes the whole frame as it is on the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "app/pethouse/p0.h"
#include "otter/frame.h"
#include "otter/message.h"

/* Decode a frame "FF FF 00 0D ..." and give its P0 to the codec. */
static int control(const struct p0_layout *layout, const uint8_t wire[], size_t wire_len,
                   uint8_t values[P0_POINTS])
{
    static uint8_t body[64];
    struct otter_frame_decoder decoder;
    struct otter_frame frame;
    struct otter_p0 p0;
    size_t used;
    otter_frame_decoder_init(&decoder, body, sizeof body, OTTER_FRAME_STRICT);
    assert_int_equal(otter_frame_decode(&decoder, wire, wire_len, &used, &frame), 1);
    assert_int_equal(used, wire_len);
    assert_int_equal(frame.cmd, OTTER_CMD_CONTROL);
    assert_int_equal(otter_get_p0(&frame, &p0), 0);
    assert_int_equal(p0.action, OTTER_P0_CONTROL);
    return p0_get_control(layout, p0.data, p0.data_len, values);
}
#define CONTROL(layout, values, ...)                                                           \
    control(&(layout), (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), \
            values)

static void expect_status(const struct p0_layout *layout, uint8_t cmd, uint8_t sn,
                          uint8_t action, const uint8_t values[P0_POINTS], const uint8_t wire[],
                          size_t wire_len)
{
    uint8_t payload[P0_STATUS_MAX];
    uint8_t out[64];
    uint16_t len = p0_put_status(layout, action, values, payload);
    struct otter_frame frame = {.cmd = cmd, .sn = sn, .payload = payload, .payload_len = len};
    assert_int_equal(otter_frame_encode(&frame, true, out, sizeof out), wire_len);
    assert_memory_equal(out, wire, wire_len);
}
#define EXPECT_STATUS(layout, cmd, sn, action, values, ...)                                    \
    expect_status(&(layout), cmd, sn, action, values, (const uint8_t[]){__VA_ARGS__},          \
                  sizeof((const uint8_t[]){__VA_ARGS__}))

static void test_control_gizwits_2014(void **state)
{
    (void)state;
    uint8_t values[P0_POINTS] = {[P0_MOTOR] = 5};

    assert_int_equal(CONTROL(p0_layout_2014, values, 0xFF, 0xFF, 0, 0x0D, 3, 4, 0, 0, 1, 1, 1,
                             0, 0, 0, 0, 0, 0x17),
                     0x01);
    assert_int_equal(values[P0_LED_ON], 1);
    assert_int_equal(values[P0_MOTOR], 5); /* its flag is not set */

    assert_int_equal(CONTROL(p0_layout_2014, values, 0xFF, 0xFF, 0, 0x0D, 3, 4, 0, 0, 1, 2, 6,
                             0, 0, 0, 0, 0, 0x1D),
                     0x02);
    assert_int_equal(values[P0_LED_COLOR], P0_COLOR_PINK);
    assert_int_equal(values[P0_LED_ON], 1);

    assert_int_equal(CONTROL(p0_layout_2014, values, 0xFF, 0xFF, 0, 0x0D, 3, 4, 0, 0, 1, 0x1C,
                             0, 0xCC, 0xBB, 0xAA, 0, 0, 0x62),
                     0x1C);
    assert_int_equal(values[P0_LED_R], 0xCC);
    assert_int_equal(values[P0_LED_G], 0xBB);
    assert_int_equal(values[P0_LED_B], 0xAA);

    assert_int_equal(CONTROL(p0_layout_2014, values, 0xFF, 0xFF, 0, 0x0D, 3, 4, 0, 0, 1, 0x20,
                             0, 0, 0, 0, 0, 6, 0x3B),
                     0x20);
    assert_int_equal(values[P0_MOTOR], 6);
    assert_int_equal(CONTROL(p0_layout_2014, values, 0xFF, 0xFF, 0, 0x0D, 3, 4, 0, 0, 1, 0x20,
                             0, 0, 0, 0, 0, 5, 0x3A),
                     0x20);
    assert_int_equal(values[P0_MOTOR], 5);

    values[P0_LED_R] = 0;
    assert_int_equal(CONTROL(p0_layout_2014, values, 0xFF, 0xFF, 0, 0x0D, 3, 4, 0, 0, 1, 0x3E,
                             0, 0xCC, 0xBB, 0xAA, 0, 8, 0x8C),
                     0x3E);
    assert_int_equal(values[P0_LED_COLOR], P0_COLOR_CUSTOM);
    assert_int_equal(values[P0_LED_R], 0xCC);
    assert_int_equal(values[P0_MOTOR], 8);
    assert_int_equal(values[P0_LED_ON], 1);
}

static void test_status_gizwits_2014(void **state)
{
    (void)state;
    const uint8_t values[P0_POINTS] = {
        [P0_LED_ON] = 1,    [P0_LED_R] = 0xAA, [P0_LED_G] = 0xBB,
        [P0_LED_B] = 0xCC,  [P0_MOTOR] = 6,    [P0_TEMPERATURE] = 37,
        [P0_HUMIDITY] = 54, [P0_ALERT_1] = 1,  [P0_FAULT_MOTOR] = 1,
    };
    EXPECT_STATUS(p0_layout_2014, 4, 2, OTTER_P0_READ_ANSWER, values, 0xFF, 0xFF, 0, 0x11, 4, 2,
                  0, 0, 3, 1, 0xAA, 0xBB, 0xCC, 0, 6, 0, 0x25, 0x36, 1, 2, 0xB0);
    EXPECT_STATUS(p0_layout_2014, 5, 3, OTTER_P0_REPORT, values, 0xFF, 0xFF, 0, 0x11, 5, 3, 0,
                  0, 4, 1, 0xAA, 0xBB, 0xCC, 0, 6, 0, 0x25, 0x36, 1, 2, 0xB3);
}

static void test_control_recorded_2017(void **state)
{
    (void)state;
    uint8_t values[P0_POINTS] = {[P0_MOTOR] = 5};
    assert_int_equal(CONTROL(p0_layout_2017, values, 0xFF, 0xFF, 0, 0x0C, 3, 3, 0, 0, 1, 1, 1,
                             0, 0, 0, 0, 0x15),
                     0x01);
    assert_int_equal(values[P0_LED_ON], 1);
    assert_int_equal(CONTROL(p0_layout_2017, values, 0xFF, 0xFF, 0, 0x0C, 3, 4, 0, 0, 1, 1, 0,
                             0, 0, 0, 0, 0x15),
                     0x01);
    assert_int_equal(values[P0_LED_ON], 0);
    assert_int_equal(values[P0_MOTOR], 5);
}

static void test_status_recorded_2017(void **state)
{
    (void)state;
    const uint8_t values[P0_POINTS] = {
        [P0_MOTOR] = 5, [P0_TEMPERATURE] = 24 + P0_TEMPERATURE_ZERO, [P0_HUMIDITY] = 54};
    EXPECT_STATUS(p0_layout_2017, 5, 0, OTTER_P0_REPORT, values, 0xFF, 0xFF, 0, 0x10, 5, 0, 0,
                  0, 4, 0, 0, 0, 0, 5, 0, 0x25, 0x36, 0, 0, 0x79);
}

/* The bits of the flag bytes that no vector has. */
static void test_status_bits(void **state)
{
    (void)state;
    static const struct {
        enum p0_point point;
        uint8_t value, off, byte;
    } cases[] = {
        {P0_LED_ON, 1, 0, 0x01},    {P0_LED_COLOR, 1, 0, 0x02},   {P0_LED_COLOR, 3, 0, 0x06},
        {P0_INFRARED, 1, 5, 0x01},  {P0_ALERT_1, 1, 8, 0x01},     {P0_ALERT_2, 1, 8, 0x02},
        {P0_FAULT_LED, 1, 9, 0x01}, {P0_FAULT_MOTOR, 1, 9, 0x02}, {P0_FAULT_TEMHUM, 1, 9, 0x04},
        {P0_FAULT_IR, 1, 9, 0x08},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t values[P0_POINTS] = {0};
        uint8_t out[P0_STATUS_MAX];
        uint8_t want[1 + 10] = {4};
        values[cases[i].point] = cases[i].value;
        want[1 + cases[i].off] = cases[i].byte;
        assert_int_equal(p0_put_status(&p0_layout_2017, 4, values, out), sizeof want);
        assert_memory_equal(out, want, sizeof want);
    }
}

/* Whatever the length and the bytes: nothing outside of the ranges gets in, and only flagged
 * points change. */
static void test_control_refuses(void **state)
{
    (void)state;
    uint8_t values[P0_POINTS];
    const uint8_t data[6] = {0x3F, 0x07, 255, 254, 255, 11};
    for (uint16_t len = 0; len <= sizeof data; len++) {
        memset(values, 0, sizeof values);
        int set = p0_get_control(&p0_layout_2017, data, len, values);
        assert_int_equal(set, len == 6 ? 0x0B : OTTER_ERR_FORMAT); /* on, colour, G */
    }
    assert_int_equal(values[P0_LED_R], 0);
    assert_int_equal(values[P0_LED_G], 254);
    assert_int_equal(values[P0_LED_B], 0);
    assert_int_equal(values[P0_MOTOR], 0);
    /* a 16-bit motor value whose low byte alone would do */
    const uint8_t old[7] = {0x20, 0, 0, 0, 0, 1, 6};
    assert_int_equal(p0_get_control(&p0_layout_2014, old, sizeof old, values), 0);
    /* flags of points that cannot be written */
    const uint8_t high[6] = {0xC0, 7, 1, 1, 1, 1};
    assert_int_equal(p0_get_control(&p0_layout_2017, high, sizeof high, values), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_control_gizwits_2014),
        cmocka_unit_test(test_status_gizwits_2014),
        cmocka_unit_test(test_control_recorded_2017),
        cmocka_unit_test(test_status_recorded_2017),
        cmocka_unit_test(test_status_bits),
        cmocka_unit_test(test_control_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
