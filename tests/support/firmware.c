/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/firmware.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "host/image_file.h"
#include "lab/flash_view.h"
#include "lab/replay/boot_replay.h"
#include "otter/bytes.h"
#include "port/stm32f103/layout.h"
#include "port/stm32f103/partitions.h"

enum { LIMIT_MS = 300000, ELF_SIZE_MAX = 16 << 20 };

static struct firmware read_up_to(const char *name, size_t max)
{
    char path[1024];
    struct file file;
    struct host_error error;
    snprintf(path, sizeof path, "%s/%s", OTTER_FIRMWARE_DIR, name);
    if (file_read(path, max, &file, &error) != 0) {
        fprintf(stderr, "%s: %s; build it with: make firmware\n", error.thing, error.reason);
        exit(EXIT_FAILURE);
    }
    return (struct firmware){file.data, file.len};
}

struct firmware firmware_read(const char *name)
{
    return read_up_to(name, (size_t)3 * OTTER_FLASH_SIZE); /* Intel HEX: 2.8 for a byte */
}

size_t firmware_read_to(const char *name, uint8_t out[], size_t out_max)
{
    struct firmware file = read_up_to(name, out_max);
    size_t len = file.len;

    memcpy(out, file.data, len);
    free(file.data);
    return len;
}

struct firmware firmware_copy(const struct firmware *firmware)
{
    struct firmware copy = {malloc(firmware->len), firmware->len};

    if (copy.data == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(EXIT_FAILURE);
    }
    memcpy(copy.data, firmware->data, copy.len);
    return copy;
}

static struct replay *replay_of(const char *elf, const struct otter_layout *layout)
{
    struct firmware file = read_up_to(elf, ELF_SIZE_MAX);
    char why[HOST_WHY_SIZE];
    struct replay *replay = boot_replay_new(file.data, file.len, layout, 20, why);

    if (replay == NULL) {
        fail_msg("%s: %s", elf, why);
    }
    free(file.data);
    return replay;
}

struct replay *firmware_replay(const char *elf)
{
    return replay_of(elf, &stm32f103_layout);
}

struct replay *firmware_waiting(const char *elf)
{
    return replay_of(elf, NULL);
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

void firmware_offer(struct module_config *config, const struct firmware *image,
                    const char version[8])
{
    struct file file = {image->data, image->len};

    config->file = image_file_offer(&file);
    memcpy(config->version, version, 8);
}

unsigned firmware_count_in_log(const struct testbed *bed, const char *text)
{
    unsigned count = 0;

    for (const char *at = strstr(testbed_log(bed), text); at != NULL;
         at = strstr(at + 1, text)) {
        count++;
    }
    return count;
}

void firmware_testbed_config(struct testbed_config *out_config, uint64_t seed,
                             const struct module_config *module)
{
    static struct testbed_load loads[2];
    const struct firmware_set *set = firmware_set();
    loads[0] = (struct testbed_load){OTTER_BOOT_ADDR, set->boot.data, set->boot.len};
    loads[1] = (struct testbed_load){OTTER_APP_ADDR, set->old_app.data, set->old_app.len};
    *out_config =
        (struct testbed_config){.board = {.seed = seed}, .loads = loads, .load_count = 2};
    if (module != NULL) {
        out_config->module = *module;
    }
    if (out_config->module.file.read == NULL) {
        firmware_offer(&out_config->module, &set->new_app, "03010102");
    }
}

static struct testbed *new_testbed(const struct testbed_config *config)
{
    struct host_error error;
    struct testbed *bed = testbed_new(config, &error);

