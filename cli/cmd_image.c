/* SPDX-License-Identifier: Apache-2.0 */
/* otter image, and otter image inspect; see docs/man/otter-image.1. */
#include "cli/cmd.h"
#include "cli/report.h"
#include "host/image_file.h"
#include "host/json.h"
#include "otter/bytes.h"
#include "port/stm32f103/partitions.h"

/* ---- inspect ---- */

static const struct argp inspect_argp = {.options = cmd_one_file_options,
                                         .parser = cmd_one_file_parse,
                                         .args_doc = "FILE",
                                         .doc = "Tell what a firmware image is."};

static bool starts(const struct image_file *firmware)
{
    return image_file_is_startable(firmware, OTTER_APP_ADDR);
}

static void print_text(const struct image_file *firmware)
{
    const struct otter_image *image = &firmware->image;
    uint8_t md5[32];
    char text[9];

    file_md5_hex(&firmware->file, md5);
    printf("file          %s\n", firmware->path);
    printf("size          %u bytes (slot: %d)\n", (uint32_t)firmware->file.len, OTTER_APP_SIZE);
    printf("MD5           %.32s\n", (const char *)md5);
    printf("stack pointer 0x%08x\n", otter_get_le32(firmware->file.data));
    printf("reset vector  0x%08x\n", otter_get_le32(firmware->file.data + 4));
    printf("startable     %s\n", starts(firmware) ? "yes" : "no");
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

static int print_json(const struct image_file *firmware)
{
    const uint8_t *data = firmware->file.data;
    json_t *result = json_object();
    uint8_t md5[32];

    file_md5_hex(&firmware->file, md5);
    json_add(&result, "file", json_text(firmware->path));
    json_add(&result, "size", json_count(firmware->file.len));
    json_add(&result, "md5", json_stringn((const char *)md5, sizeof md5));
    json_add(&result, "stack_pointer", json_count(otter_get_le32(data)));
    json_add(&result, "reset_vector", json_count(otter_get_le32(data + 4)));
    json_add(&result, "startable", json_boolean(starts(firmware)));
    json_add(&result, "trailer", firmware->has_trailer ? json_trailer(firmware) : json_null());
    return cmd_print_json(result);
}

static int image_inspect(int argc, char **argv)
{
    struct cmd_one_file options = {0};
    struct image_file firmware;
    struct host_error error;

    int err = cmd_parse(&inspect_argp, "otter image inspect", argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    if (image_file_load(&firmware, options.path, OTTER_FLASH_SIZE, &error) != 0) {
        return report_error(&error);
    }
    int code = CMD_OK;
    if (options.json) {
        code = print_json(&firmware);
    } else {
        print_text(&firmware);
    }
    image_file_free(&firmware);
    return code;
}

int cmd_image(int argc, char **argv)
{
    static const struct cmd_sub subs[] = {
        {"inspect", "image: inspect", image_inspect, "show what an image is"},
        {"make", "image: make", cmd_image_make, "put otter's trailer behind a .bin"},
        {"sign", "image: sign", cmd_image_sign, "sign an image with a key"},
        {"attach", "image: attach", cmd_image_attach, "put in a signature made elsewhere"},
        {"verify", "image: verify", cmd_image_verify, "check an image's signature"},
        {"factory", "image: factory", cmd_image_factory, "merge bootloader and application"},
    };
    static const struct cmd_group group = {"otter image",
                                           "Inspect, make and sign firmware images.", subs,
                                           sizeof subs / sizeof subs[0]};

    return cmd_dispatch(&group, argc, argv);
}
