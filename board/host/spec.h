/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOST_SPEC_H
#define BOARD_HOST_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/host/run.h"

/* The small languages of `otter board run`'s option values. All return false for text that is not
 * exactly of the form, and change nothing then. */

/* A whole number, decimal or 0x...; no sign. */
bool spec_number(const char *text, uint64_t low, uint64_t high, uint64_t *out_value);

/* Seconds with a fraction, 0..1e9, as ticks. */
bool spec_seconds(const char *text, uint64_t *out_ticks);

/* FILE[@ADDR]: the length of FILE, and ADDR. The address begins with a digit, so that a file's name
 * may contain an @. */
bool spec_load(const char *text, size_t *out_path_len, bool *out_has_addr, uint32_t *out_addr);

/* OP[:not-done|done|torn|half-erased|weak][:SEED]; torn, and without a seed, if not given. */
bool spec_cut(const char *text, struct run_cut *out_cut, bool *out_has_seed);

/* SECONDS:KEY=VALUE; SPEC_INPUT_FORM tells a person which. */
#define SPEC_INPUT_FORM                                                                        \
    "SECONDS:KEY=VALUE; KEY=VALUE is key1..3=down|up, temp=0..60, hum=5..95, "                 \
    "obstacle=yes|no, sensor=broken|ok, reset=pin or power=cycle"
bool spec_input(const char *text, struct run_input *out_input);

#endif
