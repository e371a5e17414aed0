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

    memset(&s, 0, sizeof s);
    s.journal.kind = kinds[take(&number, KINDS)];
    s.request = (uint8_t)take(&number, REQUESTS);
    s.tutorial_request = take(&number, 2) != 0;
    s.journal.certain = take(&number, 2) != 0;
    s.appended_now = take(&number, 2) != 0;
    s.journal.moved = take(&number, 2) != 0;
    s.journal.confirmed = take(&number, 2) != 0;
    s.journal.flags = take(&number, 2) != 0 ? OTTER_JOURNAL_PERMANENT : 0;
    s.journal.starts = take(&number, 2) != 0 ? OTTER_JOURNAL_TRIALS : OTTER_JOURNAL_TRIALS - 1;
    s.journal.previous.length = take(&number, 2);
    s.stuck = take(&number, 2) != 0;
    s.before = take(&number, 2) != 0 ? OTTER_BEFORE_UNHEARD : OTTER_BEFORE_NOTHING;
    s.check[OTTER_IMAGE_AT_APP] = (uint8_t)take(&number, APP_CHECKS);
    s.check[OTTER_IMAGE_AT_NEW] = (uint8_t)take(&number, CHECKS);
    s.check[OTTER_IMAGE_AT_OLD] = (uint8_t)take(&number, CHECKS);
    return s;
}

static bool is_permanent(const struct otter_situation *s)
{
    return (s->journal.flags & OTTER_JOURNAL_PERMANENT) != 0;
}

static bool is_used_up(const struct otter_situation *s)
{
    return s->journal.starts >= OTTER_JOURNAL_TRIALS;
}

static bool is_unheard(const struct otter_situation *s)
{
    return s->before == OTTER_BEFORE_UNHEARD;
}

static void fail_at(unsigned number, const char *what, unsigned row, enum otter_action got)
{
    struct otter_situation s = situation_of(number);

    fail_msg("%s (row %u, action %d): situation %u: kind %d request %d tutorial_request %d "
             "certain %d "
             "appended_now %d moved %d confirmed %d permanent %d used_up %d has_way_back %d "
             "stuck %d unheard %d app %d new_image %d old_image %d",
             what, row, got, number, s.journal.kind, s.request, s.tutorial_request,
             s.journal.certain, s.appended_now, s.journal.moved, s.journal.confirmed,
             is_permanent(&s), is_used_up(&s), s.journal.previous.length != 0, s.stuck,
             is_unheard(&s), s.check[OTTER_IMAGE_AT_APP], s.check[OTTER_IMAGE_AT_NEW],
             s.check[OTTER_IMAGE_AT_OLD]);
}

/* ---- the table ---- */

/* What the newest entry says: the four parts of the table. */
enum part { IDLE = 1, INSTALLING = 2, RESTORING = 4, NO_ENTRY = 8 };

static enum part part_of(const struct otter_situation *s)
{
    switch (s->journal.kind) {
    case OTTER_JOURNAL_NONE:
        return NO_ENTRY;
    case OTTER_JOURNAL_IDLE:
        return IDLE;
    case OTTER_JOURNAL_INSTALL:
        return s->journal.confirmed ? IDLE : INSTALLING;
    case OTTER_JOURNAL_RESTORE:
        return s->journal.confirmed ? IDLE : RESTORING;
    default: /* a forged entry */
        return s->journal.confirmed ? IDLE : NO_ENTRY;
    }
}

