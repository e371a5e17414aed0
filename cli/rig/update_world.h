/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RIG_UPDATE_WORLD_H
#define RIG_UPDATE_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include "board/campaign/campaign.h"
#include "cli/file.h"
#include "cli/rig/rig.h"

/* The scenario of a power campaign: a module updates the device from one app to the next, on the real
 * binaries. At its end APP holds the old or the new image, bit-exact, and it runs.
 */
struct update_world {
    struct file boot, app, update; /* as from file_read(); must stay */
    uint8_t old_version[8], new_version[8];
    uint64_t seed;
    bool mcu_only;            /* a cut hits the MCU alone: the module keeps its power */
    bool protect;             /* the bootloader's pages are write-protected */
    struct rig_runner runner; /* a debugger's, or zero */
};

/* Take the versions from the trailers of `app` and `update`. False if one has none. */
bool update_world_versions(struct update_world *update);

/* What a campaign needs of it; `update` must stay. */
struct campaign_world update_world(struct update_world *update);

#endif
