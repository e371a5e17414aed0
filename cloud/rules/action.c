/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/rules/action.h"
#include <stddef.h>

/* Sets of states. */
enum {
    WAITING = 1 << ACTION_WAITING_APPROVAL,
    QUEUED = 1 << ACTION_QUEUED,
    OFFERED = 1 << ACTION_OFFERED,
    DOWNLOADING = 1 << ACTION_DOWNLOADING,
    DOWNLOADED = 1 << ACTION_DOWNLOADED,
    TRANSFERRING = 1 << ACTION_TRANSFERRING,
    INSTALLED = 1 << ACTION_INSTALLED,
    CANCELLING = 1 << ACTION_CANCELLING,
    CONFIRMED = 1 << ACTION_CONFIRMED,
    FAILED = 1 << ACTION_FAILED,
    TIMED_OUT = 1 << ACTION_TIMED_OUT,
    CANCELLED = 1 << ACTION_CANCELLED,
    REJECTED = 1 << ACTION_REJECTED,
    EXPIRED = 1 << ACTION_EXPIRED,

    FETCHING = QUEUED | OFFERED | DOWNLOADING,
    BEFORE_INSTALLED = FETCHING | DOWNLOADED | TRANSFERRING,
    STARTED = DOWNLOADING | DOWNLOADED | TRANSFERRING | INSTALLED,
    ON_ITS_WAY = OFFERED | STARTED,
    LIVE = QUEUED | ON_ITS_WAY,
    OPEN = WAITING | LIVE | CANCELLING,
    CLOSED = CONFIRMED | FAILED | TIMED_OUT | CANCELLED | REJECTED | EXPIRED,
    /* closed without success, and the device has had the job */
    MISSED = FAILED | TIMED_OUT | CANCELLED | EXPIRED,
};

/* What a row asks of the situation; each with its opposite. */
enum {
    RUNS = 1 << 0, /* the wanted version, by the MCU's word */
    RUNS_NOT = 1 << 1,
    REPORTS = 1 << 2,
    SILENT = 1 << 3, /* it never reports a version */
    REASON = 1 << 4,
    NO_REASON = 1 << 5,
    AGAIN = 1 << 6, /* another attempt may follow */
    NEVER_AGAIN = 1 << 7,
    EARLIER = 1 << 8, /* the device speaks of an attempt that is over */
    CURRENT = 1 << 9,
    STOPPED = 1 << 10, /* a cancel was asked for, and the device refused it */
    UNSTOPPED = 1 << 11,
    UNSURE = REPORTS | RUNS_NOT, /* only the MCU can say, and it has not */
};

/* What else a row does. */
enum { ATTEMPT = 1, BY_WORD = 2, LATE = 4, LOST = 8 };

enum { STAYS = 0, BACK = ACTION_STATES };

