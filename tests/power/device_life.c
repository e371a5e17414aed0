/* SPDX-License-Identifier: Apache-2.0 */
#include "power/device_life.h"
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "otter/update.h"
#include "power/life_images.h"

enum {
    QUIET_STARTS = 4,
    ASKS_MAX = 12,
    WORN_ASKS_MAX = 3,
    OFFERS_MAX = 3,          /* otter/history.h */
    WATCHDOG_RESETS_MAX = 8, /* port/stm32f103/mailbox.h */
    /* Three on trial, of the image before so many until a recovery, and the restart after. */
    SILENT_MAX = OTTER_JOURNAL_TRIALS + WATCHDOG_RESETS_MAX + 1,
};

static void fail(struct device_life *life, enum life_breach breach, const char *what, int image)
{
    const struct life_state *state = &life->state;

    if (life->breach == LIFE_KEPT) {
        life->breach = breach;
        (void)snprintf(life->failure, sizeof life->failure,
                       "%s: image %d, installed %d, candidate %d (starts %u, confirm begun %d)",
                       what, image, state->installed, state->candidate,
                       state->candidate >= 0 ? state->starts[state->candidate] : 0,
                       state->confirm_began);
    }
}

/* ---- wear ---- */

/* Here ends one way from app to app, or to the recovery, or out of it, and another begins. */
static void begin_way(struct life_state *state)
{
    memset(state->erased, 0, sizeof state->erased);
    state->allowed = 1;
}

/* ---- the ports ---- */

static struct device_life *living; /* whose port is called */

static void note_journal(uint32_t addr, uint32_t count)
{
    const struct otter_layout *layout = living->map->layout;
    struct device_life *life = living;

    if (addr - layout->journal.addr >= layout->journal.size &&
        addr - layout->flag.addr >= layout->flag.size) {
        return;
    }
    for (uint32_t i = 1; i <= count && life->journal_op_count < LIFE_JOURNAL_OPS_MAX; i++) {
        life->journal_ops[life->journal_op_count++] =
            (uint32_t)life->state.operations + life->flash.operations + i;
    }
}

static int program(void *ctx, uint32_t addr, const uint8_t data[], uint32_t len)
{
    if (living->journal_ops != NULL) {
        note_journal(addr, len / 2);
    }
    return living->flash.port.program(ctx, addr, data, len);
}

static int erase(void *ctx, uint32_t addr)
{
    if (living->journal_ops != NULL) {
        note_journal(addr, 1);
    }
    return living->flash.port.erase(ctx, addr);
}

/* Of the bootloader's port. */
static int count_erase(void *ctx, uint32_t addr)
{
    uint32_t page_size = living->map->page_size;
    unsigned page = (addr - RAM_FLASH_ADDR) / page_size;

    if (living->wear != LIFE_SOUND) {
        struct otter_journal journal;

        otter_journal_read(&living->flash.port, living->map->layout, &journal);
        if (journal.addr - addr < page_size) {
            fail(living, LIFE_WORN, "erases the page of the newest entry: page", (int)page);
        }
    } else if (++living->state.erased[page] > living->state.allowed) {
        fail(living, LIFE_WORN, "erased too often: page", (int)page);
    }
    return erase(ctx, addr);
}

/* ---- the app ---- */

static bool has_more(const struct device_life *life)
{
    int next = life->state.next;

    return next < LIFE_IMAGES && life->size[next] != 0 && !life->state.gave_up;
}

/* Does this image ever confirm? */
static bool is_good(const struct device_life *life, int image)
{
    unsigned does = life->plan->does[image];

    return (does >= 1 && does <= OTTER_JOURNAL_TRIALS) || does == LIFE_CRASHES_LATER;
}

/* Nobody tries this candidate again. */
static void drop_candidate(struct life_state *state)
{
    state->next = state->candidate + 1;
    state->candidate = -1;
    state->confirm_began = false;
}

static void set_candidate(struct life_state *state, int image)
{
    state->candidate = image;
    state->starts[image] = 0;
    state->confirm_began = false;
}

