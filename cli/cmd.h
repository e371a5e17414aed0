/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "host/error.h"
#include "host/image_file.h"

/* The commands of `otter`, and how all of them speak.
 *
 * A command gets argv[0] = "otter NAME" and returns the exit code: 0 done, 1 failure, 2 usage.
 * Diagnostics go to stderr as `otter: NAME: thing: reason`, results to stdout.
 */
enum { CMD_OK = 0, CMD_FAILED = 1, CMD_USAGE = 2 };

int cmd_push(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_image(int argc, char **argv);
int cmd_image_inspect(int argc, char **argv);
int cmd_image_make(int argc, char **argv);
int cmd_image_sign(int argc, char **argv);
int cmd_image_attach(int argc, char **argv);
int cmd_image_verify(int argc, char **argv);
int cmd_image_factory(int argc, char **argv);
int cmd_boot(int argc, char **argv);
int cmd_boot_make(int argc, char **argv);
int cmd_key(int argc, char **argv);
int cmd_board(int argc, char **argv);
int cmd_board_run(int argc, char **argv);
int cmd_board_campaign(int argc, char **argv);
int cmd_demo(int argc, char **argv);

/* A mistake in the command line: report it as report_error() does. Returns EINVAL, for parse
 * functions. */
error_t cmd_wrong(const struct host_error *error);

/* The same, as report_failure() does. */
error_t cmd_misuse(const char *thing, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for the value of an option: `otter: NAME: OPTION VALUE: reason`. */
error_t cmd_bad_value(const char *option, const char *value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Read the number that is the value of an option, as host/number.h says. 0, or EINVAL after
 * reporting. */
error_t cmd_number(const char *option, const char *text, uint64_t min, uint64_t max,
                   uint64_t *out_value);
error_t cmd_number32(const char *option, const char *text, uint32_t min, uint32_t max,
                     uint32_t *out_value);

/* --baud: a rate that this system knows. 0, or EINVAL after reporting. */
error_t cmd_baud(const char *text, long *out_baud);

/* Say so if another process has the open serial port open, too. */
void cmd_warn_of_user(const char *port);

/* Say so if the version that an image is said to have does not occur in its program. */
void cmd_warn_of_version(const struct image_file *image_file, const uint8_t version[8]);

/* --flash-size: 64 or 128, in KB, as bytes. 0, or EINVAL after reporting. */
error_t cmd_flash_size(const char *option, const char *text, uint32_t *out_size);

/* Parse the command line with argp. --help goes to stdout under the name a person types
 * (`usage`, e.g. "otter push"), for -h and -?, too; mistakes are one line of report_error()'s
 * form plus a hint, which for an option that there is not names the nearest one.
 * Returns 0 to go on, CMD_USAGE, or -1 when --help was served and the command is done.
 * In parse functions ARGP_ERR_UNKNOWN and EINVAL (after cmd_misuse()) are mistakes. */
int cmd_parse(const struct argp *argp, const char *usage, int argc, char **argv, void *input);

/* What cmd_parse() was given, for the parser of its argp. */
const struct argp *cmd_argp(const struct argp_state *state);

/* One of the commands that can follow a name, e.g. after `otter image`. */
struct cmd_sub {
    const char *name;  /* "make" */
    const char *title; /* for report_command(): "image: make" */
    int (*run)(int argc, char **argv);
    const char *help; /* a few words */
};

/* All of them. */
struct cmd_group {
    const char *usage; /* what a person types before them: "otter image" */
    const char *doc;   /* one sentence */
    const struct cmd_sub *subs;
    size_t sub_count;
};

/* Run the command that argv[1] names, with argv from there on, or print the list for --help and
 * `help`; `help NAME...` is `NAME... --help`. Returns the exit code. */
int cmd_dispatch(const struct cmd_group *group, int argc, char **argv);

/* What a command is given that takes one file and --json; `input` of an argp with this parser
 * and these options. */
struct cmd_one_file {
    const char *path;
    bool json;
};
extern const struct argp_option cmd_one_file_options[];
error_t cmd_one_file_parse(int key, char *arg, struct argp_state *state);

/* Print a JSON document on stdout, as json_print() does. Returns the exit code. */
int cmd_print_json(json_t *document);

#endif
