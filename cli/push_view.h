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
    const char *path;                  /* of the file */
    const struct image_file *firmware; /* what it holds; NULL = it could not be read */
    const char *port;
    bool force, verbose, as_json;
    struct progress_line progress;
    /* what came of it */
    enum push_outcome outcome;
    const char *reason; /* one word, for JSON */
    struct host_error error;
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

/* Print what happened, and keep what is needed for the result. `doubt` goes with a failure:
 * what may be wrong with the line (host/line_doubt.h), or "". */
void push_view_event(struct push_view *view, const struct module_event *event,
                     const char *doubt, uint32_t now_ms);

/* End with PUSH_FAILED. `reason` is one word, for JSON; `thing`, which may be NULL, and the
 * text are as in report_failure(). */
void push_view_fail(struct push_view *view, const char *reason, const char *thing,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same with an error at hand. */
void push_view_fail_error(struct push_view *view, const char *reason,
                          const struct host_error *error);

/* Print the result, as a line or as one JSON object. Returns the exit code. */
int push_view_finish(struct push_view *view, double seconds);

#endif