/* Fill APPBAK with the next image, page by page, as the receiver does. */
static bool download(struct device_life *life)
{
    const struct otter_port *port = &life->app_port;
    uint32_t addr = life->map->layout->backup.addr, page_size = life->map->page_size;
    uint32_t size = life->size[life->state.next];
    const uint8_t *bytes = life_image(life->state.next);

    for (uint32_t off = 0; off < size; off += page_size) {
        uint32_t len = size - off < page_size ? size - off : page_size;

        if (port->erase(port->ctx, addr + off) != 0 ||
            port->program(port->ctx, addr + off, bytes + off, len) != 0) {
            return false;
        }
    }
    return memcmp(ram_flash_peek(&life->flash, addr), bytes, size) == 0;
}

static struct otter_flag file_of(const struct device_life *life, int image)
{
    struct otter_flag file = {.image_size = life->size[image]};

    memcpy(file.md5, life->md5[image], sizeof file.md5);
    return file;
}

/* The module offers the image that runs, then the next one. Does the app want that? */
static bool wants(struct device_life *life)
{
    struct life_state *state = &life->state;
    struct otter_flag file = file_of(life, state->installed);
    /* A request that is cut is not counted, nor one that the weak bits of a cut, or a dead
     * cell, spoil, or that flash refuses. */
    unsigned offers_max =
        OFFERS_MAX + 2 * state->cuts + (life->wear == LIFE_SOUND ? 0 : WORN_ASKS_MAX);
    enum otter_reason reason;

    if (otter_update_has_journal(&life->app_port, life->map->layout) &&
        life_image_is_at(life, state->installed, OTTER_IMAGE_AT_APP)) {
        /* Weak confirmed marks may read as a trial once more: nothing is taken then, either. */
        reason = otter_update_refusal(&life->app_port, life->map->layout, &file, false);
        if (reason != OTTER_REASON_INSTALLED && reason != OTTER_REASON_ON_TRIAL) {
            fail(life, LIFE_WORN, "would take what is installed", state->installed);
        }
    }
    file = file_of(life, state->next);
    reason = otter_update_refusal(&life->app_port, life->map->layout, &file, false);
    if (reason == OTTER_REASON_TRIED) {
        state->next++;
        state->candidate = -1;
        return false;
    }
    if (reason == OTTER_REASON_NONE && state->taken[state->next] >= offers_max) {
        fail(life, LIFE_WORN, "takes it again and again", state->next);
    }
    return reason == OTTER_REASON_NONE;
}

static void ask(struct device_life *life)
{
    struct life_state *state = &life->state;
    const struct otter_port *port = &life->app_port;
    const struct otter_layout *layout = life->map->layout;
    struct otter_flag file;

    if (!otter_update_is_allowed(port, layout)) {
        return; /* confirm() failed, or did not hold: the next start knows more */
    }
    if (life->plan->offered_again && !wants(life)) {
        return;
    }
    if (!life->plan->asks_to_recover && !download(life)) {
        state->gave_up = life->wear != LIFE_SOUND && ++state->failed_downloads == WORN_ASKS_MAX;
        return;
    }
    if (state->candidate != state->next) {
        set_candidate(state, state->next);
        state->asked = 0;
    }
    life->lost_requests += state->asked != 0 && !life->plan->asks_to_recover;
    if (life->wear != LIFE_SOUND && state->asked == WORN_ASKS_MAX) {
        state->gave_up = true;
        return;
    }
    if (++state->asked > ASKS_MAX) {
        fail(life, LIFE_ENDLESS, "asked in vain", state->next);
    }
    if (life->plan->asks_to_recover) {
        state->mail = LIFE_MAIL_RECOVER;
        return;
    }
    file = file_of(life, state->next);
    state->taken[state->next]++;
    if (otter_update_request(port, layout, &file) != 0) {
        return; /* something was asked in doubt: the next start clears it */
    }
}

/* `image` is confirmed: the one to go back to from now on. */
static void become_confirmed(struct life_state *state, int image)
{
    state->installed = image;
    state->candidate = -1;
    state->next = image + 1;
    state->confirm_began = false;
    state->failed_downloads = 0;
}

/* It ends without a word. */
static void be_silent(struct device_life *life, bool crashes)
{
    struct life_state *state = &life->state;

    state->watchdog_resets += crashes;
    if (life->wear == LIFE_SOUND && ++state->silent > SILENT_MAX) {
        fail(life, LIFE_UNREACHABLE, "no module is heard", state->installed);
    }
}

