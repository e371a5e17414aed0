/* SPDX-License-Identifier: Apache-2.0 */
#include "board/gokit2/gokit2.h"
#include "board/stm32f1/chip.h"
#include "board/stm32f1/pins.h"

/* The parts around the chip are in the list of its peripherals: for their state, and for what
 * they do by themselves. */

struct gokit2 *pins_parts(struct board *board)
{
    return chip_state(board, CHIP_parts);
}

const struct gokit2 *pins_parts_const(const struct board *board)
{
    return chip_state(board, CHIP_parts);
}

void pins_event_changed(struct board *board)
{
    chip_due(board, CHIP_parts, 0, gokit2_next_event(pins_parts(board)));
}

static void init(struct board *board)
{
    gokit2_init(pins_parts(board), chip_options(board)->seed);
}

static void due(struct board *board, unsigned event, uint64_t tick)
{
    (void)event;
    gokit2_service(board, tick);
    pins_event_changed(board);
}

static void signal(struct board *board, enum chip_signal signal, uint64_t tick)
{
    (void)tick;
    if (signal == SIGNAL_POWER_ON) {
        gokit2_power_on(board);
        pins_event_changed(board);
    }
}

const struct chip_peripheral parts_peripheral = {
    .state_size = sizeof(struct gokit2),
    .event_count = 1,
    .init = init,
    .due = due,
    .signal = signal,
};
