/* SPDX-License-Identifier: Apache-2.0 */
/* The parts at their pins, with a double of the chip's wires (board/stm32f1/pins.h) in place of
 * the chip: which pin goes where, what is low and what is high, what a power-on leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "board/board.h"
#include "board/gokit2/gokit2.h"
#include "board/gokit2/motor.h"
#include "board/stm32f1/pins.h"

enum chip_pin { CHIP_FLOATS, CHIP_LOW, CHIP_HIGH, CHIP_PULLS_UP };

struct board {
    struct gokit2 parts;
    enum pins_drive drive[4][16];
    enum chip_pin chip[4][16];
    bool level[4][16];
    unsigned duty[4][16];
    uint64_t now, uart_last;
};

/* The rules of pins.h. */
static bool resolve(const struct board *board, unsigned port, unsigned pin)
{
    enum chip_pin chip = board->chip[port][pin];
    enum pins_drive drive = board->drive[port][pin];
    if (chip == CHIP_LOW || chip == CHIP_HIGH) {
        return chip == CHIP_HIGH;
    }
    if (drive == PINS_LOW || drive == PINS_HIGH) {
        return drive == PINS_HIGH;
    }
    return chip == CHIP_PULLS_UP || drive == PINS_PULL_UP;
}

static void settle(struct board *board, unsigned port, unsigned pin)
{
    bool level = resolve(board, port, pin);
    if (level != board->level[port][pin]) {
        board->level[port][pin] = level;
        gokit2_pin_changed(board, port, pin, level, board->now);
    }
}

struct gokit2 *pins_parts(struct board *board)
{
    return &board->parts;
}

const struct gokit2 *pins_parts_const(const struct board *board)
{
    return &board->parts;
}

void pins_drive(struct board *board, unsigned port, unsigned pin, enum pins_drive drive)
{
    board->drive[port][pin] = drive;
    settle(board, port, pin);
}

bool pins_level(const struct board *board, unsigned port, unsigned pin)
{
    return board->level[port][pin];
}

/* Of board/stm32f1/chip.h, whose struct board is not the one of this test. */
bool gpio_is_input(const struct board *board, unsigned port, unsigned pin);
bool gpio_is_input(const struct board *board, unsigned port, unsigned pin)
{
    return board->chip[port][pin] == CHIP_FLOATS || board->chip[port][pin] == CHIP_PULLS_UP;
}

unsigned pins_duty_permille(const struct board *board, unsigned port, unsigned pin)
{
    return board->duty[port][pin];
}

void pins_event_changed(struct board *board)
{
    (void)board;
}

uint64_t pins_uart_last_tick(const struct board *board)
{
    return board->uart_last;
}

uint64_t board_now(const struct board *board)
{
    return board->now;
}

/* ---- the tests' hands ---- */

static void chip(struct board *board, unsigned port, unsigned pin, enum chip_pin value)
{
    board->chip[port][pin] = value;
    settle(board, port, pin);
}

static void start(struct board *board)
{
    memset(board, 0, sizeof *board);
    gokit2_init(&board->parts, 42);
    gokit2_power_on(board);
}

static void test_wires_keys_active_low(void **state)
{
    (void)state;
    static const unsigned wires[][2] = {{PORT_B, 10}, {PORT_A, 8}, {PORT_C, 13}};
    struct board board;
    start(&board);
    for (unsigned i = 0; i < 3; i++) {
        unsigned port = wires[i][0], pin = wires[i][1];
        chip(&board, port, pin, CHIP_PULLS_UP);
        assert_true(pins_level(&board, port, pin));
        board_set_key(&board, i + 1, true);
        assert_false(pins_level(&board, port, pin));
        gokit2_power_on(&board); /* the keys stay pressed when the power fails */
        assert_false(pins_level(&board, port, pin));
        board_set_key(&board, i + 1, false);
        assert_true(pins_level(&board, port, pin));
    }
    board_set_key(&board, 0, true);
    board_set_key(&board, 4, true);
}