static void run_app(struct device_life *life, int image)
{
    struct life_state *state = &life->state;
    unsigned does = life->plan->does[image];

    if (image == state->candidate) {
        unsigned at = does == LIFE_CRASHES_LATER ? 1 : does;

        if (!is_good(life, image) || state->starts[image] < at) {
            be_silent(life, does == LIFE_CRASHES);
            return;
        }
        state->confirm_began = true;
    } else if (does == LIFE_CRASHES_LATER) {
        be_silent(life, true);
        return;
    }
    state->watchdog_resets = 0;
    state->silent = 0;
    if (otter_update_confirm(&life->app_port, life->map->layout) != 0) {
        return;
    }
    if (image == state->candidate) {
        become_confirmed(state, image);
    }
    if (does == LIFE_CRASHES_LATER) {
        state->watchdog_resets++;
    } else if (has_more(life)) {
        ask(life);
    } else {
        state->quiet++;
    }
}

/* ---- the oracle ---- */

/* `image` starts. Is that what was promised? */
static void check_start(struct device_life *life, int image, enum otter_startup_target how,
                        bool is_unheard)
{
    struct life_state *state = &life->state;

    if (life->plan->does[image] == LIFE_NOT_AUTHENTIC) {
        fail(life, LIFE_UNVERIFIED, "not authentic", image);
    }
    if (image == state->candidate) {
        /* not counted: once more, as nobody brings another one, or flash refused the mark */
        state->starts[image] += !is_unheard && life->flash.fail_count == 0;
        if (how == OTTER_STARTUP_APP) {
            if (!state->confirm_began) {
                fail(life, LIFE_UNVERIFIED, "confirmed by itself", image);
            }
            become_confirmed(state, image);
        } else if (state->starts[image] > OTTER_JOURNAL_TRIALS) {
            fail(life, LIFE_LOST_REVERT, "lost revert", image);
        }
        return;
    }
    if (image != state->installed) {
        bool is_older = image < state->installed;

        if (is_older && life->wear == LIFE_DEAD_APP_CELL) { /* the one before took its place */
            state->installed = image;
            state->candidate = -1;
            return;
        }
        fail(life, is_older ? LIFE_LOST_CONFIRM : LIFE_UNVERIFIED,
             is_older ? "lost confirm" : "nobody asked for it", image);
        return;
    }
    if (how == OTTER_STARTUP_TRIAL) {
        fail(life, LIFE_LOST_CONFIRM, "lost confirm: on trial again", image);
    }
    if (state->candidate >= 0 && state->starts[state->candidate] != 0) { /* reverted for good */
        drop_candidate(state);
        state->next -= life->plan->offered_again;
    }
}

/* Is APP not what is installed, because the dead cell is there, or where that comes back
 * from? */
static bool is_old_lost(const struct device_life *life)
{
    int image = life->state.installed;
    uint32_t page_size = life->map->page_size, i = 0;
    uint32_t addr = RAM_FLASH_ADDR + life->flash.stuck_off;
    enum otter_image_at place =
        life->wear == LIFE_DEAD_APP_CELL ? OTTER_IMAGE_AT_APP : OTTER_IMAGE_AT_OLD;

    while (i * page_size < life->size[image] &&
           addr - otter_swap_page_addr(life->map->layout, place, i) >= page_size) {
        i++;
    }
    return i * page_size < life->size[image] &&
           !life_image_is_at(life, image, OTTER_IMAGE_AT_APP);
}

