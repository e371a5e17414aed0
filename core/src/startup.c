/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/startup.h"
#include <stddef.h>
#include "otter/flag.h"

/* What one start has found out; on the stack. */
struct startup {
    const struct otter_startup_config *config;
    struct otter_journal journal;
    uint32_t appended_at; /* the frame that this start has appended; 0 = none */
    uint32_t record_size; /* in a tutorial app's record; 0 = there is none */
    uint8_t check[3];     /* enum otter_check, by enum otter_place */
    uint32_t size[3];     /* of the image there, if it is good */
    bool received;        /* as in config, until that image is refused or installed */
    uint32_t app_number;  /* version of a good app: what an update must reach */
    uint8_t reason;       /* for the next frame */
    const void *sure;     /* what is to be installed was judged twice: the same as config */
};

/* More than any way through the table takes: a swap that has to be reverted, twice. */
enum { ACTIONS_MAX = 40 };

static bool is_at_rest(const struct otter_journal *journal)
{
    return journal->kind == OTTER_JOURNAL_REST || journal->final;
}

/* What should be in APP now. */
static struct otter_seal *app_seal(struct otter_journal *journal)
{
    return journal->kind == OTTER_JOURNAL_RESTORE ? &journal->previous : &journal->present;
}

static struct otter_situation look(struct startup *s)
{
    const struct otter_startup_config *config = s->config;
    const struct otter_journal *journal = &s->journal;
    struct otter_flag record;

    otter_journal_read(config->port, config->layout, &s->journal);
    s->journal.requested |= s->received;
    /* A frame of ours is no record: its first half-word is 0. */
    s->record_size =
        otter_flag_read(config->port, config->layout, &record) == 0 ? record.image_size : 0;
    return (struct otter_situation){
        .kind = journal->kind,
        .request = !journal->requested                         ? OTTER_REQUEST_NONE
                   : journal->request_size != 0 || s->received ? OTTER_REQUEST_VALID
                                                               : OTTER_REQUEST_INVALID,
        .record = s->record_size != 0,
        .settled = journal->settled,
        .fresh = journal->addr == s->appended_at,
        .moved = journal->swapped ||
                 (journal->kind == OTTER_JOURNAL_RESTORE &&
                  journal->step >= otter_journal_pages(journal, config->port->page_size)),
        .final = journal->final,
        .permanent = (journal->flags & OTTER_JOURNAL_PERMANENT) != 0,
        .used_up = journal->starts >= OTTER_JOURNAL_TRIALS,
        .app = s->check[OTTER_PLACE_APP],
        .incoming = s->check[OTTER_PLACE_INCOMING],
        .previous = s->check[OTTER_PLACE_PREVIOUS],
    };
}

/* ---- checks ---- */

static uint32_t crc(const struct startup *s, enum otter_place place, uint32_t length)
{
    return otter_place_crc(s->config->port, s->config->layout, place, length);
}

/* Is the signature of APP wanted beside its seal? Where nobody has sealed it, where it is new, where the
 * last start left something in doubt, and where its version is asked for. (every_start: always.) */
static bool is_thorough(const struct startup *s)
{
    const struct otter_journal *journal = &s->journal;

    if (s->sure != NULL || s->appended_at != 0 || journal->requested || s->record_size != 0) {
        return true;
    }
    return journal->kind == OTTER_JOURNAL_NONE ||
           (!is_at_rest(journal) && journal->starts == 0);
}

