/* SPDX-License-Identifier: Apache-2.0 */
/* Power failures in a whole update, on the real binaries: at every N-th flash operation from the
 * download to the restart of the new app, each operation not done, done and torn. After every one
 * of them the device must end with the old or the new image, bit-exact, and running. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "board/campaign/campaign.h"
#include "port/stm32f103/partitions.h"
#include "tests/support/firmware.h"

static const char *const tear_names[] = {"not-done", "done", "torn"};

struct setup {
    uint64_t seed;
    bool mcu_only;
};

static void *make(void *ctx)
{
    const struct setup *setup = ctx;
    struct rig_config config;
    firmware_rig_config(&config, setup->seed, NULL);
    config.module_keeps_power = setup->mcu_only;
    struct rig *rig = rig_new(&config);
    if (rig != NULL) {
        rig_power_on(rig);
    }
    return rig;
}

static void copy(void *to, const void *from)
{
    rig_copy(to, from);
}

static void release(void *rig)
{
    rig_free(rig);
}

static struct board *board(void *rig)
{
    return rig_board(rig);
}

static void run_ms(void *rig, uint32_t ms)
{
    (void)rig_run_ms(rig, ms);
}

static void power_on(void *rig)
{
    rig_power_on(rig);
}

static bool is_done(const void *rig)
{
    return rig_outcome(rig) != MODULE_STARTED;
}

static bool app_is(struct rig *rig, const struct firmware *image)
{
    const uint8_t *app = board_flash(rig_board(rig)) + (OTTER_APP_ADDR - OTTER_FLASH_ADDR);
    return memcmp(app, image->data, image->len) == 0;
}

/* Running means: the module talked to it (it says so by the version), or, where the update failed,
 * the log's last start line is the old app's. */
static const char *judge(void *world, bool done)
{
    struct rig *rig = world;
    const struct firmware_set *set = firmware_set();
    if (!done) {
        return "neither updated nor failed within the time";
    }
    if (rig_outcome(rig) == MODULE_UPDATED) {
        return app_is(rig, &set->new_app) ? NULL
                                          : "the new version runs, but APP differs from it";
    }
    if (!app_is(rig, &set->old_app)) {
        return app_is(rig, &set->new_app)
                   ? "new image in APP, but the update was told as failed"
                   : "APP is neither the old nor the new image";
    }
    return rig_run_until_log(rig, "SoftVersion = 03010101", 0, 1000) > 0
               ? NULL
               : "the old image is in APP, but does not run";
}

static void progress(void *ctx, uint64_t op, uint64_t cases, uint64_t failures)
{
    (void)ctx;
    if (cases % 300 == 0) {
        printf("power: at operation %" PRIu64 ": %" PRIu64 " cases, %" PRIu64 " failures\n", op,
               cases, failures);
        fflush(stdout);
    }
}

static void failed(void *ctx, uint64_t op, enum board_tear tear, uint64_t seed, const char *why)
{
    const struct setup *setup = ctx;
    if (op == UINT64_MAX) {
        printf("power: FAILED reference run, seed %" PRIu64 ": %s\n", seed, why);
        return;
    }
    printf("power: FAILED op %" PRIu64 " tear %s seed %" PRIu64 ": %s\n", op, tear_names[tear],
           seed, why);
    printf("  repeat: build/host/tests/power/test_power --repeat %" PRIu64 ":%s --seed %" PRIu64
           "%s\n",
           op, tear_names[tear], seed, setup->mcu_only ? " --mcu-only" : "");
}

static int usage(const char *why)
{
    fprintf(stderr,
            "test_power: %s\n"
            "usage: test_power [--every N] [--seed N] [--mcu-only] [--repeat OP:TEAR]\n"
            "  TEAR: not-done, done, torn\n",
            why);
    return 2;
}

static int repeat(const struct campaign_world *world, const struct campaign_options *options,
                  const char *which)
{
    char *end;
    uint64_t op = strtoull(which, &end, 0);
    for (unsigned tear = 0; *end == ':' && tear < 3; tear++) {
        if (strcmp(end + 1, tear_names[tear]) == 0) {
            const char *why = campaign_repeat(world, options, op, (enum board_tear)tear);
            printf("power: op %" PRIu64 " tear %s: %s\n", op, tear_names[tear],
                   why == NULL ? "good" : why);
            return why == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
        }
    }
    return usage(which);
}

int main(int argc, char **argv)
{
    struct setup setup = {.seed = 1};
    struct campaign_options options = {
        .every = 50, .limit_s = 180, .slice_ms = 20, .progress = progress, .failed = failed};
    const char *which = NULL;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--mcu-only") == 0) {
            setup.mcu_only = true;
        } else if (strcmp(argv[i], "--every") == 0 && atoi(value) > 0) {
            options.every = (uint32_t)atoi(value);
            i++;
        } else if (strcmp(argv[i], "--seed") == 0 && *value != '\0') {
            setup.seed = strtoull(value, NULL, 0);
            i++;
        } else if (strcmp(argv[i], "--repeat") == 0 && *value != '\0') {
            which = value;
            i++;
        } else {
            return usage(argv[i]);
        }
    }
    options.seed = setup.seed;
    options.offset = (uint32_t)((setup.seed * 0x9E3779B97F4A7C15u >> 33) % options.every);
    options.ctx = &setup;
    const struct campaign_world world = {make,     copy,    release, board, run_ms,
                                         power_on, is_done, judge,   &setup};
    if (which != NULL) {
        return repeat(&world, &options, which);
    }

    struct campaign_counts counts;
    int status = campaign_run(&world, &options, &counts);
    printf("power: %" PRIu64 " flash operations, every %" PRIu32 "th from %" PRIu32
           ", 3 tears%s: %" PRIu64 " cases, %" PRIu64 " failures\n",
           counts.operations, options.every, options.offset,
           setup.mcu_only ? ", the module keeps its power" : "", counts.cases, counts.failures);
    return status == 0 && counts.failures == 0 && counts.cases > 0 ? EXIT_SUCCESS
                                                                   : EXIT_FAILURE;
}
