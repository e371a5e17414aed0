/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_DDI_WRITE_H
#define AGENT_DDI_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "agent/agent.h"

/* The bodies that a DDI client sends. Each returns the length of the text in `out`, which
 * ends with a 0, or 0 without memory or room for it. Pure.
 */
enum { DDI_DETAILS_MAX = 50 };

struct ddi_feedback {
    const char *id;
    const char *execution; /* "proceeding", "downloaded", "closed", "rejected" */
    const char *finished;  /* "none", "success", "failure" */
    bool has_progress;
    uint32_t cnt, of;
    int code;
    const char *details[DDI_DETAILS_MAX];
    size_t detail_count;
};

size_t ddi_write_feedback(const struct ddi_feedback *feedback, char out[], size_t out_size);

/* mode merge; attributes whose value is "" are left out. */
size_t ddi_write_config(const struct agent_attribute attributes[], size_t count, char out[],
                        size_t out_size);

size_t ddi_write_confirmation(bool is_confirmed, const char *detail, char out[],
                              size_t out_size);

#endif
