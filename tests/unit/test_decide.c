/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "otter/decide.h"
#include "otter/journal.h"

/* Authority: docs/design.md, "The bootloader's decisions": its table is written out here a
 * second time. Nothing is left out: a combination that cannot be is answered as well, because a
 * journal may be forged and a cell in doubt may read otherwise a moment later. */

/* ---- every situation there is ---- */

enum { KIND_UNKNOWN = 2, KINDS = 5, APP_CHECKS = 4, CHECKS = 3, REQUESTS = 3, BOOLS = 10 };
enum { SITUATIONS = KINDS * REQUESTS * APP_CHECKS * CHECKS * CHECKS << BOOLS };

static unsigned take(unsigned *number, unsigned count)
{
    unsigned value = *number % count;

    *number /= count;
    return value;
}

static struct otter_situation situation_of(unsigned number)
{
    static const uint8_t kinds[KINDS] = {OTTER_JOURNAL_NONE, OTTER_JOURNAL_IDLE,
                                         OTTER_JOURNAL_INSTALL, OTTER_JOURNAL_RESTORE,
                                         KIND_UNKNOWN};
    struct otter_situation s;

    s.kind = kinds[take(&number, KINDS)];
    s.request = (uint8_t)take(&number, REQUESTS);
    s.tutorial_request = take(&number, 2) != 0;
    s.certain = take(&number, 2) != 0;
    s.appended_now = take(&number, 2) != 0;
    s.moved = take(&number, 2) != 0;
    s.confirmed = take(&number, 2) != 0;
    s.permanent = take(&number, 2) != 0;
    s.used_up = take(&number, 2) != 0;
    s.has_way_back = take(&number, 2) != 0;
    s.stuck = take(&number, 2) != 0;
    s.unheard = take(&number, 2) != 0;
    s.app = (uint8_t)take(&number, APP_CHECKS);
    s.new_image = (uint8_t)take(&number, CHECKS);
    s.old_image = (uint8_t)take(&number, CHECKS);
    return s;
}

static void fail_at(unsigned number, const char *what, unsigned row, enum otter_action got)
{
    struct otter_situation s = situation_of(number);

    fail_msg("%s (row %u, action %d): situation %u: kind %d request %d tutorial_request %d "
             "certain %d "
             "appended_now %d moved %d confirmed %d permanent %d used_up %d has_way_back %d "
             "stuck %d unheard %d app %d new_image %d old_image %d",
             what, row, got, number, s.kind, s.request, s.tutorial_request, s.certain,
             s.appended_now, s.moved, s.confirmed, s.permanent, s.used_up, s.has_way_back,
             s.stuck, s.unheard, s.app, s.new_image, s.old_image);
}

/* ---- the table ---- */

/* What the newest entry says: the four parts of the table. */
enum part { IDLE = 1, INSTALLING = 2, RESTORING = 4, NO_ENTRY = 8 };

static enum part part_of(const struct otter_situation *s)
{
    switch (s->kind) {
    case OTTER_JOURNAL_NONE:
        return NO_ENTRY;
    case OTTER_JOURNAL_IDLE:
        return IDLE;
    case OTTER_JOURNAL_INSTALL:
        return s->confirmed ? IDLE : INSTALLING;
    case OTTER_JOURNAL_RESTORE:
        return s->confirmed ? IDLE : RESTORING;
    default: /* a forged entry */
        return s->confirmed ? IDLE : NO_ENTRY;
    }
}

/* Who asks for an update; most rows put a tutorial's record before a request. */
enum asked {
    NOBODY = 1,
    DOUBTFUL = 2,
    REQUEST = 4,
    RECORD = 8,
    RECORD_TOO = 16, /* beside a request */
    TUTORIAL = RECORD | RECORD_TOO,
    VALID = REQUEST | RECORD_TOO,
    NOT_VALID = NOBODY | DOUBTFUL | RECORD,
};

