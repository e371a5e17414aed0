/* SPDX-License-Identifier: Apache-2.0 */
/* otter image inspect; see docs/man/otter-image.1. */
#include <stdlib.h>
#include <string.h>

#include "cli/app_file.h"
#include "cli/boot_view.h"
#include "cli/cmd.h"
#include "cli/map_option.h"
#include "cli/report.h"
#include "host/json.h"
#include "otter/bytes.h"
#include "port/stm32f103/partitions.h"

struct inspect_options {
    struct cmd_one_file file;
    struct otter_layout map;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct inspect_options *options = state->input;

    (void)arg;
    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = &options->file;
        state->child_inputs[1] = &options->map;
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static const struct argp one_file = {.options = cmd_one_file_options,
                                     .parser = cmd_one_file_parse};
static const struct argp inspect_argp = {
    .parser = parse,
    .args_doc = "FILE",
    .doc = "Tell what a firmware file (.bin, .hex or .elf) is: an image, a bootloader, or both "
           "in a factory image.",
    .children = (const struct argp_child[]){{.argp = &one_file}, {.argp = &map_option}, {0}}};

/* ---- an image ---- */

static void print_image(const struct image_file *firmware, const struct otter_layout *map)
{
    const struct otter_image *image = &firmware->image;
    uint8_t md5[32];
    char text[9];

    file_md5_hex(&firmware->file, md5);
    printf("size          %u bytes (slot: %u)\n", (uint32_t)firmware->file.len, map->app.size);
    printf("MD5           %.32s\n", (const char *)md5);
    printf("stack pointer 0x%08x\n", otter_get_le32(firmware->file.data));
    printf("reset vector  0x%08x\n", otter_get_le32(firmware->file.data + 4));
    printf("startable     %s\n", image_file_is_startable(firmware, map) ? "yes" : "no");
    if (!firmware->has_trailer) {
        printf("trailer       none (a plain .bin)\n");
        return;
    }
    printf("trailer       format %d\n", OTTER_IMAGE_FORMAT);
    printf("length        %u bytes before the trailer\n", image->length);
    image_file_text(image->hardware, text);
    printf("hardware      %s\n", text);
    image_file_text(image->version, text);
    printf("version       %s (number %u)\n", text, image->number);
    if (image->key_id == 0) {
        printf("signature     none\n");
    } else if (!image_file_is_signed(firmware)) {
        printf("signature     none yet; key 0x%08x is to make it\n", image->key_id);
    } else {
        printf("signature     by key 0x%08x, not checked\n", image->key_id);
    }
}

static json_t *json_trailer(const struct image_file *firmware)
{
    const struct otter_image *image = &firmware->image;
    json_t *trailer = json_object();
    char text[9];

    json_add(&trailer, "format", json_count(OTTER_IMAGE_FORMAT));
    json_add(&trailer, "length", json_count(image->length));
    image_file_text(image->hardware, text);
    json_add(&trailer, "hardware", json_text(text));
    image_file_text(image->version, text);
    json_add(&trailer, "version", json_text(text));
    json_add(&trailer, "number", json_count(image->number));
    json_add(&trailer, "key_id", json_count(image->key_id));
    json_add(&trailer, "flags", json_count(image->flags));
    json_add(&trailer, "signature",
             image_file_is_signed(firmware)
                 ? json_hex(image_file_signature(firmware), OTTER_IMAGE_SIGNATURE_SIZE)
                 : json_null());
    return trailer;
}

static void add_image(json_t **result, const struct image_file *firmware,
                      const struct otter_layout *map)
{
    const uint8_t *data = firmware->file.data;
    uint8_t md5[32];

    file_md5_hex(&firmware->file, md5);
    json_add(result, "size", json_count(firmware->file.len));
    json_add(result, "md5", json_stringn((const char *)md5, sizeof md5));
    json_add(result, "stack_pointer", json_count(otter_get_le32(data)));
    json_add(result, "reset_vector", json_count(otter_get_le32(data + 4)));
    json_add(result, "startable", json_boolean(image_file_is_startable(firmware, map)));
    json_add(result, "trailer", firmware->has_trailer ? json_trailer(firmware) : json_null());
}

static int inspect_image(const struct inspect_options *options, const struct file *file)
{
    const char *path = options->file.path;
    struct image_file firmware;
    struct host_error error;
    int code = CMD_OK;

    if (image_file_take(&firmware, path, file, BOARD_FLASH_MAX, &error) != 0) {
        return report_error(&error);
    }
    if (options->file.json) {
        json_t *result = json_object();
        json_add(&result, "file", json_text(path));
        add_image(&result, &firmware, &options->map);
        code = cmd_print_json(result);
    } else {
        printf("file          %s\n", path);
        print_image(&firmware, &options->map);
    }
    image_file_free(&firmware);
    return code;
}

/* ---- a bootloader, and what is behind it ---- */

static int print_both(const struct inspect_options *options, const struct boot_file *boot,
                      const struct image_file *app)
{
    if (!options->file.json) {
        printf("file          %s%s\n", options->file.path,
               app == NULL ? "" : ": a factory image, bootloader and app");
        boot_view_print(boot);
        if (app != NULL) {
            printf("\napp at        0x%08x\n", options->map.app.addr);
            print_image(app, &options->map);
        }
        return CMD_OK;
    }
    json_t *result = json_object(), *image = app == NULL ? json_null() : json_object();
    json_add(&result, "file", json_text(options->file.path));
    json_add(&result, "bootloader", boot_view_json(boot));
    if (app != NULL) {
        add_image(&image, app, &options->map);
    }
    json_add(&result, "app", image);
    return cmd_print_json(result);
}

/* Bytes of `whole`, copied. */
static int part_of(const struct file *whole, size_t from, size_t to, const char *path,
                   struct file *out_file, struct host_error *out_error)
{
    out_file->len = to - from;
    out_file->data = malloc(out_file->len);
    if (out_file->data == NULL) {
        return host_error_set(out_error, path, "out of memory");
    }
    memcpy(out_file->data, whole->data + from, out_file->len);
    return 0;
}

static int inspect_behind(const struct inspect_options *options, const struct boot_file *boot,
                          const struct file *whole)
{
    const char *path = options->file.path;
    size_t slot_off = options->map.app.addr - OTTER_BOOT_ADDR;
    struct image_file app;
    struct file file;
    struct host_error error;

    if (whole->len <= slot_off) {
        return print_both(options, boot, NULL);
    }
    if (part_of(whole, slot_off, whole->len, path, &file, &error) != 0 ||
        image_file_take(&app, path, &file, BOARD_FLASH_MAX, &error) != 0) {
        return report_error(&error);
    }
    int code = print_both(options, boot, &app);
    image_file_free(&app);
    return code;
}

static int inspect_boot(const struct inspect_options *options, const struct file *whole)
{
    const char *path = options->file.path;
    size_t end = whole->len < OTTER_BOOT_SIZE ? whole->len : OTTER_BOOT_SIZE;
    struct boot_file boot;
    struct file file;
    struct host_error error;

    while (whole->len > end && whole->data[end - 1] == 0xFF) {
        end--; /* erased: not the bootloader's */
    }
    if (part_of(whole, 0, end, path, &file, &error) != 0 ||
        boot_file_take(&boot, path, &file, &error) != 0) {
        return report_error(&error);
    }
    int code = inspect_behind(options, &boot, whole);
    boot_file_free(&boot);
    return code;
}

int cmd_image_inspect(int argc, char **argv)
{
    struct inspect_options options = {.map = map_option_default()};
    struct program_file program;
    struct host_error error;

    int err = cmd_parse(&inspect_argp, "otter image inspect", argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    if (program_file_load(&program, options.file.path, &error) != 0) {
        return report_error(&error);
    }
    if (!boot_file_begins(program.file.data, program.file.len)) {
        return inspect_image(&options, &program.file); /* which keeps the file */
    }
    int code = inspect_boot(&options, &program.file);
    file_free(&program.file);
    return code;
}
