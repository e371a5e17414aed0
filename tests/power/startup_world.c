/* SPDX-License-Identifier: Apache-2.0 */
#include "power/startup_world.h"
#include <stdio.h>
#include <string.h>
#include "otter/update.h"
#include "support/rng.h"

enum { QUIET_STARTS = 4, ASKS_MAX = 12 };

static const struct otter_layout *const layout = &ram_flash_layout;

/* Contents of image i, the same for every plan: the version number, then noise. Sizes differ by
 * plan, so a prefix of an image is not one. */
static uint8_t images[WORLD_IMAGES][OTTER_JOURNAL_PAGES * RAM_FLASH_PAGE];

static void make_images(void)
{
    uint64_t random = 1;

    for (int i = 0; i < WORLD_IMAGES; i++) {
        rng_fill(&random, images[i], sizeof images[i]);
    }
}

static void fail(struct world *world, enum world_breach breach, const char *what, int image)
{
    const struct world_state *state = &world->state;

    if (world->breach == WORLD_KEPT) {
        world->breach = breach;
        (void)snprintf(world->failure, sizeof world->failure,
                       "%s: image %d, installed %d, candidate %d (starts %u, confirm begun %d)",
                       what, image, state->installed, state->candidate,
                       state->candidate >= 0 ? state->starts[state->candidate] : 0,
                       state->confirm_began);
    }
}

/* ---- judging by content ---- */

static bool is_image_at(const struct world *world, int image, enum otter_image_at place)
{
    uint32_t size = world->plan->size[image];

    for (uint32_t off = 0; off < size; off += RAM_FLASH_PAGE) {
        uint32_t len = size - off < RAM_FLASH_PAGE ? size - off : RAM_FLASH_PAGE;
        uint32_t addr = otter_swap_page_addr(layout, place, off / RAM_FLASH_PAGE);

        if (memcmp(ram_flash_peek(&world->flash, addr), images[image] + off, len) != 0) {
            return false;
        }
    }
    return size != 0;
}

static int image_at(const struct world *world, enum otter_image_at place)
{
    for (int i = 0; i < WORLD_IMAGES; i++) {
        if (is_image_at(world, i, place)) {
            return i;
        }
    }
    return -1;
}

/* Stands for trailer and signature: only whole images have one. */
static enum otter_reason verify(void *ctx, enum otter_image_at place, uint32_t *size,
                                uint32_t *out_number)
{
    struct world *world = ctx;
    int image = image_at(world, place);

    if (image < 0 || (*size != 0 && *size != world->plan->size[image])) {
        return OTTER_REASON_SIGNATURE;
    }
    *size = world->plan->size[image];
    *out_number = (uint32_t)image;
    return OTTER_REASON_NONE;
}

static bool has_weak_bit(const struct world *world, uint32_t addr, uint32_t len)
{
    uint32_t off = addr - RAM_FLASH_ADDR;

    for (uint32_t i = off; i < off + len && i < world->flash.weak_end; i++) {
        if (world->flash.weak[i] != 0) {
            return true;
        }
    }
    return false;
}

/* ---- wear ---- */

/* Here ends one way from app to app, or to the recovery, or out of it, and another begins. */
static void begin_way(struct world_state *state)
{
    memset(state->erased, 0, sizeof state->erased);
    state->allowed = 1;
}

static struct world *living; /* whose port is called */

/* Of the bootloader's port. */
static int erase(void *ctx, uint32_t addr)
{
    unsigned page = (addr - RAM_FLASH_ADDR) / RAM_FLASH_PAGE;

    if (++living->state.erased[page] > living->state.allowed) {
        fail(living, WORLD_WORN, "erased too often: page", (int)page);
    }
    return living->flash.port.erase(ctx, addr);
}

/* ---- the app ---- */

static bool has_more(const struct world *world)
{
    int next = world->state.next;

    return next < WORLD_IMAGES && world->plan->size[next] != 0;
}

