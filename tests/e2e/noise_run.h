/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_NOISE_RUN_H
#define TESTS_NOISE_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include "lab/line_noise.h"

/* One whole update of the real binaries over a noisy line, to its end, and what is in flash
 * then. */
enum noise_end {
    NOISE_UPDATED, /* the module saw the new version; the new image runs, bit-exact */
    NOISE_FAILED,  /* the module reported a failure; the old or the new image runs, bit-exact */
    NOISE_UNCLEAN, /* no end, or the app does not answer any more */
    NOISE_WRONG_IMAGE,
};

struct noise_result {
    enum noise_end end;
    uint32_t ms;     /* virtual, from power-on to the module's verdict */
    uint32_t faults; /* bytes that noise hit */
    uint32_t asked;  /* READYs the module served */
    char why[48];    /* one word of the module's, or what was wrong */
};

void noise_run(const struct line_noise_rates *rates, uint64_t seed, bool show_log,
               struct noise_result *out_result);

#endif
