/* SPDX-License-Identifier: Apache-2.0 */
#include "power/device_life.h"
#include <stdio.h>
#include <string.h>
#include "otter/update.h"
#include "support/rng.h"

enum { QUIET_STARTS = 4, ASKS_MAX = 12, WORN_ASKS_MAX = 3 };

static const struct otter_layout *const layout = &ram_flash_layout;

/* Contents of image i, the same for every plan: the version number, then noise. Sizes differ by
 * plan, so a prefix of an image is not one. */
static uint8_t images[LIFE_IMAGES][26 * RAM_FLASH_PAGE];

static void make_images(void)
{
    uint64_t random = 1;

    for (int i = 0; i < LIFE_IMAGES; i++) {
        rng_fill(&random, images[i], sizeof images[i]);
    }
}

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

/* ---- judging by content ---- */

static bool is_image_at(const struct device_life *life, int image, enum otter_image_at place)
{
    uint32_t size = life->plan->size[image];

    for (uint32_t off = 0; off < size; off += RAM_FLASH_PAGE) {
        uint32_t len = size - off < RAM_FLASH_PAGE ? size - off : RAM_FLASH_PAGE;
        uint32_t addr = otter_swap_page_addr(layout, place, off / RAM_FLASH_PAGE);

        if (memcmp(ram_flash_peek(&life->flash, addr), images[image] + off, len) != 0) {
            return false;
        }
    }
    return size != 0;
}

static int image_at(const struct device_life *life, enum otter_image_at place)
{
    for (int i = 0; i < LIFE_IMAGES; i++) {
        if (is_image_at(life, i, place)) {
            return i;
        }
    }
    return -1;
}

/* Stands for trailer and signature: only whole images have one. */
static enum otter_reason verify(void *ctx, enum otter_image_at place, uint32_t *size,
                                uint32_t *out_number)
{
    struct device_life *life = ctx;
    int image = image_at(life, place);

    if (image < 0 || (*size != 0 && *size != life->plan->size[image])) {
        return OTTER_REASON_SIGNATURE;
    }
    *size = life->plan->size[image];
    *out_number = (uint32_t)image;
    return OTTER_REASON_NONE;
}

static bool has_weak_bit(const struct device_life *life, uint32_t addr, uint32_t len)
{
    uint32_t off = addr - RAM_FLASH_ADDR;

    for (uint32_t i = off; i < off + len && i < life->flash.weak_end; i++) {
        if (life->flash.weak[i] != 0) {
            return true;
        }
    }
    return false;
}

/* ---- wear ---- */

/* Here ends one way from app to app, or to the recovery, or out of it, and another begins. */
static void begin_way(struct life_state *state)
{
    memset(state->erased, 0, sizeof state->erased);
    state->allowed = 1;
}

static struct device_life *living; /* whose port is called */

/* Of the bootloader's port. */
static int erase(void *ctx, uint32_t addr)
{
    unsigned page = (addr - RAM_FLASH_ADDR) / RAM_FLASH_PAGE;

    if (living->wear != LIFE_SOUND) {
        struct otter_journal journal;

        otter_journal_read(&living->flash.port, layout, &journal);
        if (journal.addr - addr < RAM_FLASH_PAGE) {
            fail(living, LIFE_WORN, "erases the page of the newest entry: page", (int)page);
        }
    } else if (++living->state.erased[page] > living->state.allowed) {
        fail(living, LIFE_WORN, "erased too often: page", (int)page);
    }
    return living->flash.port.erase(ctx, addr);
}

/* ---- the app ---- */

static bool has_more(const struct device_life *life)
{
    int next = life->state.next;

    return next < LIFE_IMAGES && life->plan->size[next] != 0 && !life->state.gave_up;
}

/* Fill APPBAK with the next image, page by page, as the receiver does. */
static bool download(struct device_life *life)
{
    const struct otter_port *port = &life->flash.port;
    int image = life->state.next;
    uint32_t size = life->plan->size[image];

    for (uint32_t off = 0; off < size; off += RAM_FLASH_PAGE) {
        uint32_t len = size - off < RAM_FLASH_PAGE ? size - off : RAM_FLASH_PAGE;

        if (port->erase(port->ctx, layout->backup.addr + off) != 0 ||
            port->program(port->ctx, layout->backup.addr + off, images[image] + off, len) !=
                0) {
            return false;
        }
    }
    return memcmp(ram_flash_peek(&life->flash, layout->backup.addr), images[image], size) == 0;
}