/* Fill APPBAK with the next image, page by page, as the receiver does. */
static bool download(struct world *world)
{
    const struct otter_port *port = &world->flash.port;
    int image = world->state.next;
    uint32_t size = world->plan->size[image];

    for (uint32_t off = 0; off < size; off += RAM_FLASH_PAGE) {
        uint32_t len = size - off < RAM_FLASH_PAGE ? size - off : RAM_FLASH_PAGE;

        if (port->erase(port->ctx, layout->backup.addr + off) != 0 ||
            port->program(port->ctx, layout->backup.addr + off, images[image] + off, len) !=
                0) {
            return false;
        }
    }
    return memcmp(ram_flash_peek(&world->flash, layout->backup.addr), images[image], size) == 0;
}

static void ask(struct world *world)
{
    struct world_state *state = &world->state;
    const struct otter_port *port = &world->flash.port;

    if (!otter_update_is_allowed(port, layout)) {
        return; /* confirm() failed, or did not hold: the next start knows more */
    }
    if (!world->plan->asks_to_recover && !download(world)) {
        return;
    }
    if (state->candidate != state->next) {
        state->candidate = state->next;
        state->starts[state->next] = 0;
        state->confirm_began = false;
        state->asked = 0;
    }
    world->lost_requests += state->asked != 0 && !world->plan->asks_to_recover;
    if (++state->asked > ASKS_MAX) {
        fail(world, WORLD_ENDLESS, "asked in vain", state->next);
    }
    if (world->plan->asks_to_recover) {
        state->mail = WORLD_MAIL_RECOVER;
        return;
    }
    if (otter_update_request(port, layout, world->plan->size[state->next]) != 0) {
        return; /* something was asked in doubt: the next start clears it */
    }
}

/* `image` is confirmed: the one to go back to from now on. */
static void settle(struct world_state *state, int image)
{
    state->installed = image;
    state->candidate = -1;
    state->next = image + 1;
    state->confirm_began = false;
}

static void live_app(struct world *world, int image)
{
    struct world_state *state = &world->state;
    const struct otter_port *port = &world->flash.port;
    bool is_candidate = image == state->candidate;

    if (is_candidate) {
        unsigned at = world->plan->confirm_at[image];

        if (at == 0 || state->starts[image] < at) {
            return; /* it hangs, or is reset */
        }
        state->confirm_began = true;
    }
    if (otter_update_confirm(port, layout) != 0) {
        return;
    }
    if (image == state->candidate) {
        settle(state, image);
    }
    if (has_more(world)) {
        ask(world);
    } else {
        state->quiet++;
    }
}

/* ---- the oracle ---- */

/* `image` starts. Is that what was promised? */
static void judge_start(struct world *world, int image, enum otter_startup_target how)
{
    struct world_state *state = &world->state;

    if (state->installed < 0) { /* it was recovered */
        if (image != 0 || how != OTTER_STARTUP_APP) {
            fail(world, WORLD_UNVERIFIED, "not what was pushed, or on trial", image);
        }
        settle(state, image);
        return;
    }
    if (image == state->candidate) {
        state->starts[image]++;
        if (how == OTTER_STARTUP_APP) {
            if (!state->confirm_began) {
                fail(world, WORLD_UNVERIFIED, "confirmed by itself", image);
            }
            settle(state, image);
        } else if (state->starts[image] > OTTER_JOURNAL_TRIALS) {
            fail(world, WORLD_LOST_REVERT, "lost revert", image);
        }
        return;
    }
    if (image != state->installed) {
        bool is_older = image < state->installed;

        fail(world, is_older ? WORLD_LOST_CONFIRM : WORLD_UNVERIFIED,
             is_older ? "lost confirm" : "nobody asked for it", image);
        return;
    }
    if (how == OTTER_STARTUP_TRIAL) {
        fail(world, WORLD_LOST_CONFIRM, "lost confirm: on trial again", image);
    }
    if (state->candidate >= 0 && state->starts[state->candidate] != 0) { /* reverted for good */
        state->next = state->candidate + 1;
        state->candidate = -1;
        state->confirm_began = false;
    }
}

static void tell(void *ctx, enum otter_action action, uint8_t detail)
{
    struct world *world = ctx;
    static const char *const names[] = {
        "check app", "check new", "check old", "accept flashed", "rewrite", "move",   "finish",
        "start",     "refuse",    "install",   "revert",         "try",     "recover"};

    world->state.allowed += action == OTTER_ACTION_REVERT; /* APP, once more */
    if (world->tells) {
        printf("  %s [%u]\n", names[action], detail);
    }
}

