/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_BOARD_STATS_H
#define CLI_BOARD_STATS_H

#include <stdio.h>
#include "board/host/run.h"

/* What is printed for a person or a script about a board at the end of a run: as lines, or as
 * one line of JSON. */
void stats_print(FILE *out, const struct board *board,
                 const struct run_line lines[RUN_LINE_COUNT], const struct run_result *result);
/* Returns 0, or -1 without memory or if `out` fails. */
int stats_print_json(FILE *out, const struct board *board,
                     const struct run_line lines[RUN_LINE_COUNT],
                     const struct run_result *result);

#endif
