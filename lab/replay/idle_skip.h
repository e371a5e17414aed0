/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_REPLAY_IDLE_SKIP_H
#define LAB_REPLAY_IDLE_SKIP_H

#include <stdbool.h>
#include <stdint.h>
#include "board/stm32f1/board_state.h"

/* The rounds of a loop that waits for the chip are not executed while nothing happens to it:
 * they are counted, and their time passes at once.
 *
 * While nothing happens, a round must do what the one before did: look at flags, not at
 * counters, and write to nothing but memory and the watchdog. An interrupt is something that
 * happens. An address stands for the loop to which it branches in each round: a function's that
 * it calls, or its own beginning.
 *
 * For replay.c.
 */
struct idle_skip {
    uint64_t rounds; /* that were not executed */
    uint64_t waits;  /* times that some were not, or were and are compared */

    /* The core as it came to the address the last time; where `expects`, as it must come there
     * again. The memory is noted where a round has written to it. */
    const struct board *board; /* NULL = it did not */
    bool has_sram, expects;
    struct cpu cpu;
    uint8_t sram[BOARD_SRAM_SIZE];
};

enum idle_skip_result {
    IDLE_SKIP_GOES_ON,
    /* rounds that could have been skipped were executed, and led to the same */
    IDLE_SKIP_COMPARED,
    IDLE_SKIP_DIFFERS,
};

/* The core has come to the address. Lets the time of whole rounds pass if the last one has
 * changed nothing, up to the one before something happens or `until`; every compare_every-th
 * time (0: none) they are executed instead. */
enum idle_skip_result idle_skip_round(struct idle_skip *skip, struct board *board,
                                      uint32_t compare_every, uint64_t until);

/* What is known of this board's last round is not so any more: a reset, or
 * it has become another. */
void idle_skip_abandon(struct idle_skip *skip, const struct board *board);

#endif
