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

/* Authority: docs/design.md, "The bootloader's decisions": its table is written out
 * here a second time. Nothing is left out: a combination that cannot be is answered as well, because
 * a journal may be forged and a cell in doubt may read otherwise a moment later. */

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
    static const uint8_t kinds[KINDS] = {OTTER_JOURNAL_NONE, OTTER_JOURNAL_REST,
                                         OTTER_JOURNAL_INSTALL, OTTER_JOURNAL_RESTORE,
                                         KIND_UNKNOWN};
    struct otter_situation s;

    s.kind = kinds[take(&number, KINDS)];
    s.request = (uint8_t)take(&number, REQUESTS);
    s.record = take(&number, 2) != 0;
    s.settled = take(&number, 2) != 0;
    s.fresh = take(&number, 2) != 0;
    s.moved = take(&number, 2) != 0;
    s.final = take(&number, 2) != 0;
    s.permanent = take(&number, 2) != 0;
    s.used_up = take(&number, 2) != 0;
    s.app = (uint8_t)take(&number, APP_CHECKS);
    s.incoming = (uint8_t)take(&number, CHECKS);
    s.previous = (uint8_t)take(&number, CHECKS);
    return s;
}

static void fail_at(unsigned number, const char *what, unsigned row, enum otter_action got)
{
    struct otter_situation s = situation_of(number);

    fail_msg(
        "%s (row %u, action %d): situation %u: kind %d request %d record %d settled %d "
        "fresh %d moved %d final %d permanent %d used_up %d app %d incoming %d previous %d",
        what, row, got, number, s.kind, s.request, s.record, s.settled, s.fresh, s.moved,
        s.final, s.permanent, s.used_up, s.app, s.incoming, s.previous);
}

/* ---- the table ---- */

/* What the newest frame says: the four parts of the table. */
enum part { AT_REST = 1, INSTALLING = 2, RESTORING = 4, NO_FRAME = 8 };

static enum part part_of(const struct otter_situation *s)
{
    switch (s->kind) {
    case OTTER_JOURNAL_NONE:
        return NO_FRAME;
    case OTTER_JOURNAL_REST:
        return AT_REST;
    case OTTER_JOURNAL_INSTALL:
        return s->final ? AT_REST : INSTALLING;
    case OTTER_JOURNAL_RESTORE:
        return s->final ? AT_REST : RESTORING;
    default: /* a forged frame */
        return s->final ? AT_REST : NO_FRAME;
    }
}

/* Who asks for an update; a record hides a request. */
enum asked { NOBODY = 1, DOUBTFUL = 2, REQUEST = 4, RECORD = 8 };

static enum asked asked_by(const struct otter_situation *s)
{
    static const enum asked by_request[REQUESTS] = {
        [OTTER_REQUEST_NONE] = NOBODY,
        [OTTER_REQUEST_VALID] = REQUEST,
        [OTTER_REQUEST_INVALID] = DOUBTFUL,
    };

    return s->record ? RECORD : by_request[s->request];
}

/* Sets of values; ANY is a dash in the table. */
enum { ANY = 0xFF, NO = 1, YES = 2, U = 1, G = 2, B = 4, F = 8, X = B | F };

struct row {
    unsigned number; /* in docs/design.md */
    uint8_t part, asked;
    uint8_t settled, fresh, moved, permanent, used_up; /* of NO, YES */
    uint8_t app, incoming, previous;                   /* of U, G, B */
    enum otter_action action;
};

