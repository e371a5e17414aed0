/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/startup.h"
#include <stddef.h>
#include "chip.h"

/* More than any way through the decision table takes: a swap that must be reverted, twice. */
enum { ACTIONS_MAX = 40 };
/* After so many errors of flash a swap is given up; after so many, this start. */
enum { MOVE_ERRORS_MAX = 3, ERRORS_MAX = 12 };

/* For passing them on: a constant, where nobody looks at them. */
OTTER_INLINE const struct otter_port *port_of(const struct otter_startup *s)
{
    return CHIP_IS_KNOWN ? NULL : s->port;
}

OTTER_INLINE const struct otter_layout *layout_of(const struct otter_startup *s)
{
    return CHIP_IS_KNOWN ? NULL : s->layout;
}

/* Nothing is under way. */
static bool is_idle(const struct otter_journal *journal)
{
    return journal->kind <= OTTER_JOURNAL_IDLE || journal->confirmed;
}

static bool is_on_trial(const struct otter_journal *journal)
{
    return journal->kind == OTTER_JOURNAL_INSTALL && !journal->confirmed;
}

static void read_situation(struct otter_startup *s)
{
    struct otter_situation *now = &s->now;
    bool received = now->before == OTTER_BEFORE_RECEIVED;

    otter_journal_read(port_of(s), layout_of(s), &now->journal);
    if (received) {
        now->journal.requested = true;
        now->journal.request_file = *s->received_file;
    }
    now->request = !now->journal.requested                      ? OTTER_REQUEST_NONE
                   : now->journal.request_size != 0 || received ? OTTER_REQUEST_VALID
                                                                : OTTER_REQUEST_INVALID;
    now->tutorial_request = s->tutorial_size != 0;
    now->appended_now = now->journal.addr == s->appended_at;
    now->stuck = s->move_errors >= MOVE_ERRORS_MAX;
}

static void tell(const struct otter_startup *s, enum otter_action action, uint8_t detail)
{
    if (s->report != NULL) {
        s->report(s->report_ctx, action, detail);
    }
}

/* ---- checks ---- */

static uint32_t crc(const struct otter_startup *s, enum otter_image_at where, uint32_t length)
{
    return otter_swap_image_crc(port_of(s), layout_of(s), where, length);
}

/* No image below this version number is installed: what the journal says, but not less than a
 * good app is that nothing has to be proved of. What a debug probe has flashed counts alone,
 * downwards, too. */
static uint32_t floor_of(const struct otter_startup *s)
{
    bool is_flashed = s->now.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_REFLASHED;
    uint32_t app = s->number[OTTER_IMAGE_AT_APP];

    return is_flashed || (app > s->now.journal.floor && !is_on_trial(&s->now.journal))
               ? app
               : s->now.journal.floor;
}

/* Must the signature of APP be verified as well as its digest record? Yes if there is no
 * record, if APP is new, if this start has rewritten the journal, or if the version of APP is
 * needed. (With every_start: always.) */
static bool is_thorough(const struct otter_startup *s)
{
    const struct otter_journal *journal = &s->now.journal;

    if (s->verified_twice != NULL || s->appended_at != 0 || journal->requested ||
        s->tutorial_size != 0) {
        return true;
    }
    return journal->kind == OTTER_JOURNAL_NONE || (!is_idle(journal) && journal->starts == 0);
}

/* Check the image at `where`: by its digest record if there is one, and by its signature.
 * `recorded` is first "the journal has a digest record for it", then "the image matches that
 * record". */
