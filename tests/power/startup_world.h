/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_POWER_STARTUP_WORLD_H
#define TEST_POWER_STARTUP_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/startup.h"
#include "power/startup_recovery.h"
#include "support/ram_flash.h"

/* A device that lives through several updates, natively: core's otter_startup_run() and
 * otter_update_*() over flash in RAM, an app that downloads, asks and confirms by a plan, and
 * an oracle beside it that knows what has been promised. One step is one life, from power-on to
 * a reset or a cut.
 *
 * Promises: every start starts an image that is whole, bit by bit, without a weak bit; an image
 * is started on trial at most three times without confirmation, then never again; once
 * confirm() has returned the image stays; nothing starts that nobody asked for; the device is
 * never without an app, unless it was found so: then it recovers, with image 0, which stays. A
 * page is erased at most once on the way from one app to the next, and once more for each cut,
 * and for a revert.
 */
enum {
    WORLD_IMAGES = 5,
    WORLD_FAILURE_MAX = 160,
    WORLD_PAGES = RAM_FLASH_SIZE / RAM_FLASH_PAGE
};

enum world_breach { /* of a promise */
                    WORLD_KEPT,
                    WORLD_BRICK,        /* nothing to start */
                    WORLD_LOST_REVERT,  /* an unconfirmed image is started on and on */
                    WORLD_LOST_CONFIRM, /* a confirmed image is on trial again, or gone */
                    WORLD_UNVERIFIED, /* an image that is not whole and solid, or that nobody asked for, is started */
                    WORLD_ENDLESS, /* it never comes to rest */
                    WORLD_WORN,    /* a page was erased too often */
                    WORLD_BREACHES
};

struct world_plan {
    const char *name;
    uint32_t size[WORLD_IMAGES]; /* of image i; 0 = there are no more. Image 0 is there first */
    uint8_t confirm_at[WORLD_IMAGES]; /* at which start image i confirms; 0 = never */
    enum ruin ruin;       /* image 0 is not there: a module brings it to the recovery */
    bool asks_to_recover; /* the app downloads nothing: it asks the bootloader to */
};

enum world_mail { WORLD_MAIL_NONE, WORLD_MAIL_RECOVER, WORLD_MAIL_RECEIVED };

struct world_state { /* what the oracle knows */
    int installed; /* confirmed; the one to go back to; -1 = none yet, image 0 is on its way */
    int candidate; /* asked for, or -1 */
    int next;      /* the image to be downloaded next */
    unsigned starts[WORLD_IMAGES];
    bool confirm_began;
    unsigned asked;              /* how often for the candidate */
    unsigned quiet;              /* starts with nothing left to do */
    uint64_t operations;         /* since the beginning */
    enum world_mail mail;        /* in RAM, for the next start: as boot/main.c has it */
    unsigned allowed;            /* how often a page may be erased before the next app starts */
    uint8_t erased[WORLD_PAGES]; /* by the bootloader, since the last one has started */
};

struct world_snapshot {
    struct world_state state;
    uint8_t bytes[RAM_FLASH_SIZE];
};

struct world {
    const struct world_plan *plan;
    bool tells; /* each life, on stdout */
    struct ram_flash flash;
    struct otter_port port; /* that of `flash`, counting erases */
    struct world_state state;
    enum world_breach breach;        /* the first one */
    char failure[WORLD_FAILURE_MAX]; /* the same in words */
    /* statistics */
    uint64_t lives, lost_requests;
};

/* A factory-new device with image 0 of `plan`, or as its ruin says. */
void world_begin(struct world *world, const struct world_plan *plan);

/* Live once; the next cut is at `cut` operations from here (0 = none), as flash.tear and
 * flash.seed say. Returns true if it was cut. */
bool world_live(struct world *world, uint32_t cut);

/* Nothing left to do, and some starts have passed in which nothing happened. */
bool world_is_over(const struct world *world);

/* Take a snapshot, go back to one: all that flash and oracle know. Weak bits are forgotten. */
void world_save(const struct world *world, struct world_snapshot *out_snapshot);
void world_load(struct world *world, const struct world_snapshot *snapshot);

#endif