/* clang-format off */
static const struct row table[] = {
    /*   part        asked              settled fresh moved perm. used   app    inc. prev. */
    { 1, AT_REST,    REQUEST | RECORD,  ANY,    ANY,  ANY,  ANY,  ANY,   U,     ANY, ANY, OTTER_ACTION_CHECK_APP},
    { 2, AT_REST,    REQUEST | RECORD,  ANY,    ANY,  ANY,  ANY,  ANY,   G|X,   U,   ANY, OTTER_ACTION_CHECK_INCOMING},
    { 3, AT_REST,    REQUEST | RECORD,  ANY,    ANY,  ANY,  ANY,  ANY,   G|X,   G,   ANY, OTTER_ACTION_INSTALL},
    { 4, AT_REST,    REQUEST | RECORD,  ANY,    ANY,  ANY,  ANY,  ANY,   G|X,   B,   ANY, OTTER_ACTION_REFUSE},
    { 5, AT_REST,    DOUBTFUL,          ANY,    ANY,  ANY,  ANY,  ANY,   ANY,   ANY, ANY, OTTER_ACTION_SETTLE},
    { 6, AT_REST,    NOBODY,            NO,     ANY,  ANY,  ANY,  ANY,   ANY,   ANY, ANY, OTTER_ACTION_SETTLE},
    { 7, AT_REST,    NOBODY,            YES,    ANY,  ANY,  ANY,  ANY,   U,     ANY, ANY, OTTER_ACTION_CHECK_APP},
    { 8, AT_REST,    NOBODY,            YES,    ANY,  ANY,  ANY,  ANY,   G,     ANY, ANY, OTTER_ACTION_START},
    { 9, AT_REST,    NOBODY,            YES,    ANY,  ANY,  ANY,  ANY,   F,     ANY, ANY, OTTER_ACTION_ADOPT},
    {10, AT_REST,    NOBODY,            YES,    ANY,  ANY,  ANY,  ANY,   B,     U,   ANY, OTTER_ACTION_CHECK_INCOMING},
    {11, AT_REST,    NOBODY,            YES,    ANY,  ANY,  ANY,  ANY,   B,     G,   ANY, OTTER_ACTION_INSTALL},
    {12, AT_REST,    NOBODY,            YES,    ANY,  ANY,  ANY,  ANY,   B,     B,   U,   OTTER_ACTION_CHECK_PREVIOUS},
    {13, AT_REST,    NOBODY,            YES,    ANY,  ANY,  ANY,  ANY,   B,     B,   G,   OTTER_ACTION_REVERT},
    {14, AT_REST,    NOBODY,            YES,    ANY,  ANY,  ANY,  ANY,   B,     B,   B,   OTTER_ACTION_RECOVER},

    {15, INSTALLING, ANY,               ANY,    NO,   NO,   ANY,  ANY,   ANY,   ANY, ANY, OTTER_ACTION_SETTLE},
    {16, INSTALLING, ANY,               ANY,    YES,  NO,   ANY,  ANY,   ANY,   ANY, ANY, OTTER_ACTION_MOVE},
    {17, INSTALLING, ANY,               ANY,    ANY,  YES,  ANY,  ANY,   U,     ANY, ANY, OTTER_ACTION_CHECK_APP},
    {18, INSTALLING, RECORD,            ANY,    ANY,  YES,  ANY,  ANY,   G,     ANY, ANY, OTTER_ACTION_FINISH},
    {19, INSTALLING, ANY & ~RECORD,     ANY,    ANY,  YES,  YES,  ANY,   G,     ANY, ANY, OTTER_ACTION_FINISH},
    {20, INSTALLING, ANY & ~RECORD,     NO,     ANY,  YES,  NO,   NO,    G,     ANY, ANY, OTTER_ACTION_SETTLE},
    {21, INSTALLING, ANY & ~RECORD,     YES,    ANY,  YES,  NO,   NO,    G,     ANY, ANY, OTTER_ACTION_TRY},
    {22, INSTALLING, ANY & ~RECORD,     ANY,    ANY,  YES,  NO,   YES,   G,     ANY, U,   OTTER_ACTION_CHECK_PREVIOUS},
    {23, INSTALLING, ANY & ~RECORD,     ANY,    ANY,  YES,  NO,   YES,   G,     ANY, G,   OTTER_ACTION_REVERT},
    {24, INSTALLING, ANY & ~RECORD,     ANY,    ANY,  YES,  NO,   YES,   G,     ANY, B,   OTTER_ACTION_ADOPT},
    {25, INSTALLING, RECORD,            ANY,    ANY,  YES,  ANY,  ANY,   X,     U,   ANY, OTTER_ACTION_CHECK_INCOMING},
    {26, INSTALLING, RECORD,            ANY,    ANY,  YES,  ANY,  ANY,   X,     G,   ANY, OTTER_ACTION_INSTALL},
    {27, INSTALLING, RECORD,            ANY,    ANY,  YES,  ANY,  ANY,   X,     B,   ANY, OTTER_ACTION_REFUSE},
    {28, INSTALLING, ANY & ~RECORD,     ANY,    ANY,  YES,  ANY,  ANY,   X,     ANY, U,   OTTER_ACTION_CHECK_PREVIOUS},
    {29, INSTALLING, ANY & ~RECORD,     ANY,    ANY,  YES,  ANY,  ANY,   X,     ANY, G,   OTTER_ACTION_REVERT},
    {30, INSTALLING, ANY & ~RECORD,     ANY,    ANY,  YES,  ANY,  ANY,   X,     U,   B,   OTTER_ACTION_CHECK_INCOMING},
    {31, INSTALLING, ANY & ~RECORD,     ANY,    ANY,  YES,  ANY,  ANY,   X,     G,   B,   OTTER_ACTION_INSTALL},
    {32, INSTALLING, ANY & ~RECORD,     ANY,    ANY,  YES,  ANY,  ANY,   X,     B,   B,   OTTER_ACTION_RECOVER},

    {33, RESTORING,  ANY,               ANY,    NO,   ANY,  ANY,  ANY,   ANY,   ANY, ANY, OTTER_ACTION_SETTLE},
    {34, RESTORING,  ANY,               ANY,    YES,  NO,   ANY,  ANY,   ANY,   ANY, ANY, OTTER_ACTION_MOVE},
    {35, RESTORING,  ANY,               ANY,    YES,  YES,  ANY,  ANY,   U,     ANY, ANY, OTTER_ACTION_CHECK_APP},
    {36, RESTORING,  ANY,               ANY,    YES,  YES,  ANY,  ANY,   G,     ANY, ANY, OTTER_ACTION_FINISH},
    {37, RESTORING,  ANY,               ANY,    YES,  YES,  ANY,  ANY,   X,     U,   ANY, OTTER_ACTION_CHECK_INCOMING},
    {38, RESTORING,  ANY,               ANY,    YES,  YES,  ANY,  ANY,   X,     G,   ANY, OTTER_ACTION_INSTALL},
    {39, RESTORING,  ANY,               ANY,    YES,  YES,  ANY,  ANY,   X,     B,   U,   OTTER_ACTION_CHECK_PREVIOUS},
    {40, RESTORING,  ANY,               ANY,    YES,  YES,  ANY,  ANY,   X,     B,   G,   OTTER_ACTION_REVERT},
    {41, RESTORING,  ANY,               ANY,    YES,  YES,  ANY,  ANY,   X,     B,   B,   OTTER_ACTION_RECOVER},

    {42, NO_FRAME,   RECORD,            ANY,    ANY,  ANY,  ANY,  ANY,   U,     ANY, ANY, OTTER_ACTION_CHECK_APP},
    {43, NO_FRAME,   RECORD,            ANY,    ANY,  ANY,  ANY,  ANY,   G|X,   U,   ANY, OTTER_ACTION_CHECK_INCOMING},
    {44, NO_FRAME,   RECORD,            ANY,    ANY,  ANY,  ANY,  ANY,   G|X,   G,   ANY, OTTER_ACTION_INSTALL},
    {45, NO_FRAME,   RECORD,            ANY,    ANY,  ANY,  ANY,  ANY,   G|X,   B,   ANY, OTTER_ACTION_REFUSE},
    {46, NO_FRAME,   ANY & ~RECORD,     ANY,    ANY,  ANY,  ANY,  ANY,   U,     ANY, ANY, OTTER_ACTION_CHECK_APP},
    {47, NO_FRAME,   ANY & ~RECORD,     ANY,    ANY,  ANY,  ANY,  ANY,   G,     ANY, ANY, OTTER_ACTION_ADOPT},
    {48, NO_FRAME,   ANY & ~RECORD,     ANY,    ANY,  ANY,  ANY,  ANY,   X,     U,   ANY, OTTER_ACTION_CHECK_INCOMING},
    {49, NO_FRAME,   ANY & ~RECORD,     ANY,    ANY,  ANY,  ANY,  ANY,   X,     G,   ANY, OTTER_ACTION_INSTALL},
    {50, NO_FRAME,   ANY & ~RECORD,     ANY,    ANY,  ANY,  ANY,  ANY,   X,     B,   U,   OTTER_ACTION_CHECK_PREVIOUS},
    {51, NO_FRAME,   ANY & ~RECORD,     ANY,    ANY,  ANY,  ANY,  ANY,   X,     B,   G,   OTTER_ACTION_REVERT},
    {52, NO_FRAME,   ANY & ~RECORD,     ANY,    ANY,  ANY,  ANY,  ANY,   X,     B,   B,   OTTER_ACTION_RECOVER},
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
           has(row->settled, s->settled) && has(row->fresh, s->fresh) &&
           has(row->moved, s->moved) && has(row->permanent, s->permanent) &&
           has(row->used_up, s->used_up) && has(row->app, s->app) &&
           has(row->incoming, s->incoming) && has(row->previous, s->previous);
}

