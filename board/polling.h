/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_POLLING_H
#define BOARD_POLLING_H

#include <stdbool.h>
#include <stdint.h>
#include "board/stm32f1/chip.h"

/* A loop that polls is not executed while nothing happens: its rounds are counted instead. For recall.c,
 * which says what kind of a loop that may be (recall_options.poll).
 */
struct polling {
    uint64_t rounds; /* that were not executed */
    uint64_t waits;  /* times that some were not, or were and are compared */

    /* The core as it came to the address the last time; where `expects`, as it must come there again. The
     * memory is noted once the registers have been the same twice. */
    const struct board *board; /* NULL = it did not */
    bool has_sram, expects;
    struct cpu cpu;
    uint8_t sram[BOARD_SRAM_SIZE];
};

enum polling_result {
    POLLING_GOES_ON,
    POLLING_COMPARED, /* the rounds that could have been passed over are executed, and led to the same */
    POLLING_DIFFERS,
};

/* The core has come to the address. Lets the time of whole rounds pass if the last one has changed nothing,
 * up to the one before something happens or `until`; every compare_every-th time (0: none) they are
 * executed instead. */
enum polling_result polling_called(struct polling *polling, struct board *board,
                                   uint32_t compare_every, uint64_t until);

#endif