static void log_action(void *ctx, enum otter_action action, uint8_t detail)
{
    struct device_life *life = ctx;
    static const char *const names[] = {
        "check app", "check new", "check old", "accept flashed", "rewrite",
        "move",      "finish",    "start",     "start once",     "refuse",
        "install",   "revert",    "try",       "recover",        "give up"};

    struct life_state *state = &life->state;

    life->is_awake |=
        action != OTTER_ACTION_START && (action != OTTER_ACTION_CHECK_APP || detail != 0);
    state->allowed += action == OTTER_ACTION_REVERT; /* APP, once more */
    if (action == OTTER_ACTION_INSTALL &&
        (life->wear == LIFE_DEAD_CELL || life->wear == LIFE_DEAD_APP_CELL) &&
        state->installed >= 0 && state->candidate >= 0 && is_old_lost(life)) {
        /* It has died while the old image was copied back: the other one is all there is. Or
         * an older one has taken its place in this start. */
        state->installed = life_image_at(life, OTTER_IMAGE_AT_APP);
        set_candidate(state, state->candidate);
    }
    if (action == OTTER_ACTION_REFUSE && state->candidate >= 0 &&
        life->plan->does[state->candidate] == LIFE_NOT_AUTHENTIC) {
        drop_candidate(state); /* the module is told */
        state->next -= life->plan->offered_again;
    }
    if (life->tells) {
        printf("  %s [%u]\n", names[action], detail);
    }
}

/* In recovery, until somebody brings an image that flash can hold. */
static void wait_for_good(struct device_life *life)
{
    life->waits++;
    life->state.quiet = QUIET_STARTS;
}

/* Was the image that came without a way back no good? Then another one is due. */
static bool has_failed(const struct device_life *life)
{
    const struct life_state *state = &life->state;

    return state->installed < 0 && state->candidate >= 0 &&
           state->starts[state->candidate] >= OTTER_JOURNAL_TRIALS;
}

/* The bootloader receives the image that is due, and restarts. */
static void recover(struct device_life *life)
{
    struct life_state *state = &life->state;
    unsigned allowed = state->allowed;
    bool has_crashed = state->watchdog_resets >= WATCHDOG_RESETS_MAX;

    state->watchdog_resets = 0;
    state->silent = 0; /* a module would be heard */
    if ((has_failed(life) || has_crashed) && life->plan->unheard && !state->was_unheard) {
        state->was_unheard = true;
        state->mail = LIFE_MAIL_UNHEARD;
        return;
    }
    if (has_failed(life) && !is_good(life, state->candidate)) {
        drop_candidate(state);
    }
    if (life->size[state->next] == 0) {
        state->next--; /* cuts took its starts: the last one is brought again */
    }
    if (state->installed < 0 || state->candidate != state->next || has_crashed) {
        set_candidate(state, state->next);
    }
    if (life->wear != LIFE_SOUND && life->refusals == 0 &&
        ++state->failed_downloads > WORN_ASKS_MAX) {
        wait_for_good(life); /* flash does not take this image, here or there */
        return;
    }
    begin_way(state);
    if (!recovery_push(&life->port, life->map->layout, life_image(state->next),
                       life->size[state->next])) {
        if (life->wear == LIFE_SOUND) {
            fail(life, LIFE_BRICK, "not taken by the recovery", state->next);
        }
        return;
    }
    begin_way(state);
    state->allowed =
        allowed; /* a mark that a cut left in doubt may read otherwise from now on */
    state->mail = LIFE_MAIL_RECEIVED;
}

/* In recovery though there was an app. */
static void wait_or_fail(struct device_life *life)
{
    const struct life_state *state = &life->state;
    bool is_on_trial =
        state->candidate >= 0 && state->starts[state->candidate] >= OTTER_JOURNAL_TRIALS;

    if (life->wear == LIFE_DEAD_APP_CELL ||
        (life->wear == LIFE_DEAD_CELL && is_on_trial &&
         !life_image_is_at(life, state->installed, OTTER_IMAGE_AT_OLD))) {
        wait_for_good(life);
    } else if (life->wear == LIFE_REFUSALS && life->flash.fail_count != 0) {
        life->waits++;
    } else {
        fail(life, LIFE_BRICK, "brick", -1);
    }
}

static enum otter_before before(enum life_mail mail)
{
    return mail == LIFE_MAIL_RECEIVED  ? OTTER_BEFORE_RECEIVED
           : mail == LIFE_MAIL_UNHEARD ? OTTER_BEFORE_UNHEARD
                                       : OTTER_BEFORE_NOTHING;
}

