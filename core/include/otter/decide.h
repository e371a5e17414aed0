/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_DECIDE_H
#define OTTER_DECIDE_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/journal.h"
#include "otter/swap.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the bootloader does next: one pure function of what it knows.
 *
 * otter_startup_run() reads the journal, asks, does what it is told, and asks again, until it
 * is told to start the app or to recover. What is expensive to find out (checksums, signatures)
 * is unknown at first, and is found out only when the answer depends on it. The same table is
 * in docs/design.md; tests/unit/test_decide.c compares it with this function in every
 * situation. No side effects, no memory.
 */
enum otter_check {
    OTTER_CHECK_UNKNOWN,
    OTTER_CHECK_GOOD,
    OTTER_CHECK_BAD,
    /* Only of APP, and only when nothing is under way: good, but not what the journal recorded.
     * A debug probe has flashed it. */
    OTTER_CHECK_REFLASHED,
};

/* How the recovery just before this start has ended, if there was one. */
enum otter_before {
    OTTER_BEFORE_NOTHING,
    /* It has put an image into APPBAK. Acts like a request to install it, but its length is not
     * known, and the request is gone at the next start. Without it APPBAK is examined only when
     * APP is bad. */
    OTTER_BEFORE_RECEIVED,
    /* It has heard no byte for five minutes, and nothing has been switched off since. An app
     * whose trial is over runs once more then, and what flash has refused is not tried
     * again. */
    OTTER_BEFORE_UNHEARD,
};

enum otter_request { OTTER_REQUEST_NONE, OTTER_REQUEST_VALID, OTTER_REQUEST_INVALID };

struct otter_situation {
    uint8_t check[3];      /* enum otter_check, by enum otter_image_at: may it be started, or
                              installed? is the old image whole? */
    uint8_t request;       /* in the journal's newest entry: enum otter_request */
    bool tutorial_request; /* FLAG holds the request of a tutorial's app */
    bool appended_now;     /* the newest entry was appended in this start */
    bool stuck;            /* MOVE has failed again and again in this start */
    uint8_t before; /* enum otter_before; NOTHING once that image is refused or installed */
    struct otter_journal journal;
};

enum otter_action {
    OTTER_ACTION_CHECK_APP,
    OTTER_ACTION_CHECK_NEW,
    OTTER_ACTION_CHECK_OLD,
    OTTER_ACTION_ACCEPT_FLASHED, /* append IDLE for the image in APP */
    OTTER_ACTION_REWRITE,        /* append what was read as a new entry */
    OTTER_ACTION_MOVE,           /* swap, or copy back, to the end */
    OTTER_ACTION_FINISH,         /* write all five `confirmed` marks */
    OTTER_ACTION_START,          /* start the app */
    OTTER_ACTION_START_ONCE, /* start the app with the watchdog on, though its trial is over */
    /* From here on, actions that a log shows. */
    OTTER_ACTION_REFUSE,  /* append what was read, with the reason; removes the request */
    OTTER_ACTION_INSTALL, /* append INSTALL for the new image; removes the request */
    OTTER_ACTION_REVERT,  /* append RESTORE for the old image */
    OTTER_ACTION_TRY,     /* count a start on trial, then start the app with the watchdog on */
    OTTER_ACTION_RECOVER, /* nothing should be started: receive an image */
    OTTER_ACTION_GIVE_UP, /* never decided: told when flash takes nothing any more */
};

enum otter_action otter_decide_action(const struct otter_situation *situation);

#ifdef __cplusplus
}
#endif
#endif
