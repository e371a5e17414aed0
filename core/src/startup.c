/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/startup.h"
#include <stddef.h>

/* What this start has found out so far; on the stack. */
struct startup {
    const struct otter_startup_config *config;
    struct otter_journal journal;
    uint32_t appended_at;   /* the entry that this start has appended; 0 = none */
    uint32_t tutorial_size; /* in the tutorial request; 0 = there is none */
    uint8_t check[3];       /* enum otter_check, by enum otter_image_at */
    uint32_t size[3];       /* of the image there, if it is good */
    uint32_t number[3];     /* ... and its version number */
    bool received;          /* as in config, until that image is refused or installed */
    uint8_t reason;         /* for the next entry */
    /* Set when install() has verified APP and the new image a second time. The value for "yes"
     * is `config`, not 1: a glitch that skips an instruction, or leaves garbage in this struct,
     * is very unlikely to produce exactly that pointer. */
    const void *verified_twice;
};

/* More than any way through the decision table takes: a swap that must be reverted, twice. */
enum { ACTIONS_MAX = 40 };

static bool is_idle(const struct otter_journal *journal)
{
    return journal->kind == OTTER_JOURNAL_IDLE || journal->confirmed;
}

static bool is_on_trial(const struct otter_journal *journal)
{
    return journal->kind == OTTER_JOURNAL_INSTALL && !journal->confirmed;
}

/* The digest record of what should be in APP now. */
static struct otter_digest_record *app_digest(struct otter_journal *journal)
{
    return journal->kind == OTTER_JOURNAL_RESTORE ? &journal->previous : &journal->present;
}

static struct otter_situation read_situation(struct startup *s)
{
    const struct otter_startup_config *config = s->config;
    const struct otter_journal *journal = &s->journal;

    otter_journal_read(config->port, config->layout, &s->journal);
    s->journal.requested |= s->received;
    return (struct otter_situation){
        .kind = journal->kind,
        .request = !journal->requested                         ? OTTER_REQUEST_NONE
                   : journal->request_size != 0 || s->received ? OTTER_REQUEST_VALID
                                                               : OTTER_REQUEST_INVALID,
        .tutorial_request = s->tutorial_size != 0,
        .certain = journal->certain,
        .appended_now = journal->addr == s->appended_at,
        .moved = journal->swapped ||
                 (journal->kind == OTTER_JOURNAL_RESTORE &&
                  journal->step >= otter_journal_count_pages(journal, config->port->page_size)),
        .confirmed = journal->confirmed,
        .permanent = (journal->flags & OTTER_JOURNAL_PERMANENT) != 0,
        .used_up = journal->starts >= OTTER_JOURNAL_TRIALS,
        .app = s->check[OTTER_IMAGE_AT_APP],
        .new_image = s->check[OTTER_IMAGE_AT_NEW],
        .old_image = s->check[OTTER_IMAGE_AT_OLD],
    };
}

/* ---- checks ---- */

static uint32_t crc(const struct startup *s, enum otter_image_at where, uint32_t length)
{
    return otter_swap_image_crc(s->config->port, s->config->layout, where, length);
}

/* No image below this version number is installed: what the journal says, but not less than a
 * good app is that nothing has to be proved of. What a debug probe has flashed counts alone,
 * downwards, too. */
static uint32_t floor_of(const struct startup *s)
{
    bool is_flashed = s->check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_REFLASHED;
    uint32_t app = s->number[OTTER_IMAGE_AT_APP];

    return is_flashed || (app > s->journal.floor && !is_on_trial(&s->journal))
               ? app
               : s->journal.floor;
}

/* Must the signature of APP be verified as well as its digest record? Yes if there is no
 * record, if APP is new, if this start has rewritten the journal, or if the version of APP is
 * needed. (With every_start: always.) */
static bool is_thorough(const struct startup *s)
{
    const struct otter_journal *journal = &s->journal;

    if (s->verified_twice != NULL || s->appended_at != 0 || journal->requested ||
        s->tutorial_size != 0) {
        return true;
    }
    return journal->kind == OTTER_JOURNAL_NONE || (!is_idle(journal) && journal->starts == 0);
}

/* Check the image at `where`: by its digest record if there is one, and by its signature.
 * `recorded` is first "the journal has a digest record for it", then "the image matches that
 * record". */