static enum asked asked_by(const struct otter_situation *s)
{
    static const enum asked by_request[REQUESTS] = {
        [OTTER_REQUEST_NONE] = NOBODY,
        [OTTER_REQUEST_VALID] = REQUEST,
        [OTTER_REQUEST_INVALID] = DOUBTFUL,
    };

    if (s->tutorial_request) {
        return s->request == OTTER_REQUEST_VALID ? RECORD_TOO : RECORD;
    }
    return by_request[s->request];
}

/* Sets of values; ANY is a dash in the table. */
enum { ANY = 0xFF, NO = 1, YES = 2, U = 1, G = 2, B = 4, F = 8, X = B | F };

struct row {
    unsigned number; /* in docs/design.md */
    uint8_t part, asked;
    uint8_t certain, appended_now, moved, permanent, used_up; /* of NO, YES */
    uint8_t has_way_back, stuck, unheard;
    uint8_t app, new_image, old_image; /* of U, G, B */
    enum otter_action action;
};

/* clang-format off */
static const struct row table[] = {
    /* part       asked               cert app. moved perm used way stuck unh. app  new  old */
    { 1, IDLE,       REQUEST | TUTORIAL, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, U,   ANY, ANY, OTTER_ACTION_CHECK_APP},
    { 2, IDLE,       REQUEST | TUTORIAL, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, G|X, U,   ANY, OTTER_ACTION_CHECK_NEW},
    { 3, IDLE,       REQUEST | TUTORIAL, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, G|X, G,   ANY, OTTER_ACTION_INSTALL},
    { 4, IDLE,       REQUEST | TUTORIAL, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, G|X, B,   ANY, OTTER_ACTION_REFUSE},
    { 5, IDLE,       DOUBTFUL,           ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, OTTER_ACTION_REWRITE},
    { 6, IDLE,       NOBODY,             NO,  ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, OTTER_ACTION_REWRITE},
    { 7, IDLE,       NOBODY,             YES, ANY, ANY, ANY, ANY, ANY, ANY, ANY, U,   ANY, ANY, OTTER_ACTION_CHECK_APP},
    { 8, IDLE,       NOBODY,             YES, ANY, ANY, ANY, ANY, ANY, ANY, ANY, G,   ANY, ANY, OTTER_ACTION_START},
    { 9, IDLE,       NOBODY,             YES, ANY, ANY, ANY, ANY, ANY, ANY, ANY, F,   ANY, ANY, OTTER_ACTION_ACCEPT_FLASHED},
    {10, IDLE,       NOBODY,             YES, ANY, ANY, ANY, ANY, ANY, ANY, ANY, B,   U,   ANY, OTTER_ACTION_CHECK_NEW},
    {11, IDLE,       NOBODY,             YES, ANY, ANY, ANY, ANY, ANY, ANY, ANY, B,   G,   ANY, OTTER_ACTION_INSTALL},
    {12, IDLE,       NOBODY,             YES, ANY, ANY, ANY, ANY, ANY, ANY, ANY, B,   B,   U,   OTTER_ACTION_CHECK_OLD},
    {13, IDLE,       NOBODY,             YES, ANY, ANY, ANY, ANY, ANY, ANY, ANY, B,   B,   G,   OTTER_ACTION_REVERT},
    {14, IDLE,       NOBODY,             YES, ANY, ANY, ANY, ANY, ANY, ANY, ANY, B,   B,   B,   OTTER_ACTION_RECOVER},
    {15, INSTALLING, VALID,              ANY, ANY, NO,  ANY, ANY, ANY, ANY, ANY, ANY, U,   ANY, OTTER_ACTION_CHECK_NEW},
    {16, INSTALLING, VALID,              ANY, ANY, NO,  ANY, ANY, ANY, ANY, ANY, ANY, G,   ANY, OTTER_ACTION_INSTALL},
    {17, INSTALLING, VALID,              ANY, ANY, NO,  ANY, ANY, ANY, ANY, ANY, ANY, B,   ANY, OTTER_ACTION_REFUSE},
    {18, INSTALLING, NOT_VALID,          ANY, ANY, NO,  ANY, ANY, ANY, ANY, YES, ANY, ANY, ANY, OTTER_ACTION_RECOVER},
    {19, INSTALLING, NOT_VALID,          ANY, NO,  NO,  ANY, ANY, ANY, ANY, NO,  ANY, ANY, ANY, OTTER_ACTION_REWRITE},
    {20, INSTALLING, NOT_VALID,          ANY, YES, NO,  ANY, ANY, ANY, NO,  NO,  ANY, ANY, ANY, OTTER_ACTION_MOVE},
    {21, INSTALLING, NOT_VALID,          ANY, YES, NO,  ANY, ANY, YES, YES, NO,  ANY, ANY, ANY, OTTER_ACTION_REVERT},
    {22, INSTALLING, NOT_VALID,          ANY, YES, NO,  ANY, ANY, NO,  YES, NO,  ANY, ANY, ANY, OTTER_ACTION_RECOVER},
    {23, INSTALLING, ANY,                ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, U,   ANY, ANY, OTTER_ACTION_CHECK_APP},
    {24, INSTALLING, TUTORIAL,           ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, G,   ANY, ANY, OTTER_ACTION_FINISH},
    {25, INSTALLING, ANY & ~TUTORIAL,    ANY, ANY, YES, YES, ANY, ANY, ANY, ANY, G,   ANY, ANY, OTTER_ACTION_FINISH},
    {26, INSTALLING, ANY & ~TUTORIAL,    NO,  ANY, YES, NO,  NO,  ANY, ANY, ANY, G,   ANY, ANY, OTTER_ACTION_REWRITE},
    {27, INSTALLING, ANY & ~TUTORIAL,    YES, ANY, YES, NO,  NO,  ANY, ANY, ANY, G,   ANY, ANY, OTTER_ACTION_TRY},
    {28, INSTALLING, ANY & ~TUTORIAL,    ANY, ANY, YES, NO,  YES, ANY, ANY, ANY, G,   ANY, U,   OTTER_ACTION_CHECK_OLD},
    {29, INSTALLING, ANY & ~TUTORIAL,    ANY, ANY, YES, NO,  YES, ANY, ANY, ANY, G,   ANY, G,   OTTER_ACTION_REVERT},
    {30, INSTALLING, REQUEST,            ANY, ANY, YES, NO,  YES, ANY, ANY, ANY, G,   U,   B,   OTTER_ACTION_CHECK_NEW},
    {31, INSTALLING, REQUEST,            ANY, ANY, YES, NO,  YES, ANY, ANY, ANY, G,   G,   B,   OTTER_ACTION_INSTALL},
    {32, INSTALLING, REQUEST,            ANY, ANY, YES, NO,  YES, ANY, ANY, ANY, G,   B,   B,   OTTER_ACTION_REFUSE},
    {33, INSTALLING, NOBODY | DOUBTFUL,  ANY, ANY, YES, NO,  YES, ANY, ANY, NO,  G,   ANY, B,   OTTER_ACTION_RECOVER},
    {34, INSTALLING, NOBODY | DOUBTFUL,  ANY, ANY, YES, NO,  YES, ANY, ANY, YES, G,   ANY, B,   OTTER_ACTION_START_ONCE},
    {35, INSTALLING, TUTORIAL,           ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, X,   U,   ANY, OTTER_ACTION_CHECK_NEW},
    {36, INSTALLING, TUTORIAL,           ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, X,   G,   ANY, OTTER_ACTION_INSTALL},
    {37, INSTALLING, TUTORIAL,           ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, X,   B,   ANY, OTTER_ACTION_REFUSE},
    {38, INSTALLING, ANY & ~TUTORIAL,    ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, X,   ANY, U,   OTTER_ACTION_CHECK_OLD},
    {39, INSTALLING, ANY & ~TUTORIAL,    ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, X,   ANY, G,   OTTER_ACTION_REVERT},
    {40, INSTALLING, ANY & ~TUTORIAL,    ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, X,   U,   B,   OTTER_ACTION_CHECK_NEW},
    {41, INSTALLING, ANY & ~TUTORIAL,    ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, X,   G,   B,   OTTER_ACTION_INSTALL},
    {42, INSTALLING, REQUEST,            ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, X,   B,   B,   OTTER_ACTION_REFUSE},
    {43, INSTALLING, NOBODY | DOUBTFUL,  ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, X,   B,   B,   OTTER_ACTION_RECOVER},
    {44, RESTORING,  VALID,              ANY, ANY, NO,  ANY, ANY, ANY, ANY, ANY, ANY, U,   ANY, OTTER_ACTION_CHECK_NEW},
    {45, RESTORING,  VALID,              ANY, ANY, NO,  ANY, ANY, ANY, ANY, ANY, ANY, G,   ANY, OTTER_ACTION_INSTALL},
    {46, RESTORING,  VALID,              ANY, ANY, NO,  ANY, ANY, ANY, ANY, ANY, ANY, B,   ANY, OTTER_ACTION_REFUSE},
    {47, RESTORING,  NOT_VALID,          ANY, ANY, NO,  ANY, ANY, ANY, ANY, YES, ANY, ANY, ANY, OTTER_ACTION_RECOVER},
    {48, RESTORING,  NOT_VALID,          ANY, NO,  NO,  ANY, ANY, ANY, ANY, NO,  ANY, ANY, ANY, OTTER_ACTION_REWRITE},
    {49, RESTORING,  NOT_VALID,          ANY, YES, NO,  ANY, ANY, ANY, NO,  NO,  ANY, ANY, ANY, OTTER_ACTION_MOVE},
    {50, RESTORING,  NOT_VALID,          ANY, YES, NO,  ANY, ANY, ANY, YES, NO,  ANY, ANY, ANY, OTTER_ACTION_RECOVER},
    {51, RESTORING,  ANY,                ANY, NO,  YES, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, OTTER_ACTION_REWRITE},
    {52, RESTORING,  ANY,                ANY, YES, YES, ANY, ANY, ANY, ANY, ANY, U,   ANY, ANY, OTTER_ACTION_CHECK_APP},
    {53, RESTORING,  ANY,                ANY, YES, YES, ANY, ANY, ANY, ANY, ANY, G,   ANY, ANY, OTTER_ACTION_FINISH},
    {54, RESTORING,  ANY,                ANY, YES, YES, ANY, ANY, ANY, ANY, ANY, X,   U,   ANY, OTTER_ACTION_CHECK_NEW},
    {55, RESTORING,  ANY,                ANY, YES, YES, ANY, ANY, ANY, ANY, ANY, X,   G,   ANY, OTTER_ACTION_INSTALL},
    {56, RESTORING,  VALID,              ANY, YES, YES, ANY, ANY, ANY, ANY, ANY, X,   B,   ANY, OTTER_ACTION_REFUSE},
    {57, RESTORING,  NOT_VALID,          ANY, YES, YES, ANY, ANY, ANY, ANY, ANY, X,   B,   U,   OTTER_ACTION_CHECK_OLD},
    {58, RESTORING,  NOT_VALID,          ANY, YES, YES, ANY, ANY, ANY, ANY, ANY, X,   B,   G,   OTTER_ACTION_REVERT},
    {59, RESTORING,  NOT_VALID,          ANY, YES, YES, ANY, ANY, ANY, ANY, ANY, X,   B,   B,   OTTER_ACTION_RECOVER},
    {60, NO_ENTRY,   TUTORIAL,           ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, U,   ANY, ANY, OTTER_ACTION_CHECK_APP},
    {61, NO_ENTRY,   TUTORIAL,           ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, G|X, U,   ANY, OTTER_ACTION_CHECK_NEW},
    {62, NO_ENTRY,   TUTORIAL,           ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, G|X, G,   ANY, OTTER_ACTION_INSTALL},
    {63, NO_ENTRY,   TUTORIAL,           ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, G|X, B,   ANY, OTTER_ACTION_REFUSE},
    {64, NO_ENTRY,   ANY & ~TUTORIAL,    ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, U,   ANY, ANY, OTTER_ACTION_CHECK_APP},
    {65, NO_ENTRY,   ANY & ~TUTORIAL,    ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, G,   ANY, ANY, OTTER_ACTION_ACCEPT_FLASHED},
    {66, NO_ENTRY,   ANY & ~TUTORIAL,    ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, X,   U,   ANY, OTTER_ACTION_CHECK_NEW},
    {67, NO_ENTRY,   ANY & ~TUTORIAL,    ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, X,   G,   ANY, OTTER_ACTION_INSTALL},
    {68, NO_ENTRY,   REQUEST,            ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, X,   B,   ANY, OTTER_ACTION_REFUSE},
    {69, NO_ENTRY,   NOBODY | DOUBTFUL,  ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, X,   B,   U,   OTTER_ACTION_CHECK_OLD},
    {70, NO_ENTRY,   NOBODY | DOUBTFUL,  ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, X,   B,   G,   OTTER_ACTION_REVERT},
    {71, NO_ENTRY,   NOBODY | DOUBTFUL,  ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, X,   B,   B,   OTTER_ACTION_RECOVER},
};
/* clang-format on */
enum { ROWS = sizeof table / sizeof table[0] };

