/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_POWER_DEVICE_LIFE_H
#define TEST_POWER_DEVICE_LIFE_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/startup.h"
#include "power/startup_recovery.h"
#include "support/ram_flash.h"

/* A device that lives through several updates, natively: core's otter_startup_run() and
 * otter_update_*() over flash in RAM, an app that downloads, asks and confirms by a plan, and
 * an oracle beside it that knows what has been promised. One step is one run, from power-on to
 * a reset or a cut.
 *
 * Promises: every start starts an image that is whole, bit by bit, without a weak bit; an image
 * is started on trial at most three times without confirmation, then never again; once
 * confirm() has returned the image stays; nothing starts that nobody asked for, or that is not
 * authentic; the device is never without an app, unless it was found so: then it recovers, with
 * image 0, and with the one after it if that does not confirm. A module reaches it, in the app
 * or in recovery, after at most twelve starts without a cut. A file that is installed is not
 * taken again, and no file more than three times, and twice more for each cut. A page is
 * erased at most once on the way from one app to the next, and once more for each cut, and for
 * a revert.
 *
 * With flash that fails (enum life_wear) an update may be given up, after three attempts, and a
 * page may be erased more often; all else holds. The page that holds the newest entry of the
 * journal is never erased, and a start that has nothing to do erases nothing.
 */
enum {
    LIFE_IMAGES = 23,
    LIFE_FAILURE_MAX = 160,
    LIFE_PAGES = RAM_FLASH_SIZE_MAX / RAM_FLASH_PAGE_MAX,
    LIFE_JOURNAL_OPS_MAX = 0x4000,
};

enum life_breach { /* of a promise */
                   LIFE_KEPT,
                   LIFE_BRICK,        /* nothing to start */
                   LIFE_LOST_REVERT,  /* an unconfirmed image is started on and on */
                   LIFE_LOST_CONFIRM, /* a confirmed image is on trial again, or gone */
                   /* an image that is not whole and solid, or that nobody asked for, is
                    * started */
                   LIFE_UNVERIFIED,
                   LIFE_UNREACHABLE, /* no module has been heard, start after start */
                   LIFE_ENDLESS,     /* it never stops working on its flash */
                   LIFE_WORN,        /* a page was erased, or a file taken, too often */
                   LIFE_BREACHES
};

/* What is wrong with the flash, and what is allowed for it. */
enum life_wear {
    LIFE_SOUND,
    LIFE_DEAD_CELL, /* outside of APP: nothing else */
    /* in APP: the image before is started again, or the device waits in recovery */
    LIFE_DEAD_APP_CELL,
    LIFE_REFUSALS, /* as long as flash refuses operations the device may wait in recovery */
};

/* Sizes in a plan: PAGE is one of the map's; LIFE_SLOT is APP, LIFE_ANY as many pages as the
 * case says, and both may be followed by less, or more, of PAGE and of bytes. */
enum { LIFE_PAGE = 0x400, LIFE_SLOT = 0x1000 * LIFE_PAGE, LIFE_ANY = 0x2000 * LIFE_PAGE };

/* What an image does. 1 to 3: it confirms in this start. */
enum life_does {
    LIFE_MUTE = 0,      /* never confirms; somebody restarts it */
    LIFE_CRASHES = 4,   /* the same; a watchdog resets it */
    LIFE_CRASHES_LATER, /* in every start after it has confirmed, in the first */
    LIFE_NOT_AUTHENTIC, /* the bootloader's verify() finds no signature */
};

struct life_plan {
    const char *name;
    uint32_t size[LIFE_IMAGES]; /* of image i; 0 = there are no more. Image 0 is there first */
    uint8_t does[LIFE_IMAGES];  /* enum life_does */
    enum ruin ruin;             /* image 0 is not there: a module brings it to the recovery */
    bool unheard;         /* the first recovery after a trial, or a crash, hears no byte */
    bool asks_to_recover; /* the app downloads nothing: it asks the bootloader to */
    bool offered_again;   /* the module offers what is installed, and what has failed, again */
};

enum life_mail {
    LIFE_MAIL_NONE,
    LIFE_MAIL_RECOVER,
    LIFE_MAIL_RECEIVED,
    LIFE_MAIL_UNHEARD,
    LIFE_MAIL_RESTARTED,
};

struct life_state { /* what the oracle knows */
    int installed;  /* confirmed; the one to go back to; -1 = none yet */
    int candidate;  /* asked for, or -1 */
    int next;       /* the image to be downloaded next */
    unsigned starts[LIFE_IMAGES];
    bool confirm_began;
    unsigned asked;              /* how often for the candidate */
    unsigned taken[LIFE_IMAGES]; /* how often the app has downloaded it, offered again */
    unsigned cuts;               /* since the beginning */
    unsigned failed_downloads;   /* of the next image */
    bool gave_up;                /* flash does not take it: no more is asked for */
    bool was_unheard;            /* a recovery has heard nobody */
    unsigned silent;             /* starts since a module was heard, or power was cut */
    unsigned quiet;              /* starts with nothing left to do */
    uint64_t operations;         /* since the beginning */
    enum life_mail mail;         /* in RAM, for the next start: as boot/main.c has it */
    unsigned watchdog_resets;    /* in a row, in the same word */
    unsigned allowed;            /* how often a page may be erased before the next app starts */
    uint8_t erased[LIFE_PAGES];  /* by the bootloader, since the last one has started */
};

struct life_snapshot {
    struct life_state state;
    uint8_t *bytes; /* all of flash */
};

struct device_life {
    const struct ram_flash_map *map;
    const struct life_plan *plan;
    uint32_t size[LIFE_IMAGES];   /* of the plan's images, in bytes */
    uint8_t md5[LIFE_IMAGES][16]; /* of them if one is offered again; else only distinct */
    bool tells;                   /* each run, on stdout */
    struct otter_port port;       /* that of `flash`, counting erases */
    struct otter_port app_port;   /* that of `flash` */
    uint32_t *journal_ops;     /* not NULL: take down which operations write the journal ... */
    unsigned journal_op_count; /* ... the first LIFE_JOURNAL_OPS_MAX of them */
    bool is_awake;             /* this start's bootloader has said something */
    struct life_state state;
    enum life_wear wear;
    uint32_t refusals;              /* so many operations are still to be refused */
    bool cell_lived;                /* when this run began, a cell that dies had not yet */
    unsigned calm;                  /* runs since flash has refused one */
    enum life_breach breach;        /* the first one */
    char failure[LIFE_FAILURE_MAX]; /* the same in words */
    /* statistics */
    uint64_t runs, lost_requests;
    unsigned waits; /* in recovery, as flash that fails allows */
    struct ram_flash flash;
};

/* A factory-new device with this map and image 0 of `plan`, or as its ruin says. `pages` is
 * what LIFE_ANY means. */
void life_begin(struct device_life *life, const struct ram_flash_map *map,
                const struct life_plan *plan, uint32_t pages);

/* Run once; the next cut is at `cut` operations from here (0 = none), as flash.tear and
 * flash.seed say. Returns true if it was cut. */
bool life_run(struct device_life *life, uint32_t cut);

/* Nothing left to do, and some starts have passed in which nothing happened. */
bool life_is_over(const struct device_life *life);

/* Take a snapshot (free its bytes), go back to one of the life that was begun last: all that
 * flash and oracle know. Weak bits are forgotten. Returns false if there is no memory. */
bool life_save(const struct device_life *life, struct life_snapshot *out_snapshot);
void life_load(struct device_life *life, const struct life_snapshot *snapshot);

#endif
