/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rig/update_world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "otter/image.h"
#include "port/stm32f103/partitions.h"

/* A world is a rig, and which scenario it plays. */
struct world {
    struct rig *rig;
    const struct update_world *update;
    enum board_stop stop; /* of the last slice */
};

static void *make(void *ctx)
{
    const struct update_world *update = ctx;
    const struct rig_load loads[] = {{OTTER_BOOT_ADDR, update->boot.data, update->boot.len},
                                     {OTTER_APP_ADDR, update->app.data, update->app.len}};
    struct rig_config config = {.board = {.seed = update->seed},
                                .loads = loads,
                                .load_count = 2,
                                .module_keeps_power = update->mcu_only,
                                .runner = update->runner};
    config.module.file = update->update.data;
    config.module.file_size = (uint32_t)update->update.len;
    file_md5_hex(&update->update, config.module.md5_hex);
    memcpy(config.module.version, update->new_version, sizeof update->new_version);
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL) {
        return NULL;
    }
    world->update = update;
    world->rig = rig_new(&config);
    if (world->rig == NULL) {
        free(world);
        return NULL;
    }
    if (update->protect) {
        board_protect_flash(rig_board(world->rig), OTTER_BOOT_ADDR, OTTER_BOOT_SIZE);
    }
    rig_power_on(world->rig);
    return world;
}

static void copy(void *to, const void *from)
{
    const struct world *source = from;
    struct world *target = to;
    rig_copy(target->rig, source->rig);
    target->stop = source->stop;
}

static void release(void *ctx)
{
    struct world *world = ctx;
    if (world != NULL) {
        rig_free(world->rig);
        free(world);
    }
}

static struct board *board(void *ctx)
{
    const struct world *world = ctx;
    return rig_board(world->rig);
}

static enum campaign_stop run_ms(void *ctx, uint32_t ms)
{
    struct world *world = ctx;
    world->stop = rig_run_ms(world->rig, ms);
    return world->stop == BOARD_STOP_TIME    ? CAMPAIGN_TIME
           : world->stop == BOARD_STOP_POWER ? CAMPAIGN_POWER
                                             : CAMPAIGN_STUCK;
}

static void power_on(void *ctx)
{
    const struct world *world = ctx;
    rig_power_on(world->rig);
}

static bool is_done(const void *ctx)
{
    const struct world *world = ctx;
    return rig_outcome(world->rig) != MODULE_STARTED;
}

static bool app_is(struct world *world, const struct file *image)
{
    const uint8_t *app =
        board_flash(rig_board(world->rig)) + (OTTER_APP_ADDR - OTTER_FLASH_ADDR);
    return memcmp(app, image->data, image->len) == 0;
}

static const char *why_not_done(enum board_stop stop)
{
    switch (stop) {
    case BOARD_STOP_LOCKUP:
        return "the core is locked up";
    case BOARD_STOP_UNKNOWN:
        return "the firmware does what the model does not have";
    case BOARD_STOP_BKPT:
        return "the firmware stops at a BKPT instruction";
    case BOARD_STOP_ASKED:
        return "not judged: the debugger ended the run";
    case BOARD_STOP_TIME:
    case BOARD_STOP_POWER:
        break;
    }
    return "neither updated nor failed within the time";
}

/* Running means: the module talked to it (it says so by the version), or, where the update failed,
 * the log's last start line is the old app's. */
static const char *judge(void *ctx, bool done)
{
    struct world *world = ctx;
    const struct update_world *update = world->update;
    char text[40];
    if (!done) {
        return why_not_done(world->stop);
    }
    if (strstr(rig_log(world->rig), "Recover [") != NULL) {
        return "a brick: the bootloader found no image to start, and waited for one";
    }
    if (rig_outcome(world->rig) == MODULE_UPDATED) {
        return app_is(world, &update->update) ? NULL
                                              : "the new version runs, but APP differs from it";
    }
    if (!app_is(world, &update->app)) {
        return app_is(world, &update->update)
                   ? "new image in APP, but the update was told as failed"
                   : "APP is neither the old nor the new image";
    }
    snprintf(text, sizeof text, "SoftVersion = %.8s", (const char *)update->old_version);
    return rig_run_until_log(world->rig, text, 0, 1000) > 0
               ? NULL
               : "the old image is in APP, but does not run";
}

static bool read_version(const struct file *file, uint8_t out_version[8])
{
    struct otter_image image;
    if (file->len < OTTER_IMAGE_TRAILER_SIZE ||
        otter_image_get_trailer(file->data + file->len - OTTER_IMAGE_TRAILER_SIZE,
                                (uint32_t)file->len, &image) != 0) {
        return false;
    }
    memcpy(out_version, image.version, sizeof image.version);
    return true;
}

bool update_world_versions(struct update_world *update)
{
    return read_version(&update->app, update->old_version) &&
           read_version(&update->update, update->new_version);
}

struct campaign_world update_world(struct update_world *update)
{
    return (struct campaign_world){make,     copy,    release, board, run_ms,
                                   power_on, is_done, judge,   update};
}
