/* SPDX-License-Identifier: Apache-2.0 */
/* Power failures in whole updates, on the real binaries: `otter board campaign` with the
 * firmware that was built beside the tests. The options are those of the command
 * (docs/man/otter-board.1). */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/report.h"

enum { PATH_SIZE = 1024, ADDED_MAX = 7 };

static char *path(char text[PATH_SIZE], const char *name)
{
    (void)snprintf(text, PATH_SIZE, "%s/%s", OTTER_FIRMWARE_DIR, name);
    return text;
}

static bool has(int argc, char **argv, const char *text)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], text) == 0) {
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    static char program[] = "power_update", boot[] = "--boot", app[] = "--app";
    static char update[] = "--update", paths[3][PATH_SIZE];
    bool reverts = has(argc, argv, "revert"), recovers = has(argc, argv, "recovery");
    char **all = calloc(ADDED_MAX + (size_t)argc, sizeof all[0]);
    int count = 0;
    if (all == NULL) {
        return EXIT_FAILURE;
    }
    all[count++] = program;
    all[count++] = boot;
    all[count++] = path(paths[0], "boot/boot.elf");
    all[count++] = update;
    all[count++] = path(paths[1], reverts ? "app/app_no_confirm/app_no_confirm.bin"
                                          : "app/app_v3/pethouse_03010103.bin");
    if (!recovers) {
        all[count++] = app;
        all[count++] = path(paths[2], "app/pethouse/pethouse_03010101.bin");
    }
    memcpy(all + count, argv + 1, (size_t)(argc - 1) * sizeof argv[0]);
    report_command("board campaign");
    int code = cmd_board_campaign(count + argc - 1, all);
    free(all);
    return code;
}
