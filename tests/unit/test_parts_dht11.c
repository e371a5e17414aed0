/* SPDX-License-Identifier: Apache-2.0 */
/* The DHT11 model against its data sheet, read by a host that measures the pulses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "board/board.h"
#include "board/gokit2/dht11.h"

#define US(n) ((uint64_t)(n)*BOARD_TICKS_PER_US)
#define MS(n) US((uint64_t)(n)*1000u)

/* Pull low for `low_ticks` from `now` on and take the answer's edges. Returns how many came;
 * the first is the fall that begins the response. */
enum { EDGES = 84 };
static unsigned request(struct dht11 *sensor, uint64_t now, uint64_t low_ticks,
                        uint64_t out_edges[EDGES])
{
    dht11_host(sensor, true, now);
    dht11_host(sensor, false, now + low_ticks);
    unsigned count = 0;
    bool low = false;
    while (dht11_next_event(sensor) != UINT64_MAX) {
        uint64_t tick = dht11_next_event(sensor);
        dht11_service(sensor, tick);
        assert_int_not_equal(sensor->sensor_low, low);
        low = sensor->sensor_low;
        assert_true(count < EDGES);
        out_edges[count++] = tick;
    }
    assert_false(low);
    return count;
}

static void assert_between_us(uint64_t ticks, unsigned low, unsigned high)
{
    assert_in_range(ticks, US(low), US(high));
}

/* Check every width of the answer and return its bytes. */
static void decode(const uint64_t edges[EDGES], uint64_t released, uint8_t out_bytes[5])
{
    assert_between_us(edges[0] - released, 20, 40);
    assert_between_us(edges[1] - edges[0], 80, 80);
    assert_between_us(edges[2] - edges[1], 80, 80);
    memset(out_bytes, 0, 5);
    for (unsigned bit = 0; bit < 40; bit++) {
        const uint64_t *at = edges + 2 + (size_t)2 * bit;
        assert_between_us(at[1] - at[0], 50, 50);
        bool one = at[2] - at[1] > US(40);
        assert_between_us(at[2] - at[1], one ? 70 : 26, one ? 70 : 28);
        out_bytes[bit / 8] = (uint8_t)(out_bytes[bit / 8] << 1 | (one ? 1 : 0));
    }
    assert_between_us(edges[83] - edges[82], 50, 50);
}

static void test_dht11_datasheet_answer(void **state)
{
    (void)state;
    static const int climates[][2] = {{0, 20}, {24, 51}, {50, 95}, {37, 85}, {60, 5}};
    struct dht11 sensor = {.seed = 7};
    dht11_power_on(&sensor, 0);
    uint64_t now = MS(1000);
    for (unsigned i = 0; i < sizeof climates / sizeof climates[0]; i++, now += MS(1100)) {
        uint64_t edges[EDGES];
        uint8_t bytes[5];
        dht11_set_climate(&sensor, climates[i][0], climates[i][1]);
        assert_int_equal(request(&sensor, now, MS(20), edges), EDGES);
        decode(edges, now + MS(20), bytes);
        assert_int_equal(bytes[0], climates[i][1]);
        assert_int_equal(bytes[1], 0);
        assert_int_equal(bytes[2], climates[i][0]);
        assert_int_equal(bytes[3], 0);
        assert_int_equal(bytes[4], climates[i][0] + climates[i][1]);
    }
}

static void test_dht11_start_signal_is_18_ms(void **state)
{
    (void)state;
    struct dht11 sensor = {.seed = 1};
    uint64_t edges[EDGES];
    assert_int_equal(request(&sensor, MS(2000), MS(18) - 1, edges), 0);
    assert_int_equal(request(&sensor, MS(2100), US(80), edges), 0);
    assert_int_equal(request(&sensor, MS(2200), MS(18), edges), EDGES);
}

static void test_dht11_silent_in_the_first_second(void **state)
{
    (void)state;
    struct dht11 sensor = {.seed = 1};
    uint64_t edges[EDGES];
    dht11_power_on(&sensor, MS(5000));
    assert_int_equal(request(&sensor, MS(5970) - 1, MS(20), edges), 0);
    assert_int_equal(request(&sensor, MS(6000), MS(20), edges), EDGES);
}