static void check(struct otter_startup *s, enum otter_image_at where)
{
    struct otter_journal *journal = &s->now.journal;
    const struct otter_digest_record *digest =
        where == OTTER_IMAGE_AT_APP ? otter_journal_app(journal) : &journal->previous;
    enum otter_reason reason = OTTER_REASON_NONE;
    enum otter_check good = OTTER_CHECK_GOOD;
    bool recorded = journal->kind != OTTER_JOURNAL_NONE && where != OTTER_IMAGE_AT_NEW &&
                    (where == OTTER_IMAGE_AT_APP || !is_idle(journal));

    s->now.check[where] = OTTER_CHECK_BAD;
    s->number[where] = 0;
    if (recorded) {
        s->size[where] = digest->length;
        recorded = digest->length != 0 && crc(s, where, digest->length) == digest->crc;
        /* A probe may flash APP whenever nothing moves there. Before the first start on trial
         * it is the copy: what it must be is what the entry says, signed or not. */
        if (!recorded &&
            (where != OTTER_IMAGE_AT_APP ||
             (!is_idle(journal) && !(is_on_trial(journal) && journal->starts != 0)))) {
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
    if (!recorded || where != OTTER_IMAGE_AT_APP || is_thorough(s) || s->every_start) {
        reason = s->verify(s->verify_ctx, where, &s->size[where], &s->number[where]);
    }
    if (where == OTTER_IMAGE_AT_NEW && reason == OTTER_REASON_NONE &&
        s->number[where] < floor_of(s)) {
        reason = OTTER_REASON_OLDER;
    }
    if (reason != OTTER_REASON_NONE) {
        s->reason[where] = (uint8_t)reason;
        s->number[where] = 0;
        return;
    }
    s->now.check[where] = (uint8_t)good;
}

static void forget_checks(struct otter_startup *s)
{
    s->now.check[OTTER_IMAGE_AT_APP] = s->now.check[OTTER_IMAGE_AT_NEW] =
        s->now.check[OTTER_IMAGE_AT_OLD] = OTTER_CHECK_UNKNOWN;
}

/* ---- entries ---- */

static int append(struct otter_startup *s)
{
    int error = otter_journal_append(port_of(s), layout_of(s), &s->now.journal);

    s->appended_at = error == 0 ? s->now.journal.addr : 0;
    return error;
}

/* Append an entry of another kind, with so many steps done already. */
static int begin(struct otter_startup *s, enum otter_journal_kind kind, uint16_t step,
                 uint8_t flags, uint8_t reason)
{
    s->now.journal.kind = (uint8_t)kind;
    s->now.journal.step = step;
    s->now.journal.starts = 0;
    s->now.journal.moved = false;
    s->now.journal.flags = flags;
    s->now.journal.reason = reason;
    s->move_errors = 0;
    return append(s);
}

/* Append what was read as a new entry. When nothing is under way that is the installed
 * image. */
static int rewrite(struct otter_startup *s, uint8_t reason)
{
    struct otter_journal *journal = &s->now.journal;

    if (!is_idle(journal)) {
        journal->reason = reason;
        return append(s);
    }
    journal->present = *otter_journal_app(journal);
    journal->previous = (struct otter_digest_record){0, 0};
    return begin(s, OTTER_JOURNAL_IDLE, 0, 0, reason);
}

static void take_digest(const struct otter_startup *s, enum otter_image_at where,
                        struct otter_digest_record *out_digest)
{
    out_digest->length = s->size[where];
    out_digest->crc = crc(s, where, s->size[where]);
}

static int accept_flashed(struct otter_startup *s)
{
    s->now.journal.floor = s->number[OTTER_IMAGE_AT_APP];
    take_digest(s, OTTER_IMAGE_AT_APP, &s->now.journal.present);
    s->now.check[OTTER_IMAGE_AT_APP] = OTTER_CHECK_GOOD;
    /* Without an entry before: why a tutorial request was refused in this start. */
    return begin(s, OTTER_JOURNAL_IDLE, 0, 0, s->refused);
}

static int refuse(struct otter_startup *s, uint8_t reason)
{
    if (s->now.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_BAD) {
        /* The next start must not accept APP by its digest record. */
        otter_journal_app(&s->now.journal)->length = 0;
    }
    s->now.journal.file = s->now.journal.request_file;
    s->refused = reason;
    s->now.check[OTTER_IMAGE_AT_NEW] = OTTER_CHECK_UNKNOWN;
    s->now.before = OTTER_BEFORE_NOTHING;
    /* Where there is no entry, and APP is good, it is accepted next. */
    return s->now.journal.kind != OTTER_JOURNAL_NONE ||
                   s->now.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_BAD
               ? rewrite(s, reason)
               : 0;
}

static int install(struct otter_startup *s)
{
    bool has_app, saves_first;

    /* Verify everything a second time: one skipped instruction must not decide that an image is
     * installed. See verified_twice. */
    if (s->verified_twice != s) {
        s->verified_twice = s;
        check(s, OTTER_IMAGE_AT_APP);
        check(s, OTTER_IMAGE_AT_NEW);
    }
    if (s->now.check[OTTER_IMAGE_AT_NEW] != OTTER_CHECK_GOOD) {
        return 0;
    }
    /* Nobody goes back to an image that is damaged, or did not confirm. */
    has_app = s->now.check[OTTER_IMAGE_AT_APP] != OTTER_CHECK_BAD && is_idle(&s->now.journal);
    /* With an entry in doubt the page waits until that entry is void: it may say that the page
     * is saved already. */
    saves_first = has_app && s->now.journal.certain;
    /* Twice: one refused operation is no dead page. */
    if (saves_first && otter_swap_save_first(port_of(s), layout_of(s)) != 0 &&
        otter_swap_save_first(port_of(s), layout_of(s)) != 0) {
        tell(s, OTTER_ACTION_REFUSE, OTTER_REASON_FLASH);
        return refuse(s, OTTER_REASON_FLASH);
    }
    s->now.before = OTTER_BEFORE_NOTHING;
    s->now.journal.floor = floor_of(s);
    s->now.journal.version = s->number[OTTER_IMAGE_AT_NEW];
    s->now.journal.file = s->now.journal.request_file;
    s->now.journal.previous = (struct otter_digest_record){0, 0};
    if (has_app) {
        take_digest(s, OTTER_IMAGE_AT_APP, &s->now.journal.previous);
    }
    take_digest(s, OTTER_IMAGE_AT_NEW, &s->now.journal.present);
    return begin(s, OTTER_JOURNAL_INSTALL, saves_first,
                 s->tutorial_size != 0 ? OTTER_JOURNAL_PERMANENT : 0,
                 has_app ? OTTER_REASON_NONE : OTTER_REASON_DAMAGED);
}

static uint8_t revert_reason(const struct otter_startup *s)
{
    if (!is_on_trial(&s->now.journal)) {
        return OTTER_REASON_DAMAGED;
    }
    if (!s->now.journal.moved) {
        return OTTER_REASON_FLASH;
    }
    return s->now.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_GOOD ? OTTER_REASON_UNCONFIRMED
                                                                : OTTER_REASON_BAD_COPY;
}

static int revert(struct otter_startup *s)
{
    struct otter_journal *journal = &s->now.journal;
    uint8_t reason = revert_reason(s);
    uint16_t step = 0;

    if (s->now.check[OTTER_IMAGE_AT_OLD] == OTTER_CHECK_GOOD) {
        take_digest(s, OTTER_IMAGE_AT_OLD, &journal->previous);
    } else { /* the old image lies in both places, a part in each */
        otter_swap_turn_back(journal, chip_page_size(port_of(s)));
        step = journal->step;
    }
    return begin(s, OTTER_JOURNAL_RESTORE, step, 0, reason);
}

/* Why is there nothing to start? The reason told is that of an image that was refused, if one
 * was. */
static uint8_t recover_reason(struct otter_startup *s)
{
    const struct otter_journal *journal = &s->now.journal;

    if (s->refused != OTTER_REASON_NONE) {
        return s->refused;
    }
    if (journal->kind == OTTER_JOURNAL_NONE) {
        return s->reason[OTTER_IMAGE_AT_APP];
    }
    if (s->now.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_UNKNOWN) {
        return OTTER_REASON_FLASH; /* in the middle of a swap */
    }
    if (s->now.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_GOOD &&
        (journal->reason == OTTER_REASON_NONE || journal->reason == OTTER_REASON_DAMAGED)) {
        return OTTER_REASON_UNCONFIRMED;
    }
    return s->now.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_GOOD ||
                   otter_journal_app(&s->now.journal)->length == 0
               ? journal->reason
               : OTTER_REASON_DAMAGED;
}

static uint8_t detail(struct otter_startup *s, enum otter_action action)
{
    if (action == OTTER_ACTION_CHECK_APP) {
        return is_thorough(s);
    }
    if (action == OTTER_ACTION_TRY) {
        return s->now.journal.starts + 1;
    }
    if (action == OTTER_ACTION_REVERT) {
        return revert_reason(s);
    }
    if (action == OTTER_ACTION_RECOVER) {
        return recover_reason(s);
    }
    return action == OTTER_ACTION_REFUSE ? s->reason[OTTER_IMAGE_AT_NEW] : 0;
}

/* ---- the tutorial request ---- */

/* These two have `tutorial` as an argument, so that a bootloader in which it is
 * NULL has nothing of them. */

/* A journal entry cannot be taken for a request: its first half-word is 0. */
static uint32_t read_tutorial_size(const struct otter_startup *s,
                                   const struct otter_flag_functions *tutorial)
{
    struct otter_flag request;

    return tutorial->read(port_of(s), layout_of(s), &request) == 0 ? request.image_size : 0;
}

/* After an action that has done what the request asks: refused it, or installed the image if
 * that was still good. Not needed when the entry just appended has taken its place. */
static int erase_tutorial_request(const struct otter_startup *s,
                                  const struct otter_flag_functions *tutorial,
                                  enum otter_action action)
{
    const struct otter_layout *layout = layout_of(s);
    bool is_replaced =
        s->now.journal.addr - chip_map(layout)->flag.addr < chip_map(layout)->flag.size;

    bool is_done = s->refused != OTTER_REASON_NONE ||
                   (action == OTTER_ACTION_INSTALL &&
                    s->now.check[OTTER_IMAGE_AT_NEW] == OTTER_CHECK_GOOD);

    if (!is_done) {
        return 0;
    }
    return s->tutorial_size != 0 && !is_replaced ? tutorial->erase(port_of(s), layout) : 0;
}

/* ---- one action after the other ---- */

static int act(struct otter_startup *s, enum otter_action action)
{
    const struct otter_port *port = port_of(s);

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
        return rewrite(s, s->now.journal.reason);
    case OTTER_ACTION_REFUSE:
        return refuse(s, s->reason[OTTER_IMAGE_AT_NEW]);
    case OTTER_ACTION_INSTALL:
        return install(s);
    case OTTER_ACTION_REVERT:
        return revert(s);
    case OTTER_ACTION_MOVE: {
        int error;

        forget_checks(s);
        error = otter_swap_run(port, layout_of(s), &s->now.journal);
        s->move_errors = (uint8_t)(s->move_errors + (error != 0));
        return error;
    }
    case OTTER_ACTION_FINISH:
        return otter_journal_finish(port, &s->now.journal);
    case OTTER_ACTION_TRY:
        return otter_journal_count_start(port, &s->now.journal);
    case OTTER_ACTION_START:
    case OTTER_ACTION_START_ONCE:
    case OTTER_ACTION_RECOVER:
    case OTTER_ACTION_GIVE_UP:
        break;
    }
    return 0;
}

/* Flash accepts no more writes: what it holds counts, not what should have been appended. */
static enum otter_startup_target give_up(struct otter_startup *s)
{
    bool is_over;

    read_situation(s);
    tell(s, OTTER_ACTION_GIVE_UP, OTTER_REASON_FLASH);
    check(s, OTTER_IMAGE_AT_APP);
    is_over =
        s->now.journal.starts >= OTTER_JOURNAL_TRIALS && s->now.before != OTTER_BEFORE_UNHEARD;
    if (s->now.check[OTTER_IMAGE_AT_APP] == OTTER_CHECK_BAD ||
        (is_on_trial(&s->now.journal) && is_over)) {
        tell(s, OTTER_ACTION_RECOVER, OTTER_REASON_FLASH);
        return OTTER_STARTUP_RECOVERY;
    }
    return is_on_trial(&s->now.journal) &&
                   otter_journal_app(&s->now.journal) == &s->now.journal.present
               ? OTTER_STARTUP_TRIAL
               : OTTER_STARTUP_APP;
}

enum otter_startup_target otter_startup_run(struct otter_startup *s,
                                            const struct otter_flag_functions *tutorial)
{
    if (!CHIP_IS_KNOWN && !otter_layout_check(s->port, s->layout)) {
        return OTTER_STARTUP_NOTHING;
    }
    for (unsigned left = ACTIONS_MAX; left != 0 && s->errors < ERRORS_MAX; left--) {
        enum otter_action action;
        int error;

        if (tutorial != NULL) {
            s->tutorial_size = read_tutorial_size(s, tutorial);
        }
        read_situation(s);
        action = otter_decide_action(&s->now);

        tell(s, action, detail(s, action));
        if (action == OTTER_ACTION_START) {
            return OTTER_STARTUP_APP;
        }
        if (action == OTTER_ACTION_START_ONCE) {
            return OTTER_STARTUP_TRIAL;
        }
        if (action == OTTER_ACTION_RECOVER) {
            return OTTER_STARTUP_RECOVERY;
        }
        error = act(s, action);
        if (tutorial != NULL && error == 0) {
            error = erase_tutorial_request(s, tutorial, action);
        }
        if (error != 0) {
            s->appended_at = 0; /* flash failed: rewrite what was read, in another place */
            s->errors++;
        } else if (action == OTTER_ACTION_TRY) {
            return OTTER_STARTUP_TRIAL;
        }
    }
    return give_up(s);
}
