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

enum { KIND_UNKNOWN = 2, KINDS = 5, APP_CHECKS = 4, CHECKS = 3, REQUESTS = 3, BOOLS = 7 };
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
             "appended_now %d moved %d confirmed %d permanent %d used_up %d app %d new_image "
             "%d old_image %d",
             what, row, got, number, s.kind, s.request, s.tutorial_request, s.certain,
             s.appended_now, s.moved, s.confirmed, s.permanent, s.used_up, s.app, s.new_image,
             s.old_image);
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

/* Who asks for an update; a tutorial_request hides a request. */
enum asked { NOBODY = 1, DOUBTFUL = 2, REQUEST = 4, TUTORIAL = 8 };

static enum asked asked_by(const struct otter_situation *s)
{
    static const enum asked by_request[REQUESTS] = {
        [OTTER_REQUEST_NONE] = NOBODY,
        [OTTER_REQUEST_VALID] = REQUEST,
        [OTTER_REQUEST_INVALID] = DOUBTFUL,
    };

    return s->tutorial_request ? TUTORIAL : by_request[s->request];
}

/* Sets of values; ANY is a dash in the table. */
enum { ANY = 0xFF, NO = 1, YES = 2, U = 1, G = 2, B = 4, F = 8, X = B | F };

struct row {
    unsigned number; /* in docs/design.md */
    uint8_t part, asked;
    uint8_t certain, appended_now, moved, permanent, used_up; /* of NO, YES */
    uint8_t app, new_image, old_image;                        /* of U, G, B */
    enum otter_action action;
};

