/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_PUSH_VIEW_H
#define CLI_PUSH_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include "cli/progress_line.h"
#include "host/image_file.h"
#include "module/module.h"

/* What `otter push` prints for a person while an update runs, and what came of it. */
enum push_outcome { PUSH_RUNNING, PUSH_UPDATED, PUSH_UP_TO_DATE, PUSH_FAILED };

struct push_view {
    /* set these, the rest to 0 */
    const struct image_file *firmware;
    const char *port;
    bool force, verbose;
    struct progress_line progress;
    /* what came of it */
    enum push_outcome outcome;
    const char *reason;  /* one word, for JSON */
    char text[256];      /* one clause, for a person */
    char from[9], to[9]; /* versions that the MCU reported; empty = none yet */
    char hardware[9];
    /* what the MCU reported of its last update, first and last */
    struct otter_update_status before, after;
    bool was_in_recovery;
    bool was_judged;     /* from what the MCU tells of itself, before anything was offered */
    bool after_is_final; /* `after` is about this update */
    uint16_t pieces;
    uint32_t resent;
};

/* Print what happened, and keep what is needed for the result. */
void push_view_event(struct push_view *view, const struct module_event *event, uint32_t now_ms);

/* End with PUSH_FAILED. */
void push_view_fail(struct push_view *view, const char *reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Print the result, as a line or as one JSON object. Returns the exit code. */
int push_view_finish(struct push_view *view, double seconds, bool as_json);

#endif
