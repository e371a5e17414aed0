/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RIG_UPDATE_WORLD_H
#define RIG_UPDATE_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include "board/campaign/campaign.h"
#include "board/recall.h"
#include "host/file.h"
#include "cli/rig/rig.h"

/* The scenarios of a power campaign: a module brings a device from one app to the next, on the real
 * binaries. At the end APP holds the image that it should, bit-exact; it runs, and after one more start
 * it still does.
 */
enum update_scenario {
    UPDATE_SUCCEEDS, /* `update` runs and confirms, or nothing has changed */
    UPDATE_REVERTS,  /* `update` (tests/fw/muteapp) never confirms: `app` comes back */
    UPDATE_RECOVERS, /* no app: the bootloader receives `update` */
};
enum { UPDATE_SCENARIOS = UPDATE_RECOVERS + 1 };

/* Kinds of failures, as the campaign counts them. */
enum update_failure {
    UPDATE_OTHER = CAMPAIGN_OTHER,
    UPDATE_BRICK,       /* nothing runs, and it needs help that it should not need */
    UPDATE_LOST_REVERT, /* an app that does not confirm stays, or starts more than three times */
    UPDATE_LOST_CONFIRM,     /* one that has confirmed is taken back */
    UPDATE_UNVERIFIED_START, /* what is in APP is no image that anybody signed */
};

struct update_world {
    enum update_scenario scenario;
    struct file boot, app,
        update; /* as from file_read(); must stay; no app in UPDATE_RECOVERS */
    uint8_t old_version[8], new_version[8];
    uint64_t seed;
    bool mcu_only;            /* a cut hits the MCU alone: the module keeps its power */
    bool protect;             /* the bootloader's pages are write-protected */
    struct recall *recall;    /* remembers the bootloader's judgements; NULL = none */
    struct rig_runner runner; /* a debugger's, or zero */
};

/* The names of scenarios, as people write them: update, revert, recovery. */
const char *update_scenario_name(enum update_scenario scenario);
/* Returns false if there is none of that name. */
bool update_find_scenario(const char *name, enum update_scenario *out_scenario);

/* Take the versions from the trailers of `app` and `update`. False if one has none. */
bool update_world_versions(struct update_world *update);

/* What a campaign needs of it; `update` must stay. */
struct campaign_world update_world(struct update_world *update);

#endif
