/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/decide.h"
#include "otter/journal.h"

/* APP cannot be started: what else is there? */
static enum otter_action replace_app(const struct otter_situation *s)
{
    if (s->incoming == OTTER_UNKNOWN) {
        return OTTER_ACTION_CHECK_INCOMING;
    }
    if (s->incoming == OTTER_GOOD) {
        return OTTER_ACTION_INSTALL;
    }
    if (s->previous == OTTER_UNKNOWN) {
        return OTTER_ACTION_CHECK_PREVIOUS;
    }
    return s->previous == OTTER_GOOD ? OTTER_ACTION_REVERT : OTTER_ACTION_RECOVER;
}

/* Someone asks for area[1..] to be installed. APP first: its version is the measure, and without it
 * there is nothing to go back to. */
static enum otter_action judge_incoming(const struct otter_situation *s)
{
    if (s->app == OTTER_UNKNOWN) {
        return OTTER_ACTION_CHECK_APP;
    }
    if (s->incoming == OTTER_UNKNOWN) {
        return OTTER_ACTION_CHECK_INCOMING;
    }
    return s->incoming == OTTER_GOOD ? OTTER_ACTION_INSTALL : OTTER_ACTION_REFUSE;
}

/* The newest frame names the installed image. */
static enum otter_action go_on_at_rest(const struct otter_situation *s)
{
    if (s->record || s->request == OTTER_REQUEST_VALID) {
        return judge_incoming(s);
    }
    if (!s->settled || s->request == OTTER_REQUEST_INVALID) {
        return OTTER_ACTION_SETTLE;
    }
    if (s->app == OTTER_UNKNOWN) {
        return OTTER_ACTION_CHECK_APP;
    }
    if (s->app == OTTER_FOREIGN) { /* a probe has put it there */
        return OTTER_ACTION_ADOPT;
    }
    return s->app == OTTER_GOOD ? OTTER_ACTION_START : replace_app(s);
}

static enum otter_action go_on_installing(const struct otter_situation *s)
{
    if (!s->moved) {
        return s->fresh ? OTTER_ACTION_MOVE : OTTER_ACTION_SETTLE;
    }
    if (s->app == OTTER_UNKNOWN) {
        return OTTER_ACTION_CHECK_APP;
    }
    /* A tutorial app confirms by going on to the next update: it knows no other way. */
    if (s->app == OTTER_GOOD && (s->permanent || s->record)) {
        return OTTER_ACTION_FINISH;
    }
    if (s->record) { /* its download has destroyed the way back */
        return judge_incoming(s);
    }
    if (s->app != OTTER_GOOD || s->used_up) {
        if (s->previous == OTTER_UNKNOWN) {
            return OTTER_ACTION_CHECK_PREVIOUS;
        }
        if (s->previous == OTTER_GOOD) {
            return OTTER_ACTION_REVERT;
        }
        /* Nothing went out that could come back; a recovery may have put something there. */
        return s->app == OTTER_GOOD ? OTTER_ACTION_ADOPT : replace_app(s);
    }
    return s->settled ? OTTER_ACTION_TRY : OTTER_ACTION_SETTLE;
}

static enum otter_action go_on_restoring(const struct otter_situation *s)
{
    if (!s->fresh) {
        return OTTER_ACTION_SETTLE;
    }
    if (!s->moved) {
        return OTTER_ACTION_MOVE;
    }
    if (s->app == OTTER_UNKNOWN) {
        return OTTER_ACTION_CHECK_APP;
    }
    if (s->app == OTTER_GOOD) {
        return OTTER_ACTION_FINISH;
    }
    return replace_app(s);
}

enum otter_action otter_decide(const struct otter_situation *s)
{
    if (s->kind == OTTER_JOURNAL_REST || (s->kind != OTTER_JOURNAL_NONE && s->final)) {
        return go_on_at_rest(s);
    }
    if (s->kind == OTTER_JOURNAL_INSTALL) {
        return go_on_installing(s);
    }
    if (s->kind == OTTER_JOURNAL_RESTORE) {
        return go_on_restoring(s);
    }
    if (s->record) {
        return judge_incoming(s);
    }
    if (s->app == OTTER_UNKNOWN) {
        return OTTER_ACTION_CHECK_APP;
    }
    return s->app == OTTER_GOOD ? OTTER_ACTION_ADOPT : replace_app(s);
}