static bool has(uint8_t set, unsigned value)
{
    return (set & 1U << value) != 0;
}

static bool is_covered(const struct row *row, const struct otter_situation *s)
{
    return (row->part & part_of(s)) != 0 && (row->asked & asked_by(s)) != 0 &&
           has(row->certain, s->certain) && has(row->appended_now, s->appended_now) &&
           has(row->moved, s->moved) && has(row->permanent, s->permanent) &&
           has(row->used_up, s->used_up) && has(row->has_way_back, s->has_way_back) &&
           has(row->stuck, s->stuck) && has(row->unheard, s->unheard) &&
           has(row->app, s->app) && has(row->new_image, s->new_image) &&
           has(row->old_image, s->old_image);
}

/* Exactly one row covers each situation: the rows need no order, and none can contradict
 * another. */
static void every_situation_is_one_row(void **state)
{
    unsigned hits[ROWS] = {0};

    (void)state;
    for (unsigned i = 0; i < SITUATIONS; i++) {
        struct otter_situation s = situation_of(i);
        enum otter_action got = otter_decide_action(&s);
        unsigned rows = 0;

        for (unsigned r = 0; r < ROWS; r++) {
            if (is_covered(&table[r], &s)) {
                hits[r]++;
                rows++;
                if (got != table[r].action) {
                    fail_at(i, "not the action of the table", table[r].number, got);
                }
            }
        }
        if (rows != 1) {
            fail_at(i, rows == 0 ? "in no row" : "in more than one row", rows, got);
        }
    }
    for (unsigned r = 0; r < ROWS; r++) {
        assert_int_equal(table[r].number, r + 1);
        assert_int_not_equal(hits[r], 0);
    }
}

