/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_DECIDE_H
#define OTTER_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

/* What the bootloader does next: one pure function of what it knows.
 *
 * otter_startup_run() reads the journal, asks, does what it is told, and asks again, until it is told to
 * start the app or to recover. What is dear to find out (checksums, signatures) is unknown at first,
 * and found out when the answer depends on it. The same table stands in docs/design.md; a test goes
 * through all of its rows. No side effects, no memory.
 */
enum otter_check {
    OTTER_CHECK_UNKNOWN,
    OTTER_CHECK_GOOD,
    OTTER_CHECK_BAD,
    OTTER_CHECK_REFLASHED, /* only of APP, at rest: good, but not what the journal has sealed */
};

enum otter_request { OTTER_REQUEST_NONE, OTTER_REQUEST_VALID, OTTER_REQUEST_INVALID };

struct otter_situation {
    uint8_t kind;          /* of the journal's newest frame: enum otter_journal_kind */
    uint8_t request;       /* in it: enum otter_request */
    bool tutorial_request; /* FLAG holds a tutorial app's tutorial_request */
    bool certain;          /* nothing in the journal was read in doubt */
    bool appended_now;     /* the newest frame was appended in this start */
    bool moved;            /* all pages are: swapped (INSTALL), copied back (RESTORE) */
    bool confirmed;        /* confirmed (INSTALL), restored (RESTORE) */
    bool permanent;        /* INSTALL without trial */
    bool used_up;          /* INSTALL: all starts on trial */
    uint8_t app;           /* enum otter_check: is in APP what should be there? */
    uint8_t new_image;     /* ... in area[1..] an image that may be installed? */
    uint8_t old_image;     /* ... in area[0..] the image that went out? */
};

enum otter_action {
    OTTER_ACTION_CHECK_APP,
    OTTER_ACTION_CHECK_NEW,
    OTTER_ACTION_CHECK_OLD,
    OTTER_ACTION_ACCEPT_FLASHED, /* append REST for what is in APP */
    OTTER_ACTION_REWRITE,        /* append what was read */
    OTTER_ACTION_MOVE,           /* swap, or copy back, to the end */
    OTTER_ACTION_FINISH,         /* write the whole confirmed mark */
    OTTER_ACTION_START,          /* start the app */
    /* from here on worth a line in a log */
    OTTER_ACTION_REFUSE, /* append what was read, with the reason; the request or tutorial_request is gone */
    OTTER_ACTION_INSTALL, /* append INSTALL for area[1..]; the request or tutorial_request is gone */
    OTTER_ACTION_REVERT,  /* append RESTORE for area[0..] */
    OTTER_ACTION_TRY,     /* count a start on trial, then start the app with the watchdog on */
    OTTER_ACTION_RECOVER, /* nothing to start: receive an image */
};

enum otter_action otter_decide_action(const struct otter_situation *situation);

#endif
