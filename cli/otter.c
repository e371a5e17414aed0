/* SPDX-License-Identifier: Apache-2.0 */
/* otter: the one program a person types; see docs/man/otter.1. */
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/report.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"push", cmd_push, "update one MCU over a serial port"},
    {"image", cmd_image, "inspect, make and sign firmware images"},
    {"key", cmd_key, "make and show the keys that sign images"},
    {"board", cmd_board, "run the modelled board"},
    {"demo", cmd_demo, "one whole update on the modelled board"},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_help(FILE *out)
{
    fputs("Usage: otter COMMAND [OPTION...] [ARG...]\n"
          "Over-the-air update for STM32F103 microcontrollers.\n\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
    }
    fputs("\n  --help     this text; `otter COMMAND --help` tells more\n"
          "  --version  the program's version\n",
          out);
}

/* Is what was printed really out? A full disk must not look like success. */
static int flushed(int code)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0) {
        return code;
    }
    return report_failure("standard output", "write failed");
}

int main(int argc, char **argv)
{
    static char title[32];

    argp_err_exit_status = CMD_USAGE; /* of commands that let argp end the program */
    if (argc < 2) {
        print_help(stderr);
        return CMD_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return flushed(CMD_OK);
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("otter " OTTER_VERSION);
        return flushed(CMD_OK);
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) != 0) {
            continue;
        }
        snprintf(title, sizeof title, "otter %s", commands[i].name);
        argv[1] = title;
        report_command(commands[i].name);
        return flushed(commands[i].run(argc - 1, argv + 1));
    }
    (void)report_failure(argv[1], "no such command; see `otter --help`");
    return CMD_USAGE;
}
