/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_PROGRESS_LINE_H
#define CLI_PROGRESS_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "host/progress.h"

/* A transfer's progress (host/progress.h) on a stream: one line that is overwritten on a
 * terminal, a line for each step elsewhere.
 */
struct progress_line {
    FILE *out;
    const char *prefix;
    bool is_terminal;
    bool is_open; /* the cursor stands after a bar */
    struct progress progress;
};

void progress_line_init(struct progress_line *line, FILE *out, const char *prefix);
void progress_line_start(struct progress_line *line, uint32_t size, uint32_t now_ms);
void progress_line_show(struct progress_line *line, uint32_t number, uint32_t count,
                        uint32_t now_ms);

/* End the bar's line, so that another text may follow. */
void progress_line_break(struct progress_line *line);

#endif
