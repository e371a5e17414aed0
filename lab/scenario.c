/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/scenario.h"
#include <stdlib.h>
#include <string.h>
#include "host/image_file.h"
#include "lab/scenario_checks.h"
#include "port/stm32f103/layout.h"
#include "port/stm32f103/partitions.h"

enum { NO_ANSWER_MS = 60000 }; /* a slot of 58 pages is installed in 12 s */

static void *make(void *ctx)
{
    const struct scenario *scenario = ctx;
    const struct testbed_load loads[] = {
        {OTTER_BOOT_ADDR, scenario->boot.data, scenario->boot.len},
        {OTTER_APP_ADDR, scenario->app.data, scenario->app.len}};
    struct testbed_config config = {.board = {.seed = scenario->seed,
                                              .flash_size = scenario->flash_size,
                                              .lenient = scenario->lenient},
                                    .loads = loads,
                                    .load_count = scenario->kind->has_app ? 2 : 1,
                                    .module_keeps_power = scenario->mcu_only,
                                    .runner = scenario->runner};
    config.module.file = image_file_offer(&scenario->update);
    config.module.no_answer_ms = NO_ANSWER_MS;
    memcpy(config.module.version, scenario->new_version, sizeof scenario->new_version);
    struct scenario_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return NULL;
    }
    run->scenario = scenario;
    run->bed = testbed_new(&config, NULL);
    if (run->bed == NULL) {
        free(run);
        return NULL;
    }
    if (!replay_attach(scenario->replay, testbed_board(run->bed))) {
        testbed_free(run->bed);
        free(run);
        return NULL;
    }
    if (scenario->protect) {
        board_protect_flash(testbed_board(run->bed), OTTER_BOOT_ADDR, OTTER_BOOT_SIZE);
    }
    testbed_power_on(run->bed);
    return run;
}

static void copy(void *to, const void *from)
{
    const struct scenario_run *source = from;
    struct scenario_run *target = to;
    testbed_copy(target->bed, source->bed);
    target->seen = source->seen;
    target->has_next = source->has_next;
    target->erases = source->erases;
    target->stop = source->stop;
    target->log_from = source->log_from;
}

static void release(void *ctx)
{
    struct scenario_run *run = ctx;
    if (run != NULL) {
        testbed_free(run->bed);
        free(run);
    }
}

static struct board *board(void *ctx)
{
    const struct scenario_run *run = ctx;
    return testbed_board(run->bed);
}

/* What the module offers besides: a person has told the server so. */
static void offer_next(struct scenario_run *run)
{
    const struct scenario *scenario = run->scenario;
    const struct scenario_kind *kind = scenario->kind;
    bool is_rescue = kind->next == SCENARIO_NEXT_RESCUE;
    const struct module_file file =
        image_file_offer(is_rescue ? &scenario->rescue : &scenario->update);
    uint8_t version[8];

    memcpy(version, is_rescue ? scenario->rescue_version : scenario->new_version,
           sizeof version);
    if (kind->next == SCENARIO_NEXT_SAME) {
        version[sizeof version - 1]++;
    }
    if (testbed_offer(run->bed, &file, version)) {
        run->has_next = kind->next != SCENARIO_NEXT_AS_OFTEN;
        run->erases = scenario_count_erases(run);
    }
}

static enum board_stop run_ms(void *ctx, uint32_t ms)
{
    struct scenario_run *run = ctx;
    run->stop = testbed_run_ms(run->bed, ms);
    if (run->stop == BOARD_STOP_TIME) {
        scenario_look(run);
        if (run->scenario->kind->next != SCENARIO_NEXT_NOTHING && !run->has_next &&
            run->scenario->kind->is_next_due(run)) {
            offer_next(run);
        }
    }
    return run->stop;
}

static void power_on(void *ctx)
{
    struct scenario_run *run = ctx;
    run->log_from = testbed_log_len(run->bed);
    run->seen.ops = UINT64_MAX; /* weak cells may read otherwise from now on */
    testbed_power_on(run->bed);
}

static bool is_done(const void *ctx)
{
    const struct scenario_run *run = ctx;
    return run->scenario->kind->is_done(run);
}

static struct campaign_verdict check(void *ctx, bool done)
{
    struct scenario_run *run = ctx;
    enum scenario_failure kind;
    size_t log_len = testbed_log_len(run->bed);
    run->log_from = run->log_from < log_len ? run->log_from : 0; /* an old log is shortened */
    const char *why = scenario_check(run, done, &kind);
    return (struct campaign_verdict){why, (unsigned)kind};
}

const struct otter_layout *scenario_layout(uint32_t flash_size)
{
    return flash_size == BOARD_FLASH_MAX ? &stm32f103_layout_128 : &stm32f103_layout;
}

static bool find_version(const struct file *file, uint8_t version[8])
{
    return image_file_read_version(file, version) || version[0] != 0;
}

bool scenario_prepare(struct scenario *scenario)
{
    const struct scenario_kind *kind = scenario->kind;

    if ((kind->has_app && !find_version(&scenario->app, scenario->old_version)) ||
        !find_version(&scenario->update, scenario->new_version) ||
        (kind->next == SCENARIO_NEXT_RESCUE &&
         !find_version(&scenario->rescue, scenario->rescue_version))) {
        return false;
    }
    if (kind->is_forged) {
        scenario->update.data[scenario->update.len / 2] ^= 1;
    }
    return true;
}

struct campaign_device scenario_device(struct scenario *scenario)
{
    return (struct campaign_device){make,     copy,    release, board,   run_ms,
                                    power_on, is_done, check,   scenario};
}