/* Find out about the image at `place`: by its seal if there is one, and by its signature. */
static void check(struct startup *s, enum otter_place place)
{
    struct otter_journal *journal = &s->journal;
    const struct otter_seal *seal =
        place == OTTER_PLACE_APP ? app_seal(journal) : &journal->previous;
    enum otter_reason reason = OTTER_REASON_NONE;
    enum otter_check good = OTTER_GOOD;
    uint32_t number = 0;
    bool sealed = journal->kind != OTTER_JOURNAL_NONE && place != OTTER_PLACE_INCOMING &&
                  (place == OTTER_PLACE_APP || !is_at_rest(journal));

    s->check[place] = OTTER_BAD;
    if (sealed) {
        s->size[place] = seal->length;
        sealed = seal->length != 0 && crc(s, place, seal->length) == seal->crc;
        if (!sealed && (place != OTTER_PLACE_APP || !is_at_rest(journal))) {
            return;
        }
        good = sealed ? OTTER_GOOD : OTTER_FOREIGN;
    }
    if (!sealed) {
        s->size[place] = 0;
        if (place == OTTER_PLACE_INCOMING) {
            /* A request in the middle of an INSTALL is nobody's: what a recovery received is not
             * looked for by its size. */
            s->size[place] = s->record_size != 0   ? s->record_size
                             : is_at_rest(journal) ? journal->request_size
                                                   : 0;
        }
    }
    if (!sealed || place != OTTER_PLACE_APP || is_thorough(s) || s->config->every_start) {
        reason = s->config->judge(s->config->judge_ctx, place, &s->size[place], &number);
    }
    if (place == OTTER_PLACE_INCOMING && reason == OTTER_REASON_NONE &&
        number < s->app_number) {
        reason = OTTER_REASON_OLDER;
    }
    if (reason != OTTER_REASON_NONE) {
        s->reason = (uint8_t)reason;
        return;
    }
    if (place == OTTER_PLACE_APP) {
        s->app_number = number;
    }
    s->check[place] = (uint8_t)good;
}

static void forget_checks(struct startup *s)
{
    s->check[OTTER_PLACE_APP] = s->check[OTTER_PLACE_INCOMING] =
        s->check[OTTER_PLACE_PREVIOUS] = OTTER_UNKNOWN;
}

/* ---- frames ---- */

static int append(struct startup *s)
{
    int error = otter_journal_append(s->config->port, s->config->layout, &s->journal);

    s->appended_at = error == 0 ? s->journal.addr : 0;
    return error;
}

/* Append a frame of another kind, with nothing done yet. */
static int begin(struct startup *s, enum otter_journal_kind kind, uint8_t flags, uint8_t reason)
{
    s->journal.kind = (uint8_t)kind;
    s->journal.step = s->journal.starts = 0;
    s->journal.swapped = false;
    s->journal.flags = flags;
    s->journal.reason = reason;
    return append(s);
}

/* What was read, into a fresh frame. At rest that is the image which is installed. */
static int settle(struct startup *s, uint8_t reason)
{
    struct otter_journal *journal = &s->journal;

    if (!is_at_rest(journal)) {
        return append(s);
    }
    journal->present = *app_seal(journal);
    journal->previous = (struct otter_seal){0, 0};
    return begin(s, OTTER_JOURNAL_REST, 0, reason);
}

static void seal(const struct startup *s, enum otter_place place, struct otter_seal *out_seal)
{
    out_seal->length = s->size[place];
    out_seal->crc = crc(s, place, s->size[place]);
}

static int adopt(struct startup *s)
{
    /* Without a frame: why a record was refused just now. */
    uint8_t reason = s->journal.kind == OTTER_JOURNAL_INSTALL && !s->journal.final
                         ? OTTER_REASON_NO_WAY_BACK
                         : s->reason;

    seal(s, OTTER_PLACE_APP, &s->journal.present);
    s->check[OTTER_PLACE_APP] = OTTER_GOOD;
    return begin(s, OTTER_JOURNAL_REST, 0, reason);
}

/* Unless the frame that was appended has taken its place. */
static int erase_record(const struct startup *s)
{
    const struct otter_layout *layout = s->config->layout;
    bool is_replaced = s->journal.addr - layout->flag.addr < layout->flag.size;

    return s->record_size != 0 && !is_replaced ? otter_flag_erase(s->config->port, layout) : 0;
}