    if (bed == NULL) {
        fprintf(stderr, "test: %s: %s\n", error.thing, error.reason);
        exit(EXIT_FAILURE);
    }
    return bed;
}

struct testbed *firmware_testbed(uint64_t seed, const struct module_config *module)
{
    struct testbed_config config;
    firmware_testbed_config(&config, seed, module);
    return new_testbed(&config);
}

/* ---- whole updates ---- */

void firmware_see(void *ctx, const struct module_event *event)
{
    struct firmware_seen *seen = ctx;
    seen->started += event->kind == MODULE_EVENT_STARTED;
    seen->offered += event->kind == MODULE_EVENT_OFFERED;
    seen->ready += event->kind == MODULE_EVENT_READY;
    seen->resent += event->kind == MODULE_EVENT_RESENT;
    seen->stopped += event->kind == MODULE_EVENT_STOPPED;
    seen->refused += event->kind == MODULE_EVENT_REFUSED;
    if (event->kind == MODULE_EVENT_READY) {
        seen->progress = 0;
        seen->count = event->count;
    } else if (event->kind == MODULE_EVENT_PROGRESS) {
        seen->progress = event->number;
    }
}

void firmware_run_ms(struct testbed *bed, uint32_t ms)
{
    if (testbed_run_ms(bed, ms) != BOARD_STOP_TIME) {
        fail_msg("board: %s; log:\n%s", board_why(testbed_board(bed)), testbed_log(bed));
    }
}

void firmware_run_until_piece(struct testbed *bed, const struct firmware_seen *seen,
                              unsigned number)
{
    for (int ms = 0; seen->progress < number; ms++) {
        if (ms == LIMIT_MS) {
            fail_msg("piece %u of %u; log:\n%s", seen->progress, seen->count, testbed_log(bed));
        }
        firmware_run_ms(bed, 1);
    }
}

void firmware_run_to_end(struct testbed *bed)
{
    for (int ms = 0; testbed_outcome(bed) == MODULE_EVENT_STARTED; ms += 10) {
        if (ms == LIMIT_MS) {
            fail_msg("no end; log:\n%s", testbed_log(bed));
        }
        firmware_run_ms(bed, 10);
    }
}

void firmware_run_muted_at_piece(struct testbed *bed, const struct firmware_seen *seen,
                                 unsigned number, uint32_t ms)
{
    firmware_run_until_piece(bed, seen, number);
    testbed_mute(bed, true, false);
    firmware_run_ms(bed, ms);
    testbed_mute(bed, false, false);
    firmware_run_to_end(bed);
}

/* ---- a bootloader or an app alone ---- */

struct testbed *firmware_alone(const struct board_options *options, const char *boot)
{
    struct testbed_config config = {.board = {.seed = 1}, .without_module = true};

    if (options != NULL) {
        config.board = *options;
    }
    struct testbed *bed = new_testbed(&config);
    if (boot != NULL) {
        (void)firmware_read_to(boot, firmware_flash(bed, OTTER_BOOT_ADDR), OTTER_BOOT_SIZE);
    }
    return bed;
}

void firmware_protect(struct testbed *bed, uint32_t addr)
{
    board_protect_flash(testbed_board(bed), addr, OTTER_PAGE_SIZE);
}

void firmware_put_tutorial_request(struct testbed *bed, uint16_t status, uint32_t size,
                                   const uint8_t md5[16])
{
    uint8_t *request = firmware_flash(bed, OTTER_FLAG_ADDR);

    memset(request, 0xFF, OTTER_PAGE_SIZE);
    otter_put_le16(request, status);
    otter_put_le32(request + 4, size);
    memcpy(request + 8, md5, 16);
}

uint16_t firmware_flag_status(struct testbed *bed)
{
    return otter_get_le16(firmware_flash(bed, OTTER_FLAG_ADDR));
}

enum board_stop firmware_run_until_log(struct testbed *bed, const char *text, size_t from,
                                       uint32_t limit_ms)
{
    for (uint32_t ms = 0; ms < limit_ms; ms++) {
        enum board_stop stop = testbed_run_ms(bed, 1);

        if (stop != BOARD_STOP_TIME) {
            return stop;
        }
        if (testbed_log_len(bed) > from && strstr(testbed_log(bed) + from, text) != NULL) {
            return BOARD_STOP_TIME;
        }
    }
    return BOARD_STOP_ASKED;
}

uint8_t *firmware_flash(struct testbed *bed, uint32_t addr)
{
    return flash_view_at(testbed_board(bed), addr);
}
