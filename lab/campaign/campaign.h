/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_CAMPAIGN_H
#define LAB_CAMPAIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/board.h"

/* Power-cut campaigns: run a scenario once, and at every chosen flash operation of it branch
 * off a copy in which the power fails in that operation, is restored, and the scenario goes on
 * to its end; in some of them the power fails a second time on the way there.
 *
 * Branching costs a copy per slice of the reference run instead of a whole run per cut.
 * Everything is deterministic: a case and a seed repeat it exactly.
 *
 * The campaign does not know what runs on the board. A device is the board and all that is
 * connected to it, in one piece of plain state; its functions are the whole contract.
 *
 *    campaign_survey(&device, &options, &survey);      the reference run: its operations
 *    campaign_plan(&options, &survey, &plan);          which cases there are, in its order
 *    campaign_run(&device, &options, &plan, &counts);  all, or this process' part of them
 */

/* What a device says of its end. Kinds of failures are counted: the
 * device's own begin with 1. */
enum { CAMPAIGN_OTHER, CAMPAIGN_KINDS = 8 };

struct campaign_verdict {
    const char *why; /* it is not good; NULL if it is */
    unsigned kind;
};

struct campaign_device {
    void *(*make)(void *ctx); /* a new one, at its start; NULL = out of memory */
    void (*copy)(void *to, const void *from); /* into another one that make() made */
    void (*free)(void *device);
    struct board *(*board)(void *device);
    /* Let virtual time pass. Anything but TIME and POWER: it cannot go on. */
    enum board_stop (*run_ms)(void *device, uint32_t ms);
    void (*power_on)(void *device);      /* after BOARD_STOP_POWER */
    bool (*is_done)(const void *device); /* the scenario has reached its end */
    /* Check a device at its end (or at the time limit, or stuck). It may run on;
     * nothing is cut any more. */
    struct campaign_verdict (*check)(void *device, bool done);
    void *ctx;
};

struct campaign_cut {
    uint64_t op; /* as board_flash_ops() counts, from the start of the scenario on */
    enum board_tear tear;
};

struct campaign_case {
    struct campaign_cut first;
    bool has_second;
    /* In a plan second.op is a draw: the operation is chosen by it from those of the recovery.
     * In `failed` and for campaign_repeat() it is the operation itself. */
    struct campaign_cut second;
};

struct campaign_options {
    uint32_t every; /* cut at operations offset, offset + every, ... */
    uint32_t offset;
    bool tears[BOARD_TEARS]; /* which */
    uint32_t second_count;   /* more cases, with a second cut in the recovery from the first */
    uint64_t seed;           /* of torn bits and of second cuts */
    uint32_t limit_s;        /* virtual time a branch may take from the cut to its end */
    uint32_t slice_ms;       /* of the reference run between two copies */
    uint32_t max_failures;   /* end after so many; 0 = never */
    uint32_t part, parts;    /* run cases part, part + parts, ... of the plan */
    void (*progress)(void *ctx, uint64_t cases, uint64_t failures); /* may be NULL */
    void (*failed)(void *ctx, const struct campaign_case *which, const char *why);
    void *ctx;
};

struct campaign_survey {
    uint64_t operations; /* of the reference run */
    uint64_t edge_count;
    uint64_t *edges; /* operations near a change of the page: where records begin and end */
};

struct campaign_plan {
    struct campaign_case *cases;
    size_t count;
};

struct campaign_counts {
    uint64_t cases, failures;
    uint64_t seconds;               /* cases in which a second cut came */
    uint64_t kinds[CAMPAIGN_KINDS]; /* failures, by their kind */
};

/* The names of tears, as people write them: not-done, done, torn, half-erased, weak. */
const char *campaign_tear_name(enum board_tear tear);
/* Returns false if there is none of that name (`len` characters of it). */
bool campaign_find_tear(const char *name, size_t len, enum board_tear *out_tear);

/* Returns NULL, or why the reference run does not end well. Free with campaign_free(). */
const char *campaign_survey(const struct campaign_device *device,
                            const struct campaign_options *options,
                            struct campaign_survey *out_survey);

/* Returns 0, or -1 if memory is short. Free with campaign_free(). */
int campaign_plan(const struct campaign_options *options, const struct campaign_survey *survey,
                  struct campaign_plan *out_plan);
void campaign_free(struct campaign_survey *survey, struct campaign_plan *plan);

/* Returns 0, or -1 if memory is short. */
int campaign_run(const struct campaign_device *device, const struct campaign_options *options,
                 const struct campaign_plan *plan, struct campaign_counts *out_counts);

/* Run one case and check its end: what a failure's line repeats. Returns NULL
 * if good, else why not. */
const char *campaign_repeat(const struct campaign_device *device,
                            const struct campaign_options *options,
                            const struct campaign_case *which);

#endif
