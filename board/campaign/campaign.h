/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_CAMPAIGN_H
#define BOARD_CAMPAIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/board.h"

/* Power-cut campaigns: run a scenario once, and at every chosen flash operation of it branch off a
 * copy in which the power fails in that operation, is restored, and the scenario goes on to its end.
 *
 * Branching costs a copy per slice of the reference run instead of a whole run per cut. Everything
 * is deterministic: (operation, tear, seed) repeats a case exactly.
 *
 * The campaign does not know what runs on the board. A `world` is the board and all that is connected
 * to it, in one piece of plain state; the functions below are the whole contract.
 */
struct campaign_world {
    void *(*make)(void *ctx); /* a new one, at its start; NULL = out of memory */
    void (*copy)(void *to, const void *from); /* into another one that make() made */
    void (*free)(void *world);
    struct board *(*board)(void *world);
    void (*run_ms)(void *world, uint32_t ms); /* virtual time; returns early when power fails */
    void (*power_on)(void *world);            /* after a cut */
    bool (*is_done)(const void *world);       /* the scenario has reached its end */
    /* Judge a world at its end (or at the time limit). Returns NULL if good, else why not. */
    const char *(*judge)(void *world, bool done);
    void *ctx;
};

struct campaign_options {
    uint32_t every; /* cut at operations offset, offset + every, ... */
    uint32_t offset;
    uint64_t seed;     /* of torn bits */
    uint32_t limit_s;  /* virtual time a branch may take from the cut to its end */
    uint32_t slice_ms; /* of the reference run between two copies */
    void (*progress)(void *ctx, uint64_t op, uint64_t cases,
                     uint64_t failures); /* may be NULL */
    void (*failed)(void *ctx, uint64_t op, enum board_tear tear, uint64_t seed,
                   const char *why);
    void *ctx;
};

struct campaign_counts {
    uint64_t operations; /* of the reference run */
    uint64_t cases, failures;
};

/* Run it. Returns 0, or -1 if the reference run itself does not end well (told through `failed` with
 * op = UINT64_MAX) or memory is short. */
int campaign_run(const struct campaign_world *world, const struct campaign_options *options,
                 struct campaign_counts *out_counts);

/* Run one case and judge it: what a failure's line repeats. Returns NULL if good, else why not. */
const char *campaign_repeat(const struct campaign_world *world,
                            const struct campaign_options *options, uint64_t op,
                            enum board_tear tear);

#endif
