/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_SCENARIO_H
#define LAB_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>
#include "host/file.h"
#include "lab/campaign/campaign.h"
#include "lab/replay/replay.h"
#include "lab/testbed.h"
#include "otter/journal.h"
#include "otter/partition.h"

/* The scenarios of a power campaign: what lies in the flash of a device, what its module
 * offers, and how that has to end, on the real binaries. What is promised of every one: at the
 * end APP holds the image that it should, bit-exact; it runs, and after one more start it still
 * does.
 *
 * A scenario is a row (scenario_rows.c): add one there, out of the checks of scenario_checks.h,
 * and `otter board campaign` has it. scripts/campaign.sh says how many cuts of it
 * `make campaign` runs.
 */

/* Kinds of failures, as the campaign counts them. */
enum scenario_failure {
    SCENARIO_OTHER = CAMPAIGN_OTHER,
    SCENARIO_BRICK,            /* nothing runs, and it needs help that it should not need */
    SCENARIO_LOST_REVERT,      /* an app that does not confirm stays, or starts too often */
    SCENARIO_LOST_CONFIRM,     /* one that has confirmed is taken back */
    SCENARIO_UNVERIFIED_START, /* what is in APP is no image that anybody signed */
    SCENARIO_UNREACHABLE,      /* no module can bring a better image in */
};

struct scenario_run;
struct scenario_check;

/* Which image has to be in APP in the end. */
enum scenario_end {
    SCENARIO_ENDS_AS_TOLD, /* the new one if the module was told so, else the old one */
    SCENARIO_ENDS_OLD,
    SCENARIO_ENDS_NEW,
    SCENARIO_ENDS_RESCUED, /* the image that came after the update */
};

/* What the module offers besides. */
enum scenario_next {
    SCENARIO_NEXT_NOTHING,
    SCENARIO_NEXT_RESCUE,   /* once: another image */
    SCENARIO_NEXT_SAME,     /* once: the update again, as if it were a newer version */
    SCENARIO_NEXT_AS_OFTEN, /* the update again, as often as it is due */
};

enum { SCENARIO_CHECKS_MAX = 8 };

/* One row. */
struct scenario_kind {
    const char *name;    /* as people write it */
    const char *summary; /* of what the update is, for --help */
    bool has_app;        /* `app` lies in APP at the start; else APP is blank */
    bool is_forged;      /* one bit of the update is wrong, and so its signature */
    enum scenario_end end;
    enum scenario_failure wrong_image; /* the kind of failure if another one is there */
    enum scenario_failure stuck;       /* ... and if it does not come to its end */
    uint32_t limit_s;                  /* for that, of virtual time; 0 = as others */
    enum scenario_next next;
    bool (*is_next_due)(const struct scenario_run *run);      /* NULL where there is none */
    bool (*is_done)(const struct scenario_run *run);          /* has it come to its end? */
    const struct scenario_check *checks[SCENARIO_CHECKS_MAX]; /* at the end, up to a NULL */
};

extern const struct scenario_kind scenario_kinds[];
extern const unsigned scenario_kind_count;

/* The map of a firmware that was built for so many bytes of flash: 64 or 128 KB. */
const struct otter_layout *scenario_layout(uint32_t flash_size);

/* Returns NULL if there is none of that name. */
const struct scenario_kind *scenario_find(const char *name);

/* A row with its images. */
struct scenario {
    const struct scenario_kind *kind;
    /* As from file_read(); must stay. No app where the kind has none, nor a rescue. */
    struct file boot, app, update, rescue;
    const struct otter_layout *layout; /* the firmware's: scenario_layout() */
    /* Of images without a trailer: given, or all zero. */
    uint8_t old_version[8], new_version[8], rescue_version[8];
    uint64_t seed;
    uint32_t flash_size;          /* of the chip, in bytes; 0 = 64 KB */
    bool mcu_only;                /* a cut hits the MCU alone: the module keeps its power */
    bool protect;                 /* the bootloader's pages are write-protected */
    bool lenient;                 /* the board is: struct board_options */
    struct replay *replay;        /* what need not be executed; NULL = all is */
    struct testbed_runner runner; /* a debugger's, or zero */
};

/* What has been seen of a device, from outside: its journal is read whenever
 * its flash has changed. */
struct scenario_seen {
    uint64_t ops; /* of the flash when it was looked at */
    struct otter_journal journal;
    bool installed; /* an installation has begun */
    bool refused;   /* an image was refused */
    bool reverted;  /* one was taken back, or is being */
};

/* One device on its way. */
struct scenario_run {
    struct testbed *bed;
    const struct scenario *scenario;
    struct scenario_seen seen;
    bool has_next;        /* the module has been given what it offers besides */
    unsigned erases;      /* of the slots' pages and the spare page, up to then */
    enum board_stop stop; /* of the last slice */
    size_t log_from;      /* of what the log says since the last power-on */
};

/* Take the versions from the trailers of the images, and forge the update where the row wants
 * that. False if an image has no trailer, and its version is not given. */
bool scenario_prepare(struct scenario *scenario);

/* What a campaign needs of it; `scenario` must stay. */
struct campaign_device scenario_device(struct scenario *scenario);

#endif
