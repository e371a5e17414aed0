/* SPDX-License-Identifier: Apache-2.0 */
/* otter: the one program a person types; see docs/man/otter.1. */
#include <string.h>

#include "cli/cmd.h"
#include "cli/report.h"

static const struct cmd_sub commands[] = {
    {"push", "push", cmd_push, "update one MCU over a serial port"},
    {"info", "info", cmd_info, "show what an MCU tells of itself over a serial port"},
    {"image", "image", cmd_image, "inspect, make and sign firmware images"},
    {"boot", "boot", cmd_boot, "put ids and keys into a bootloader"},
    {"key", "key", cmd_key, "make and show the keys that sign images"},
    {"board", "board", cmd_board, "run the modelled board"},
    {"demo", "demo", cmd_demo, "one whole update on the modelled board"},
};

static const struct cmd_group otter = {
    "otter",
    "Over-the-air update for STM32F103 microcontrollers.\n`otter --version` prints the "
    "version.",
    commands, sizeof commands / sizeof commands[0]};

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
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts("otter " OTTER_VERSION);
        return flushed(CMD_OK);
    }
    return flushed(cmd_dispatch(&otter, argc, argv));
}
