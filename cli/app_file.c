/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/app_file.h"

#include "host/boot_file.h"

/* Is it the app, and not what a programmer puts at the start of the flash? */
static int check_place(const struct program_file *program, const char *path,
                       const struct otter_layout *layout, struct host_error *out_error)
{
    const struct file *file = &program->file;

    if (program->addr == layout->app.addr ||
        (program->kind == LOADER_BIN && !boot_file_begins(file->data, file->len))) {
        return 0;
    }
    if (program->kind != LOADER_BIN && program->addr != layout->boot.addr) {
        return host_error_set(out_error, path, "begins at 0x%08X; the slot is at 0x%08X",
                              program->addr, layout->app.addr);
    }
    return file->len > layout->app.addr - layout->boot.addr
               ? host_error_set(out_error, path,
                                "a factory image, with a bootloader; give the app alone, "
                                "which begins at 0x%08X",
                                layout->app.addr)
               : host_error_set(out_error, path,
                                "a program for 0x%08X, such as a bootloader; the slot is at "
                                "0x%08X",
                                layout->boot.addr, layout->app.addr);
}

int app_file_load(struct image_file *image_file, const char *path,
                  const struct otter_layout *layout, enum loader_kind *out_kind,
                  struct host_error *out_error)
{
    struct program_file program;

    if (program_file_load(&program, path, out_error) != 0) {
        return -1;
    }
    if (check_place(&program, path, layout, out_error) != 0) {
        file_free(&program.file);
        return -1;
    }
    if (out_kind != NULL) {
        *out_kind = program.kind;
    }
    return image_file_take(image_file, path, &program.file, layout->app.size, out_error);
}