/* As boot/main.c. */
static void run(void *ctx)
{
    struct device_life *life = ctx;
    struct life_state *state = &life->state;
    enum life_mail mail = state->mail;
    struct otter_startup startup = {.now.before = (uint8_t)before(mail),
                                    .received_file = &recovery_file,
                                    .port = &life->port,
                                    .layout = life->map->layout,
                                    .verify = life_image_verify,
                                    .verify_ctx = life,
                                    .report = log_action,
                                    .report_ctx = life};
    enum otter_startup_target how;
    int image;

    state->mail = LIFE_MAIL_NONE;
    life->is_awake = false;
    how = otter_startup_run(&startup, &otter_flag_functions);
    if (how == OTTER_STARTUP_RECOVERY && state->installed >= 0) {
        wait_or_fail(life);
        return;
    }
    if (how == OTTER_STARTUP_RECOVERY ||
        (how == OTTER_STARTUP_APP &&
         (mail == LIFE_MAIL_RECOVER || state->watchdog_resets >= WATCHDOG_RESETS_MAX))) {
        recover(life);
        return;
    }
    if (life->is_awake && how == OTTER_STARTUP_APP && mail != LIFE_MAIL_RESTARTED) {
        state->mail = LIFE_MAIL_RESTARTED;
        return;
    }
    begin_way(state);
    image = life_image_at(life, OTTER_IMAGE_AT_APP);
    if (image < 0 && life->wear == LIFE_DEAD_APP_CELL && life->cell_lived) {
        return; /* its cell has died since the bootloader looked: once it may crash */
    }
    if (image < 0) {
        fail(life, LIFE_UNVERIFIED, "wrong image", image);
        return;
    }
    if (ram_flash_is_weak(&life->flash, life->map->layout->app.addr, life->size[image])) {
        fail(life, LIFE_UNVERIFIED, "weak image", image);
    }
    if (life->tells) {
        printf("image %d starts%s\n", image, how == OTTER_STARTUP_TRIAL ? " on trial" : "");
    }
    check_start(life, image, how, mail == LIFE_MAIL_UNHEARD);
    run_app(life, image);
}

/* ---- runs ---- */

void life_begin(struct device_life *life, const struct ram_flash_map *map,
                const struct life_plan *plan, uint32_t pages)
{
    memset(life, 0, offsetof(struct device_life, flash));
    life->map = map;
    life->plan = plan;
    life_images_make(life, pages);
    ruin_make(&life->flash, map, plan->ruin, life->size[0]);
    if (plan->ruin == RUIN_NONE) {
        ram_flash_poke(&life->flash, map->layout->app.addr, life_image(0), life->size[0]);
        life->state.next = 1;
    } else {
        life->state.installed = -1;
    }
    life->app_port = life->flash.port;
    life->app_port.program = program;
    life->app_port.erase = erase;
    life->port = life->app_port;
    life->port.erase = count_erase;
    begin_way(&life->state);
    life->state.candidate = -1;
}

bool life_run(struct device_life *life, uint32_t cut)
{
    bool whole;

    living = life;
    life->cell_lived = life->flash.stick_at != 0;
    life->flash.cut_at = cut;
    if (life->refusals != 0 && life->flash.fail_at == 0) { /* they go on after a reset */
        life->flash.fail_at = 1;
        life->flash.fail_count = life->refusals;
    }
    whole = ram_flash_run(&life->flash, run, life);
    if (life->refusals != 0 && life->flash.operations >= life->flash.fail_at) {
        uint32_t refused = life->flash.operations + 1 - life->flash.fail_at;

        life->refusals -= refused < life->refusals ? refused : life->refusals;
    }
    life->calm = life->flash.fail_count != 0 ? 0 : life->calm + 1;
    if (life->wear != LIFE_SOUND && life->calm > 1 && life->state.quiet >= QUIET_STARTS &&
        life->waits == 0 && life->flash.erased != 0) {
        fail(life, LIFE_ENDLESS, "a quiet start erases: pages", (int)life->flash.erased);
    }
    life->state.operations += life->flash.operations;
    life->runs++;
    ram_flash_restart(&life->flash);
    if (!whole) {
        life->state.mail = LIFE_MAIL_NONE;
        life->state.watchdog_resets = life->state.silent = 0;
        life->state.allowed++;
        life->state.cuts++;
    }
    if (life->tells && !whole) {
        printf("cut\n");
    }
    return !whole;
}

bool life_is_over(const struct device_life *life)
{
    return life->breach != LIFE_KEPT || life->state.quiet >= QUIET_STARTS;
}