static void check(struct startup *s, enum otter_image_at where)
{
    struct otter_journal *journal = &s->journal;
    const struct otter_digest_record *digest =
        where == OTTER_IMAGE_AT_APP ? app_digest(journal) : &journal->previous;
    enum otter_reason reason = OTTER_REASON_NONE;
    enum otter_check good = OTTER_CHECK_GOOD;
    bool recorded = journal->kind != OTTER_JOURNAL_NONE && where != OTTER_IMAGE_AT_NEW &&
                    (where == OTTER_IMAGE_AT_APP || !is_idle(journal));

    s->check[where] = OTTER_CHECK_BAD;
    s->number[where] = 0;
    if (recorded) {
        s->size[where] = digest->length;
        recorded = digest->length != 0 && crc(s, where, digest->length) == digest->crc;
        if (!recorded && (where != OTTER_IMAGE_AT_APP || !is_idle(journal))) {
            return;
        }
        good = recorded ? OTTER_CHECK_GOOD : OTTER_CHECK_REFLASHED;
    }
    if (!recorded) {
        s->size[where] = 0;
        if (where == OTTER_IMAGE_AT_NEW) {
            /* The size in a request counts only when nothing is under way: in the middle of an
             * INSTALL no app can have asked, and the trailer of a received image is searched
             * for. */
            s->size[where] = s->tutorial_size != 0 ? s->tutorial_size
                             : is_idle(journal)    ? journal->request_size
                                                   : 0;
        }
    }
    if (!recorded || where != OTTER_IMAGE_AT_APP || is_thorough(s) || s->config->every_start) {
        reason =
            s->config->verify(s->config->verify_ctx, where, &s->size[where], &s->number[where]);
    }
    if (where == OTTER_IMAGE_AT_NEW && reason == OTTER_REASON_NONE &&
        s->number[where] < floor_of(s)) {
        reason = OTTER_REASON_OLDER;
    }
    if (reason != OTTER_REASON_NONE) {
        s->reason = (uint8_t)reason;
        s->number[where] = 0;
        return;
    }
    s->check[where] = (uint8_t)good;
}

static void forget_checks(struct startup *s)
{
    s->check[OTTER_IMAGE_AT_APP] = s->check[OTTER_IMAGE_AT_NEW] = s->check[OTTER_IMAGE_AT_OLD] =
        OTTER_CHECK_UNKNOWN;
}

/* ---- entries ---- */

static int append(struct startup *s)
{
    int error = otter_journal_append(s->config->port, s->config->layout, &s->journal);

    s->appended_at = error == 0 ? s->journal.addr : 0;
    return error;
}

/* Append an entry of another kind, with nothing done yet. */
static int begin(struct startup *s, enum otter_journal_kind kind, uint8_t flags, uint8_t reason)
{
    s->journal.kind = (uint8_t)kind;
    s->journal.step = s->journal.starts = 0;
    s->journal.swapped = false;
    s->journal.flags = flags;
    s->journal.reason = reason;
    return append(s);
}

/* Append what was read as a new entry. When nothing is under way that is the installed
 * image. */
static int rewrite(struct startup *s, uint8_t reason)
{
    struct otter_journal *journal = &s->journal;

    if (!is_idle(journal)) {
        return append(s);
    }
    journal->present = *app_digest(journal);
    journal->previous = (struct otter_digest_record){0, 0};
    return begin(s, OTTER_JOURNAL_IDLE, 0, reason);
}

static void take_digest(const struct startup *s, enum otter_image_at where,
                        struct otter_digest_record *out_digest)
{
    out_digest->length = s->size[where];
    out_digest->crc = crc(s, where, s->size[where]);
}

static int accept_flashed(struct startup *s)
{
    bool on_trial = is_on_trial(&s->journal);
    /* Without an entry: why a tutorial request was refused in this start. */
    uint8_t reason = on_trial ? OTTER_REASON_NO_WAY_BACK : s->reason;

    s->journal.floor = on_trial ? s->journal.version : s->number[OTTER_IMAGE_AT_APP];
    take_digest(s, OTTER_IMAGE_AT_APP, &s->journal.present);
    s->check[OTTER_IMAGE_AT_APP] = OTTER_CHECK_GOOD;
    return begin(s, OTTER_JOURNAL_IDLE, 0, reason);
}

static int refuse(struct startup *s)
{
    if (s->check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_BAD) {
        /* The next start must not accept APP by its digest record. */
        app_digest(&s->journal)->length = 0;
    }
    s->journal.file = s->journal.request_file;
    s->check[OTTER_IMAGE_AT_NEW] = OTTER_CHECK_UNKNOWN;
    s->received = false;
    return s->journal.kind != OTTER_JOURNAL_NONE ? rewrite(s, s->reason) : 0;
}

static int install(struct startup *s)
{
    bool has_app;

    /* Verify everything a second time: one skipped instruction must not decide that an image is
     * installed. See verified_twice. */
    if (s->verified_twice != s->config) {
        s->verified_twice = s->config;
        check(s, OTTER_IMAGE_AT_APP);
        check(s, OTTER_IMAGE_AT_NEW);
    }
    if (s->check[OTTER_IMAGE_AT_NEW] != OTTER_CHECK_GOOD) {
        return 0;
    }
    s->received = false;
    has_app = s->check[OTTER_IMAGE_AT_APP] != OTTER_CHECK_BAD;
    s->journal.previous = (struct otter_digest_record){0, 0};
    if (has_app) {
        take_digest(s, OTTER_IMAGE_AT_APP, &s->journal.previous);
    }
    take_digest(s, OTTER_IMAGE_AT_NEW, &s->journal.present);
    s->journal.floor = floor_of(s);
    s->journal.version = s->number[OTTER_IMAGE_AT_NEW];
    s->journal.file = s->journal.request_file;
    return begin(s, OTTER_JOURNAL_INSTALL,
                 s->tutorial_size != 0 || !has_app ? OTTER_JOURNAL_PERMANENT : 0,
                 has_app ? OTTER_REASON_NONE : OTTER_REASON_DAMAGED);
}

