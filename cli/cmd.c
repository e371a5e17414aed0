/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include "cli/report.h"
#include "host/json.h"
#include "host/number.h"
#include "host/serial.h"

error_t cmd_wrong(const struct host_error *error)
{
    (void)report_error(error);
    return EINVAL;
}

error_t cmd_misuse(const char *thing, const char *format, ...)
{
    char reason[HOST_REASON_SIZE];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    (void)report_failure(thing, "%s", reason);
    return EINVAL;
}

error_t cmd_bad_value(const char *option, const char *value, const char *format, ...)
{
    char reason[HOST_REASON_SIZE], thing[HOST_THING_SIZE];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    (void)snprintf(thing, sizeof thing, "%s %s", option, value);
    return cmd_misuse(thing, "%s", reason);
}

error_t cmd_number(const char *option, const char *text, uint64_t min, uint64_t max,
                   uint64_t *out_value)
{
    struct host_error error;

    if (number_parse(option, text, min, max, out_value, &error) == 0) {
        return 0;
    }
    return cmd_wrong(&error);
}

error_t cmd_number32(const char *option, const char *text, uint32_t min, uint32_t max,
                     uint32_t *out_value)
{
    uint64_t value;
    error_t err = cmd_number(option, text, min, max, &value);

    if (err == 0) {
        *out_value = (uint32_t)value;
    }
    return err;
}

error_t cmd_baud(const char *text, long *out_baud)
{
    uint32_t number = 0;
    error_t err = cmd_number32("--baud", text, 1, 10000000, &number);

    *out_baud = (long)number;
    return err != 0 || serial_baud_is_known(*out_baud)
               ? err
               : cmd_bad_value("--baud", text, "not a baud rate this system knows");
}

error_t cmd_flash_size(const char *option, const char *text, uint32_t *out_size)
{
    uint32_t kb = 0;
    error_t err = cmd_number32(option, text, 0, UINT32_MAX, &kb);
    if (err == 0 && kb != 64 && kb != 128) {
        return cmd_bad_value(option, text, "the chip has 64 or 128 (KB)");
    }
    *out_size = kb * 1024;
    return err;
}

/* In front of the command's own parser: argp's hint would name the program by argv[0]. */
static error_t parse_none(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    if (key != ARGP_KEY_INIT) {
        return ARGP_ERR_UNKNOWN;
    }
    state->err_stream = NULL;
    state->child_inputs[0] = state->input;
    return 0;
}

int cmd_parse(const struct argp *argp, const char *usage, int argc, char **argv, void *input)
{
    /* --help is ours: argp's own would print argv[0], whose form is that of diagnostics. */
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            break;
        }
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-?") == 0) {
            char name[32];
            snprintf(name, sizeof name, "%s", usage);
            argp_help(argp, stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC,
                      name);
            return -1;
        }
    }
    char title[40];
    snprintf(title, sizeof title, "otter: %s", report_current_command());
    argv[0] = title; /* what getopt's messages begin with */
    const struct argp_child children[] = {{.argp = argp}, {0}};
    const struct argp outer = {.parser = parse_none, .children = children};
    error_t err = argp_parse(&outer, argc, argv, ARGP_NO_HELP | ARGP_NO_EXIT, NULL, input);
    if (err == 0) {
        return 0;
    }
    fprintf(stderr, "Try `%s --help`.\n", usage);
    return CMD_USAGE;
}

const struct argp_option cmd_one_file_options[] = {
    {"json", 'j', NULL, 0, "print one JSON object", 0}, {0}};

error_t cmd_one_file_parse(int key, char *arg, struct argp_state *state)
{
    struct cmd_one_file *options = state->input;

    switch (key) {
    case 'j':
        options->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->path != NULL) {
            return cmd_misuse(arg, "one file at a time");
        }
        options->path = arg;
        return 0;
    case ARGP_KEY_END:
        if (options->path != NULL) {
            return 0;
        }
        return cmd_misuse(NULL, "no file given");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_group(FILE *out, const struct cmd_group *group)
{
    fprintf(out, "Usage: %s COMMAND [OPTION...] [ARG...]\n%s\n\n", group->usage, group->doc);
    for (size_t i = 0; i < group->sub_count; i++) {
        fprintf(out, "  %-8s %s\n", group->subs[i].name, group->subs[i].help);
    }
    fprintf(out, "\n`%s COMMAND --help` lists its options.\n", group->usage);
}

int cmd_dispatch(const struct cmd_group *group, int argc, char **argv)
{
    if (argc < 2) {
        print_group(stderr, group);
        return CMD_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0) {
        print_group(stdout, group);
        return CMD_OK;
    }
    for (size_t i = 0; i < group->sub_count; i++) {
        if (strcmp(argv[1], group->subs[i].name) == 0) {
            report_command(group->subs[i].title);
            return group->subs[i].run(argc - 1, argv + 1);
        }
    }
    (void)report_failure(argv[1], "no such command; see `%s --help`", group->usage);
    return CMD_USAGE;
}

int cmd_print_json(json_t *document)
{
    return json_print(document, stdout) == 0
               ? CMD_OK
               : report_failure("standard output", "write failed");
}