static void test_wires_obstacle_active_low(void **state)
{
    (void)state;
    struct board board;
    start(&board);
    assert_true(pins_level(&board, PORT_B, 7));
    board_set_obstacle(&board, true);
    assert_false(pins_level(&board, PORT_B, 7));
    gokit2_power_on(&board);
    assert_false(pins_level(&board, PORT_B, 7));
    board_set_obstacle(&board, false);
    assert_true(pins_level(&board, PORT_B, 7));
}

static void clock_word(struct board *board, uint32_t word)
{
    for (unsigned i = 32; i-- > 0;) {
        chip(board, PORT_B, 8, CHIP_LOW);
        chip(board, PORT_B, 9, (word >> i & 1) != 0 ? CHIP_HIGH : CHIP_LOW);
        chip(board, PORT_B, 8, CHIP_HIGH);
    }
}

static void test_wires_led(void **state)
{
    (void)state;
    struct board board;
    struct board_view view;
    start(&board);
    clock_word(&board, 0);
    clock_word(&board, 0xEC4600FEu); /* purple of the vendor */
    board_view(&board, &view);
    assert_int_equal(view.led_r, 254);
    assert_int_equal(view.led_g, 0);
    assert_int_equal(view.led_b, 70);
    assert_false(view.led_enabled);
    chip(&board, PORT_A, 0, CHIP_HIGH);
    board_view(&board, &view);
    assert_true(view.led_enabled);
    gokit2_power_on(&board);
    board_view(&board, &view);
    assert_int_equal(view.led_r, 0);
}

static void test_wires_motor_l9110(void **state)
{
    (void)state;
    assert_int_equal(motor_percent(0, 0), 0);
    assert_int_equal(motor_percent(300, 0), 30);
    assert_int_equal(motor_percent(0, 1000), -100);
    assert_int_equal(motor_percent(1000, 1000), 0); /* brake */
    assert_int_equal(motor_percent(555, 0), 56);
    assert_int_equal(motor_percent(0, 555), -56);
    assert_int_equal(motor_percent(5000, 0), 100);

    struct board board;
    struct board_view view;
    start(&board);
    chip(&board, PORT_B, 4, CHIP_PULLS_UP); /* NJTRST after a reset */
    board.duty[PORT_B][4] = 1000;
    board_view(&board, &view);
    assert_int_equal(view.motor_percent, 0);
    chip(&board, PORT_B, 4, CHIP_LOW);
    chip(&board, PORT_B, 5, CHIP_LOW);
    board.duty[PORT_B][4] = 300;
    board_view(&board, &view);
    assert_int_equal(view.motor_percent, 30);
    board.duty[PORT_B][4] = 0;
    board.duty[PORT_B][5] = 500;
    board_view(&board, &view);
    assert_int_equal(view.motor_percent, -50);
}

static void test_wires_uart_activity(void **state)
{
    (void)state;
    struct board board;
    struct board_view view;
    start(&board);
    board.now = 5;
    board_view(&board, &view);
    assert_false(view.uart_activity); /* never */
    board.uart_last = 5;
    board_view(&board, &view);
    assert_true(view.uart_activity);
    board.now += (uint64_t)1000000 * BOARD_TICKS_PER_US;
    board_view(&board, &view);
    assert_false(view.uart_activity);
}

