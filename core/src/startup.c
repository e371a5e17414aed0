/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/startup.h"
#include <stddef.h>
#include "otter/flag.h"

/* What one start has found out; on the stack. */
struct startup {
    const struct otter_startup_config *config;
    struct otter_journal journal;
    uint32_t appended_at; /* the frame that this start has appended; 0 = none */
    uint32_t app_size, incoming_size, previous_size;
    uint32_t app_number;             /* version of a good app: what an update must reach */
    uint8_t app, incoming, previous; /* enum otter_check */
    uint8_t reason;                  /* for the next frame */
};

/* More than any way through the table takes: a swap that has to be reverted, twice. */
enum { ACTIONS_MAX = 40 };

static bool is_at_rest(const struct otter_journal *journal)
{
    return journal->kind == OTTER_JOURNAL_REST || journal->final;
}

/* What should be in APP now. */
static const struct otter_seal *app_seal(const struct otter_journal *journal)
{
    return journal->kind == OTTER_JOURNAL_RESTORE ? &journal->previous : &journal->present;
}

/* The size in a tutorial app's record, or 0. A frame of ours is none: its first half-word is 0. */
static uint32_t record_size(const struct startup *s)
{
    struct otter_flag flag;

    return otter_flag_read(s->config->port, s->config->layout, &flag) == 0 && flag.mark == 0
               ? flag.image_size
               : 0;
}

static struct otter_situation look(struct startup *s)
{
    const struct otter_journal *journal = &s->journal;
    uint32_t page = s->config->port->page_size;
    bool is_restore = journal->kind == OTTER_JOURNAL_RESTORE;

    return (struct otter_situation){
        .kind = journal->kind,
        .request = !journal->requested          ? OTTER_REQUEST_NONE
                   : journal->request_size != 0 ? OTTER_REQUEST_VALID
                                                : OTTER_REQUEST_INVALID,
        .record = record_size(s) != 0,
        .settled = journal->settled,
        .fresh = journal->addr == s->appended_at,
        .moved =
            is_restore ? journal->step * page >= journal->previous.length : journal->swapped,
        .final = journal->final,
        .permanent = (journal->flags & OTTER_JOURNAL_PERMANENT) != 0,
        .used_up = journal->starts >= OTTER_JOURNAL_TRIALS,
        .app = s->app,
        .incoming = s->incoming,
        .previous = s->previous,
    };
}

/* ---- checks ---- */

/* The image at `place`, by its seal, or by its signature, or by both. */
static uint8_t check(struct startup *s, const struct otter_place *place,
                     const struct otter_seal *seal, bool thorough, uint32_t *out_size,
                     uint32_t *out_number)
{
    const struct otter_startup_config *config = s->config;
    enum otter_reason reason;

    *out_size = seal == NULL ? 0 : seal->length;
    if (seal != NULL && (seal->length == 0 ||
                         otter_place_crc(config->port, place, seal->length) != seal->crc)) {
        return OTTER_BAD;
    }
    if (!thorough) {
        return OTTER_GOOD;
    }
    reason = config->judge(config->judge_ctx, place, out_size, out_number);
    if (reason != OTTER_REASON_NONE) {
        s->reason = (uint8_t)reason;
        return OTTER_BAD;
    }
    return OTTER_GOOD;
}

/* The signature where the seal is not enough: nobody has sealed it, it is new in APP, the last start
 * left something in doubt, or its version is asked for. */
static void check_app(struct startup *s)
{
    const struct otter_journal *journal = &s->journal;
    struct otter_place place = otter_place_app(s->config->layout);
    bool none = journal->kind == OTTER_JOURNAL_NONE;
    bool thorough = none || !is_at_rest(journal) || s->appended_at != 0 || journal->requested ||
                    record_size(s) != 0;

    if (journal->kind == OTTER_JOURNAL_INSTALL && journal->starts != 0 && !journal->final) {
        thorough = s->appended_at != 0;
    }
    s->app = check(s, &place, none ? NULL : app_seal(journal), thorough, &s->app_size,
                   &s->app_number);
    if (s->app == OTTER_BAD) {
        s->app_number = 0;
    }
}

static void check_incoming(struct startup *s)
{
    struct otter_place place = otter_place_incoming(s->config->layout);
    enum otter_reason reason;
    uint32_t number = 0;

    s->incoming_size = record_size(s);
    if (s->incoming_size == 0) {
        s->incoming_size = s->journal.request_size;
    }
    reason = s->config->judge(s->config->judge_ctx, &place, &s->incoming_size, &number);
    if (reason == OTTER_REASON_NONE && number < s->app_number) {
        reason = OTTER_REASON_OLDER;
    }
    s->reason = (uint8_t)reason;
    s->incoming = reason == OTTER_REASON_NONE ? OTTER_GOOD : OTTER_BAD;
}

static void check_previous(struct startup *s)
{
    struct otter_place place = otter_place_previous(s->config->layout);
    const struct otter_journal *journal = &s->journal;
    uint32_t number;

    s->previous =
        check(s, &place,
              journal->kind == OTTER_JOURNAL_INSTALL || journal->kind == OTTER_JOURNAL_RESTORE
                  ? &journal->previous
                  : NULL,
              true, &s->previous_size, &number);
}

static void forget_checks(struct startup *s)
{
    s->app = s->incoming = s->previous = OTTER_UNKNOWN;
}

/* ---- frames ---- */

static struct otter_seal seal(const struct startup *s, struct otter_place place,
                              uint32_t length)
{
    return (struct otter_seal){length, otter_place_crc(s->config->port, &place, length)};
}

