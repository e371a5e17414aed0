/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* How far a transfer is: a bar with percent, pieces, bytes per second and time left on a terminal, a
 * plain line every 10 % elsewhere (logs, CI). Host only.
 */
struct progress {
    FILE *out;
    bool terminal;
    bool bar_open;  /* the cursor stands behind a bar */
    int last_tenth; /* plain lines: last one printed */
    uint32_t start_ms;
    uint32_t size; /* bytes of the file */
};

void progress_init(struct progress *progress, FILE *out);

/* A transfer of `size` bytes begins. */
void progress_start(struct progress *progress, uint32_t size, uint32_t now_ms);

/* `number` of `count` pieces are done. */
void progress_show(struct progress *progress, uint32_t number, uint32_t count, uint32_t now_ms);

/* End the bar's line, so that another text may follow. */
void progress_break(struct progress *progress);

#endif
