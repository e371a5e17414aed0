/* SPDX-License-Identifier: Apache-2.0 */
/* The P9813 model against its data sheet and the frames the vendor's GoKit2 firmware sends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "board/gokit2/p9813.h"

static void send_bit(struct p9813 *led, bool bit)
{
    p9813_set_data(led, bit);
    p9813_set_clock(led, false);
    p9813_set_clock(led, true);
}

static void send_word(struct p9813 *led, uint32_t word)
{
    for (unsigned i = 32; i-- > 0;) {
        send_bit(led, (word >> i & 1) != 0);
    }
}

/* Written again from the data sheet, bit by bit, so that the model's own arithmetic is not
 * used. */
static uint32_t word_of(uint8_t r, uint8_t g, uint8_t b)
{
    uint32_t word = 0xC0000000u;
    word |= (b & 0x80) == 0 ? 0x20000000u : 0;
    word |= (b & 0x40) == 0 ? 0x10000000u : 0;
    word |= (g & 0x80) == 0 ? 0x08000000u : 0;
    word |= (g & 0x40) == 0 ? 0x04000000u : 0;
    word |= (r & 0x80) == 0 ? 0x02000000u : 0;
    word |= (r & 0x40) == 0 ? 0x01000000u : 0;
    return word | (uint32_t)b << 16 | (uint32_t)g << 8 | r;
}

static void assert_colour(const struct p9813 *led, int r, int g, int b)
{
    assert_int_equal(led->r, r);
    assert_int_equal(led->g, g);
    assert_int_equal(led->b, b);
}

static void test_p9813_vendor_presets(void **state)
{
    (void)state;
    static const uint8_t presets[][3] = {{254, 254, 0}, {254, 0, 70}, {238, 30, 30},
                                         {254, 0, 0},   {0, 0, 0},    {255, 255, 255}};
    struct p9813 led = {0};
    for (unsigned i = 0; i < sizeof presets / sizeof presets[0]; i++) {
        const uint8_t *c = presets[i];
        for (unsigned twice = 0; twice < 2; twice++) {
            send_word(&led, 0);
            send_word(&led, word_of(c[0], c[1], c[2]));
        }
        assert_colour(&led, c[0], c[1], c[2]);
        assert_int_equal(led.frames, 2 * (i + 1));
    }
    assert_int_equal(led.wrong, 0);
}

/* A literal frame: purple 254,0,70 has check byte 11 (01 -> 10) (00 -> 11) (11 -> 00). */
static void test_p9813_datasheet_literal(void **state)
{
    (void)state;
    struct p9813 led = {0};
    send_word(&led, 0);
    send_word(&led, 0xEC4600FEu);
    assert_colour(&led, 254, 0, 70);
}

static void test_p9813_every_wrong_check_is_ignored(void **state)
{
    (void)state;
    uint32_t good = word_of(10, 200, 70);
    for (unsigned flags = 0xC0; flags <= 0xFF; flags++) {
        struct p9813 led = {.r = 1, .g = 2, .b = 3};
        send_word(&led, 0);
        send_word(&led, (good & 0xFFFFFFu) | flags << 24);
        if (flags == good >> 24) {
            assert_colour(&led, 10, 200, 70);
        } else {
            assert_colour(&led, 1, 2, 3);
            assert_int_equal(led.wrong, 1);
        }
    }
}

static void test_p9813_needs_32_zeros(void **state)
{
    (void)state;
    for (unsigned zeros = 0; zeros < 40; zeros++) {
        struct p9813 led = {0};
        send_bit(&led, true); /* whatever was there before */
        for (unsigned i = 0; i < zeros; i++) {
            send_bit(&led, false);
        }
        send_word(&led, word_of(1, 2, 3));
        assert_int_equal(led.frames, zeros >= 32 ? 1 : 0);
    }
}

static void test_p9813_second_word_is_for_the_next_led(void **state)
{
    (void)state;
    struct p9813 led = {0};
    send_word(&led, 0);
    send_word(&led, word_of(9, 8, 7));
    send_word(&led, word_of(1, 1, 1));
    assert_colour(&led, 9, 8, 7);
    assert_int_equal(led.frames, 1);
}

/* A program that restarts in the middle of a frame must find the LED again with its next
 * frame. */
static void test_p9813_resynchronises_after_every_cut(void **state)
{
    (void)state;
    for (unsigned cut = 0; cut <= 64; cut++) {
        struct p9813 led = {0};
        uint64_t frame = word_of(0, 0, 0);
        for (unsigned i = 0; i < cut; i++) {
            send_bit(&led, (frame >> (63 - i) & 1) != 0);
        }
        send_word(&led, 0);
        send_word(&led, word_of(30, 60, 90));
        assert_colour(&led, 30, 60, 90);
    }
}

static void test_p9813_samples_at_the_rising_clock_only(void **state)
{
    (void)state;
    struct p9813 led = {0};
    send_word(&led, 0);
    uint32_t word = word_of(17, 34, 68);
    for (unsigned i = 32; i-- > 0;) {
        bool bit = (word >> i & 1) != 0;
        p9813_set_clock(&led, false);
        p9813_set_data(&led, !bit); /* noise while the clock is low */
        p9813_set_data(&led, bit);
        p9813_set_clock(&led, true);
        p9813_set_clock(&led, true); /* no edge */
        p9813_set_data(&led, !bit);  /* and while it is high */
    }
    assert_colour(&led, 17, 34, 68);
}

static void test_p9813_power_on_is_dark(void **state)
{
    (void)state;
    struct p9813 led = {0};
    send_word(&led, 0);
    send_word(&led, word_of(1, 2, 3));
    p9813_power_on(&led);
    assert_colour(&led, 0, 0, 0);
    assert_true(led.clock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_p9813_vendor_presets),
        cmocka_unit_test(test_p9813_datasheet_literal),
        cmocka_unit_test(test_p9813_every_wrong_check_is_ignored),
        cmocka_unit_test(test_p9813_needs_32_zeros),
        cmocka_unit_test(test_p9813_second_word_is_for_the_next_led),
        cmocka_unit_test(test_p9813_resynchronises_after_every_cut),
        cmocka_unit_test(test_p9813_samples_at_the_rising_clock_only),
        cmocka_unit_test(test_p9813_power_on_is_dark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
