/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_SCENARIO_H
#define LAB_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>
#include "lab/campaign/campaign.h"
#include "lab/replay/replay.h"
#include "host/file.h"
#include "lab/testbed.h"

/* The scenarios of a power campaign: a module brings a device from one app to the next, on the real
 * binaries. At the end APP holds the image that it should, bit-exact; it runs, and after one more start
 * it still does.
 */
enum scenario_kind {
    SCENARIO_UPDATE,   /* `update` runs and confirms, or nothing has changed */
    SCENARIO_REVERT,   /* `update` (app/app_no_confirm) never confirms: `app` comes back */
    SCENARIO_RECOVERY, /* no app: the bootloader receives `update` */
};
enum { SCENARIO_KINDS = SCENARIO_RECOVERY + 1 };

/* Kinds of failures, as the campaign counts them. */
enum scenario_failure {
    SCENARIO_OTHER = CAMPAIGN_OTHER,
    SCENARIO_BRICK,       /* nothing runs, and it needs help that it should not need */
    SCENARIO_LOST_REVERT, /* an app that does not confirm stays, or starts more than three times */
    SCENARIO_LOST_CONFIRM,     /* one that has confirmed is taken back */
    SCENARIO_UNVERIFIED_START, /* what is in APP is no image that anybody signed */
};

struct scenario {
    enum scenario_kind kind;
    struct file boot, app,
        update; /* as from file_read(); must stay; no app in SCENARIO_RECOVERY */
    uint8_t old_version[8], new_version[8];
    uint64_t seed;
    uint32_t flash_size;          /* of the chip, in bytes; 0 = 64 KB */
    bool mcu_only;                /* a cut hits the MCU alone: the module keeps its power */
    bool protect;                 /* the bootloader's pages are write-protected */
    struct replay *replay;        /* remembers the bootloader's judgements; NULL = none */
    struct testbed_runner runner; /* a debugger's, or zero */
};

/* The names of scenarios, as people write them: update, revert, recovery. */
const char *scenario_name(enum scenario_kind kind);
/* Returns false if there is none of that name. */
bool scenario_find(const char *name, enum scenario_kind *out_scenario);

/* Take the versions from the trailers of `app` and `update`. False if one has none. */
bool scenario_read_versions(struct scenario *scenario);

/* What a campaign needs of it; `scenario` must stay. */
struct campaign_device scenario_device(struct scenario *scenario);

#endif