/* Nothing is being moved to APP: it may be a probe's that is not as the entry says. */
static bool may_be_flashed(const struct otter_situation *s)
{
    return part_of(s) == IDLE || (part_of(s) == INSTALLING && s->journal.moved);
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
    {35, INSTALLING, TUTORIAL,           ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, B,   U,   ANY, OTTER_ACTION_CHECK_NEW},
    {36, INSTALLING, TUTORIAL,           ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, B,   G,   ANY, OTTER_ACTION_INSTALL},
    {37, INSTALLING, TUTORIAL,           ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, B,   B,   ANY, OTTER_ACTION_REFUSE},
    {38, INSTALLING, ANY & ~TUTORIAL,    ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, B,   ANY, U,   OTTER_ACTION_CHECK_OLD},
    {39, INSTALLING, ANY & ~TUTORIAL,    ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, B,   ANY, G,   OTTER_ACTION_REVERT},
    {40, INSTALLING, REQUEST,            ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, B,   U,   B,   OTTER_ACTION_CHECK_NEW},
    {41, INSTALLING, REQUEST,            ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, B,   G,   B,   OTTER_ACTION_INSTALL},
    {42, INSTALLING, REQUEST,            ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, B,   B,   B,   OTTER_ACTION_REFUSE},
    {43, INSTALLING, NOBODY | DOUBTFUL,  ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, B,   ANY, B,   OTTER_ACTION_RECOVER},
    {44, INSTALLING, ANY,                ANY, ANY, YES, ANY, ANY, ANY, ANY, ANY, F,   ANY, ANY, OTTER_ACTION_ACCEPT_FLASHED},
    {45, RESTORING,  VALID,              ANY, ANY, NO,  ANY, ANY, ANY, ANY, ANY, ANY, U,   ANY, OTTER_ACTION_CHECK_NEW},
    {46, RESTORING,  VALID,              ANY, ANY, NO,  ANY, ANY, ANY, ANY, ANY, ANY, G,   ANY, OTTER_ACTION_INSTALL},
    {47, RESTORING,  VALID,              ANY, ANY, NO,  ANY, ANY, ANY, ANY, ANY, ANY, B,   ANY, OTTER_ACTION_REFUSE},
    {48, RESTORING,  NOT_VALID,          ANY, ANY, NO,  ANY, ANY, ANY, ANY, YES, ANY, ANY, ANY, OTTER_ACTION_RECOVER},
    {49, RESTORING,  NOT_VALID,          ANY, NO,  NO,  ANY, ANY, ANY, ANY, NO,  ANY, ANY, ANY, OTTER_ACTION_REWRITE},
    {50, RESTORING,  NOT_VALID,          ANY, YES, NO,  ANY, ANY, ANY, NO,  NO,  ANY, ANY, ANY, OTTER_ACTION_MOVE},
    {51, RESTORING,  NOT_VALID,          ANY, YES, NO,  ANY, ANY, ANY, YES, NO,  ANY, ANY, ANY, OTTER_ACTION_RECOVER},
    {52, RESTORING,  ANY,                ANY, NO,  YES, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, OTTER_ACTION_REWRITE},
    {53, RESTORING,  ANY,                ANY, YES, YES, ANY, ANY, ANY, ANY, ANY, U,   ANY, ANY, OTTER_ACTION_CHECK_APP},
    {54, RESTORING,  ANY,                ANY, YES, YES, ANY, ANY, ANY, ANY, ANY, G,   ANY, ANY, OTTER_ACTION_FINISH},
    {55, RESTORING,  ANY,                ANY, YES, YES, ANY, ANY, ANY, ANY, ANY, X,   U,   ANY, OTTER_ACTION_CHECK_NEW},
    {56, RESTORING,  ANY,                ANY, YES, YES, ANY, ANY, ANY, ANY, ANY, X,   G,   ANY, OTTER_ACTION_INSTALL},
    {57, RESTORING,  VALID,              ANY, YES, YES, ANY, ANY, ANY, ANY, ANY, X,   B,   ANY, OTTER_ACTION_REFUSE},
    {58, RESTORING,  NOT_VALID,          ANY, YES, YES, ANY, ANY, ANY, ANY, ANY, X,   B,   U,   OTTER_ACTION_CHECK_OLD},
    {59, RESTORING,  NOT_VALID,          ANY, YES, YES, ANY, ANY, ANY, ANY, ANY, X,   B,   G,   OTTER_ACTION_REVERT},
    {60, RESTORING,  NOT_VALID,          ANY, YES, YES, ANY, ANY, ANY, ANY, ANY, X,   B,   B,   OTTER_ACTION_RECOVER},
    {61, NO_ENTRY,   TUTORIAL,           ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, U,   ANY, ANY, OTTER_ACTION_CHECK_APP},
    {62, NO_ENTRY,   TUTORIAL,           ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, G|X, U,   ANY, OTTER_ACTION_CHECK_NEW},
    {63, NO_ENTRY,   TUTORIAL,           ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, G|X, G,   ANY, OTTER_ACTION_INSTALL},
    {64, NO_ENTRY,   TUTORIAL,           ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, G|X, B,   ANY, OTTER_ACTION_REFUSE},
    {65, NO_ENTRY,   ANY & ~TUTORIAL,    ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, U,   ANY, ANY, OTTER_ACTION_CHECK_APP},
    {66, NO_ENTRY,   ANY & ~TUTORIAL,    ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, G,   ANY, ANY, OTTER_ACTION_ACCEPT_FLASHED},
    {67, NO_ENTRY,   ANY & ~TUTORIAL,    ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, X,   U,   ANY, OTTER_ACTION_CHECK_NEW},
    {68, NO_ENTRY,   ANY & ~TUTORIAL,    ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, X,   G,   ANY, OTTER_ACTION_INSTALL},
    {69, NO_ENTRY,   REQUEST,            ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, X,   B,   ANY, OTTER_ACTION_REFUSE},
    {70, NO_ENTRY,   NOBODY | DOUBTFUL,  ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, X,   B,   U,   OTTER_ACTION_CHECK_OLD},
    {71, NO_ENTRY,   NOBODY | DOUBTFUL,  ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, X,   B,   G,   OTTER_ACTION_REVERT},
    {72, NO_ENTRY,   NOBODY | DOUBTFUL,  ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, X,   B,   B,   OTTER_ACTION_RECOVER},
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
           has(row->certain, s->journal.certain) && has(row->appended_now, s->appended_now) &&
           has(row->moved, s->journal.moved) && has(row->permanent, is_permanent(s)) &&
           has(row->used_up, is_used_up(s)) &&
           has(row->has_way_back, s->journal.previous.length) && has(row->stuck, s->stuck) &&
           has(row->unheard, is_unheard(s)) && has(row->app, s->check[OTTER_IMAGE_AT_APP]) &&
           has(row->new_image, s->check[OTTER_IMAGE_AT_NEW]) &&
           has(row->old_image, s->check[OTTER_IMAGE_AT_OLD]);
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

        if (s.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_REFLASHED && !may_be_flashed(&s)) {
            continue; /* never found there */
        }
        switch (action) {
        case OTTER_ACTION_CHECK_APP:
            good = s.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_UNKNOWN;
            break;
        case OTTER_ACTION_CHECK_NEW:
            good = s.check[OTTER_IMAGE_AT_NEW] == OTTER_CHECK_UNKNOWN;
            break;
        case OTTER_ACTION_CHECK_OLD:
            good = s.check[OTTER_IMAGE_AT_OLD] == OTTER_CHECK_UNKNOWN;
            break;
        case OTTER_ACTION_ACCEPT_FLASHED:
            good = s.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_GOOD ||
                   s.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_REFLASHED;
            break;
        case OTTER_ACTION_REWRITE: /* never a second time for the same doubt */
            good = !s.appended_now || !s.journal.certain || s.request == OTTER_REQUEST_INVALID;
            break;
        case OTTER_ACTION_REFUSE:
            good = s.check[OTTER_IMAGE_AT_NEW] == OTTER_CHECK_BAD &&
                   (s.tutorial_request || s.request == OTTER_REQUEST_VALID);
            break;
        case OTTER_ACTION_INSTALL:
            good = s.check[OTTER_IMAGE_AT_NEW] == OTTER_CHECK_GOOD &&
                   (part_of(&s) != IDLE && part_of(&s) != NO_ENTRY && !s.journal.moved
                        ? s.request == OTTER_REQUEST_VALID
                    : installing ? s.check[OTTER_IMAGE_AT_OLD] == OTTER_CHECK_BAD ||
                                       (s.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_BAD &&
                                        s.tutorial_request)
                                 : s.check[OTTER_IMAGE_AT_APP] != OTTER_CHECK_UNKNOWN);
            break;
        case OTTER_ACTION_REVERT:
            good = installing && !s.journal.moved
                       ? s.stuck && s.journal.previous.length
                       : s.check[OTTER_IMAGE_AT_OLD] == OTTER_CHECK_GOOD &&
                             (s.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_BAD ||
                              (installing && is_used_up(&s) && !is_permanent(&s)));
            break;
        case OTTER_ACTION_MOVE:
            good = s.appended_now && !s.journal.moved && !s.stuck && !is_unheard(&s);
            break;
        case OTTER_ACTION_FINISH:
            good = s.journal.moved && s.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_GOOD;
            break;
        case OTTER_ACTION_TRY:
            good = s.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_GOOD && installing &&
                   s.journal.moved && s.journal.certain && !is_used_up(&s) && !is_permanent(&s);
            break;
        case OTTER_ACTION_START:
            good = s.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_GOOD && part_of(&s) == IDLE &&
                   s.journal.certain && !s.tutorial_request && s.request == OTTER_REQUEST_NONE;
            break;
        case OTTER_ACTION_START_ONCE:
            good = s.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_GOOD && installing &&
                   s.journal.moved && is_used_up(&s) &&
                   s.check[OTTER_IMAGE_AT_OLD] == OTTER_CHECK_BAD && is_unheard(&s);
            break;
        case OTTER_ACTION_RECOVER:
            good = part_of(&s) != IDLE && !s.journal.moved && part_of(&s) != NO_ENTRY
                       ? s.stuck || is_unheard(&s)
                       : s.check[OTTER_IMAGE_AT_OLD] == OTTER_CHECK_BAD &&
                             ((s.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_BAD &&
                               (installing ? s.request != OTTER_REQUEST_VALID
                                           : s.check[OTTER_IMAGE_AT_NEW] == OTTER_CHECK_BAD)) ||
                              (installing && is_used_up(&s) && !is_unheard(&s)));
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
    s->journal.kind = (uint8_t)kind;
    s->appended_now = s->journal.certain = true;
    s->journal.moved = s->journal.confirmed = s->stuck = false;
    s->journal.starts = s->journal.flags = 0;
    s->request = OTTER_REQUEST_NONE;
}

static void forget(struct otter_situation *s)
{
    s->check[OTTER_IMAGE_AT_APP] = s->check[OTTER_IMAGE_AT_NEW] = s->check[OTTER_IMAGE_AT_OLD] =
        OTTER_CHECK_UNKNOWN;
}

/* The effect that otter/decide.h promises of `action`. Returns false if it ends the start. */
static bool do_action(struct otter_situation *s, struct truth *truth, enum otter_action action)
{
    switch (action) {
    case OTTER_ACTION_CHECK_APP:
        s->check[OTTER_IMAGE_AT_APP] =
            truth->reflashed ? OTTER_CHECK_REFLASHED : find(truth->app);
        break;
    case OTTER_ACTION_CHECK_NEW:
        s->check[OTTER_IMAGE_AT_NEW] = find(truth->new_image);
        break;
    case OTTER_ACTION_CHECK_OLD:
        s->check[OTTER_IMAGE_AT_OLD] = find(truth->old_image);
        break;
    case OTTER_ACTION_ACCEPT_FLASHED:
        append(s, OTTER_JOURNAL_IDLE);
        s->check[OTTER_IMAGE_AT_APP] = OTTER_CHECK_GOOD;
        truth->reflashed = false;
        break;
    case OTTER_ACTION_REWRITE:
        s->appended_now = s->journal.certain = true;
        if (part_of(s) == IDLE) {
            append(s, OTTER_JOURNAL_IDLE);
        }
        break;
    case OTTER_ACTION_REFUSE:
        s->tutorial_request = false;
        s->request = OTTER_REQUEST_NONE;
        s->check[OTTER_IMAGE_AT_NEW] = OTTER_CHECK_UNKNOWN;
        s->appended_now = s->journal.certain =
            part_of(s) != NO_ENTRY || s->check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_BAD;
        if (part_of(s) == IDLE || (part_of(s) == NO_ENTRY && s->appended_now)) {
            append(s, OTTER_JOURNAL_IDLE);
        }
        break;
    case OTTER_ACTION_INSTALL: {
        bool permanent = s->tutorial_request;
        bool has_way_back = s->check[OTTER_IMAGE_AT_APP] != OTTER_CHECK_BAD &&
                            (part_of(s) & (IDLE | NO_ENTRY)) != 0;

        append(s, OTTER_JOURNAL_INSTALL);
        s->journal.flags = permanent ? OTTER_JOURNAL_PERMANENT : 0;
        s->journal.previous.length = has_way_back;
        s->tutorial_request = false;
        break;
    }
    case OTTER_ACTION_REVERT:
        truth->old_image |=
            part_of(s) == INSTALLING && !s->journal.moved; /* the rest is in APP */
        append(s, OTTER_JOURNAL_RESTORE);
        forget(s);
        break;
    case OTTER_ACTION_MOVE:
        if (s->journal.kind == OTTER_JOURNAL_INSTALL) {
            *truth = (struct truth){truth->new_image, false,
                                    truth->app && s->journal.previous.length, false};
        } else {
            truth->app = truth->old_image;
            truth->reflashed = false;
        }
        s->journal.moved = true;
        forget(s);
        break;
    case OTTER_ACTION_FINISH:
        s->journal.confirmed = true;
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

        if ((truth.reflashed && (!may_be_flashed(&s) || !truth.app)) ||
            !is_possible(s.check[OTTER_IMAGE_AT_APP],
                         truth.reflashed ? OTTER_CHECK_REFLASHED : find(truth.app)) ||
            !is_possible(s.check[OTTER_IMAGE_AT_NEW], find(truth.new_image)) ||
            !is_possible(s.check[OTTER_IMAGE_AT_OLD], find(truth.old_image))) {
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
        } else if (s.journal.moved || (part_of(&s) & (IDLE | NO_ENTRY)) != 0) {
            assert_false(truth.old_image);
            assert_true(truth.app ? is_used_up(&s)
                                  : !truth.new_image || part_of(&s) == INSTALLING);
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
