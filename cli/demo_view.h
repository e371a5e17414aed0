/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_DEMO_VIEW_H
#define CLI_DEMO_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cli/progress_line.h"
#include "host/module_text.h"
#include "module/module.h"

/* What `otter demo` prints on stdout: one line for each thing that happens, with who did it in
 * front. */
struct demo_view {
    bool is_quiet; /* print none of it */
    struct progress_line progress;
    uint32_t image_size;
    char log[256]; /* of the MCU, until the end of the line */
    size_t log_len;
    char info[160];                 /* the last line about the MCU's versions */
    char failure[MODULE_TEXT_SIZE]; /* why the update failed; empty = it did not */
};

void demo_view_init(struct demo_view *view, bool is_quiet);

/* A new update begins, of a file of `image_size` bytes. */
void demo_view_begin(struct demo_view *view, uint32_t image_size);

/* End the progress bar's line, if it is the current one. */
void demo_view_end(struct demo_view *view);

/* Print `who text`. */
void demo_view_line(struct demo_view *view, const char *who, const char *text);

/* A byte of the MCU's log: printed with its line. */
void demo_view_log(struct demo_view *view, char byte);

/* The power failed in flash operation `op`. The rest of the MCU's line is lost. */
void demo_view_power_failed(struct demo_view *view, uint64_t op);

void demo_view_event(struct demo_view *view, const struct module_event *event, uint32_t now_ms);

#endif
