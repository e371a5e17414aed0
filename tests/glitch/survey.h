/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GLITCH_SURVEY_H
#define GLITCH_SURVEY_H

#include "board/debug.h"
#include "glitch/device.h"
#include "port/stm32f103/partitions.h"

/* The start that refuses the bad image, without any glitch: how many instructions it executes,
 * which of them are inside the loops of hash and curve, and to each of those that are chosen,
 * once forward.
 *
 * Inside: between the call of one of the public functions of sha512.c and ed25519.c and its
 * return, at an address that is executed there more than SURVEY_LOOP times in the whole start.
 * All else is outside: also what these functions do once, such as the comparison at the end.
 */
enum { SURVEY_LOOP = 256 };

struct survey {
    struct testbed *bed;
    struct board *board; /* its */
    struct board_debug debug;
    uint64_t position; /* of the instruction to come: executed since power-on */
    uint64_t positions, inside, outside;
    uint32_t pc; /* of the instruction to come */

    bool in_span; /* inside one of those functions ... */
    uint32_t span_return, span_sp;
    bool is_entry[OTTER_BOOT_SIZE / 2];
    struct survey_address {          /* in spans only */
        uint64_t count, first, last; /* positions */
    } addresses[OTTER_BOOT_SIZE / 2];

    bool (*chooses)(void *ctx, const struct survey *survey,
                    bool inside); /* NULL while they are counted */
    void *ctx;
    bool is_over;
};

/* At the first instruction after power-on, surveyed. Ends the process with a message if memory
 * is short, or the start does not end with the good app. */
struct survey *survey_new(enum device_image image);
void survey_free(struct survey *survey);

/* Go on to the next instruction that `chooses` takes: survey->board stands before it. False:
 * the start is over. */
bool survey_next(struct survey *survey);

/* Is the instruction to come the first or the last one at its address, in a span? */
bool survey_is_edge(const struct survey *survey);

#endif
