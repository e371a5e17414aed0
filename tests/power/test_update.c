/* SPDX-License-Identifier: Apache-2.0 */
/* Power failures in whole updates, on the real binaries: `otter board campaign` with the
 * firmware that was built beside the tests. The options are those of the command
 * (docs/man/otter-board.1), and may name other files of that firmware. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/report.h"

enum { FILES_MAX = 4, ADDED_MAX = 1 + 2 * FILES_MAX };

#define BOOT    "boot/boot.elf"
#define OLD     "app/pethouse/pethouse_03010101.bin"
#define NEW     "app/app_v3/pethouse_03010103.bin"
#define MUTE    "app/app_no_confirm/app_no_confirm.bin"
#define CRASHES "app/app_crashes/app_crashes.bin"

/* What each scenario begins with; NULL = nothing. */
static const struct {
    const char *scenario, *app, *update, *rescue;
} rows[] = {
    {"update", OLD, NEW, NULL},        {"revert", OLD, MUTE, NULL},
    {"revert-rescue", OLD, MUTE, NEW}, {"recovery", NULL, NEW, NULL},
    {"recovery-bad", NULL, MUTE, NEW}, {"watchdog-loop", CRASHES, NEW, NULL},
    {"refused", OLD, MUTE, NULL},      {"repeated", OLD, NEW, NULL},
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

static const char *const file_options[FILES_MAX] = {"--boot", "--app", "--update", "--rescue"};

static bool is_file_option(const char *text)
{
    for (unsigned i = 0; i < FILES_MAX; i++) {
        if (strcmp(text, file_options[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Never freed. */
static char *text_of(const char *dir, const char *name)
{
    size_t size = strlen(dir) + strlen(name) + 1;
    char *text = malloc(size);
    if (text == NULL) {
        exit(EXIT_FAILURE);
    }
    (void)snprintf(text, size, "%s%s", dir, name);
    return text;
}

int main(int argc, char **argv)
{
    static const char dir[] = OTTER_FIRMWARE_DIR "/";
    const unsigned row = asked(argc, argv);
    const char *const files[FILES_MAX] = {BOOT, rows[row].app, rows[row].update,
                                          rows[row].rescue};
    char **all = calloc(ADDED_MAX + (size_t)argc, sizeof all[0]);
    int count = 0;
    if (all == NULL) {
        return EXIT_FAILURE;
    }
    all[count++] = text_of("", "power_update");
    for (unsigned i = 0; i < FILES_MAX; i++) {
        if (files[i] != NULL) {
            all[count++] = text_of("", file_options[i]);
            all[count++] = text_of(dir, files[i]);
        }
    }
    for (int i = 1; i < argc; i++) {
        bool is_ours = is_file_option(argv[i - 1]) && argv[i][0] != '/';
        all[count++] = is_ours ? text_of(dir, argv[i]) : argv[i];
    }
    report_command("board campaign");
    int code = cmd_board_campaign(count, all);
    free(all);
    return code;
}
