/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_BOARD_RUN_OPTIONS_H
#define CLI_BOARD_RUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/host/run.h"
#include "cli/board_run_lists.h"

/* The command line of `otter board run`. */
struct board_run_options {
    struct board_options board;
    struct run_options run;
    struct board_run_lists lists;
    const char *uart[RUN_LINE_COUNT];
    bool protect;
    bool times; /* before each line of USART1 */
    bool stats, json;
    bool gdb; /* on gdb_port */
    unsigned gdb_port;
};

/* Parse it. Returns as cmd_parse(): 0 to go on, CMD_USAGE, or -1 when --help was served. Call
 * board_run_lists_free() in any case; `args` must stay where it is, `run` points into
 * `lists`. */
int board_run_options_parse(struct board_run_options *args, int argc, char **argv);

#endif
