/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rig/update_world.h"
#include <stdlib.h>
#include <string.h>
#include "cli/rig/update_judge.h"
#include "otter/image.h"
#include "port/stm32f103/partitions.h"

/* A world is a rig, and which scenario it plays. */
struct world {
    struct rig *rig;
    const struct update_world *update;
    enum board_stop stop; /* of the last slice */
    size_t log_from;      /* of what the log says since the last power-on */
};

static void *make(void *ctx)
{
    const struct update_world *update = ctx;
    const struct rig_load loads[] = {{OTTER_BOOT_ADDR, update->boot.data, update->boot.len},
                                     {OTTER_APP_ADDR, update->app.data, update->app.len}};
    struct rig_config config = {.board = {.seed = update->seed},
                                .loads = loads,
                                .load_count = update->scenario == UPDATE_RECOVERS ? 1 : 2,
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
    board_attach_recall(rig_board(world->rig), update->recall);
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
    target->log_from = source->log_from;
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
    struct world *world = ctx;
    world->log_from = rig_log_len(world->rig);
    rig_power_on(world->rig);
}

static bool is_done(const void *ctx)
{
    const struct world *world = ctx;
    return update_is_done(world->update, world->rig);
}

static struct campaign_verdict judge(void *ctx, bool done)
{
    struct world *world = ctx;
    enum update_failure kind;
    size_t log_len = rig_log_len(world->rig);
    size_t from = world->log_from < log_len ? world->log_from : 0; /* an old log is shortened */
    const char *why = update_judge(world->update, world->rig, from, world->stop, done, &kind);
    return (struct campaign_verdict){why, (unsigned)kind};
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
    return (update->scenario == UPDATE_RECOVERS ||
            read_version(&update->app, update->old_version)) &&
           read_version(&update->update, update->new_version);
}

static const char *const scenario_names[UPDATE_SCENARIOS] = {"update", "revert", "recovery"};

const char *update_scenario_name(enum update_scenario scenario)
{
    return scenario_names[scenario];
}

bool update_find_scenario(const char *name, enum update_scenario *out_scenario)
{
    for (unsigned i = 0; i < UPDATE_SCENARIOS; i++) {
        if (strcmp(scenario_names[i], name) == 0) {
            *out_scenario = (enum update_scenario)i;
            return true;
        }
    }
    return false;
}

struct campaign_world update_world(struct update_world *update)
{
    return (struct campaign_world){make,     copy,    release, board, run_ms,
                                   power_on, is_done, judge,   update};
}
