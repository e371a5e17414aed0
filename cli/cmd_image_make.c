/* SPDX-License-Identifier: Apache-2.0 */
/* otter image make: put a trailer behind a .bin; see docs/man/otter-image.1. */
#include "cli/cmd.h"
#include "cli/image_command.h"
#include "cli/report.h"
#include "port/stm32f103/partitions.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct image_options *options = state->input;

    if (key != ARGP_KEY_END) {
        return image_parse(key, arg, state);
    }
    if (options->in == NULL || options->out == NULL) {
        return cmd_misuse(NULL, "%s not given",
                          options->in == NULL ? "input file" : "output file (-o)");
    }
    return image_check_trailer_options(options);
}

static const struct argp argp = {
    .options =
        (const struct argp_option[]){{"output", 'o', "OUT.bin", 0, "where the image goes", 0},
                                     {0}},
    .parser = parse,
    .args_doc = "IN.bin",
    .doc = "Write IN.bin with otter's trailer behind it, not signed.",
    .children = image_trailer_options};

static int make(const struct image_options *options, const struct image_file *in,
                const struct key_file *key)
{
    uint8_t data[OTTER_APP_SIZE_MAX];
    struct otter_image image;
    struct host_error error;
    uint32_t size;

    (void)key;
    if (image_file_check_startable(in, OTTER_APP_ADDR, &error) != 0) {
        return report_error(&error);
    }
    if (in->has_trailer) {
        return report_failure(options->in, "has a trailer already");
    }
    if (image_add_trailer(options, in, data, &image, &size, &error) != 0) {
        return report_error(&error);
    }
    if (image_file_is_same(options->in, options->out)) {
        return report_failure(options->out, "input and output are the same file");
    }
    return file_write(options->out, data, size, &error) == 0 ? CMD_OK : report_error(&error);
}

int cmd_image_make(int argc, char **argv)
{
    static const struct image_command command = {&argp, "otter image make", make};
    return image_run(&command, argc, argv);
}
