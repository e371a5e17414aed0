/* SPDX-License-Identifier: Apache-2.0 */
/* Power failures in whole updates, on the real binaries: `otter board campaign` with the
 * firmware that was built beside the tests. The options are those of the command
 * (docs/man/otter-board.1), and may name other files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/report.h"

enum { PATH_SIZE = 1024, FILES_MAX = 4, ADDED_MAX = 1 + 2 * FILES_MAX };

#define BOOT    "boot/boot.elf"
#define OLD     "app/pethouse/pethouse_03010101.bin"
#define NEW     "app/app_v3/pethouse_03010103.bin"
#define MUTE    "app/app_no_confirm/app_no_confirm.bin"
#define CRASHES "app/app_crashes/app_crashes.bin"

/* What each scenario begins with; NULL = nothing. */
static const struct {
    const char *scenario, *app, *update, *rescue;
} rows[] = {
    {"update", OLD, NEW, NULL},
    {"revert", OLD, MUTE, NULL},
    {"recovery", NULL, NEW, NULL},
    {"recovery-bad", NULL, MUTE, NEW},
    {"watchdog-loop", CRASHES, NEW, NULL},
    {"refused", OLD, MUTE, NULL},
    {"repeated", OLD, NEW, NULL},
};

static unsigned find(const char *scenario)
{
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].scenario, scenario) == 0) {
            return i;
        }
    }
    return 0;
}

/* The row of the scenario that is asked for. */
static unsigned asked(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "--scenario") == 0) {
            return find(argv[i + 1]);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    static char program[] = "power_update";
    static char options[FILES_MAX][16], paths[FILES_MAX][PATH_SIZE];
    const unsigned row = asked(argc, argv);
    const struct {
        const char *option, *name;
    } files[FILES_MAX] = {{"--boot", BOOT},
                          {"--app", rows[row].app},
                          {"--update", rows[row].update},
                          {"--rescue", rows[row].rescue}};
    char **all = calloc(ADDED_MAX + (size_t)argc, sizeof all[0]);
    int count = 0;
    if (all == NULL) {
        return EXIT_FAILURE;
    }
    all[count++] = program;
    for (unsigned i = 0; i < FILES_MAX; i++) {
        if (files[i].name != NULL) {
            (void)snprintf(options[i], sizeof options[i], "%s", files[i].option);
            (void)snprintf(paths[i], PATH_SIZE, "%s/%s", OTTER_FIRMWARE_DIR, files[i].name);
            all[count++] = options[i];
            all[count++] = paths[i];
        }
    }
    memcpy(all + count, argv + 1, (size_t)(argc - 1) * sizeof argv[0]);
    report_command("board campaign");
    int code = cmd_board_campaign(count + argc - 1, all);
    free(all);
    return code;
}
