/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/campaign_boot.h"
#include <stdlib.h>
#include <string.h>
#include "board/host/loader.h"
#include "otter/swap.h"
#include "port/stm32f103/partitions.h"

enum {
    ELF_SIZE_MAX = 16 << 20,
    JUDGE_SIZE = 24,    /* of the chip's struct otter_verifier */
    JUDGE_STACK = 4096, /* otter_verify_image() needs less */
};

/* Take the bootloader's partition out of an ELF file. */
static int take_elf(const char *path, const struct file *elf, struct file *out_boot,
                    struct host_error *out_error)
{
    static uint8_t flash[BOARD_FLASH_SIZE];
    const uint64_t boot_pages = (UINT64_C(1) << OTTER_BOOT_SIZE / OTTER_PAGE_SIZE) - 1;
    char why[HOST_WHY_SIZE];
    struct loader loader = {.flash = flash};
    memset(flash, 0xFF, sizeof flash);
    if (!loader_put(&loader, LOADER_ELF, elf->data, elf->len, 0, why)) {
        return host_error_set(out_error, path, "%s", why);
    }
    if ((loader.loaded & ~boot_pages) != 0) {
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

int campaign_boot_read(const char *path, struct scenario *scenario,
                       struct host_error *out_error)
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

int campaign_boot_remember(const char *path, uint32_t compare_every, struct scenario *scenario,
                           struct host_error *out_error)
{
    const uint32_t of_app =
        1u << OTTER_IMAGE_AT_APP; /* the others lie in APPBAK and the spare page */
    struct replay_options options = {
        .function = {.context_size = JUDGE_SIZE,
                     .stack_size = JUDGE_STACK,
                     .flash = {{OTTER_BOOT_ADDR, OTTER_BOOT_SIZE, UINT32_MAX},
                               {OTTER_APP_ADDR, OTTER_APP_SIZE, of_app},
                               {OTTER_SPARE_ADDR, OTTER_SPARE_SIZE, ~of_app},
                               {OTTER_BACKUP_ADDR, OTTER_BACKUP_SIZE, ~of_app}}},
        .compare_every = compare_every};
    char why[HOST_WHY_SIZE];
    struct file file;
    if (file_read(path, ELF_SIZE_MAX, &file, out_error) != 0) {
        return -1;
    }
    if (loader_guess(file.data, file.len) != LOADER_ELF) {
        (void)host_error_set(out_error, "--remember",
                             "%s: is no .elf, where functions can be found", path);
    } else if (!loader_elf_function(file.data, file.len, "otter_verify_image",
                                    &options.function.addr, why) ||
               !loader_elf_function(file.data, file.len, "uart_polled_receive",
                                    &options.loops[0], why) ||
               !loader_elf_function(file.data, file.len, "uart_polled_send", &options.loops[1],
                                    why)) {
        (void)host_error_set(out_error, "--remember", "%s: %s", path, why);
    } else {
        scenario->replay = replay_new(&options);
        if (scenario->replay == NULL) {
            (void)host_error_set(out_error, NULL, "out of memory");
        }
    }
    file_free(&file);
    return scenario->replay != NULL ? 0 : -1;
}