static uint8_t revert_reason(const struct startup *s)
{
    if (!is_on_trial(&s->journal)) {
        return OTTER_REASON_DAMAGED;
    }
    return s->check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_GOOD ? OTTER_REASON_UNCONFIRMED
                                                            : OTTER_REASON_BAD_COPY;
}

static int revert(struct startup *s)
{
    uint8_t reason = revert_reason(s);

    take_digest(s, OTTER_IMAGE_AT_OLD, &s->journal.previous);
    forget_checks(s);
    return begin(s, OTTER_JOURNAL_RESTORE, 0, reason);
}

static uint8_t detail(const struct startup *s, enum otter_action action)
{
    if (action == OTTER_ACTION_CHECK_APP) {
        return is_thorough(s);
    }
    if (action == OTTER_ACTION_TRY) {
        return s->journal.starts + 1;
    }
    if (action == OTTER_ACTION_REVERT) {
        return revert_reason(s);
    }
    return action == OTTER_ACTION_REFUSE ? s->reason : 0;
}

/* ---- the tutorial request ---- */

/* These two have the config's `tutorial` as an argument, so that a bootloader in which it is
 * NULL has nothing of them. */

/* A journal entry cannot be taken for a request: its first half-word is 0. */
static uint32_t read_tutorial_size(const struct startup *s,
                                   const struct otter_flag_functions *tutorial)
{
    struct otter_flag request;

    return tutorial->read(s->config->port, s->config->layout, &request) == 0
               ? request.image_size
               : 0;
}

/* After an action that has done what the request asks: refused it, or installed the image if
 * that was still good. Not needed when the entry just appended has taken its place. */
static int erase_tutorial_request(const struct startup *s,
                                  const struct otter_flag_functions *tutorial,
                                  enum otter_action action)
{
    const struct otter_layout *layout = s->config->layout;
    bool is_replaced = s->journal.addr - layout->flag.addr < layout->flag.size;

    if (action != OTTER_ACTION_REFUSE &&
        (action != OTTER_ACTION_INSTALL || s->check[OTTER_IMAGE_AT_NEW] != OTTER_CHECK_GOOD)) {
        return 0;
    }
    return s->tutorial_size != 0 && !is_replaced ? tutorial->erase(s->config->port, layout) : 0;
}

/* ---- one action after the other ---- */

static int act(struct startup *s, enum otter_action action)
{
    const struct otter_port *port = s->config->port;

    switch (action) {
    case OTTER_ACTION_CHECK_APP:
        check(s, OTTER_IMAGE_AT_APP);
        return 0;
    case OTTER_ACTION_CHECK_NEW:
        check(s, OTTER_IMAGE_AT_NEW);
        return 0;
    case OTTER_ACTION_CHECK_OLD:
        check(s, OTTER_IMAGE_AT_OLD);
        return 0;
    case OTTER_ACTION_ACCEPT_FLASHED:
        return accept_flashed(s);
    case OTTER_ACTION_REWRITE:
        return rewrite(s, s->journal.reason);
    case OTTER_ACTION_REFUSE:
        return refuse(s);
    case OTTER_ACTION_INSTALL:
        return install(s);
    case OTTER_ACTION_REVERT:
        return revert(s);
    case OTTER_ACTION_MOVE:
        forget_checks(s);
        return otter_swap_run(port, s->config->layout, &s->journal);
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

enum otter_startup_target otter_startup_run(const struct otter_startup_config *config)
{
    const struct otter_flag_functions *const tutorial = config->tutorial;
    struct startup s = {.config = config, .received = config->received};

    for (unsigned left = ACTIONS_MAX; left != 0; left--) {
        struct otter_situation situation;
        enum otter_action action;
        int error;

        if (tutorial != NULL) {
            s.tutorial_size = read_tutorial_size(&s, tutorial);
        }
        situation = read_situation(&s);
        action = otter_decide_action(&situation);

        if (config->report != NULL) {
            config->report(config->report_ctx, action, detail(&s, action));
        }
        if (action == OTTER_ACTION_START) {
            return OTTER_STARTUP_APP;
        }
        if (action == OTTER_ACTION_RECOVER) {
            return OTTER_STARTUP_RECOVERY;
        }
        error = act(&s, action);
        if (tutorial != NULL && error == 0) {
            error = erase_tutorial_request(&s, tutorial, action);
        }
        if (error != 0) {
            s.appended_at = 0; /* flash failed: rewrite what was read, in another place */
        } else if (action == OTTER_ACTION_TRY) {
            return OTTER_STARTUP_TRIAL;
        }
    }
    /* Flash accepts no more writes: what it holds counts, not what should have been
     * appended. */
    (void)read_situation(&s);
    check(&s, OTTER_IMAGE_AT_APP);
    return s.check[OTTER_IMAGE_AT_APP] != OTTER_CHECK_BAD ? OTTER_STARTUP_APP
                                                          : OTTER_STARTUP_RECOVERY;
}
