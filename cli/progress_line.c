/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress_line.h"

#include <unistd.h>

void progress_line_init(struct progress_line *line, FILE *out, const char *prefix)
{
    *line = (struct progress_line){
        .out = out, .prefix = prefix, .is_terminal = isatty(fileno(out)) != 0};
}

void progress_line_start(struct progress_line *line, uint32_t size, uint32_t now_ms)
{
    progress_line_break(line);
    progress_start(&line->progress, line->is_terminal, size, now_ms);
}

void progress_line_show(struct progress_line *line, uint32_t number, uint32_t count,
                        uint32_t now_ms)
{
    char text[PROGRESS_SIZE];

    if (!progress_format(&line->progress, number, count, now_ms, text)) {
        return;
    }
    fprintf(line->out, "%s%s%s%s", line->is_terminal ? "\r" : "", line->prefix, text,
            line->is_terminal ? "" : "\n");
    line->is_open = line->is_terminal;
    fflush(line->out);
}

void progress_line_break(struct progress_line *line)
{
    if (line->is_open) {
        fputc('\n', line->out);
    }
    line->is_open = false;
}
