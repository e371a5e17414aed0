/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_IMAGE_COMMAND_H
#define CLI_IMAGE_COMMAND_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>
#include "host/image_file.h"
#include "host/key_file.h"

/* What `otter image make`, `sign`, `attach` and `verify` share: an image, mostly a key, and
 * what a new trailer says. */
struct image_options {
    const char *in, *out, *key, *pass_file;
    const char *to_sign, *signature; /* what another program signs, and what it made of it */
    const char *hardware, *version, *number_text; /* of a new trailer */
    uint32_t number;
    uint32_t slot_size;
    bool json;
};

/* Of the commands' own options. --slot is one of all four. */
enum { IMAGE_OPT_SLOT = 256, IMAGE_OPT_TO_SIGN };
#define IMAGE_SLOT_OPTION                                                                      \
    {                                                                                          \
        "slot", IMAGE_OPT_SLOT, "BYTES", 0, "size of the MCU's slot, 26624 if not given", 0    \
    }

/* For the `children` of an argp: --hardware, --version, --number. Its `input` is struct
 * image_options. */
extern const struct argp_child image_trailer_options[];

/* The options that more than one has; hands the rest back as ARGP_ERR_UNKNOWN. */
error_t image_parse(int key, char *arg, struct argp_state *state);

/* Are there image and key? Is there all that a new trailer says? 0 or EINVAL. */
error_t image_check_in_and_key(const struct image_options *options);
error_t image_check_trailer_options(struct image_options *options);
bool image_has_trailer_options(const struct image_options *options);

struct image_command {
    const struct argp *argp;
    const char *usage; /* "otter image make" */
    /* `key` is NULL if --key was not given. Returns the exit code. */
    int (*run)(const struct image_options *options, const struct image_file *image,
               const struct key_file *key);
};

/* Parse, load, run. Returns the exit code. */
int image_run(const struct image_command *command, int argc, char **argv);

/* What is to be signed: the image as it is, or, if the options tell what a trailer says, with a
 * new one. Returns 0 or -1. */
int image_prepare(const struct image_options *options, const struct image_file *in,
                  uint8_t out[], struct otter_image *out_image, uint32_t *out_size,
                  struct host_error *out_error);

/* May the result go to `path`? Not over a file that the options name as input; over the image
 * itself only if that is what the command does. Returns 0 or -1. */
int image_check_output(const struct image_options *options, const char *path, bool in_place,
                       struct host_error *out_error);

/* Print what was signed. Returns the exit code. */
int image_print_signed(const struct image_options *options, uint8_t *data, uint32_t size,
                       const struct otter_image *image);

#endif