/* clang-format off */
#define K ACTION_KEEP_DEADLINE
#define N ACTION_NO_DEADLINE
/* The first row that fits counts; an event without a fitting row means nothing there. */
static const struct row {
    unsigned event, states, need, next, deadline, marks;
    const char *reason;
} rows[] = {
    {ACTION_APPROVE, WAITING,           0, ACTION_QUEUED,   N, 0, NULL},
    {ACTION_APPROVE, LIVE | CANCELLING, 0, STAYS,           K, 0, NULL},
    {ACTION_DENY,    WAITING,           0, ACTION_REJECTED, N, 0, "the update was denied"},
    {ACTION_DENY,    REJECTED,          0, STAYS,           K, 0, NULL},

    {ACTION_LINK_GIVEN, QUEUED,     0,       ACTION_OFFERED, ACTION_WITHIN_OFFER, 0, NULL},
    {ACTION_LINK_GIVEN, ON_ITS_WAY, 0,       STAYS,          K,                   0, NULL},
    {ACTION_JOB_READ,   QUEUED,     CURRENT, ACTION_OFFERED, ACTION_WITHIN_OFFER, 0, NULL},
    {ACTION_JOB_READ,   ON_ITS_WAY, CURRENT, STAYS,          K,                   0, NULL},

    {ACTION_BYTES, FETCHING, CURRENT, ACTION_DOWNLOADING, ACTION_WITHIN_DOWNLOAD, 0, NULL},
    {ACTION_BYTES, LIVE,     CURRENT, STAYS,              K,                      0, NULL},
    {ACTION_ALL_BYTES, FETCHING, CURRENT, ACTION_DOWNLOADING, ACTION_WITHIN_START, 0, NULL},
    {ACTION_ALL_BYTES, LIVE,     CURRENT, STAYS,              K,                   0, NULL},

    {ACTION_SAYS_DOWNLOADED, FETCHING, CURRENT, ACTION_DOWNLOADED, ACTION_WITHIN_START, 0, NULL},
    {ACTION_SAYS_DOWNLOADED, LIVE | CANCELLING, CURRENT, STAYS, K, 0, NULL},
    {ACTION_PROGRESS, BEFORE_INSTALLED, CURRENT, ACTION_TRANSFERRING, ACTION_WITHIN_PROGRESS, 0, NULL},
    {ACTION_PROGRESS, INSTALLED | CANCELLING, CURRENT, STAYS, K, 0, NULL},
    {ACTION_ALL_IN, BEFORE_INSTALLED, REPORTS | CURRENT, ACTION_TRANSFERRING, ACTION_WITHIN_PROGRESS, 0, NULL},
    {ACTION_ALL_IN, BEFORE_INSTALLED, SILENT | CURRENT, ACTION_TRANSFERRING, ACTION_WITHIN_RESTART, 0, NULL},
    {ACTION_ALL_IN, INSTALLED | CANCELLING, CURRENT, STAYS, K, 0, NULL},
    {ACTION_PUT_OFF, BEFORE_INSTALLED, CURRENT, ACTION_DOWNLOADED, ACTION_WITHIN_START, 0, NULL},
    {ACTION_PUT_OFF, INSTALLED | CANCELLING, CURRENT, STAYS, K, 0, NULL},
    {ACTION_SAYS_NOTE, LIVE | CANCELLING, CURRENT, STAYS, K, 0, NULL},

    {ACTION_SAYS_SUCCESS, LIVE | CANCELLING, SILENT, ACTION_CONFIRMED, N, BY_WORD,
     "the client says that it succeeded, and the device reports no version"},
    {ACTION_SAYS_SUCCESS, LIVE | CANCELLING, RUNS, ACTION_CONFIRMED, N, 0,
     "the device runs the wanted version"},
    {ACTION_SAYS_SUCCESS, BEFORE_INSTALLED, UNSURE | CURRENT, ACTION_INSTALLED, ACTION_WITHIN_RETURN, 0,
     "the client says that it succeeded; the MCU's version is awaited"},
    {ACTION_SAYS_SUCCESS, LIVE | CANCELLING, UNSURE, STAYS, K, 0, NULL},
    {ACTION_SAYS_SUCCESS, MISSED, SILENT, ACTION_CONFIRMED, N, BY_WORD | LATE,
     "the client said later that it succeeded, and the device reports no version"},
    {ACTION_SAYS_SUCCESS, MISSED, RUNS, ACTION_CONFIRMED, N, LATE,
     "the client said later that it succeeded, and the device runs the wanted version"},
    {ACTION_SAYS_SUCCESS, MISSED, UNSURE, STAYS, K, 0, NULL},
    {ACTION_SAYS_SUCCESS, CONFIRMED, 0, STAYS, K, 0, NULL},

    {ACTION_SAYS_FAILURE, LIVE | CANCELLING, RUNS, ACTION_CONFIRMED, N, 0,
     "the device runs the wanted version, although the client says that it failed"},
    {ACTION_SAYS_FAILURE, LIVE | CANCELLING, EARLIER, STAYS, K, 0, NULL},
    {ACTION_SAYS_FAILURE, LIVE, AGAIN, ACTION_QUEUED, N, ATTEMPT,
     "the device says that it failed; it is tried again"},
    {ACTION_SAYS_FAILURE, LIVE, NEVER_AGAIN, ACTION_FAILED, N, ATTEMPT,
     "the device says that it failed"},
    {ACTION_SAYS_FAILURE, CANCELLING, 0, ACTION_FAILED, N, ATTEMPT,
     "the device says that it failed, while it was being cancelled"},
    {ACTION_SAYS_FAILURE, MISSED, RUNS, ACTION_CONFIRMED, N, LATE,
     "the device runs the wanted version, although the client says that it failed"},
    {ACTION_SAYS_FAILURE, TIMED_OUT | EXPIRED, 0, ACTION_FAILED, N, LATE,
     "the device said later that it failed"},
    {ACTION_SAYS_FAILURE, FAILED | CANCELLED | CONFIRMED, 0, STAYS, K, 0, NULL},

    {ACTION_SAYS_CANCELED, LIVE | CANCELLING, RUNS, ACTION_CONFIRMED, N, 0,
     "the device runs the wanted version, although the client says that it cancelled"},
    {ACTION_SAYS_CANCELED, LIVE | CANCELLING, EARLIER, STAYS, K, 0, NULL},
    {ACTION_SAYS_CANCELED, LIVE, 0, ACTION_CANCELLED, N, 0, "the device cancelled it by itself"},
    {ACTION_SAYS_CANCELED, CANCELLING, 0, ACTION_CANCELLED, N, 0, "cancelled, as the device says"},
    {ACTION_SAYS_CANCELED, MISSED | CONFIRMED, 0, STAYS, K, 0, NULL},

    {ACTION_RUNS_WANTED, OPEN, 0, ACTION_CONFIRMED, N, 0, "the device runs the wanted version"},
    {ACTION_RUNS_WANTED, MISSED | REJECTED, 0, ACTION_CONFIRMED, N, LATE,
     "the device reported later that it runs the wanted version"},
    {ACTION_RUNS_WANTED, CONFIRMED, 0, STAYS, K, 0, NULL},
    {ACTION_RUNS_OTHER, INSTALLED, REASON | AGAIN, ACTION_QUEUED, N, ATTEMPT,
     "the device runs another version and says why; it is tried again"},
    {ACTION_RUNS_OTHER, INSTALLED, REASON | NEVER_AGAIN, ACTION_FAILED, N, ATTEMPT,
     "the device runs another version and says why"},
    {ACTION_RUNS_OTHER, CONFIRMED, UNSURE, STAYS, K, 0, NULL}, /* lost before */
    {ACTION_RUNS_OTHER, CONFIRMED, 0, STAYS, K, LOST, "the device runs another version again"},
    {ACTION_RUNS_OTHER, OPEN | CLOSED, 0, STAYS, K, 0, NULL},

    {ACTION_CANCEL, WAITING | QUEUED, 0, ACTION_CANCELLED, N, 0, "cancelled before the device had it"},
    {ACTION_CANCEL, ON_ITS_WAY, 0, ACTION_CANCELLING, ACTION_WITHIN_CANCEL, 0, NULL},
    {ACTION_CANCEL, CANCELLING | CANCELLED, 0, STAYS, K, 0, NULL},
    {ACTION_CANCEL_REFUSED, CANCELLING, CURRENT, BACK, K, 0,
     "the device says that it is too late to cancel"},
    {ACTION_CANCEL_REFUSED, ON_ITS_WAY, CURRENT, STAYS, K, 0, NULL},

    {ACTION_DEADLINE, ON_ITS_WAY | CANCELLING, RUNS, ACTION_CONFIRMED, N, 0,
     "the device runs the wanted version"},
    {ACTION_DEADLINE, OFFERED, UNSTOPPED, ACTION_QUEUED, N, 0, "the offer was not taken"},
    {ACTION_DEADLINE, OFFERED, STOPPED, ACTION_CANCELLED, N, 0,
     "cancelled: the device refused that, and then did not take the offer"},
    {ACTION_DEADLINE, STARTED, AGAIN, ACTION_QUEUED, N, ATTEMPT,
     "nothing was heard for too long; it is tried again"},
    {ACTION_DEADLINE, STARTED, NEVER_AGAIN, ACTION_TIMED_OUT, N, ATTEMPT,
     "nothing was heard for too long"},
    {ACTION_DEADLINE, CANCELLING, 0, ACTION_CANCELLED, N, 0, "unheard: the device did not answer the cancel"},
    {ACTION_DEPLOYMENT_END, WAITING | QUEUED | OFFERED, RUNS, ACTION_CONFIRMED, N, 0,
     "the device runs the wanted version"},
    {ACTION_DEPLOYMENT_END, WAITING, 0, ACTION_REJECTED, N, 0,
     "the deployment ended before anybody approved"},
    {ACTION_DEPLOYMENT_END, QUEUED | OFFERED, 0, ACTION_EXPIRED, N, 0,
     "the deployment ended before the device took it"},
    {ACTION_DEPLOYMENT_END, STARTED | CANCELLING, 0, STAYS, K, 0, NULL},
};
#undef K
#undef N
/* clang-format on */

