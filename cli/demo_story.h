/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_DEMO_STORY_H
#define CLI_DEMO_STORY_H

#include <stdbool.h>
#include <stdint.h>
#include "cli/demo_view.h"
#include "host/error.h"
#include "host/file.h"

/* One device's story on the modelled board: a whole update with a power failure in the middle
 * of the installation, then a forged image, then one that does not work. */
struct demo_story {
    const struct file *boot, *app, *update;
    /* an application that never confirms; empty = leave out the parts after the first */
    const struct file *bad;
    uint8_t update_version[8], bad_version[8];
    uint64_t seed;
    bool has_cut;      /* the power fails in the first update */
    bool is_protected; /* the bootloader's pages are write-protected */
    struct demo_view *view;
};

struct demo_result {
    uint8_t device_id[12];
    double seconds; /* that the first update took */
};

/* Play it, each step shown by `view`. Returns 0 if every part ends as it must, with the right
 * image in APP bit by bit; or -1. */
int demo_story_play(const struct demo_story *story, struct demo_result *out_result,
                    struct host_error *out_error);

#endif