static void test_dht11_not_more_often_than_once_a_second(void **state)
{
    (void)state;
    struct dht11 sensor = {.seed = 1};
    uint64_t edges[EDGES];
    assert_int_equal(request(&sensor, MS(2000), MS(20), edges), EDGES);
    assert_int_equal(request(&sensor, MS(2500), MS(20), edges), 0);
    assert_int_equal(request(&sensor, MS(2990) - 1, MS(20), edges), 0);
    assert_int_equal(request(&sensor, MS(3020), MS(20), edges), EDGES);
}

static void test_dht11_broken_is_silent(void **state)
{
    (void)state;
    struct dht11 sensor = {.seed = 1};
    uint64_t edges[EDGES];
    dht11_set_broken(&sensor, true);
    assert_int_equal(request(&sensor, MS(2000), MS(20), edges), 0);
    dht11_set_broken(&sensor, false);
    assert_int_equal(request(&sensor, MS(3000), MS(20), edges), EDGES);

    /* Unplugged in the middle of an answer: the line goes up and stays. */
    dht11_host(&sensor, true, MS(5000));
    dht11_host(&sensor, false, MS(5020));
    dht11_service(&sensor, dht11_next_event(&sensor));
    assert_true(sensor.sensor_low);
    dht11_set_broken(&sensor, true);
    assert_false(sensor.sensor_low);
    assert_true(dht11_next_event(&sensor) == UINT64_MAX);
}

static void test_dht11_late_service_does_not_shift_edges(void **state)
{
    (void)state;
    struct dht11 sensor = {.seed = 3}, exact;
    dht11_host(&sensor, true, MS(2000));
    dht11_host(&sensor, false, MS(2020));
    exact = sensor;
    dht11_service(&sensor, MS(2020) + US(1000));
    for (uint64_t tick; (tick = dht11_next_event(&exact)) <= MS(2020) + US(1000);) {
        dht11_service(&exact, tick);
    }
    assert_true(dht11_next_event(&sensor) == dht11_next_event(&exact));
    assert_int_equal(sensor.sensor_low, exact.sensor_low);
}

static void test_dht11_clamps_what_it_cannot_tell(void **state)
{
    (void)state;
    struct dht11 sensor = {.seed = 1};
    int celsius, humidity;
    dht11_set_climate(&sensor, -40, 0);
    dht11_climate(&sensor, 0, &celsius, &humidity);
    assert_int_equal(celsius, 0);
    assert_int_equal(humidity, DHT11_HUMIDITY_MIN);
    dht11_set_climate(&sensor, 1000, 1000);
    dht11_climate(&sensor, 0, &celsius, &humidity);
    assert_int_equal(celsius, DHT11_CELSIUS_MAX);
    assert_int_equal(humidity, DHT11_HUMIDITY_MAX);
}

/* Until it is set the climate drifts slowly: by one at a time, inside comfortable ranges, the
 * same for the same seed. Set, it stays. */
static void test_dht11_drift(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct dht11 sensor = {.seed = seed}, twin = {.seed = seed};
        int last_c = 0, last_h = 0, changes = 0;
        for (unsigned s = 0; s < 1300; s++) {
            int c, h, twin_c, twin_h;
            dht11_climate(&sensor, MS(1000) * s, &c, &h);
            dht11_climate(&twin, MS(1000) * s, &twin_c, &twin_h);
            assert_int_equal(c, twin_c);
            assert_int_equal(h, twin_h);
            assert_in_range(c, 17, 29);
            assert_in_range(h, 33, 66);
            if (s > 0) {
                assert_in_range(c - last_c + 1, 0, 2);
                assert_in_range(h - last_h + 1, 0, 2);
                changes += c != last_c;
            }
            last_c = c;
            last_h = h;
        }
        assert_in_range(changes, 20, 30); /* 12 steps in 600 s */

        dht11_set_climate(&sensor, 24, 51);
        for (unsigned s = 0; s < 1300; s += 100) {
            dht11_climate(&sensor, MS(1000) * s, &last_c, &last_h);
            assert_int_equal(last_c, 24);
            assert_int_equal(last_h, 51);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dht11_datasheet_answer),
        cmocka_unit_test(test_dht11_start_signal_is_18_ms),
        cmocka_unit_test(test_dht11_silent_in_the_first_second),
        cmocka_unit_test(test_dht11_not_more_often_than_once_a_second),
        cmocka_unit_test(test_dht11_broken_is_silent),
        cmocka_unit_test(test_dht11_late_service_does_not_shift_edges),
        cmocka_unit_test(test_dht11_clamps_what_it_cannot_tell),
        cmocka_unit_test(test_dht11_drift),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