static unsigned choose(bool condition, unsigned yes, unsigned no)
{
    return condition ? yes : no;
}

static unsigned facts_of(const struct action_situation *s)
{
    bool is_stopped = s->before_cancel != 0;
    bool may_retry = s->tries_left && !s->is_final_reason && !is_stopped;

    return choose(s->reports_version && s->runs_wanted, RUNS, RUNS_NOT) |
           choose(s->reports_version, REPORTS, SILENT) |
           choose(s->has_reason, REASON, NO_REASON) | choose(may_retry, AGAIN, NEVER_AGAIN) |
           choose(s->is_earlier_attempt, EARLIER, CURRENT) |
           choose(is_stopped, STOPPED, UNSTOPPED);
}

static bool is_in(enum action_state state, unsigned set)
{
    return (unsigned)state < ACTION_STATES && (set & 1U << (unsigned)state) != 0;
}

/* Where a refused cancel leads: the state's time starts anew. What a state before a cancel
 * cannot be was never written by this server; an offer is the least that can be said. */
static void go_back(enum action_state before, struct action_step *step)
{
    static const enum action_deadline deadlines[ACTION_STATES] = {
        [ACTION_OFFERED] = ACTION_WITHIN_OFFER,
        [ACTION_DOWNLOADING] = ACTION_WITHIN_DOWNLOAD,
        [ACTION_DOWNLOADED] = ACTION_WITHIN_START,
        [ACTION_TRANSFERRING] = ACTION_WITHIN_PROGRESS,
        [ACTION_INSTALLED] = ACTION_WITHIN_RETURN,
    };

    step->state = is_in(before, ON_ITS_WAY) ? before : ACTION_OFFERED;
    step->deadline = deadlines[step->state];
}

