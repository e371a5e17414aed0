/* SPDX-License-Identifier: Apache-2.0 */
#include "board/gokit2/gokit2.h"
#include "board/board.h"
#include "board/stm32f1/pins.h"

enum { DHT11_PIN = 3, P9813_CLOCK_PIN = 8, P9813_DATA_PIN = 9 }; /* of port B */

void gokit2_init(struct gokit2 *parts, uint64_t seed)
{
    struct gokit2 fresh = {.climate.seed = seed};
    *parts = fresh;
}

void gokit2_power_on(struct board *board)
{
    struct gokit2 *parts = pins_parts(board);
    p9813_power_on(&parts->led);
    dht11_power_on(&parts->climate, board_now(board));
    parts->led.clock = pins_level(board, PORT_B, P9813_CLOCK_PIN);
    parts->led.data = pins_level(board, PORT_B, P9813_DATA_PIN);
    pins_drive(board, PORT_B, DHT11_PIN, PINS_PULL_UP);
    gokit2_drive_inputs(board);
    pins_event_changed(board);
}

void gokit2_pin_changed(struct board *board, unsigned port, unsigned pin, bool level,
                        uint64_t tick)
{
    struct gokit2 *parts = pins_parts(board);
    if (port != PORT_B) {
        return;
    }
    if (pin == P9813_CLOCK_PIN) {
        p9813_set_clock(&parts->led, level);
    } else if (pin == P9813_DATA_PIN) {
        p9813_set_data(&parts->led, level);
    } else if (pin == DHT11_PIN && !parts->climate.sensor_low) {
        /* While the sensor pulls it does not see what the host does. */
        dht11_host(&parts->climate, !level, tick);
    }
}

uint64_t gokit2_next_event(const struct gokit2 *parts)
{
    return dht11_next_event(&parts->climate);
}

void gokit2_service(struct board *board, uint64_t tick)
{
    struct dht11 *sensor = &pins_parts(board)->climate;
    bool was_low = sensor->sensor_low;
    dht11_service(sensor, tick);
    if (sensor->sensor_low == was_low) {
        return;
    }
    pins_drive(board, PORT_B, DHT11_PIN, sensor->sensor_low ? PINS_LOW : PINS_PULL_UP);
    if (!sensor->sensor_low) {
        /* A host that pulls as well makes no edge now. */
        dht11_host(sensor, !pins_level(board, PORT_B, DHT11_PIN), tick);
    }
}
