/* SPDX-License-Identifier: Apache-2.0 */
#include "board/gokit2/gokit2.h"
#include "board/gokit2/motor.h"
#include "board/board.h"
#include "board/stm32f1/gpio.h"
#include "board/stm32f1/pins.h"

enum { LED_ENABLE_PIN = 0 };                            /* of port A */
enum { MOTOR_FORWARD_PIN = 4, MOTOR_BACKWARD_PIN = 5 }; /* of port B */

/* How long a lamp on the serial lines would seem lit to the eye. */
#define ACTIVITY_TICKS (UINT64_C(100000) * BOARD_TICKS_PER_US)

/* The duty of the bridge's input at a pin. A pull-up alone, as the chip has on PB4 after a
 * reset (NJTRST), counts as low: whether it is strong enough for the bridge is not known. */
static unsigned motor_duty(const struct board *board, unsigned pin)
{
    return gpio_is_input(board, PORT_B, pin) ? 0 : pins_duty_permille(board, PORT_B, pin);
}

void board_view(const struct board *board, struct board_view *out_view)
{
    const struct gokit2 *parts = pins_parts_const(board);
    uint64_t last = pins_uart_last_tick(board);
    struct board_view view = {
        .led_r = parts->led.r,
        .led_g = parts->led.g,
        .led_b = parts->led.b,
        .led_enabled = pins_level(board, PORT_A, LED_ENABLE_PIN),
        .motor_percent = motor_percent(motor_duty(board, MOTOR_FORWARD_PIN),
                                       motor_duty(board, MOTOR_BACKWARD_PIN)),
        .uart_activity = last != 0 && board_now(board) - last < ACTIVITY_TICKS,
    };
    *out_view = view;
}

void board_inputs(const struct board *board, struct board_inputs *out_inputs)
{
    const struct gokit2 *parts = pins_parts_const(board);
    struct board_inputs inputs = {
        .climate_broken = parts->climate.broken,
        .obstacle = parts->obstacle,
    };
    dht11_climate(&parts->climate, board_now(board), &inputs.celsius, &inputs.humidity_percent);
    for (unsigned i = 0; i < GOKIT2_KEY_COUNT; i++) {
        inputs.key[i] = parts->key[i];
    }
    *out_inputs = inputs;
}
