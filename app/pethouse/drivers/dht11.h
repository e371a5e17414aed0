/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PETHOUSE_DHT11_H
#define PETHOUSE_DHT11_H

#include <stdbool.h>
#include <stdint.h>

/* The DHT11, temperature and humidity, on PB3; TIM2 counts its microseconds. Needs
 * gpio_start().
 *
 * A reading begins with 20 ms of low line, during which the main loop goes on, and ends with up
 * to 5 ms in which the sensor's 40 bits are polled: the module's bytes come in by DMA
 * meanwhile.
 * Source: DHT11 data sheet.
 */
enum {
    DHT11_FIRST_MS = 1000, /* after start: the sensor needs as long after power-on */
    DHT11_EACH_MS = 2000,
};

enum dht11_result { DHT11_NOTHING, DHT11_READ, DHT11_FAILED };

struct dht11_reading {
    int celsius;
    int humidity_percent;
};

void dht11_start(uint32_t hclk_hz, uint32_t now_ms);

/* Go on. With `may_read` false no reading is begun, and one that has begun is left.
 * Returns DHT11_READ once per good reading, with *out_reading; DHT11_FAILED when the sensor did
 * not answer or its sum was wrong. */
enum dht11_result dht11_poll(uint32_t now_ms, bool may_read, struct dht11_reading *out_reading);

#endif