/* Exactly one row covers each situation: the rows need no order, and none can contradict another. */
static void every_situation_is_one_row(void **state)
{
    unsigned hits[ROWS] = {0};

    (void)state;
    for (unsigned i = 0; i < SITUATIONS; i++) {
        struct otter_situation s = situation_of(i);
        enum otter_action got = otter_decide(&s);
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
        enum otter_action action = otter_decide(&s);
        bool installing = part_of(&s) == INSTALLING;
        bool good = true;

        if (s.app == OTTER_FOREIGN && part_of(&s) != AT_REST) {
            continue; /* never found there */
        }
        switch (action) {
        case OTTER_ACTION_CHECK_APP:
            good = s.app == OTTER_UNKNOWN;
            break;
        case OTTER_ACTION_CHECK_INCOMING:
            good = s.incoming == OTTER_UNKNOWN;
            break;
        case OTTER_ACTION_CHECK_PREVIOUS:
            good = s.previous == OTTER_UNKNOWN;
            break;
        case OTTER_ACTION_ADOPT:
            good = s.app == OTTER_GOOD || s.app == OTTER_FOREIGN;
            break;
        case OTTER_ACTION_SETTLE: /* never a second time for the same doubt */
            good = !s.fresh || !s.settled || s.request == OTTER_REQUEST_INVALID;
            break;
        case OTTER_ACTION_REFUSE:
            good = s.incoming == OTTER_BAD &&
                   (s.record || (s.request == OTTER_REQUEST_VALID && !installing));
            break;
        case OTTER_ACTION_INSTALL:
            good = s.incoming == OTTER_GOOD &&
                   (installing ? s.app == OTTER_BAD && (s.record || s.previous == OTTER_BAD)
                               : s.app != OTTER_UNKNOWN);
            break;
        case OTTER_ACTION_REVERT:
            good = s.previous == OTTER_GOOD &&
                   (s.app == OTTER_BAD || (installing && s.used_up && !s.permanent));
            break;
        case OTTER_ACTION_MOVE:
            good = s.fresh && !s.moved;
            break;
        case OTTER_ACTION_FINISH:
            good = s.moved && s.app == OTTER_GOOD;
            break;
        case OTTER_ACTION_TRY:
            good = s.app == OTTER_GOOD && installing && s.moved && s.settled && !s.used_up &&
                   !s.permanent;
            break;
        case OTTER_ACTION_START:
            good = s.app == OTTER_GOOD && part_of(&s) == AT_REST && s.settled && !s.record &&
                   s.request == OTTER_REQUEST_NONE;
            break;
        case OTTER_ACTION_RECOVER:
            good = s.app == OTTER_BAD && s.previous == OTTER_BAD && s.incoming == OTTER_BAD;
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
    bool app, incoming, previous;
    bool foreign; /* at rest: APP is not what is sealed */
};

static uint8_t find(bool is_good)
{
    return is_good ? OTTER_GOOD : OTTER_BAD;
}

static void append(struct otter_situation *s, enum otter_journal_kind kind)
{
    s->kind = (uint8_t)kind;
    s->fresh = s->settled = true;
    s->moved = s->final = s->used_up = s->permanent = false;
    s->request = OTTER_REQUEST_NONE;
}

static void forget(struct otter_situation *s)
{
    s->app = s->incoming = s->previous = OTTER_UNKNOWN;
}

/* The effect that otter/decide.h promises of `action`. Returns false if it ends the start. */
static bool do_action(struct otter_situation *s, struct truth *truth, enum otter_action action)
{
    switch (action) {
    case OTTER_ACTION_CHECK_APP:
        s->app = truth->foreign ? OTTER_FOREIGN : find(truth->app);
        break;
    case OTTER_ACTION_CHECK_INCOMING:
        s->incoming = find(truth->incoming);
        break;
    case OTTER_ACTION_CHECK_PREVIOUS:
        s->previous = find(truth->previous);
        break;
    case OTTER_ACTION_ADOPT:
        append(s, OTTER_JOURNAL_REST);
        s->app = OTTER_GOOD;
        truth->foreign = false;
        break;
    case OTTER_ACTION_SETTLE:
        s->fresh = s->settled = true;
        if (part_of(s) == AT_REST) {
            append(s, OTTER_JOURNAL_REST);
        }
        break;
    case OTTER_ACTION_REFUSE:
        s->record = false;
        s->incoming = OTTER_UNKNOWN;
        s->fresh = s->settled = part_of(s) != NO_FRAME;
        if (part_of(s) == AT_REST) {
            append(s, OTTER_JOURNAL_REST);
        }
        break;
    case OTTER_ACTION_INSTALL: {
        bool permanent = s->record || s->app == OTTER_BAD;

        append(s, OTTER_JOURNAL_INSTALL);
        s->permanent = permanent;
        s->record = false;
        break;
    }
    case OTTER_ACTION_REVERT:
        append(s, OTTER_JOURNAL_RESTORE);
        forget(s);
        break;
    case OTTER_ACTION_MOVE:
        if (s->kind == OTTER_JOURNAL_INSTALL) {
            *truth = (struct truth){truth->incoming, false, truth->app, false};
        } else {
            truth->app = truth->previous;
            truth->foreign = false;
        }
        s->moved = true;
        forget(s);
        break;
    case OTTER_ACTION_FINISH:
        s->final = true;
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
    return check == OTTER_UNKNOWN || check == found;
}

/* However flash looks, a start ends within a few actions; otter_startup() allows 40. It ends in an app
 * whenever there is one that may run. */
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

        if ((truth.foreign && (part_of(&s) != AT_REST || !truth.app)) ||
            !is_possible(s.app, truth.foreign ? OTTER_FOREIGN : find(truth.app)) ||
            !is_possible(s.incoming, find(truth.incoming)) ||
            !is_possible(s.previous, find(truth.previous))) {
            continue; /* no check has found what is not there */
        }
        do {
            if (steps++ == STEPS_MAX) {
                fail_at(i / TRUTHS, "does not end", i % TRUTHS, otter_decide(&s));
            }
            action = otter_decide(&s);
        } while (do_action(&s, &truth, action));
        starts++;
        longest = steps > longest ? steps : longest;
        assert_true(action == OTTER_ACTION_RECOVER
                        ? !truth.app && !truth.previous && !truth.incoming
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
