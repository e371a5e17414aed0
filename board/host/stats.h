/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOST_STATS_H
#define BOARD_HOST_STATS_H

#include <stdio.h>
#include "board/host/run.h"

/* What a person or a script is told about a board. */
enum { VIEW_LINE_SIZE = 80 };

/* LED, motor, IR sensor and climate in one line, e.g. `led 254,0,70 motor +30% ir - 24C 51%`. */
void view_line(const struct board *board, char out_line[VIEW_LINE_SIZE]);

/* At the end of a run: as lines for people, or as one line of JSON. */
void stats_print(FILE *out, const struct board *board,
                 const struct run_line lines[RUN_LINE_COUNT], const struct run_result *result);
void stats_print_json(FILE *out, const struct board *board,
                      const struct run_line lines[RUN_LINE_COUNT],
                      const struct run_result *result);

#endif
