/* SPDX-License-Identifier: Apache-2.0 */
#include "glitch/boot_symbols.h"
#include <stdio.h>
#include <stdlib.h>
#include "glitch/device.h"
#include "host/file.h"

enum { ELF_SIZE_MAX = 16 << 20 };

static const char path[] = DEVICE_BOOT ".elf";

static void give_up(const char *why)
{
    fprintf(stderr, "fw_glitch: %s: %s; build it with: make firmware\n", path, why);
    exit(EXIT_FAILURE);
}

const struct elf_symbols *boot_symbols(void)
{
    static struct elf_symbols symbols;
    char why[HOST_WHY_SIZE];
    struct host_error error;
    struct file file;

    if (symbols.list == NULL) {
        if (file_read(path, ELF_SIZE_MAX, &file, &error) != 0) {
            give_up(error.reason);
        }
        if (!elf_symbols_read(&symbols, file.data, file.len, why)) {
            give_up(why);
        }
        file_free(&file);
    }
    return &symbols;
}

uint32_t boot_symbol(enum firmware_symbol which)
{
    uint32_t value = 0;
    char why[HOST_WHY_SIZE];

    if (!firmware_symbol(boot_symbols(), which, &value, why)) {
        give_up(why);
    }
    return value;
}
