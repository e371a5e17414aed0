/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_PROGRESS_H
#define HOST_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* How far a transfer is, as text: a bar with percent, pieces, bytes per second and time left,
 * to be overwritten at each step; or for logs one line every 10 %.
 */
enum { PROGRESS_SIZE = 120 };

struct progress {
    bool as_bar;
    int last_tenth; /* lines: the last one that was formatted */
    uint32_t start_ms;
    uint32_t size; /* bytes of the file */
};

/* A transfer of `size` bytes begins. */
void progress_start(struct progress *progress, bool as_bar, uint32_t size, uint32_t now_ms);

/* `number` of `count` pieces are done. Returns false if there is nothing to show now. */
bool progress_format(struct progress *progress, uint32_t number, uint32_t count,
                     uint32_t now_ms, char out_text[PROGRESS_SIZE]);

#endif
