/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_BOOT_METER_H
#define LAB_BOOT_METER_H

#include <stdbool.h>
#include <stdint.h>
#include "board/board.h"
#include "port/stm32f103/partitions.h"

/* Measures the bootloader while it runs on the modelled board: time, stack, RAM and flash
 * operations of each stay in it, from its first instruction after a reset to the app's first,
 * or to the next reset.
 *
 * Put it into a testbed as its runner: {&meter, boot_meter_run}, zeroed, one meter a board. It
 * looks at the core after every instruction, so nothing is estimated and no firmware knows of
 * it.
 */
enum { BOOT_METER_STAYS = 64 };

struct boot_stay {
    uint64_t start, end; /* virtual time, ticks */
    uint32_t stack;      /* bytes below the end of RAM that the stack pointer reached */
    /* bytes above the retained RAM, up to the last word changed below the stack */
    uint32_t statics;
    uint64_t erases, programs, erase_ticks, program_ticks; /* of flash */
    bool started_app;                                      /* else a reset ended it */
};

struct boot_meter {
    struct boot_stay stays[BOOT_METER_STAYS]; /* the first ones that ended */
    unsigned count;                           /* of all that ended */
    bool paused;                              /* yours: do not look, run fast */
    /* private */
    struct board *board;
    struct boot_stay now;
    unsigned resets;
    uint32_t lowest_sp;
    bool inside;
    uint8_t ram[OTTER_RAM_SIZE]; /* as it was at the start */
};

/* For struct testbed_runner, `ctx` a struct boot_meter: as board_run(),
 * with the meter looking. */
enum board_stop boot_meter_run(void *ctx, struct board *board, uint64_t until);

#endif
