/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/campaign/boot_image.h"
#include <stdlib.h>
#include <string.h>
#include "board/host/loader.h"
#include "lab/replay/boot_replay.h"
#include "port/stm32f103/partitions.h"

enum { ELF_SIZE_MAX = 16 << 20 };

/* Take the bootloader's partition out of an ELF file. */
static int take_elf(const char *path, const struct file *elf, struct file *out_boot,
                    struct host_error *out_error)
{
    static uint8_t flash[BOARD_FLASH_SIZE];
    char why[HOST_WHY_SIZE];
    struct loader loader = {.flash = flash};
    memset(flash, 0xFF, sizeof flash);
    if (!loader_put(&loader, LOADER_ELF, elf->data, elf->len, 0, why)) {
        return host_error_set(out_error, path, "%s", why);
    }
    if (loader_is_beyond(&loader, OTTER_BOOT_ADDR, OTTER_BOOT_SIZE)) {
        return host_error_set(out_error, path, "is not in the bootloader's place");
    }
    out_boot->data = malloc(OTTER_BOOT_SIZE);
    if (out_boot->data == NULL) {
        return host_error_set(out_error, NULL, "out of memory");
    }
    out_boot->len = OTTER_BOOT_SIZE;
    memcpy(out_boot->data, flash, OTTER_BOOT_SIZE);
    return 0;
}

int boot_image_read(const char *path, struct scenario *scenario, struct host_error *out_error)
{
    struct file file;
    if (file_read(path, ELF_SIZE_MAX, &file, out_error) != 0) {
        return -1;
    }
    if (loader_guess(file.data, file.len) != LOADER_ELF) {
        file_free(&file);
        return file_read(path, OTTER_BOOT_SIZE, &scenario->boot, out_error);
    }
    int err = take_elf(path, &file, &scenario->boot, out_error);
    file_free(&file);
    return err;
}

int boot_image_remember(const char *path, uint32_t compare_every, struct scenario *scenario,
                        struct host_error *out_error)
{
    char why[HOST_WHY_SIZE];
    struct file file;
    if (file_read(path, ELF_SIZE_MAX, &file, out_error) != 0) {
        return -1;
    }
    scenario->replay =
        boot_replay_new(file.data, file.len, scenario->layout, compare_every, why);
    if (scenario->replay == NULL) {
        (void)host_error_set(out_error, "--remember", "%s: %s", path, why);
    }
    file_free(&file);
    return scenario->replay != NULL ? 0 : -1;
}