static int refuse(struct startup *s)
{
    int error;

    if (s->check[OTTER_PLACE_APP] ==
        OTTER_BAD) { /* its seal must not vouch for it in the next start */
        app_seal(&s->journal)->length = 0;
    }
    error = s->journal.kind != OTTER_JOURNAL_NONE ? settle(s, s->reason) : 0;

    s->check[OTTER_PLACE_INCOMING] = OTTER_UNKNOWN;
    s->received = false;
    return error != 0 ? error : erase_record(s);
}

static int install(struct startup *s)
{
    bool has_app;
    int error;

    /* Once more: one instruction that a glitch has skipped must not decide, nor one that has left this
     * struct full of something. */
    if (s->sure != s->config) {
        s->sure = s->config;
        check(s, OTTER_PLACE_APP);
        check(s, OTTER_PLACE_INCOMING);
    }
    if (s->check[OTTER_PLACE_INCOMING] != OTTER_GOOD) {
        return 0;
    }
    s->received = false;
    has_app = s->check[OTTER_PLACE_APP] != OTTER_BAD;
    s->journal.previous = (struct otter_seal){0, 0};
    if (has_app) {
        seal(s, OTTER_PLACE_APP, &s->journal.previous);
    }
    seal(s, OTTER_PLACE_INCOMING, &s->journal.present);
    error = begin(s, OTTER_JOURNAL_INSTALL,
                  s->record_size != 0 || !has_app ? OTTER_JOURNAL_PERMANENT : 0,
                  has_app ? OTTER_REASON_NONE : OTTER_REASON_DAMAGED);
    return error != 0 ? error : erase_record(s);
}

static uint8_t revert_reason(const struct startup *s)
{
    if (s->journal.kind != OTTER_JOURNAL_INSTALL || s->journal.final) {
        return OTTER_REASON_DAMAGED;
    }
    return s->check[OTTER_PLACE_APP] == OTTER_GOOD ? OTTER_REASON_UNCONFIRMED
                                                   : OTTER_REASON_BAD_COPY;
}

static int revert(struct startup *s)
{
    uint8_t reason = revert_reason(s);

    seal(s, OTTER_PLACE_PREVIOUS, &s->journal.previous);
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

/* ---- one action after the other ---- */

static int act(struct startup *s, enum otter_action action)
{
    const struct otter_port *port = s->config->port;

    switch (action) {
    case OTTER_ACTION_CHECK_APP:
        check(s, OTTER_PLACE_APP);
        return 0;
    case OTTER_ACTION_CHECK_INCOMING:
        check(s, OTTER_PLACE_INCOMING);
        return 0;
    case OTTER_ACTION_CHECK_PREVIOUS:
        check(s, OTTER_PLACE_PREVIOUS);
        return 0;
    case OTTER_ACTION_ADOPT:
        return adopt(s);
    case OTTER_ACTION_SETTLE:
        return settle(s, s->journal.reason);
    case OTTER_ACTION_REFUSE:
        return refuse(s);
    case OTTER_ACTION_INSTALL:
        return install(s);
    case OTTER_ACTION_REVERT:
        return revert(s);
    case OTTER_ACTION_MOVE:
        forget_checks(s);
        return otter_move(port, s->config->layout, &s->journal);
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
    struct startup s = {.config = config, .received = config->received};

    for (unsigned left = ACTIONS_MAX; left != 0; left--) {
        struct otter_situation situation = look(&s);
        enum otter_action action = otter_decide(&situation);

        if (config->report != NULL) {
            config->report(config->report_ctx, action, detail(&s, action));
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
    /* Flash takes nothing any more: what stands in it counts, not what should have been appended. */
    (void)look(&s);
    check(&s, OTTER_PLACE_APP);
    return s.check[OTTER_PLACE_APP] != OTTER_BAD ? OTTER_STARTUP_APP : OTTER_STARTUP_RECOVERY;
}
