/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/decide.h"

/* APP should not be started, and there is nothing to go back to: is there an incoming image? */
static enum otter_action install_or_recover(const struct otter_situation *s)
{
    if (s->check[OTTER_IMAGE_AT_NEW] == OTTER_CHECK_UNKNOWN) {
        return OTTER_ACTION_CHECK_NEW;
    }
    if (s->check[OTTER_IMAGE_AT_NEW] == OTTER_CHECK_GOOD) {
        return OTTER_ACTION_INSTALL;
    }
    /* A recovery has received it: why it is refused is worth an entry. */
    return s->request == OTTER_REQUEST_VALID ? OTTER_ACTION_REFUSE : OTTER_ACTION_RECOVER;
}

/* APP cannot be started: is there another image? */
static enum otter_action replace_app(const struct otter_situation *s)
{
    if (s->check[OTTER_IMAGE_AT_NEW] != OTTER_CHECK_BAD || s->request == OTTER_REQUEST_VALID) {
        return install_or_recover(s);
    }
    if (s->check[OTTER_IMAGE_AT_OLD] == OTTER_CHECK_UNKNOWN) {
        return OTTER_ACTION_CHECK_OLD;
    }
    return s->check[OTTER_IMAGE_AT_OLD] == OTTER_CHECK_GOOD ? OTTER_ACTION_REVERT
                                                            : OTTER_ACTION_RECOVER;
}

/* There is a request to install the new image. APP is checked first: the new image must not be
 * older, and without a good APP there is nothing to go back to. */
static enum otter_action install_or_refuse(const struct otter_situation *s)
{
    if (s->check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_UNKNOWN) {
        return OTTER_ACTION_CHECK_APP;
    }
    if (s->check[OTTER_IMAGE_AT_NEW] == OTTER_CHECK_UNKNOWN) {
        return OTTER_ACTION_CHECK_NEW;
    }
    return s->check[OTTER_IMAGE_AT_NEW] == OTTER_CHECK_GOOD ? OTTER_ACTION_INSTALL
                                                            : OTTER_ACTION_REFUSE;
}

/* The newest entry names the installed image. */
static enum otter_action go_on_idle(const struct otter_situation *s)
{
    if (s->tutorial_request || s->request == OTTER_REQUEST_VALID) {
        return install_or_refuse(s);
    }
    if (!s->journal.certain || s->request == OTTER_REQUEST_INVALID) {
        return OTTER_ACTION_REWRITE;
    }
    if (s->check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_UNKNOWN) {
        return OTTER_ACTION_CHECK_APP;
    }
    if (s->check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_REFLASHED) { /* flashed by a debug probe */
        return OTTER_ACTION_ACCEPT_FLASHED;
    }
    return s->check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_GOOD ? OTTER_ACTION_START
                                                            : replace_app(s);
}

/* The swap is under way. What a recovery has received in the meantime has overwritten both what
 * was to be installed and what was to go back, so the swap makes way for it. */
static enum otter_action go_on_moving(const struct otter_situation *s)
{
    if (s->request == OTTER_REQUEST_VALID) {
        return install_or_recover(s);
    }
    if (s->before == OTTER_BEFORE_UNHEARD) {
        /* It has been tried in the start before; nobody was there to help. */
        return OTTER_ACTION_RECOVER;
    }
    if (!s->appended_now) {
        return OTTER_ACTION_REWRITE;
    }
    if (!s->stuck) {
        return OTTER_ACTION_MOVE;
    }
    return s->journal.kind == OTTER_JOURNAL_INSTALL && s->journal.previous.length != 0
               ? OTTER_ACTION_REVERT
               : OTTER_ACTION_RECOVER;
}

/* The image on trial is damaged, or did not confirm. */
static enum otter_action end_trial(const struct otter_situation *s)
{
    if (s->check[OTTER_IMAGE_AT_OLD] == OTTER_CHECK_UNKNOWN) {
        return OTTER_ACTION_CHECK_OLD;
    }
    if (s->check[OTTER_IMAGE_AT_OLD] == OTTER_CHECK_GOOD) {
        return OTTER_ACTION_REVERT;
    }
    if (s->request == OTTER_REQUEST_VALID) {
        return install_or_recover(s);
    }
    /* Not once more what APPBAK may still hold: that would be a trial without end. */
    return s->check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_GOOD && s->before == OTTER_BEFORE_UNHEARD
               ? OTTER_ACTION_START_ONCE
               : OTTER_ACTION_RECOVER;
}

static enum otter_action go_on_installing(const struct otter_situation *s)
{
    if (!s->journal.moved) {
        return go_on_moving(s);
    }
    if (s->check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_UNKNOWN) {
        return OTTER_ACTION_CHECK_APP;
    }
    if (s->check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_REFLASHED) {
        return OTTER_ACTION_ACCEPT_FLASHED;
    }
    /* A tutorial's app confirms itself by asking for the next update; it has no other way. */
    if (s->check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_GOOD &&
        ((s->journal.flags & OTTER_JOURNAL_PERMANENT) != 0 || s->tutorial_request)) {
        return OTTER_ACTION_FINISH;
    }
    if (s->tutorial_request) { /* its download has overwritten the old image */
        return install_or_refuse(s);
    }
    if (s->check[OTTER_IMAGE_AT_APP] != OTTER_CHECK_GOOD ||
        s->journal.starts >= OTTER_JOURNAL_TRIALS) {
        return end_trial(s);
    }
    return s->journal.certain ? OTTER_ACTION_TRY : OTTER_ACTION_REWRITE;
}

static enum otter_action go_on_restoring(const struct otter_situation *s)
{
    if (!s->journal.moved) {
        return go_on_moving(s);
    }
    if (!s->appended_now) {
        return OTTER_ACTION_REWRITE;
    }
    if (s->check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_UNKNOWN) {
        return OTTER_ACTION_CHECK_APP;
    }
    if (s->check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_GOOD) {
        return OTTER_ACTION_FINISH;
    }
    return replace_app(s);
}

enum otter_action otter_decide_action(const struct otter_situation *s)
{
    if (s->journal.kind == OTTER_JOURNAL_IDLE ||
        (s->journal.kind != OTTER_JOURNAL_NONE && s->journal.confirmed)) {
        return go_on_idle(s);
    }
    if (s->journal.kind == OTTER_JOURNAL_INSTALL) {
        return go_on_installing(s);
    }
    if (s->journal.kind == OTTER_JOURNAL_RESTORE) {
        return go_on_restoring(s);
    }
    if (s->tutorial_request) {
        return install_or_refuse(s);
    }
    if (s->check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_UNKNOWN) {
        return OTTER_ACTION_CHECK_APP;
    }
    return s->check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_GOOD ? OTTER_ACTION_ACCEPT_FLASHED
                                                            : replace_app(s);
}