/* clang-format off */
static const struct row table[] = {
    /* part        asked              certain appended_now moved perm. used   app    inc.
     * prev. */
    { 1, IDLE,       REQUEST | TUTORIAL,ANY,    ANY,  ANY,  ANY,  ANY,   U,     ANY, ANY, OTTER_ACTION_CHECK_APP},
    { 2, IDLE,       REQUEST | TUTORIAL,ANY,    ANY,  ANY,  ANY,  ANY,   G|X,   U,   ANY, OTTER_ACTION_CHECK_NEW},
    { 3, IDLE,       REQUEST | TUTORIAL,ANY,    ANY,  ANY,  ANY,  ANY,   G|X,   G,   ANY, OTTER_ACTION_INSTALL},
    { 4, IDLE,       REQUEST | TUTORIAL,ANY,    ANY,  ANY,  ANY,  ANY,   G|X,   B,   ANY, OTTER_ACTION_REFUSE},
    { 5, IDLE,       DOUBTFUL,          ANY,    ANY,  ANY,  ANY,  ANY,   ANY,   ANY, ANY, OTTER_ACTION_REWRITE},
    { 6, IDLE,       NOBODY,            NO,     ANY,  ANY,  ANY,  ANY,   ANY,   ANY, ANY, OTTER_ACTION_REWRITE},
    { 7, IDLE,       NOBODY,            YES,    ANY,  ANY,  ANY,  ANY,   U,     ANY, ANY, OTTER_ACTION_CHECK_APP},
    { 8, IDLE,       NOBODY,            YES,    ANY,  ANY,  ANY,  ANY,   G,     ANY, ANY, OTTER_ACTION_START},
    { 9, IDLE,       NOBODY,            YES,    ANY,  ANY,  ANY,  ANY,   F,     ANY, ANY, OTTER_ACTION_ACCEPT_FLASHED},
    {10, IDLE,       NOBODY,            YES,    ANY,  ANY,  ANY,  ANY,   B,     U,   ANY, OTTER_ACTION_CHECK_NEW},
    {11, IDLE,       NOBODY,            YES,    ANY,  ANY,  ANY,  ANY,   B,     G,   ANY, OTTER_ACTION_INSTALL},
    {12, IDLE,       NOBODY,            YES,    ANY,  ANY,  ANY,  ANY,   B,     B,   U,   OTTER_ACTION_CHECK_OLD},
    {13, IDLE,       NOBODY,            YES,    ANY,  ANY,  ANY,  ANY,   B,     B,   G,   OTTER_ACTION_REVERT},
    {14, IDLE,       NOBODY,            YES,    ANY,  ANY,  ANY,  ANY,   B,     B,   B,   OTTER_ACTION_RECOVER},

    {15, INSTALLING, ANY,               ANY,    NO,   NO,   ANY,  ANY,   ANY,   ANY, ANY, OTTER_ACTION_REWRITE},
    {16, INSTALLING, ANY,               ANY,    YES,  NO,   ANY,  ANY,   ANY,   ANY, ANY, OTTER_ACTION_MOVE},
    {17, INSTALLING, ANY,               ANY,    ANY,  YES,  ANY,  ANY,   U,     ANY, ANY, OTTER_ACTION_CHECK_APP},
    {18, INSTALLING, TUTORIAL,          ANY,    ANY,  YES,  ANY,  ANY,   G,     ANY, ANY, OTTER_ACTION_FINISH},
    {19, INSTALLING, ANY & ~TUTORIAL,   ANY,    ANY,  YES,  YES,  ANY,   G,     ANY, ANY, OTTER_ACTION_FINISH},
    {20, INSTALLING, ANY & ~TUTORIAL,   NO,     ANY,  YES,  NO,   NO,    G,     ANY, ANY, OTTER_ACTION_REWRITE},
    {21, INSTALLING, ANY & ~TUTORIAL,   YES,    ANY,  YES,  NO,   NO,    G,     ANY, ANY, OTTER_ACTION_TRY},
    {22, INSTALLING, ANY & ~TUTORIAL,   ANY,    ANY,  YES,  NO,   YES,   G,     ANY, U,   OTTER_ACTION_CHECK_OLD},
    {23, INSTALLING, ANY & ~TUTORIAL,   ANY,    ANY,  YES,  NO,   YES,   G,     ANY, G,   OTTER_ACTION_REVERT},
    {24, INSTALLING, ANY & ~TUTORIAL,   ANY,    ANY,  YES,  NO,   YES,   G,     ANY, B,   OTTER_ACTION_ACCEPT_FLASHED},
    {25, INSTALLING, TUTORIAL,          ANY,    ANY,  YES,  ANY,  ANY,   X,     U,   ANY, OTTER_ACTION_CHECK_NEW},
    {26, INSTALLING, TUTORIAL,          ANY,    ANY,  YES,  ANY,  ANY,   X,     G,   ANY, OTTER_ACTION_INSTALL},
    {27, INSTALLING, TUTORIAL,          ANY,    ANY,  YES,  ANY,  ANY,   X,     B,   ANY, OTTER_ACTION_REFUSE},
    {28, INSTALLING, ANY & ~TUTORIAL,   ANY,    ANY,  YES,  ANY,  ANY,   X,     ANY, U,   OTTER_ACTION_CHECK_OLD},
    {29, INSTALLING, ANY & ~TUTORIAL,   ANY,    ANY,  YES,  ANY,  ANY,   X,     ANY, G,   OTTER_ACTION_REVERT},
    {30, INSTALLING, ANY & ~TUTORIAL,   ANY,    ANY,  YES,  ANY,  ANY,   X,     U,   B,   OTTER_ACTION_CHECK_NEW},
    {31, INSTALLING, ANY & ~TUTORIAL,   ANY,    ANY,  YES,  ANY,  ANY,   X,     G,   B,   OTTER_ACTION_INSTALL},
    {32, INSTALLING, ANY & ~TUTORIAL,   ANY,    ANY,  YES,  ANY,  ANY,   X,     B,   B,   OTTER_ACTION_RECOVER},

    {33, RESTORING,  ANY,               ANY,    NO,   ANY,  ANY,  ANY,   ANY,   ANY, ANY, OTTER_ACTION_REWRITE},
    {34, RESTORING,  ANY,               ANY,    YES,  NO,   ANY,  ANY,   ANY,   ANY, ANY, OTTER_ACTION_MOVE},
    {35, RESTORING,  ANY,               ANY,    YES,  YES,  ANY,  ANY,   U,     ANY, ANY, OTTER_ACTION_CHECK_APP},
    {36, RESTORING,  ANY,               ANY,    YES,  YES,  ANY,  ANY,   G,     ANY, ANY, OTTER_ACTION_FINISH},
    {37, RESTORING,  ANY,               ANY,    YES,  YES,  ANY,  ANY,   X,     U,   ANY, OTTER_ACTION_CHECK_NEW},
    {38, RESTORING,  ANY,               ANY,    YES,  YES,  ANY,  ANY,   X,     G,   ANY, OTTER_ACTION_INSTALL},
    {39, RESTORING,  ANY,               ANY,    YES,  YES,  ANY,  ANY,   X,     B,   U,   OTTER_ACTION_CHECK_OLD},
    {40, RESTORING,  ANY,               ANY,    YES,  YES,  ANY,  ANY,   X,     B,   G,   OTTER_ACTION_REVERT},
    {41, RESTORING,  ANY,               ANY,    YES,  YES,  ANY,  ANY,   X,     B,   B,   OTTER_ACTION_RECOVER},

    {42, NO_ENTRY,   TUTORIAL,          ANY,    ANY,  ANY,  ANY,  ANY,   U,     ANY, ANY, OTTER_ACTION_CHECK_APP},
    {43, NO_ENTRY,   TUTORIAL,          ANY,    ANY,  ANY,  ANY,  ANY,   G|X,   U,   ANY, OTTER_ACTION_CHECK_NEW},
    {44, NO_ENTRY,   TUTORIAL,          ANY,    ANY,  ANY,  ANY,  ANY,   G|X,   G,   ANY, OTTER_ACTION_INSTALL},
    {45, NO_ENTRY,   TUTORIAL,          ANY,    ANY,  ANY,  ANY,  ANY,   G|X,   B,   ANY, OTTER_ACTION_REFUSE},
    {46, NO_ENTRY,   ANY & ~TUTORIAL,   ANY,    ANY,  ANY,  ANY,  ANY,   U,     ANY, ANY, OTTER_ACTION_CHECK_APP},
    {47, NO_ENTRY,   ANY & ~TUTORIAL,   ANY,    ANY,  ANY,  ANY,  ANY,   G,     ANY, ANY, OTTER_ACTION_ACCEPT_FLASHED},
    {48, NO_ENTRY,   ANY & ~TUTORIAL,   ANY,    ANY,  ANY,  ANY,  ANY,   X,     U,   ANY, OTTER_ACTION_CHECK_NEW},
    {49, NO_ENTRY,   ANY & ~TUTORIAL,   ANY,    ANY,  ANY,  ANY,  ANY,   X,     G,   ANY, OTTER_ACTION_INSTALL},
    {50, NO_ENTRY,   ANY & ~TUTORIAL,   ANY,    ANY,  ANY,  ANY,  ANY,   X,     B,   U,   OTTER_ACTION_CHECK_OLD},
    {51, NO_ENTRY,   ANY & ~TUTORIAL,   ANY,    ANY,  ANY,  ANY,  ANY,   X,     B,   G,   OTTER_ACTION_REVERT},
    {52, NO_ENTRY,   ANY & ~TUTORIAL,   ANY,    ANY,  ANY,  ANY,  ANY,   X,     B,   B,   OTTER_ACTION_RECOVER},
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
           has(row->used_up, s->used_up) && has(row->app, s->app) &&
           has(row->new_image, s->new_image) && has(row->old_image, s->old_image);
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
                   (s.tutorial_request || (s.request == OTTER_REQUEST_VALID && !installing));
            break;
        case OTTER_ACTION_INSTALL:
            good = s.new_image == OTTER_CHECK_GOOD &&
                   (installing ? s.app == OTTER_CHECK_BAD &&
                                     (s.tutorial_request || s.old_image == OTTER_CHECK_BAD)
                               : s.app != OTTER_CHECK_UNKNOWN);
            break;
        case OTTER_ACTION_REVERT:
            good = s.old_image == OTTER_CHECK_GOOD &&
                   (s.app == OTTER_CHECK_BAD || (installing && s.used_up && !s.permanent));
            break;
        case OTTER_ACTION_MOVE:
            good = s.appended_now && !s.moved;
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
        case OTTER_ACTION_RECOVER:
            good = s.app == OTTER_CHECK_BAD && s.old_image == OTTER_CHECK_BAD &&
                   s.new_image == OTTER_CHECK_BAD;
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
    s->moved = s->confirmed = s->used_up = s->permanent = false;
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
        s->new_image = OTTER_CHECK_UNKNOWN;
        s->appended_now = s->certain = part_of(s) != NO_ENTRY;
        if (part_of(s) == IDLE) {
            append(s, OTTER_JOURNAL_IDLE);
        }
        break;
    case OTTER_ACTION_INSTALL: {
        bool permanent = s->tutorial_request || s->app == OTTER_CHECK_BAD;

        append(s, OTTER_JOURNAL_INSTALL);
        s->permanent = permanent;
        s->tutorial_request = false;
        break;
    }
    case OTTER_ACTION_REVERT:
        append(s, OTTER_JOURNAL_RESTORE);
        forget(s);
        break;
    case OTTER_ACTION_MOVE:
        if (s->kind == OTTER_JOURNAL_INSTALL) {
            *truth = (struct truth){truth->new_image, false, truth->app, false};
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
    case OTTER_ACTION_RECOVER:
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
        assert_true(action == OTTER_ACTION_RECOVER
                        ? !truth.app && !truth.old_image && !truth.new_image
                        : truth.app);
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
