/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_BOARD_RUN_LISTS_H
#define CLI_BOARD_RUN_LISTS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/host/run.h"

/* What the options of `otter board run` that may be given more than once have collected. */
enum { LOAD_MAX = 16, CUT_MAX = 64, INPUT_MAX = 256 };

struct board_load {
    char *path; /* malloc'ed */
    bool has_addr;
    uint32_t addr;
};

struct board_run_lists {
    struct board_load loads[LOAD_MAX];
    size_t load_count;
    struct run_cut cuts[CUT_MAX];
    bool cut_has_seed[CUT_MAX];
    size_t cut_count;
    struct run_input inputs[INPUT_MAX]; /* in order of time; those of the same time as given */
    size_t input_count;
};

/* Add the value of --load, --cut, --set. Returns 0, or EINVAL after reporting what is wrong
 * with it. */
error_t board_run_add_load(struct board_run_lists *lists, const char *text);
error_t board_run_add_cut(struct board_run_lists *lists, const char *text);
error_t board_run_add_input(struct board_run_lists *lists, const char *text);

/* When all are there: `seed` for the cuts without one, and the cuts in order of their
 * operations. */
void board_run_lists_complete(struct board_run_lists *lists, uint64_t seed);

void board_run_lists_free(struct board_run_lists *lists);

#endif
