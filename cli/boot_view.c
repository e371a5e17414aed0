/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/boot_view.h"

#include <stdio.h>
#include "cli/program_file.h"
#include "host/image_file.h"
#include "host/json.h"
#include "port/stm32f103/layout.h"
#include "port/stm32f103/partitions.h"

enum { PRODUCT_SIZE = 32 };

/* Is it what people take for a bootloader? */
static int check_kind(const struct program_file *program, const char *path,
                      struct host_error *out_error)
{
    const struct file *file = &program->file;

    if (program->kind != LOADER_BIN && program->addr != OTTER_BOOT_ADDR) {
        return host_error_set(out_error, path, "begins at 0x%08X; a bootloader does at 0x%08X",
                              program->addr, OTTER_BOOT_ADDR);
    }
    if (boot_file_begins(file->data, file->len) && file->len > OTTER_BOOT_SIZE) {
        return host_error_set(out_error, path,
                              "a factory image, with an app; give the bootloader alone");
    }
    if (image_file_check_head(file->data, file->len, (int64_t)file->len, path,
                              &stm32f103_layout, NULL) == 0) {
        return host_error_set(out_error, path, "an app for 0x%08X, and no bootloader",
                              OTTER_APP_ADDR);
    }
    return 0;
}

int boot_view_load(struct boot_file *boot_file, const char *path, struct host_error *out_error)
{
    struct program_file program;

    if (program_file_load(&program, path, out_error) != 0) {
        return -1;
    }
    if (check_kind(&program, path, out_error) != 0) {
        file_free(&program.file);
        return -1;
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

/* What stands in a bootloader, which anybody may have written; NULL if nobody has: in boot_any
 * there are only question marks. */
static const char *text_of(const uint8_t field[], size_t len, char out_text[PRODUCT_SIZE + 1])
{
    size_t unset = 0;

    for (size_t i = 0; i < len; i++) {
        unset += field[i] == '?';
        out_text[i] = (char)(field[i] > ' ' && field[i] <= '~' ? field[i] : '?');
    }
    out_text[len] = '\0';
    return unset == len ? NULL : out_text;
}

static void print_id(const char *name, const uint8_t field[], size_t len)
{
    char text[PRODUCT_SIZE + 1];
    const char *id = text_of(field, len, text);

    printf("%-13s %s\n", name, id == NULL ? "none yet" : id);
}

static json_t *json_id(const uint8_t field[], size_t len)
{
    char text[PRODUCT_SIZE + 1];
    const char *id = text_of(field, len, text);

    return id == NULL ? json_null() : json_text(id);
}

void boot_view_print(const struct boot_file *boot_file)
{
    printf("size          %zu bytes\n", boot_file->file.len);
    if (!boot_file->is_otters) {
        printf("bootloader    not otter's: it does not say what it starts\n");
        return;
    }
    printf("bootloader    otter %d.%d\n", boot_file->ids.major, boot_file->ids.minor);
    print_id("hardware", boot_file_hardware(boot_file), 8);
    print_id("product key", boot_file_product(boot_file), PRODUCT_SIZE);
    print_id("P0 version", boot_file_p0(boot_file), 8);
    printf("signatures    %s\n", signatures(boot_file));
    if (!boot_file_verifies(boot_file)) {
        return;
    }
    printf("keys          %u, room for %u%s\n", boot_file->ids.key_count,
           boot_file_key_room(boot_file),
           boot_file->ids.key_count == 0 ? ": it takes no image" : "");
    for (unsigned i = 0; i < boot_file->ids.key_count; i++) {
        printf("key           0x%08x\n", boot_file_key_id(boot_file, i));
    }
}

json_t *boot_view_json(const struct boot_file *boot_file)
{
    json_t *result = json_object(), *keys;
    char version[16];

    json_add(&result, "size", json_count(boot_file->file.len));
    json_add(&result, "otter", json_boolean(boot_file->is_otters));
    if (!boot_file->is_otters) {
        return result;
    }
    (void)snprintf(version, sizeof version, "%d.%d", boot_file->ids.major,
                   boot_file->ids.minor);
    json_add(&result, "version", json_text(version));
    json_add(&result, "hardware", json_id(boot_file_hardware(boot_file), 8));
    json_add(&result, "product_key", json_id(boot_file_product(boot_file), PRODUCT_SIZE));
    json_add(&result, "p0_version", json_id(boot_file_p0(boot_file), 8));
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
