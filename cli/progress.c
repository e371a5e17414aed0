/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include <unistd.h>

enum { BAR_WIDTH = 30 };

void progress_init(struct progress *progress, FILE *out)
{
    *progress = (struct progress){.out = out, .terminal = isatty(fileno(out)) != 0};
}

void progress_start(struct progress *progress, uint32_t size, uint32_t now_ms)
{
    progress_break(progress);
    progress->last_tenth = 0;
    progress->start_ms = now_ms;
    progress->size = size;
}

void progress_show(struct progress *progress, uint32_t number, uint32_t count, uint32_t now_ms)
{
    if (count == 0 || number > count) {
        return;
    }
    uint32_t bytes = (uint32_t)((uint64_t)progress->size * number / count);
    uint32_t passed_ms = now_ms - progress->start_ms;
    uint32_t rate = passed_ms != 0 ? (uint32_t)((uint64_t)bytes * 1000 / passed_ms) : 0;
    uint32_t left_s =
        number != 0 ? (uint32_t)((uint64_t)passed_ms * (count - number) / number / 1000) : 0;
    uint32_t percent = (uint32_t)((uint64_t)number * 100 / count);

    if (progress->terminal) {
        char bar[BAR_WIDTH + 1];
        uint32_t full = percent * BAR_WIDTH / 100;
        for (uint32_t i = 0; i < BAR_WIDTH; i++) {
            bar[i] = i < full ? '#' : '.';
        }
        bar[BAR_WIDTH] = 0;
        fprintf(progress->out, "\r[%s] %3u %%  piece %u/%u  %u B/s  ", bar, percent, number,
                count, rate);
        if (number < count) {
            fprintf(progress->out, "%u s left   ", left_s);
        } else {
            fprintf(progress->out, "in %.1f s   ", passed_ms / 1000.0);
        }
        progress->bar_open = true;
    } else {
        int tenth = (int)(percent / 10);
        if (tenth <= progress->last_tenth) {
            return;
        }
        progress->last_tenth = tenth;
        fprintf(progress->out, "%u %%: piece %u of %u, %u of %u bytes, %u B/s\n", percent,
                number, count, bytes, progress->size, rate);
    }
    fflush(progress->out);
}

void progress_break(struct progress *progress)
{
    if (progress->bar_open) {
        fputc('\n', progress->out);
    }
    progress->bar_open = false;
}
