/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_ACTION_H
#define CLOUD_ACTION_H

#include <stdbool.h>
#include <stdint.h>

/* The update of one device by one deployment, as a state machine: one pure function of
 * situation and event. It knows no clock, no store and no protocol.
 *
 * The rules behind the table:
 * - The version that the MCU reports is the truth. A client's "success" counts alone only if
 *   the device never reports a version; then the action is confirmed "by the client's word".
 * - Closed is not unalterable: the wanted version, or a client's final word, that comes late is
 *   accepted, written, and may turn a failure into success.
 * - A retry is a new attempt, which has an id of its own towards the device.
 * - Nothing waits for ever, but for a device that is off line.
 *
 * The same table is in docs/server.md; tests/unit/test_action.c compares it with this function
 * in every state, event and situation.
 */
enum action_state {
    ACTION_WAITING_APPROVAL = 1,
    ACTION_QUEUED,
    ACTION_OFFERED, /* the link was in an answer */
    ACTION_DOWNLOADING,
    ACTION_DOWNLOADED,
    ACTION_TRANSFERRING, /* n of m pieces are in the MCU */
    ACTION_INSTALLED,    /* the client says so; the MCU has not confirmed it yet */
    ACTION_CANCELLING,   /* the device was told, and has not answered */
    ACTION_CONFIRMED,    /* from here on closed */
    ACTION_FAILED,
    ACTION_TIMED_OUT,
    ACTION_CANCELLED,
    ACTION_REJECTED,
    ACTION_EXPIRED,
    ACTION_STATES,
};

enum action_event {
    ACTION_APPROVE = 1,
    ACTION_DENY,
    ACTION_LINK_GIVEN, /* a root answer carried the link, or a push was sent */
    ACTION_JOB_READ,   /* GET deploymentBase */
    ACTION_BYTES,      /* bytes of the file were sent */
    ACTION_ALL_BYTES,  /* the last one, too */
    ACTION_SAYS_DOWNLOADED,
    ACTION_PROGRESS,       /* n of m grew */
    ACTION_ALL_IN,         /* ... up to m of m */
    ACTION_PUT_OFF,        /* the MCU asks to wait */
    ACTION_SAYS_NOTE,      /* proceeding, scheduled, resumed, rejected: text for the timeline */
    ACTION_SAYS_SUCCESS,   /* closed, and not a failure */
    ACTION_SAYS_FAILURE,   /* closed with failure */
    ACTION_SAYS_CANCELED,  /* "canceled", unasked or as the answer to a cancel */
    ACTION_RUNS_WANTED,    /* the MCU reports the wanted version, confirmed */
    ACTION_RUNS_OTHER,     /* it reports another version */
    ACTION_CANCEL,         /* an operator, or the end of the deployment by hand */
    ACTION_CANCEL_REFUSED, /* the device says that it is too late */
    ACTION_DEADLINE,       /* the state's time is over */
    ACTION_DEPLOYMENT_END, /* the deployment's time is over; what is under way goes on. It comes
                              once more for an action that is queued again after that. */
    ACTION_EVENTS,
};

enum { ACTION_ATTEMPTS_MAX = 15 };

/* What is known before the event: RUNS_OTHER of a device that ran the wanted version comes with
 * runs_wanted. */
struct action_situation {
    enum action_state state;
    /* Set by the last CANCEL that led to CANCELLING, and kept; 0 = there was none. A refused
     * one goes back to it, and from then on the action is not tried again. */
    enum action_state before_cancel;
    bool reports_version;    /* the device says its version by itself */
    bool runs_wanted;        /* and the last one it said is the wanted one */
    bool is_earlier_attempt; /* the device speaks of an attempt that ended, by its id */
    bool has_reason;         /* RUNS_OTHER: it says why the new one is not there */
    bool is_final_reason;    /* RUNS_OTHER, SAYS_FAILURE: no use to try again (signature,
                                hardware, ...); else false */
    bool tries_left;         /* of this image on this device, after the current one */
};

/* The longest time that a state may last; the fleet turns it into a moment. */
enum action_deadline {
    ACTION_NO_DEADLINE,
    ACTION_KEEP_DEADLINE,
    ACTION_WITHIN_OFFER,    /* 3 polls, at least 15 min */
    ACTION_WITHIN_DOWNLOAD, /* 15 min without a byte */
    ACTION_WITHIN_START,    /* 30 min from the download to the first piece, or put off */
    ACTION_WITHIN_PROGRESS, /* 10 min without growth */
    ACTION_WITHIN_RESTART,  /* 24 h from m of m to the final word of a client that gives it
                               after a restart, and reports no version */
    ACTION_WITHIN_RETURN,   /* 10 min from installed to the MCU's word */
    ACTION_WITHIN_CANCEL,   /* 3 polls */
};

struct action_step {
    enum action_state state; /* the next one; the same = stays */
    enum action_deadline deadline;
    bool is_accepted;   /* false: it means nothing here, and changes nothing; to a device 410 */
    bool ends_attempt;  /* a try was used; the next offer, if there is one, carries a new id */
    bool by_word;       /* CONFIRMED without the MCU's word */
    bool late;          /* the truth came after it was closed */
    bool lost_again;    /* confirmed before, and now another version runs */
    const char *reason; /* for people: why this step; NULL = nothing that needs one */
};

/* The step that `event` makes. Any situation is answered, also one that a damaged database
 * brings. */
struct action_step action_next(const struct action_situation *situation,
                               enum action_event event);

/* Does the step change anything, so that it must be written? The same message for a second time
 * does not, except that bytes, progress and being put off start a deadline anew. */
bool action_step_changes(const struct action_situation *situation,
                         const struct action_step *step);

bool action_is_open(enum action_state state);

/* May the link to this action's job be given to the device, and the bytes of its file? Not once
 * it is installed: the client has closed the job then. */
bool action_is_offerable(enum action_state state);

/* One word each, as REST, log and timeline say it: "queued", "timed_out", ...; "unknown"
 * for what is none. */
const char *action_state_name(enum action_state state);
const char *action_event_name(enum action_event event);

#endif