/* ---- what holds in every row ---- */

static void nothing_is_done_unproved(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SITUATIONS; i++) {
        struct otter_situation s = situation_of(i);
        enum otter_action action = otter_decide_action(&s);
        bool installing = part_of(&s) == INSTALLING;
        bool good = true;

        if (s.app == OTTER_CHECK_REFLASHED && part_of(&s) != IDLE) {
            continue; /* never found there */
        }
        switch (action) {
        case OTTER_ACTION_CHECK_APP:
            good = s.app == OTTER_CHECK_UNKNOWN;
            break;
        case OTTER_ACTION_CHECK_NEW:
            good = s.new_image == OTTER_CHECK_UNKNOWN;
            break;
        case OTTER_ACTION_CHECK_OLD:
            good = s.old_image == OTTER_CHECK_UNKNOWN;
            break;
        case OTTER_ACTION_ACCEPT_FLASHED:
            good = s.app == OTTER_CHECK_GOOD || s.app == OTTER_CHECK_REFLASHED;
            break;
        case OTTER_ACTION_REWRITE: /* never a second time for the same doubt */
            good = !s.appended_now || !s.certain || s.request == OTTER_REQUEST_INVALID;
            break;
        case OTTER_ACTION_REFUSE:
            good = s.new_image == OTTER_CHECK_BAD &&
                   (s.tutorial_request || s.request == OTTER_REQUEST_VALID);
            break;
        case OTTER_ACTION_INSTALL:
            good = s.new_image == OTTER_CHECK_GOOD &&
                   (part_of(&s) != IDLE && part_of(&s) != NO_ENTRY && !s.moved
                        ? s.request == OTTER_REQUEST_VALID
                    : installing ? s.old_image == OTTER_CHECK_BAD ||
                                       (s.app == OTTER_CHECK_BAD && s.tutorial_request)
                                 : s.app != OTTER_CHECK_UNKNOWN);
            break;
        case OTTER_ACTION_REVERT:
            good = installing && !s.moved ? s.stuck && s.has_way_back
                                          : s.old_image == OTTER_CHECK_GOOD &&
                                                (s.app == OTTER_CHECK_BAD ||
                                                 (installing && s.used_up && !s.permanent));
            break;
        case OTTER_ACTION_MOVE:
            good = s.appended_now && !s.moved && !s.stuck && !s.unheard;
            break;
        case OTTER_ACTION_FINISH:
            good = s.moved && s.app == OTTER_CHECK_GOOD;
            break;
        case OTTER_ACTION_TRY:
            good = s.app == OTTER_CHECK_GOOD && installing && s.moved && s.certain &&
                   !s.used_up && !s.permanent;
            break;
        case OTTER_ACTION_START:
            good = s.app == OTTER_CHECK_GOOD && part_of(&s) == IDLE && s.certain &&
                   !s.tutorial_request && s.request == OTTER_REQUEST_NONE;
            break;
        case OTTER_ACTION_START_ONCE:
            good = s.app == OTTER_CHECK_GOOD && installing && s.moved && s.used_up &&
                   s.old_image == OTTER_CHECK_BAD && s.unheard;
            break;
        case OTTER_ACTION_RECOVER:
            good = part_of(&s) != IDLE && !s.moved && part_of(&s) != NO_ENTRY
                       ? s.stuck || s.unheard
                       : s.old_image == OTTER_CHECK_BAD &&
                             ((s.app == OTTER_CHECK_BAD && s.new_image == OTTER_CHECK_BAD) ||
                              (installing && s.used_up && !s.unheard));
            break;
        case OTTER_ACTION_GIVE_UP:
            good = false; /* never decided */
            break;
        }
        if (!good) {
            fail_at(i, "unproved", 0, action);
        }
    }
}

