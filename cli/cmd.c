/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include "cli/nearest.h"
#include "cli/report.h"
#include "host/json.h"
#include "host/number.h"
#include "host/port_hint.h"
#include "host/serial.h"

enum { NAME_SIZE = 32 }; /* of an option or a command */

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

void cmd_warn_of_user(const char *port)
{
    char user[PORT_HINT_SIZE];

    if (port_hint_user(port, user)) {
        log_event("%s: %s has the port open, too, and takes what it reads", port, user);
    }
}

void cmd_warn_of_version(const struct image_file *image_file, const uint8_t version[8])
{
    char text[9];

    if (!image_file_mentions(image_file, version)) {
        image_file_text(version, text);
        log_event("%s: warning: the program does not hold its version, %s: it may report "
                  "another one, and be offered again",
                  image_file->path, text);
    }
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

static bool asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "-?") == 0;
}

/* Is that the name of an option, or the beginning of one, as getopt takes it, too? Offers all
 * of them to `nearest`. */
static bool find_among(const struct argp_option *option, const char *name,
                       struct nearest *nearest)
{
    bool found = false;

    for (; option != NULL && (option->name != NULL || option->key != 0); option++) {
        if (option->name != NULL) {
            found = found || strncmp(option->name, name, strlen(name)) == 0;
            nearest_offer(nearest, option->name);
        }
    }
    return found;
}

/* The same with those of its children, which have none themselves. */
static bool find_option(const struct argp *argp, const char *name, struct nearest *nearest)
{
    bool found = find_among(argp->options, name, nearest);
    const struct argp_child *child = argp->children;

    for (; child != NULL && child->argp != NULL; child++) {
        found = find_among(child->argp->options, name, nearest) || found;
    }
    return found;
}

/* The option that was meant by the first one that there is not. Returns false if all are, or
 * none is near. */
static bool find_meant_option(const struct argp *argp, int argc, char **argv,
                              const char **out_meant)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        char name[NAME_SIZE];
        size_t len = strncmp(argv[i], "--", 2) == 0 ? strcspn(argv[i] + 2, "=") : 0;

        if (len == 0 || len >= sizeof name) {
            continue;
        }
        memcpy(name, argv[i] + 2, len);
        name[len] = '\0';
        struct nearest nearest;
        nearest_init(&nearest, name);
        if (!find_option(argp, name, &nearest)) {
            *out_meant = nearest.word;
            return nearest.word != NULL;
        }
    }
    return false;
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

const struct argp *cmd_argp(const struct argp_state *state)
{
    return state->root_argp->children[0].argp;
}

int cmd_parse(const struct argp *argp, const char *usage, int argc, char **argv, void *input)
{
    /* --help is ours: argp's own would print argv[0], whose form is that of diagnostics. */
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            break;
        }
        if (asks_for_help(argv[i])) {
            char name[NAME_SIZE];
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
    const char *meant;
    if (find_meant_option(argp, argc, argv, &meant)) {
        fprintf(stderr, "Did you mean `--%s`? ", meant);
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

static int no_such_command(const struct cmd_group *group, const char *name)
{
    struct nearest nearest;

    nearest_init(&nearest, name);
    for (size_t i = 0; i < group->sub_count; i++) {
        nearest_offer(&nearest, group->subs[i].name);
    }
    if (nearest.word != NULL) {
        (void)report_failure(name, "no such command; did you mean `%s`? See `%s --help`",
                             nearest.word, group->usage);
    } else {
        (void)report_failure(name, "no such command; see `%s --help`", group->usage);
    }
    return CMD_USAGE;
}

/* Make "help COMMAND..." the command and --help. */
static void move_help_to_end(int argc, char **argv)
{
    static char help[] = "--help";

    memmove(argv + 1, argv + 2, (size_t)(argc - 2) * sizeof argv[0]);
    argv[argc - 1] = help;
}

int cmd_dispatch(const struct cmd_group *group, int argc, char **argv)
{
    if (argc < 2) {
        print_group(stderr, group);
        return CMD_USAGE;
    }
    if (strcmp(argv[1], "help") == 0) {
        move_help_to_end(argc, argv);
    }
    if (asks_for_help(argv[1])) {
        print_group(stdout, group);
        return CMD_OK;
    }
    for (size_t i = 0; i < group->sub_count; i++) {
        if (strcmp(argv[1], group->subs[i].name) == 0) {
            report_command(group->subs[i].title);
            return group->subs[i].run(argc - 1, argv + 1);
        }
    }
    return no_such_command(group, argv[1]);
}

int cmd_print_json(json_t *document)
{
    return json_print(document, stdout) == 0
               ? CMD_OK
               : report_failure("standard output", "write failed");
}
