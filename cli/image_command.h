/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_IMAGE_COMMAND_H
#define CLI_IMAGE_COMMAND_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>
#include "cli/program_file.h"
#include "host/image_file.h"
#include "host/key_file.h"
#include "otter/partition.h"

/* What `otter image make`, `sign`, `attach` and `verify` share: an image, mostly a key, and
 * what a new trailer says. */
struct image_options {
    const char *in, *out, *key, *pass_file;
    const char *to_sign, *signature; /* what another program signs, and what it made of it */
    const char *hardware, *version, *number_text; /* of a new trailer */
    uint32_t number;
    struct otter_layout map;  /* `app` and `ram` of it */
    enum loader_kind in_kind; /* of the file `in` */
    bool json;
};

/* For the `children` of an argp with image_parse(): what a new trailer says (--hardware,
 * --version, --number) and the MCU's map (cli/map_option.h); or the map alone. */
extern const struct argp_child image_trailer_and_map[], image_map[];

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
 * itself only if that is what the command does, and then in its form. Returns 0 or -1. */
int image_check_output(const struct image_options *options, const char *path, bool in_place,
                       struct host_error *out_error);

/* Write the image: as Intel HEX if its file is named so. Returns 0 or -1. */
int image_save(const struct image_options *options, uint8_t data[], uint32_t size,
               struct host_error *out_error);

/* Once it is written: what about its new trailer looks wrong, on stderr. */
void image_warn(const struct image_options *options, const struct image_file *in,
                const struct otter_image *image);

/* Print what was signed. Returns the exit code. */
int image_print_signed(const struct image_options *options, uint8_t *data, uint32_t size,
                       const struct otter_image *image);

#endif