/* ---- it ends ---- */

/* What really lies in flash; the checks find that. */
struct truth {
    bool app, new_image, old_image;
    bool reflashed; /* when idle: APP is not what the journal recorded */
};

static uint8_t find(bool is_good)
{
    return is_good ? OTTER_CHECK_GOOD : OTTER_CHECK_BAD;
}

static void append(struct otter_situation *s, enum otter_journal_kind kind)
{
    s->kind = (uint8_t)kind;
    s->appended_now = s->certain = true;
    s->moved = s->confirmed = s->used_up = s->permanent = s->stuck = false;
    s->request = OTTER_REQUEST_NONE;
}

static void forget(struct otter_situation *s)
{
    s->app = s->new_image = s->old_image = OTTER_CHECK_UNKNOWN;
}

/* The effect that otter/decide.h promises of `action`. Returns false if it ends the start. */
static bool do_action(struct otter_situation *s, struct truth *truth, enum otter_action action)
{
    switch (action) {
    case OTTER_ACTION_CHECK_APP:
        s->app = truth->reflashed ? OTTER_CHECK_REFLASHED : find(truth->app);
        break;
    case OTTER_ACTION_CHECK_NEW:
        s->new_image = find(truth->new_image);
        break;
    case OTTER_ACTION_CHECK_OLD:
        s->old_image = find(truth->old_image);
        break;
    case OTTER_ACTION_ACCEPT_FLASHED:
        append(s, OTTER_JOURNAL_IDLE);
        s->app = OTTER_CHECK_GOOD;
        truth->reflashed = false;
        break;
    case OTTER_ACTION_REWRITE:
        s->appended_now = s->certain = true;
        if (part_of(s) == IDLE) {
            append(s, OTTER_JOURNAL_IDLE);
        }
        break;
    case OTTER_ACTION_REFUSE:
        s->tutorial_request = false;
        s->request = OTTER_REQUEST_NONE;
        s->new_image = OTTER_CHECK_UNKNOWN;
        s->appended_now = s->certain = part_of(s) != NO_ENTRY;
        if (part_of(s) == IDLE) {
            append(s, OTTER_JOURNAL_IDLE);
        }
        break;
    case OTTER_ACTION_INSTALL: {
        bool permanent = s->tutorial_request;
        bool has_way_back = s->app != OTTER_CHECK_BAD && (part_of(s) & (IDLE | NO_ENTRY)) != 0;

        append(s, OTTER_JOURNAL_INSTALL);
        s->permanent = permanent;
        s->has_way_back = has_way_back;
        s->tutorial_request = false;
        break;
    }
    case OTTER_ACTION_REVERT:
        truth->old_image |= part_of(s) == INSTALLING && !s->moved; /* the rest is in APP */
        append(s, OTTER_JOURNAL_RESTORE);
        forget(s);
        break;
    case OTTER_ACTION_MOVE:
        if (s->kind == OTTER_JOURNAL_INSTALL) {
            *truth =
                (struct truth){truth->new_image, false, truth->app && s->has_way_back, false};
        } else {
            truth->app = truth->old_image;
            truth->reflashed = false;
        }
        s->moved = true;
        forget(s);
        break;
    case OTTER_ACTION_FINISH:
        s->confirmed = true;
        break;
    case OTTER_ACTION_TRY:
    case OTTER_ACTION_START:
    case OTTER_ACTION_START_ONCE:
    case OTTER_ACTION_RECOVER:
    case OTTER_ACTION_GIVE_UP:
        return false;
    }
    return true;
}

