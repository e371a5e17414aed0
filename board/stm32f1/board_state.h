/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_BOARD_STATE_H
#define BOARD_STM32F1_BOARD_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/cpu/cpu.h"
#include "board/links.h"
#include "board/options.h"
#include "board/stm32f1/peripherals.h"

/* The inside of a board: for board.c, bus.c, chip.c, the debugger, code that observes the core,
 * and tests. Peripherals do not see it: they have chip.h and their own state.
 *
 * One block of memory: this struct, the states of the peripherals, the flash array. */
enum chip_halt { HALT_NONE, HALT_LOCKUP, HALT_UNKNOWN }; /* until a reset */

enum { BOARD_TEXT_SIZE = 200 };

struct board {
    struct cpu cpu;
    struct board_options options; /* defaults filled in */
    uint64_t random;
    bool powered, running, stop_asked;
    enum chip_halt halt;
    bool reset_asked;
    enum board_reset_cause reset_cause;
    unsigned resets[BOARD_RESETS];
    char why[BOARD_TEXT_SIZE];
    char warning[BOARD_TEXT_SIZE]; /* the first; stays over resets */

    bool in_service;
    bool bus_error; /* set by a register function: the access is a bus fault */
    uint64_t at;    /* tick of the event being served */
    uint64_t due[CHIP_EVENTS_MAX];

    bool hook_holds; /* its trap() is to be called again before the core goes on */

    uint8_t unique_id[12];
    uint8_t sram[BOARD_SRAM_SIZE];
    struct peripherals_layout layout;

    /* Not part of a snapshot. */
    struct board_links links;
    uint8_t *states;
};

#endif
