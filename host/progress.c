/* SPDX-License-Identifier: Apache-2.0 */
#include "host/progress.h"

#include <stdio.h>

enum { BAR_WIDTH = 30 };

void progress_start(struct progress *progress, bool as_bar, uint32_t size, uint32_t now_ms)
{
    *progress = (struct progress){.as_bar = as_bar, .size = size, .start_ms = now_ms};
}

static void format_bar(uint32_t percent, char out_bar[BAR_WIDTH + 1])
{
    for (uint32_t i = 0; i < BAR_WIDTH; i++) {
        out_bar[i] = i < percent * BAR_WIDTH / 100 ? '#' : '.';
    }
    out_bar[BAR_WIDTH] = '\0';
}

bool progress_format(struct progress *progress, uint32_t number, uint32_t count,
                     uint32_t now_ms, char out_text[PROGRESS_SIZE])
{
    if (count == 0 || number > count) {
        return false;
    }
    /* Pieces are equally long but for the last one: near enough for a rate, not to be shown. */
    uint32_t bytes = (uint32_t)((uint64_t)progress->size * number / count);
    uint32_t passed_ms = now_ms - progress->start_ms;
    uint32_t rate = passed_ms != 0 ? (uint32_t)((uint64_t)bytes * 1000 / passed_ms) : 0;
    uint32_t percent = (uint32_t)((uint64_t)number * 100 / count);

    if (!progress->as_bar) {
        int tenth = (int)(percent / 10);
        if (tenth <= progress->last_tenth) {
            return false;
        }
        progress->last_tenth = tenth;
        (void)snprintf(out_text, PROGRESS_SIZE, "%u %%: piece %u of %u, %u B/s", percent,
                       number, count, rate);
        return true;
    }
    char bar[BAR_WIDTH + 1];
    format_bar(percent, bar);
    int len = snprintf(out_text, PROGRESS_SIZE, "[%s] %3u %%  piece %u/%u  %u B/s  ", bar,
                       percent, number, count, rate);
    if (number < count) {
        uint32_t left_s =
            number != 0 ? (uint32_t)((uint64_t)passed_ms * (count - number) / number / 1000)
                        : 0;
        (void)snprintf(out_text + len, PROGRESS_SIZE - (size_t)len, "%u s left   ", left_s);
    } else {
        (void)snprintf(out_text + len, PROGRESS_SIZE - (size_t)len, "in %.1f s   ",
                       passed_ms / 1000.0);
    }
    return true;
}
