/* SPDX-License-Identifier: Apache-2.0 */
/* Power failures in a whole update, on the real binaries: `otter board campaign` with the firmware
 * that was built beside the tests. The options are those of the command (docs/man/otter-board.1). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cmd.h"

enum { PATH_SIZE = 1024 };

static char *path(char text[PATH_SIZE], const char *name)
{
    (void)snprintf(text, PATH_SIZE, "%s/%s", OTTER_FIRMWARE_DIR, name);
    return text;
}

int main(int argc, char **argv)
{
    static char program[] = "test_power", boot[] = "--boot", app[] = "--app";
    static char update[] = "--update", paths[3][PATH_SIZE];
    char *files[] = {program,
                     boot,
                     path(paths[0], "boot/boot.bin"),
                     app,
                     path(paths[1], "app/pethouse/pethouse_03010101.bin"),
                     update,
                     path(paths[2], "tests/fw/nextapp/pethouse_03010103.bin")};
    size_t count = sizeof files / sizeof files[0];
    char **all = calloc(count + (size_t)argc, sizeof all[0]);
    if (all == NULL) {
        return EXIT_FAILURE;
    }
    memcpy(all, files, sizeof files);
    memcpy(all + count, argv + 1, (size_t)(argc - 1) * sizeof argv[0]);
    cmd_name("board campaign");
    int code = cmd_board_campaign((int)count + argc - 1, all);
    free(all);
    return code;
}
