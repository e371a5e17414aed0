/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GLITCH_WALK_H
#define GLITCH_WALK_H

#include "board/debug.h"
#include "glitch/device.h"
#include "glitch/symbols.h"
#include "port/stm32f103/partitions.h"

/* The start that refuses the bad image, without any glitch: how many instructions it executes, which of them
 * are inside the loops of hash and curve, and to each of those that are chosen, once forward.
 *
 * Inside: between the call of one of the public functions of sha512.c and ed25519.c and its return, at an
 * address that is executed there more than WALK_LOOP times in the whole start. All else is outside: also
 * what these functions do once, such as the comparison at the end.
 */
enum { WALK_LOOP = 256 };

struct walk {
    struct board *board;
    struct board_debug debug;
    uint64_t position; /* of the instruction to come: executed since power-on */
    uint64_t positions, inside, outside;
    uint32_t pc; /* of the instruction to come */

    bool in_span; /* inside one of those functions ... */
    uint32_t span_return, span_sp;
    bool is_entry[OTTER_BOOT_SIZE / 2];
    struct walk_address {            /* in spans only */
        uint64_t count, first, last; /* positions */
    } addresses[OTTER_BOOT_SIZE / 2];

    bool (*chooses)(void *ctx, const struct walk *walk, bool inside); /* NULL in the survey */
    void *ctx;
    bool is_over;
};

/* At the first instruction behind power-on, surveyed. Ends the process with a message if memory is short, or
 * the start does not end with the good app. */
struct walk *walk_new(const struct symbols *symbols, enum device_image image);
void walk_free(struct walk *walk);

/* Go on to the next instruction that `chooses` takes: walk->board stands before it. False: the start is
 * over. */
bool walk_next(struct walk *walk);

/* Is the instruction to come the first or the last one at its address, in a span? */
bool walk_is_edge(const struct walk *walk);

#endif