/* The bootloader receives the image that is due, and restarts. */
static void recover(struct world *world)
{
    struct world_state *state = &world->state;
    int image = state->installed < 0 ? 0 : state->next;
    unsigned allowed = state->allowed;

    begin_way(state);
    if (!recovery_push(&world->port, images[image], world->plan->size[image])) {
        fail(world, WORLD_BRICK, "not taken by the recovery", image);
    }
    begin_way(state);
    state->allowed =
        allowed; /* a mark that a cut left in doubt may read otherwise from now on */
    state->mail = WORLD_MAIL_RECEIVED;
}

static void live(void *ctx)
{
    struct world *world = ctx;
    enum world_mail mail = world->state.mail;
    const struct otter_startup_config config = {.port = &world->port,
                                                .layout = layout,
                                                .verify = verify,
                                                .verify_ctx = world,
                                                .received = mail == WORLD_MAIL_RECEIVED,
                                                .report = tell,
                                                .report_ctx = world};
    enum otter_startup_target how;
    int image;

    world->state.mail = WORLD_MAIL_NONE;
    how = otter_startup_run(&config);
    if (how == OTTER_STARTUP_RECOVERY && world->state.installed >= 0) {
        fail(world, WORLD_BRICK, "brick", -1);
        return;
    }
    if (how == OTTER_STARTUP_RECOVERY ||
        (how == OTTER_STARTUP_APP && mail == WORLD_MAIL_RECOVER)) {
        recover(world);
        return;
    }
    begin_way(&world->state);
    image = image_at(world, OTTER_IMAGE_AT_APP);
    if (image < 0) {
        fail(world, WORLD_UNVERIFIED, "wrong image", image);
        return;
    }
    if (has_weak_bit(world, layout->app.addr, world->plan->size[image])) {
        fail(world, WORLD_UNVERIFIED, "weak image", image);
    }
    if (world->tells) {
        printf("image %d starts%s\n", image, how == OTTER_STARTUP_TRIAL ? " on trial" : "");
    }
    judge_start(world, image, how);
    live_app(world, image);
}

/* ---- lives ---- */

void world_begin(struct world *world, const struct world_plan *plan)
{
    if (images[0][0] == 0 && images[0][1] == 0) {
        make_images();
    }
    memset(world, 0, sizeof *world);
    world->plan = plan;
    ruin_make(&world->flash, plan->ruin, plan->size[0]);
    if (plan->ruin == RUIN_NONE) {
        ram_flash_poke(&world->flash, layout->app.addr, images[0], plan->size[0]);
    } else {
        world->state.installed = -1;
    }
    world->port = world->flash.port;
    world->port.erase = erase;
    begin_way(&world->state);
    world->state.candidate = -1;
    world->state.next = 1;
}

bool world_live(struct world *world, uint32_t cut)
{
    bool whole;

    living = world;
    world->flash.cut_at = cut;
    whole = ram_flash_run(&world->flash, live, world);
    world->state.operations += world->flash.operations;
    world->lives++;
    ram_flash_restart(&world->flash);
    if (!whole) {
        world->state.mail = WORLD_MAIL_NONE;
        world->state.allowed++;
    }
    if (world->tells && !whole) {
        printf("cut\n");
    }
    return !whole;
}

bool world_is_over(const struct world *world)
{
    return world->breach != WORLD_KEPT || world->state.quiet >= QUIET_STARTS;
}

void world_save(const struct world *world, struct world_snapshot *out_snapshot)
{
    out_snapshot->state = world->state;
    memcpy(out_snapshot->bytes, world->flash.bytes, sizeof out_snapshot->bytes);
}

void world_load(struct world *world, const struct world_snapshot *snapshot)
{
    world->state = snapshot->state;
    world->breach = WORLD_KEPT;
    ram_flash_heal(&world->flash);
    ram_flash_restart(&world->flash);
    memcpy(world->flash.bytes, snapshot->bytes, sizeof snapshot->bytes);
}