static int append(struct startup *s)
{
    int error = otter_journal_append(s->config->port, s->config->layout, &s->journal);

    s->appended_at = error == 0 ? s->journal.addr : 0;
    return error;
}

/* What was read, into a fresh frame. At rest that is the image which is installed. */
static int append_same(struct startup *s)
{
    struct otter_journal *journal = &s->journal;

    if (is_at_rest(journal)) {
        journal->present = *app_seal(journal);
        journal->previous = (struct otter_seal){0, 0};
        journal->kind = OTTER_JOURNAL_REST;
        journal->step = journal->starts = journal->flags = 0;
        journal->swapped = false;
    }
    return append(s);
}

static int erase_record(const struct startup *s)
{
    return record_size(s) != 0 ? otter_flag_erase(s->config->port, s->config->layout) : 0;
}

static int adopt(struct startup *s)
{
    struct otter_journal *journal = &s->journal;

    if (journal->kind == OTTER_JOURNAL_INSTALL) {
        s->reason = OTTER_REASON_NO_WAY_BACK;
    }
    journal->present = seal(s, otter_place_app(s->config->layout), s->app_size);
    journal->kind = OTTER_JOURNAL_REST;
    journal->final = true;
    journal->reason = s->reason;
    return append_same(s);
}

static int refuse(struct startup *s)
{
    int error = 0;

    if (s->journal.kind != OTTER_JOURNAL_NONE) {
        s->journal.reason = s->reason;
        error = append_same(s);
    }
    s->incoming = OTTER_UNKNOWN;
    return error != 0 ? error : erase_record(s);
}

static int install(struct startup *s)
{
    struct otter_journal *journal = &s->journal;
    const struct otter_layout *layout = s->config->layout;
    bool by_record = record_size(s) != 0;
    int error;

    journal->previous = (struct otter_seal){0, 0};
    if (s->app == OTTER_GOOD) {
        journal->previous = seal(s, otter_place_app(layout), s->app_size);
    }
    journal->present = seal(s, otter_place_incoming(layout), s->incoming_size);
    journal->kind = OTTER_JOURNAL_INSTALL;
    journal->step = journal->starts = 0;
    journal->swapped = false;
    journal->flags = by_record || s->app != OTTER_GOOD ? OTTER_JOURNAL_PERMANENT : 0;
    journal->reason = s->app == OTTER_BAD ? OTTER_REASON_DAMAGED : OTTER_REASON_NONE;
    error = append(s);
    return error != 0 ? error : erase_record(s);
}

static int revert(struct startup *s)
{
    struct otter_journal *journal = &s->journal;

    if (journal->kind == OTTER_JOURNAL_INSTALL && !journal->final) {
        journal->reason =
            s->app == OTTER_GOOD ? OTTER_REASON_UNCONFIRMED : OTTER_REASON_BAD_COPY;
    } else {
        journal->reason = OTTER_REASON_DAMAGED;
    }
    journal->previous = seal(s, otter_place_previous(s->config->layout), s->previous_size);
    journal->kind = OTTER_JOURNAL_RESTORE;
    journal->step = journal->starts = journal->flags = 0;
    journal->swapped = false;
    forget_checks(s);
    return append(s);
}

/* ---- one action after the other ---- */

static int act(struct startup *s, enum otter_action action)
{
    const struct otter_port *port = s->config->port;
    const struct otter_layout *layout = s->config->layout;
    int error;

    switch (action) {
    case OTTER_ACTION_CHECK_APP:
        check_app(s);
        return 0;
    case OTTER_ACTION_CHECK_INCOMING:
        check_incoming(s);
        return 0;
    case OTTER_ACTION_CHECK_PREVIOUS:
        check_previous(s);
        return 0;
    case OTTER_ACTION_ADOPT:
        return adopt(s);
    case OTTER_ACTION_SETTLE:
        return append_same(s);
    case OTTER_ACTION_REFUSE:
        return refuse(s);
    case OTTER_ACTION_INSTALL:
        return install(s);
    case OTTER_ACTION_REVERT:
        return revert(s);
    case OTTER_ACTION_SWAP:
        error = otter_swap(port, layout, &s->journal);
        forget_checks(s);
        return error;
    case OTTER_ACTION_RESTORE:
        error = otter_restore(port, layout, &s->journal);
        forget_checks(s);
        return error;
    case OTTER_ACTION_FINISH:
        return otter_journal_finish(port, &s->journal);
    case OTTER_ACTION_TRY:
        return otter_journal_count_start(port, &s->journal);
    case OTTER_ACTION_START:
    case OTTER_ACTION_RECOVER:
        break;
    }
    return 0;
}

enum otter_startup otter_startup(const struct otter_startup_config *config)
{
    struct startup s = {.config = config};

    for (unsigned left = ACTIONS_MAX; left != 0; left--) {
        struct otter_situation situation;
        enum otter_action action;

        if (otter_journal_read(config->port, config->layout, &s.journal) != 0) {
            continue;
        }
        situation = look(&s);
        action = otter_decide(&situation);
        if (config->report != NULL) {
            config->report(action, &s.journal);
        }
        if (action == OTTER_ACTION_START) {
            return OTTER_STARTUP_APP;
        }
        if (action == OTTER_ACTION_RECOVER) {
            return OTTER_STARTUP_RECOVERY;
        }
        if (act(&s, action) != 0) {
            s.appended_at = 0; /* flash refused: what was read is written anew, elsewhere */
        } else if (action == OTTER_ACTION_TRY) {
            return OTTER_STARTUP_TRIAL;
        }
    }
    /* Flash takes nothing any more. */
    check_app(&s);
    return s.app == OTTER_GOOD ? OTTER_STARTUP_APP : OTTER_STARTUP_RECOVERY;
}
