/* SPDX-License-Identifier: Apache-2.0 */
#include "board/gokit2/dht11.h"
#include "board/board.h"

#define US(n) ((uint64_t)(n)*BOARD_TICKS_PER_US)
#define MS(n) US((uint64_t)(n)*1000u)
#define S(n)  MS((uint64_t)(n)*1000u)

/* The second in which it is silent, less 1 % for the clocks of both sides: a program that asks
 * once a second must not be refused because it is a microsecond early. */
#define QUIET MS(990)

/* Edges of an answer: 0 falls and 1 rises (the response), 2 + 2k falls and 3 + 2k rises (bit
 * k), 82 falls and 83 rises after the last bit. */
enum { BIT_COUNT = 40, LAST_EDGE = 2 + 2 * BIT_COUNT + 1 };

/* splitmix64: spreads seed and count over all bits. */
static uint64_t mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static uint64_t jitter(const struct dht11 *sensor, unsigned place, unsigned steps)
{
    return mix(sensor->seed ^ mix((uint64_t)sensor->readings << 8 | place)) % steps;
}

void dht11_power_on(struct dht11 *sensor, uint64_t now)
{
    sensor->ready_at = now + QUIET;
    sensor->low_since = now;
    sensor->host_low = false;
    sensor->sensor_low = false;
    sensor->sending = false;
}

static void answer(struct dht11 *sensor, uint64_t now)
{
    int celsius, humidity;
    dht11_climate(sensor, now, &celsius, &humidity);
    sensor->frame[0] = (uint8_t)humidity;
    sensor->frame[1] = 0;
    sensor->frame[2] = (uint8_t)celsius;
    sensor->frame[3] = 0;
    sensor->frame[4] = (uint8_t)(sensor->frame[0] + sensor->frame[2]);
    sensor->readings++;
    sensor->ready_at = now + QUIET;
    sensor->sending = true;
    sensor->edge = 0;
    sensor->next_edge = now + US(20) + jitter(sensor, 0xFF, (unsigned)US(20) + 1);
}

void dht11_host(struct dht11 *sensor, bool low, uint64_t now)
{
    if (low == sensor->host_low) {
        return;
    }
    sensor->host_low = low;
    if (low) {
        sensor->low_since = now;
        return;
    }
    bool long_enough = now - sensor->low_since >= MS(18);
    if (long_enough && !sensor->sending && !sensor->broken && now >= sensor->ready_at) {
        answer(sensor, now);
    }
}

uint64_t dht11_next_event(const struct dht11 *sensor)
{
    return sensor->sending ? sensor->next_edge : UINT64_MAX;
}

/* How long the level after `edge` lasts. */
static uint64_t duration(const struct dht11 *sensor, unsigned edge)
{
    if (edge < 2) {
        return US(80);
    }
    if (edge % 2 == 0) {
        return US(50);
    }
    unsigned bit = (edge - 3) / 2;
    bool one = (sensor->frame[bit / 8] >> (7 - bit % 8) & 1) != 0;
    return one ? US(70) : US(26) + jitter(sensor, bit, (unsigned)US(2) + 1);
}

void dht11_service(struct dht11 *sensor, uint64_t now)
{
    while (sensor->sending && sensor->next_edge <= now) {
        sensor->sensor_low = sensor->edge % 2 == 0;
        if (sensor->edge == LAST_EDGE) {
            sensor->sending = false;
        } else {
            sensor->next_edge += duration(sensor, sensor->edge);
            sensor->edge++;
        }
    }
}

void dht11_set_broken(struct dht11 *sensor, bool broken)
{
    sensor->broken = broken;
    if (broken) {
        sensor->sending = false;
        sensor->sensor_low = false;
    }
}

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

void dht11_set_climate(struct dht11 *sensor, int celsius, int humidity_percent)
{
    sensor->set = true;
    sensor->celsius = clamp(celsius, 0, DHT11_CELSIUS_MAX);
    sensor->humidity_percent = clamp(humidity_percent, DHT11_HUMIDITY_MIN, DHT11_HUMIDITY_MAX);
}

/* A triangle between -swing and +swing that begins at any place in its period. */
static int drift(uint64_t now, uint64_t period, uint64_t start, int swing)
{
    uint64_t steps = 4u * (uint64_t)swing;
    uint64_t at = (now / (period / steps) + start) % steps;
    int up = (int)at;
    return up <= 2 * swing ? up - swing : 3 * swing - up;
}

void dht11_climate(const struct dht11 *sensor, uint64_t now, int *out_celsius,
                   int *out_humidity_percent)
{
    if (sensor->set) {
        *out_celsius = sensor->celsius;
        *out_humidity_percent = sensor->humidity_percent;
        return;
    }
    uint64_t spread = mix(sensor->seed);
    *out_celsius = 20 + (int)(spread % 7) + drift(now, S(600), spread >> 16 & 0xFF, 3);
    *out_humidity_percent =
        42 + (int)(spread >> 8 & 0xF) + drift(now, S(420), spread >> 24 & 0xFF, 9);
}
