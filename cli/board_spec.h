/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_BOARD_SPEC_H
#define CLI_BOARD_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/host/run.h"
#include "host/error.h"

/* The small languages of `otter board run`'s option values. Each function returns 0, or -1 for
 * text that is not exactly of the form, with the error "OPTION TEXT: reason", and changes
 * nothing else then. Numbers are those of host/number.h.
 */

/* Seconds with a fraction, 0..1e9, as ticks. */
int spec_seconds(const char *option, const char *text, uint64_t *out_ticks,
                 struct host_error *out_error);

struct spec_load {
    size_t path_len; /* of FILE, at the start of the text */
    bool has_addr;
    uint32_t addr;
};

/* FILE[@ADDR]. The address begins with a digit, so that a file's name may contain an @. */
int spec_load(const char *option, const char *text, struct spec_load *out_load,
              struct host_error *out_error);

/* OP[:not-done|done|torn|half-erased|weak][:SEED]; torn, and without a seed, if not given. */
int spec_cut(const char *option, const char *text, struct run_cut *out_cut, bool *out_has_seed,
             struct host_error *out_error);

/* SECONDS:KEY=VALUE. */
int spec_input(const char *option, const char *text, struct run_input *out_input,
               struct host_error *out_error);

#endif