/* A reading through the pin as a program takes it: time passes only with the sensor's edges. */
static bool read_sensor(struct board *board, uint8_t out_bytes[5])
{
    uint64_t us = BOARD_TICKS_PER_US;
    chip(board, PORT_B, 3, CHIP_LOW);
    board->now += 20000 * us;
    chip(board, PORT_B, 3, CHIP_FLOATS);
    uint64_t rose = 0;
    unsigned highs = 0;
    memset(out_bytes, 0, 5);
    while (gokit2_next_event(&board->parts) != UINT64_MAX) {
        board->now = gokit2_next_event(&board->parts);
        gokit2_service(board, board->now);
        if (pins_level(board, PORT_B, 3)) {
            rose = board->now;
        } else if (rose != 0) {
            if (highs > 0) {
                uint8_t *byte = &out_bytes[(highs - 1) / 8];
                *byte = (uint8_t)(*byte << 1 | (board->now - rose > 40 * us));
            }
            highs++;
        }
    }
    return highs == 41 && pins_level(board, PORT_B, 3);
}

static void test_wires_dht11(void **state)
{
    (void)state;
    struct board board;
    uint8_t bytes[5];
    start(&board);
    assert_true(pins_level(&board, PORT_B, 3)); /* its pull-up */
    board_set_climate(&board, 24, 51);
    assert_false(read_sensor(&board, bytes)); /* first second */
    board.now += (uint64_t)2000000 * BOARD_TICKS_PER_US;
    assert_true(read_sensor(&board, bytes));
    static const uint8_t expected[5] = {51, 0, 24, 0, 75};
    assert_memory_equal(bytes, expected, 5);

    board_set_climate_broken(&board, true);
    board.now += (uint64_t)2000000 * BOARD_TICKS_PER_US;
    assert_false(read_sensor(&board, bytes));
    board_set_climate_broken(&board, false);
    board.now += (uint64_t)2000000 * BOARD_TICKS_PER_US;
    assert_true(read_sensor(&board, bytes));

    struct board_inputs inputs;
    board_inputs(&board, &inputs);
    assert_int_equal(inputs.celsius, 24);
    assert_int_equal(inputs.humidity_percent, 51);
    assert_false(inputs.climate_broken);
}

/* A host that pulls low inside the sensor's answer and stays there: its low counts from then
 * on. */
static void test_wires_dht11_host_pulls_over_the_answer(void **state)
{
    (void)state;
    struct board board;
    uint64_t ms = (uint64_t)1000 * BOARD_TICKS_PER_US;
    start(&board);
    board.now = 2000 * ms;
    chip(&board, PORT_B, 3, CHIP_LOW);
    board.now += 20 * ms;
    chip(&board, PORT_B, 3, CHIP_FLOATS);
    board.now = gokit2_next_event(&board.parts);
    gokit2_service(&board, board.now); /* the sensor pulls */
    chip(&board, PORT_B, 3, CHIP_LOW); /* and the host too: no edge */
    board.now = gokit2_next_event(&board.parts);
    gokit2_service(&board, board.now); /* the sensor lets go: no edge either */
    assert_false(pins_level(&board, PORT_B, 3));
    assert_true(board.parts.climate.host_low);
}

/* Unplugged while it pulls: the wire must come up. */
static void test_wires_dht11_unplugged_while_low(void **state)
{
    (void)state;
    struct board board;
    uint64_t ms = (uint64_t)1000 * BOARD_TICKS_PER_US;
    start(&board);
    board.now = 2000 * ms;
    chip(&board, PORT_B, 3, CHIP_LOW);
    board.now += 20 * ms;
    chip(&board, PORT_B, 3, CHIP_FLOATS);
    board.now = gokit2_next_event(&board.parts);
    gokit2_service(&board, board.now);
    assert_false(pins_level(&board, PORT_B, 3));
    board_set_climate_broken(&board, true);
    assert_true(pins_level(&board, PORT_B, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wires_keys_active_low),
        cmocka_unit_test(test_wires_obstacle_active_low),
        cmocka_unit_test(test_wires_led),
        cmocka_unit_test(test_wires_motor_l9110),
        cmocka_unit_test(test_wires_uart_activity),
        cmocka_unit_test(test_wires_dht11),
        cmocka_unit_test(test_wires_dht11_host_pulls_over_the_answer),
        cmocka_unit_test(test_wires_dht11_unplugged_while_low),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
