/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODULED_VIEW_H
#define MODULED_VIEW_H

#include <stdio.h>
#include "agent/agent.h"
#include "moduled/control.h"

/* What the daemon says of itself: log lines when something changes, and its status. */
struct view {
    struct agent_status last;
    char port_error[HOST_REASON_SIZE]; /* "" = the serial port is open */
    char store_error[HOST_REASON_SIZE];
};

/* Log what is new, and tell systemd. */
void view_watch(struct view *view, const struct agent_status *status);

/* What the MCU does that is worth a line. */
void view_event(const struct module_event *event);

/* The status as a JSON object: `id` and all of struct agent_status. */
void view_put_json(const struct view *view, const struct agent_status *status, const char *id,
                   char out_text[CONTROL_ANSWER_SIZE]);

/* The same JSON, for people. Returns 0, or -1 if it is none. */
OTTER_MUST_CHECK int view_print(const char *json, FILE *out);

#endif
