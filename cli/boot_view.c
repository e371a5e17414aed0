/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/boot_view.h"

#include <stdio.h>
#include "cli/program_file.h"
#include "host/image_file.h"
#include "host/json.h"
#include "port/stm32f103/partitions.h"

enum { PRODUCT_SIZE = 32 };

int boot_view_load(struct boot_file *boot_file, const char *path, struct host_error *out_error)
{
    struct program_file program;

    if (program_file_load(&program, path, out_error) != 0) {
        return -1;
    }
    if (program.kind != LOADER_BIN && program.addr != OTTER_BOOT_ADDR) {
        file_free(&program.file);
        return host_error_set(out_error, path, "begins at 0x%08X; a bootloader does at 0x%08X",
                              program.addr, OTTER_BOOT_ADDR);
    }
    return boot_file_take(boot_file, path, &program.file, out_error);
}

static const char *signatures(const struct boot_file *boot_file)
{
    if (!boot_file_verifies(boot_file)) {
        return "not checked: it takes any image";
    }
    return (boot_file->ids.does & OTTER_BOOT_EVERY_START) != 0
               ? "checked, the app's at every start"
               : "checked";
}

/* What stands in a bootloader, which anybody may have written. */
static const char *text_of(const uint8_t field[], size_t len, char out_text[PRODUCT_SIZE + 1])
{
    for (size_t i = 0; i < len; i++) {
        out_text[i] = (char)(field[i] > ' ' && field[i] <= '~' ? field[i] : '?');
    }
    out_text[len] = '\0';
    return out_text;
}

void boot_view_print(const struct boot_file *boot_file)
{
    char text[PRODUCT_SIZE + 1];

    printf("size          %zu bytes\n", boot_file->file.len);
    if (!boot_file->is_otters) {
        printf("bootloader    not otter's: it does not say what it starts\n");
        return;
    }
    printf("bootloader    otter %d.%d\n", boot_file->ids.major, boot_file->ids.minor);
    printf("hardware      %s\n", text_of(boot_file_hardware(boot_file), 8, text));
    printf("product key   %s\n", text_of(boot_file_product(boot_file), PRODUCT_SIZE, text));
    printf("P0 version    %s\n", text_of(boot_file_p0(boot_file), 8, text));
    printf("signatures    %s\n", signatures(boot_file));
    if (boot_file_verifies(boot_file)) {
        printf("keys          %u, room for %u%s\n", boot_file->ids.key_count,
               boot_file_key_room(boot_file),
               boot_file->ids.key_count == 0 ? ": it takes no image" : "");
    }
    for (unsigned i = 0; i < boot_file->ids.key_count; i++) {
        printf("key           0x%08x\n", boot_file_key_id(boot_file, i));
    }
}

json_t *boot_view_json(const struct boot_file *boot_file)
{
    json_t *result = json_object(), *keys;
    char text[PRODUCT_SIZE + 1];

    json_add(&result, "size", json_count(boot_file->file.len));
    json_add(&result, "otter", json_boolean(boot_file->is_otters));
    if (!boot_file->is_otters) {
        return result;
    }
    (void)snprintf(text, sizeof text, "%d.%d", boot_file->ids.major, boot_file->ids.minor);
    json_add(&result, "version", json_text(text));
    json_add(&result, "hardware", json_text(text_of(boot_file_hardware(boot_file), 8, text)));
    json_add(&result, "product_key",
             json_text(text_of(boot_file_product(boot_file), PRODUCT_SIZE, text)));
    json_add(&result, "p0_version", json_text(text_of(boot_file_p0(boot_file), 8, text)));
    json_add(&result, "verifies", json_boolean(boot_file_verifies(boot_file)));
    json_add(&result, "every_start",
             json_boolean((boot_file->ids.does & OTTER_BOOT_EVERY_START) != 0));
    json_add(&result, "key_room", json_count(boot_file_key_room(boot_file)));
    keys = json_array();
    for (unsigned i = 0; i < boot_file->ids.key_count; i++) {
        (void)json_array_append_new(keys, json_count(boot_file_key_id(boot_file, i)));
    }
    json_add(&result, "key_ids", keys);
    return result;
}
