/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_GOKIT2_DHT11_H
#define BOARD_GOKIT2_DHT11_H

#include <stdbool.h>
#include <stdint.h>

/* DHT11, the temperature and humidity sensor: one wire with a pull-up, which both sides pull
 * low.
 *
 * The host pulls it low for at least 18 ms and releases it. 20..40 us later the sensor pulls
 * low for 80 us, releases for 80 us, and sends 40 bits, each 50 us low, then 26..28 us (0) or
 * 70 us (1) high: humidity, 0, temperature, 0, and the checksum, which is the sum of these
 * four. It answers no request in its first second, and none within a second of the last one it
 * answered. Source: DHT11 data sheet.
 *
 * Where the data sheet gives a range, the value is made from the seed and the count of
 * readings.
 */
struct dht11 {
    uint64_t seed;
    uint64_t ready_at; /* answers no request released before this tick */
    uint64_t low_since;
    bool host_low;   /* the host pulls the line */
    bool sensor_low; /* the sensor pulls the line */
    bool broken;     /* unplugged: the line only has its pull-up */
    bool sending;
    uint8_t edge;       /* the next one of the answer, 0..83; even ones fall */
    uint64_t next_edge; /* its tick */
    uint8_t frame[5];
    uint32_t readings; /* answered */

    bool set; /* the climate was set; until then it drifts */
    int celsius, humidity_percent;
};

/* Supply on at tick `now`: silent for a second. The climate stays. */
void dht11_power_on(struct dht11 *sensor, uint64_t now);

/* The host begins to pull the line low, or releases it. */
void dht11_host(struct dht11 *sensor, bool low, uint64_t now);

/* Tick of the next edge that the sensor makes; UINT64_MAX = none. */
uint64_t dht11_next_event(const struct dht11 *sensor);

/* Make the edges that are due; the result is in sensor->sensor_low. */
void dht11_service(struct dht11 *sensor, uint64_t now);

void dht11_set_broken(struct dht11 *sensor, bool broken);

/* Set the air around the sensor from now on, limited to the ranges that the sensor can
 * measure. */
enum { DHT11_CELSIUS_MAX = 60, DHT11_HUMIDITY_MIN = 5, DHT11_HUMIDITY_MAX = 95 };
void dht11_set_climate(struct dht11 *sensor, int celsius, int humidity_percent);

/* The air at tick `now`: as it was set, or else a slow function of seed and time. */
void dht11_climate(const struct dht11 *sensor, uint64_t now, int *out_celsius,
                   int *out_humidity_percent);

#endif