static struct action_step take(const struct row *row, const struct action_situation *s)
{
    struct action_step step = {
        .state = row->next == STAYS ? s->state : (enum action_state)row->next,
        .deadline = (enum action_deadline)row->deadline,
        .is_accepted = true,
        .ends_attempt = (row->marks & ATTEMPT) != 0,
        .by_word = (row->marks & BY_WORD) != 0,
        .late = (row->marks & LATE) != 0,
        .lost_again = (row->marks & LOST) != 0,
        .reason = row->reason,
    };

    if (row->next == BACK) {
        go_back(s->before_cancel, &step);
    }
    return step;
}

struct action_step action_next(const struct action_situation *situation,
                               enum action_event event)
{
    unsigned facts = facts_of(situation);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];

        if (row->event == event && is_in(situation->state, row->states) &&
            (row->need & ~facts) == 0) {
            return take(row, situation);
        }
    }
    return (struct action_step){.state = situation->state, .deadline = ACTION_KEEP_DEADLINE};
}

bool action_step_changes(const struct action_situation *situation,
                         const struct action_step *step)
{
    return step->state != situation->state || step->deadline != ACTION_KEEP_DEADLINE ||
           step->reason != NULL;
}

bool action_is_open(enum action_state state)
{
    return is_in(state, OPEN);
}

bool action_is_offerable(enum action_state state)
{
    return is_in(state, BEFORE_INSTALLED);
}

const char *action_state_name(enum action_state state)
{
    static const char *const names[ACTION_STATES] = {
        [ACTION_WAITING_APPROVAL] = "waiting_approval",
        [ACTION_QUEUED] = "queued",
        [ACTION_OFFERED] = "offered",
        [ACTION_DOWNLOADING] = "downloading",
        [ACTION_DOWNLOADED] = "downloaded",
        [ACTION_TRANSFERRING] = "transferring",
        [ACTION_INSTALLED] = "installed",
        [ACTION_CANCELLING] = "cancelling",
        [ACTION_CONFIRMED] = "confirmed",
        [ACTION_FAILED] = "failed",
        [ACTION_TIMED_OUT] = "timed_out",
        [ACTION_CANCELLED] = "cancelled",
        [ACTION_REJECTED] = "rejected",
        [ACTION_EXPIRED] = "expired",
    };

    return is_in(state, OPEN | CLOSED) ? names[state] : "unknown";
}

const char *action_event_name(enum action_event event)
{
    static const char *const names[ACTION_EVENTS] = {
        [ACTION_APPROVE] = "approve",
        [ACTION_DENY] = "deny",
        [ACTION_LINK_GIVEN] = "link_given",
        [ACTION_JOB_READ] = "job_read",
        [ACTION_BYTES] = "bytes",
        [ACTION_ALL_BYTES] = "all_bytes",
        [ACTION_SAYS_DOWNLOADED] = "says_downloaded",
        [ACTION_PROGRESS] = "progress",
        [ACTION_ALL_IN] = "all_in",
        [ACTION_PUT_OFF] = "put_off",
        [ACTION_SAYS_NOTE] = "says_note",
        [ACTION_SAYS_SUCCESS] = "says_success",
        [ACTION_SAYS_FAILURE] = "says_failure",
        [ACTION_SAYS_CANCELED] = "says_canceled",
        [ACTION_RUNS_WANTED] = "runs_wanted",
        [ACTION_RUNS_OTHER] = "runs_other",
        [ACTION_CANCEL] = "cancel",
        [ACTION_CANCEL_REFUSED] = "cancel_refused",
        [ACTION_DEADLINE] = "deadline",
        [ACTION_DEPLOYMENT_END] = "deployment_end",
    };

    return (unsigned)event - 1 < ACTION_EVENTS - 1 ? names[event] : "unknown";
}
