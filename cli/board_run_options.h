/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_BOARD_RUN_OPTIONS_H
#define CLI_BOARD_RUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/host/run.h"

/* The command line of `otter board run`. */
enum { LOAD_MAX = 16, CUT_MAX = 64, INPUT_MAX = 256 };

struct board_load {
    char *path; /* malloc'ed */
    bool has_addr;
    uint32_t addr;
};

struct board_run_options {
    struct board_options board;
    struct run_options run;
    struct board_load loads[LOAD_MAX];
    size_t load_count;
    struct run_cut cuts[CUT_MAX];
    bool cut_has_seed[CUT_MAX];
    size_t cut_count;
    struct run_input inputs[INPUT_MAX];
    size_t input_count;
    const char *uart[RUN_LINE_COUNT];
    bool protect;
    bool stats, json;
    bool gdb; /* on gdb_port */
    unsigned gdb_port;
};

/* Parse it. Returns as cmd_parse(): 0 to go on, CMD_USAGE, or -1 when --help was served. Call
 * board_run_options_free() in any case; `args` must stay where it is, its lists point into it. */
int board_run_options_parse(struct board_run_options *args, int argc, char **argv);
void board_run_options_free(struct board_run_options *args);

#endif