static void ask(struct device_life *life)
{
    struct life_state *state = &life->state;
    const struct otter_port *port = &life->flash.port;
    const struct otter_flag file = {.image_size = life->plan->size[state->next],
                                    .md5 = {(uint8_t)state->next}};

    if (!otter_update_is_allowed(port, layout)) {
        return; /* confirm() failed, or did not hold: the next start knows more */
    }
    if (!life->plan->asks_to_recover && !download(life)) {
        state->gave_up = life->wear != LIFE_SOUND && ++state->failed_downloads == WORN_ASKS_MAX;
        return;
    }
    if (state->candidate != state->next) {
        state->candidate = state->next;
        state->starts[state->next] = 0;
        state->confirm_began = false;
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

static void run_app(struct device_life *life, int image)
{
    struct life_state *state = &life->state;
    const struct otter_port *port = &life->flash.port;
    bool is_candidate = image == state->candidate;

    if (is_candidate) {
        unsigned at = life->plan->confirm_at[image];

        if (at == 0 || state->starts[image] < at) {
            return; /* it hangs, or is reset */
        }
        state->confirm_began = true;
    }
    if (otter_update_confirm(port, layout) != 0) {
        return;
    }
    if (image == state->candidate) {
        become_confirmed(state, image);
    }
    if (has_more(life)) {
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
        state->next = state->candidate + 1;
        state->candidate = -1;
        state->confirm_began = false;
    }
}

static void log_action(void *ctx, enum otter_action action, uint8_t detail)
{
    struct device_life *life = ctx;
    static const char *const names[] = {
        "check app", "check new", "check old", "accept flashed", "rewrite",
        "move",      "finish",    "start",     "start once",     "refuse",
        "install",   "revert",    "try",       "recover",        "give up"};

    life->state.allowed += action == OTTER_ACTION_REVERT; /* APP, once more */
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

/* The bootloader receives the image that is due, and restarts. */
static void recover(struct device_life *life)
{
    struct life_state *state = &life->state;
    unsigned allowed = state->allowed;
    int image;

    if (state->installed < 0 && state->candidate >= 0 &&
        state->starts[state->candidate] >= OTTER_JOURNAL_TRIALS) {
        if (life->plan->unheard && !state->was_unheard) {
            state->was_unheard = true;
            state->mail = LIFE_MAIL_UNHEARD;
            return;
        }
        if (life->plan->confirm_at[state->candidate] == 0) { /* it is no good */
            state->next = state->candidate + 1;
        }
    }
    image = state->next;
    if (state->installed < 0) {
        state->candidate = image;
        state->starts[image] = 0;
        state->confirm_began = false;
    }
    if (life->wear != LIFE_SOUND && life->refusals == 0 &&
        ++state->failed_downloads > WORN_ASKS_MAX) {
        wait_for_good(life); /* flash does not take this image, here or there */
        return;
    }
    begin_way(state);
    if (!recovery_push(&life->port, images[image], life->plan->size[image])) {
        if (life->wear == LIFE_SOUND) {
            fail(life, LIFE_BRICK, "not taken by the recovery", image);
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
         !is_image_at(life, state->installed, OTTER_IMAGE_AT_OLD))) {
        wait_for_good(life);
    } else if (life->wear == LIFE_REFUSALS && life->flash.fail_count != 0) {
        life->waits++;
    } else {
        fail(life, LIFE_BRICK, "brick", -1);
    }
}

static void run(void *ctx)
{
    struct device_life *life = ctx;
    enum life_mail mail = life->state.mail;
    const struct otter_startup_config config = {.port = &life->port,
                                                .layout = layout,
                                                .verify = verify,
                                                .verify_ctx = life,
                                                .tutorial = &otter_flag_functions,
                                                .received = mail == LIFE_MAIL_RECEIVED,
                                                .unheard = mail == LIFE_MAIL_UNHEARD,
                                                .report = log_action,
                                                .report_ctx = life};
    enum otter_startup_target how;
    int image;

    life->state.mail = LIFE_MAIL_NONE;
    how = otter_startup_run(&config);
    if (how == OTTER_STARTUP_RECOVERY && life->state.installed >= 0) {
        wait_or_fail(life);
        return;
    }
    if (how == OTTER_STARTUP_RECOVERY ||
        (how == OTTER_STARTUP_APP && mail == LIFE_MAIL_RECOVER)) {
        recover(life);
        return;
    }
    begin_way(&life->state);
    image = image_at(life, OTTER_IMAGE_AT_APP);
    if (image < 0) {
        fail(life, LIFE_UNVERIFIED, "wrong image", image);
        return;
    }
    if (has_weak_bit(life, layout->app.addr, life->plan->size[image])) {
        fail(life, LIFE_UNVERIFIED, "weak image", image);
    }
    if (life->tells) {
        printf("image %d starts%s\n", image, how == OTTER_STARTUP_TRIAL ? " on trial" : "");
    }
    check_start(life, image, how, mail == LIFE_MAIL_UNHEARD);
    run_app(life, image);
}

/* ---- runs ---- */

void life_begin(struct device_life *life, const struct life_plan *plan)
{
    if (images[0][0] == 0 && images[0][1] == 0) {
        make_images();
    }
    memset(life, 0, sizeof *life);
    life->plan = plan;
    ruin_make(&life->flash, plan->ruin, plan->size[0]);
    if (plan->ruin == RUIN_NONE) {
        ram_flash_poke(&life->flash, layout->app.addr, images[0], plan->size[0]);
        life->state.next = 1;
    } else {
        life->state.installed = -1;
    }
    life->port = life->flash.port;
    life->port.erase = erase;
    begin_way(&life->state);
    life->state.candidate = -1;
}

bool life_run(struct device_life *life, uint32_t cut)
{
    bool whole;

    living = life;
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
        life->state.allowed++;
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

void life_save(const struct device_life *life, struct life_snapshot *out_snapshot)
{
    out_snapshot->state = life->state;
    memcpy(out_snapshot->bytes, life->flash.bytes, sizeof out_snapshot->bytes);
}

void life_load(struct device_life *life, const struct life_snapshot *snapshot)
{
    life->state = snapshot->state;
    life->breach = LIFE_KEPT;
    life->wear = LIFE_SOUND;
    life->refusals = life->waits = life->calm = 0;
    life->flash.stuck_mask = 0;
    ram_flash_heal(&life->flash);
    ram_flash_restart(&life->flash);
    memcpy(life->flash.bytes, snapshot->bytes, sizeof snapshot->bytes);
}