static bool is_possible(uint8_t check, uint8_t found)
{
    return check == OTTER_CHECK_UNKNOWN || check == found;
}

/* However flash looks, a start ends within a few actions; otter_startup_run() allows 40. It
 * ends in an app whenever there is one that may run. */
static void every_way_ends(void **state)
{
    unsigned longest = 0, starts = 0;
    enum { STEPS_MAX = 16, TRUTHS = 16 };

    (void)state;
    for (unsigned i = 0; i < SITUATIONS * TRUTHS; i++) {
        struct otter_situation s = situation_of(i / TRUTHS);
        struct truth truth = {(i & 1) != 0, (i & 2) != 0, (i & 4) != 0, (i & 8) != 0};
        enum otter_action action;
        unsigned steps = 0;

        if ((truth.reflashed && (part_of(&s) != IDLE || !truth.app)) ||
            !is_possible(s.app, truth.reflashed ? OTTER_CHECK_REFLASHED : find(truth.app)) ||
            !is_possible(s.new_image, find(truth.new_image)) ||
            !is_possible(s.old_image, find(truth.old_image))) {
            continue; /* no check has found what is not there */
        }
        do {
            if (steps++ == STEPS_MAX) {
                fail_at(i / TRUTHS, "does not end", i % TRUTHS, otter_decide_action(&s));
            }
            action = otter_decide_action(&s);
        } while (do_action(&s, &truth, action));
        starts++;
        longest = steps > longest ? steps : longest;
        if (action != OTTER_ACTION_RECOVER) {
            assert_true(truth.app);
        } else if (s.moved || (part_of(&s) & (IDLE | NO_ENTRY)) != 0) {
            assert_true(!truth.old_image && (truth.app ? s.used_up : !truth.new_image));
        }
    }
    print_message("%u situations and contents, at most %u actions\n", starts, longest);
    assert_true(longest > 8); /* the model does move */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_situation_is_one_row),
        cmocka_unit_test(nothing_is_done_unproved),
        cmocka_unit_test(every_way_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
