/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/decide.h"
#include "otter/journal.h"

/* APP cannot be started: is there another image? */
static enum otter_action replace_app(const struct otter_situation *s)
{
    if (s->new_image == OTTER_CHECK_UNKNOWN) {
        return OTTER_ACTION_CHECK_NEW;
    }
    if (s->new_image == OTTER_CHECK_GOOD) {
        return OTTER_ACTION_INSTALL;
    }
    if (s->old_image == OTTER_CHECK_UNKNOWN) {
        return OTTER_ACTION_CHECK_OLD;
    }
    return s->old_image == OTTER_CHECK_GOOD ? OTTER_ACTION_REVERT : OTTER_ACTION_RECOVER;
}

/* There is a request to install the new image. APP is checked first: the new image must not be
 * older, and without a good APP there is nothing to go back to. */
static enum otter_action install_or_refuse(const struct otter_situation *s)
{
    if (s->app == OTTER_CHECK_UNKNOWN) {
        return OTTER_ACTION_CHECK_APP;
    }
    if (s->new_image == OTTER_CHECK_UNKNOWN) {
        return OTTER_ACTION_CHECK_NEW;
    }
    return s->new_image == OTTER_CHECK_GOOD ? OTTER_ACTION_INSTALL : OTTER_ACTION_REFUSE;
}

/* The newest entry names the installed image. */
static enum otter_action go_on_idle(const struct otter_situation *s)
{
    if (s->tutorial_request || s->request == OTTER_REQUEST_VALID) {
        return install_or_refuse(s);
    }
    if (!s->certain || s->request == OTTER_REQUEST_INVALID) {
        return OTTER_ACTION_REWRITE;
    }
    if (s->app == OTTER_CHECK_UNKNOWN) {
        return OTTER_ACTION_CHECK_APP;
    }
    if (s->app == OTTER_CHECK_REFLASHED) { /* flashed by a debug probe */
        return OTTER_ACTION_ACCEPT_FLASHED;
    }
    return s->app == OTTER_CHECK_GOOD ? OTTER_ACTION_START : replace_app(s);
}

static enum otter_action go_on_installing(const struct otter_situation *s)
{
    if (!s->moved) {
        return s->appended_now ? OTTER_ACTION_MOVE : OTTER_ACTION_REWRITE;
    }
    if (s->app == OTTER_CHECK_UNKNOWN) {
        return OTTER_ACTION_CHECK_APP;
    }
    /* A tutorial's app confirms itself by asking for the next update; it has no other way. */
    if (s->app == OTTER_CHECK_GOOD && (s->permanent || s->tutorial_request)) {
        return OTTER_ACTION_FINISH;
    }
    if (s->tutorial_request) { /* its download has overwritten the old image */
        return install_or_refuse(s);
    }
    if (s->app != OTTER_CHECK_GOOD || s->used_up) {
        if (s->old_image == OTTER_CHECK_UNKNOWN) {
            return OTTER_ACTION_CHECK_OLD;
        }
        if (s->old_image == OTTER_CHECK_GOOD) {
            return OTTER_ACTION_REVERT;
        }
        /* The old image is gone; a recovery may have received another one. */
        return s->app == OTTER_CHECK_GOOD ? OTTER_ACTION_ACCEPT_FLASHED : replace_app(s);
    }
    return s->certain ? OTTER_ACTION_TRY : OTTER_ACTION_REWRITE;
}

static enum otter_action go_on_restoring(const struct otter_situation *s)
{
    if (!s->appended_now) {
        return OTTER_ACTION_REWRITE;
    }
    if (!s->moved) {
        return OTTER_ACTION_MOVE;
    }
    if (s->app == OTTER_CHECK_UNKNOWN) {
        return OTTER_ACTION_CHECK_APP;
    }
    if (s->app == OTTER_CHECK_GOOD) {
        return OTTER_ACTION_FINISH;
    }
    return replace_app(s);
}

enum otter_action otter_decide_action(const struct otter_situation *s)
{
    if (s->kind == OTTER_JOURNAL_IDLE || (s->kind != OTTER_JOURNAL_NONE && s->confirmed)) {
        return go_on_idle(s);
    }
    if (s->kind == OTTER_JOURNAL_INSTALL) {
        return go_on_installing(s);
    }
    if (s->kind == OTTER_JOURNAL_RESTORE) {
        return go_on_restoring(s);
    }
    if (s->tutorial_request) {
        return install_or_refuse(s);
    }
    if (s->app == OTTER_CHECK_UNKNOWN) {
        return OTTER_ACTION_CHECK_APP;
    }
    return s->app == OTTER_CHECK_GOOD ? OTTER_ACTION_ACCEPT_FLASHED : replace_app(s);
}
