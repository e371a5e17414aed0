/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/firmware.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/file.h"
#include "port/stm32f103/partitions.h"

struct firmware firmware_read(const char *name)
{
    char path[1024];
    struct file file;
    snprintf(path, sizeof path, "%s/%s", OTTER_FIRMWARE_DIR, name);
    if (file_read("test", path, OTTER_FLASH_SIZE, &file) != 0) {
        fprintf(stderr, "build it with: make firmware\n");
        exit(EXIT_FAILURE);
    }
    return (struct firmware){file.data, file.len};
}

const struct firmware_set *firmware_set(void)
{
    static struct firmware_set set;
    if (set.boot.data == NULL) {
        set.boot = firmware_read("boot/boot.bin");
        set.old_app = firmware_read("app/pethouse/pethouse_03010101.bin");
        set.new_app = firmware_read("app/pethouse/pethouse_03010102.bin");
    }
    return &set;
}

void firmware_rig_config(struct rig_config *out_config, uint64_t seed,
                         const struct module_config *module)
{
    static struct rig_load loads[2];
    const struct firmware_set *set = firmware_set();
    loads[0] = (struct rig_load){OTTER_BOOT_ADDR, set->boot.data, set->boot.len};
    loads[1] = (struct rig_load){OTTER_APP_ADDR, set->old_app.data, set->old_app.len};
    *out_config = (struct rig_config){.board = {.seed = seed}, .loads = loads, .load_count = 2};
    if (module != NULL) {
        out_config->module = *module;
    }
    if (out_config->module.file == NULL) {
        struct file update = {set->new_app.data, set->new_app.len};
        out_config->module.file = update.data;
        out_config->module.file_size = (uint32_t)update.len;
        file_md5_hex(&update, out_config->module.md5_hex);
        memcpy(out_config->module.version, "03010102", 8);
    }
}

struct rig *firmware_rig(uint64_t seed, const struct module_config *module)
{
    struct rig_config config;
    firmware_rig_config(&config, seed, module);
    struct rig *rig = rig_new(&config);
    if (rig == NULL) {
        fprintf(stderr, "test: rig: out of memory\n");
        exit(EXIT_FAILURE);
    }
    return rig;
}
