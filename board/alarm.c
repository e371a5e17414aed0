/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/chip.h"

/* The alarm (struct board_alarm) is an event of the board like any other, and the last one of
 * its tick. */

static void due(struct board *board, unsigned event, uint64_t tick)
{
    const struct board_alarm *alarm = &chip_links(board)->alarm;
    chip_due(board, CHIP_alarm, event, CHIP_NEVER);
    if (alarm->ring != NULL) {
        uint64_t next = alarm->ring(alarm->ctx, tick);
        chip_due(board, CHIP_alarm, event, next > tick ? next : tick + 1);
    }
}

const struct chip_peripheral alarm_peripheral = {.event_count = 1, .due = due};
