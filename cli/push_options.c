/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/push_options.h"

#include <string.h>
#include "cli/cmd.h"
#include "cli/map_option.h"

enum { OPT_FORCE = 256, OPT_JSON, OPT_TIMEOUT };

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct push_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->map;
        return 0;
    case 'p':
        options->port = arg;
        return 0;
    case 'b':
        return cmd_baud(arg, &options->baud);
    case 'V':
        if (strlen(arg) != 8) {
            return cmd_bad_value("--version", arg,
                                 "a version has 8 characters, such as 03010102");
        }
        options->version = arg;
        return 0;
    case OPT_FORCE:
        options->force = true;
        return 0;
    case OPT_JSON:
        options->json = true;
        return 0;
    case OPT_TIMEOUT:
        return cmd_number32("--timeout", arg, 1, 86400, &options->timeout_s);
    case 'v':
        options->verbose = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->file != NULL) {
            return cmd_misuse(arg, "one file at a time");
        }
        options->file = arg;
        return 0;
    case ARGP_KEY_END:
        if (options->file == NULL || options->port == NULL) {
            return cmd_misuse(NULL, options->file == NULL ? "no file given"
                                                          : "no serial port given (--port)");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"port", 'p', "TTY", 0, "serial port the MCU's module UART is on (a tty or a pty)", 0},
    {"baud", 'b', "N", 0, "baud rate, 9600 if not given", 0},
    {"version", 'V', "V", 0,
     "version (8 characters) the MCU is to report afterwards; needed for a .bin without "
     "trailer",
     0},
    {"force", OPT_FORCE, NULL, 0,
     "send even if the MCU has that version or that very file, has tried it three times, or "
     "tells that it will refuse it, or the file does not look startable, or is for other "
     "hardware",
     0},
    {"timeout", OPT_TIMEOUT, "S", 0, "give up after S seconds in all, 600 if not given", 0},
    {"json", OPT_JSON, NULL, 0, "print the result as one JSON object", 0},
    {"verbose", 'v', NULL, 0, "print every step", 0},
    {0}};

static const struct argp push_argp = {
    .options = option_table,
    .parser = parse_option,
    .args_doc = "FILE",
    .doc = "Update one MCU over a serial port, in the place of its Wi-Fi module.\v"
           "FILE is the .bin of the build, with otter's trailer or without, or its .hex or "
           ".elf.",
    .children = (const struct argp_child[]){{.argp = &map_option}, {0}}};

int push_options_parse(struct push_options *options, int argc, char **argv)
{

    *options =
        (struct push_options){.baud = 9600, .map = map_option_default(), .timeout_s = 600};
    return cmd_parse(&push_argp, "otter push", argc, argv, options);
}
