/* SPDX-License-Identifier: Apache-2.0 */
#include "board/gokit2/gokit2.h"
#include "board/board.h"
#include "board/stm32f1/pins.h"

/* What a person works: the keys, a hand in front of the IR sensor, the air. All stay as they
 * are when the power fails. A key does not bounce: the debouncing of a program is tested with
 * timed presses. */

enum { IR_PIN = 7, DHT11_PIN = 3 }; /* of port B */

static const struct {
    uint8_t port, pin;
} key_wires[GOKIT2_KEY_COUNT] = {{PORT_B, 10}, {PORT_A, 8}, {PORT_C, 13}};

static void drive_key(struct board *board, unsigned index)
{
    bool pressed = pins_parts_const(board)->key[index];
    pins_drive(board, key_wires[index].port, key_wires[index].pin,
               pressed ? PINS_LOW : PINS_RELEASE);
}

static void drive_obstacle(struct board *board)
{
    bool present = pins_parts_const(board)->obstacle;
    pins_drive(board, PORT_B, IR_PIN, present ? PINS_LOW : PINS_PULL_UP);
}

void gokit2_drive_inputs(struct board *board)
{
    for (unsigned i = 0; i < GOKIT2_KEY_COUNT; i++) {
        drive_key(board, i);
    }
    drive_obstacle(board);
}

void board_set_key(struct board *board, unsigned key, bool pressed)
{
    if (key < 1 || key > GOKIT2_KEY_COUNT) {
        return;
    }
    pins_parts(board)->key[key - 1] = pressed;
    drive_key(board, key - 1);
}

void board_set_obstacle(struct board *board, bool present)
{
    pins_parts(board)->obstacle = present;
    drive_obstacle(board);
}

void board_set_climate(struct board *board, int celsius, int humidity_percent)
{
    dht11_set_climate(&pins_parts(board)->climate, celsius, humidity_percent);
}

void board_set_climate_broken(struct board *board, bool broken)
{
    struct dht11 *sensor = &pins_parts(board)->climate;
    bool was_low = sensor->sensor_low;
    dht11_set_broken(sensor, broken);
    if (was_low && !sensor->sensor_low) {
        pins_drive(board, PORT_B, DHT11_PIN, PINS_PULL_UP);
    }
    pins_event_changed(board);
}
