/* SPDX-License-Identifier: Apache-2.0 */
#include "glitch/device.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "board/debug.h"
#include "host/file.h"
#include "lab/flash_view.h"
#include "otter/image.h"
#include "otter/update.h"
#include "port/stm32f103/layout.h"
#include "port/stm32f103/partitions.h"

enum { VERSION_OLD, VERSION_NEW, VERSIONS };
enum { FIRST_START_MS = 3000 };

static const char *const app_paths[VERSIONS] = {
    OTTER_FIRMWARE_DIR "/tests/glitch/app/glitchapp_03010101.bin",
    OTTER_FIRMWARE_DIR "/tests/glitch/app/glitchapp_03010102.bin",
};

static const struct file *read_once(struct file *file, const char *path)
{
    struct host_error error;

    if (file->data == NULL && file_read(path, OTTER_APP_SIZE, file, &error) != 0) {
        fprintf(stderr, "%s: %s; build it with: make firmware\n", error.thing, error.reason);
        exit(EXIT_FAILURE);
    }
    return file;
}

static const struct file *app(unsigned version)
{
    static struct file files[VERSIONS];

    return read_once(&files[version], app_paths[version]);
}

static unsigned good_version(enum device_image image)
{
    return image == DEVICE_OLDER ? VERSION_NEW : VERSION_OLD;
}

const char *device_image_name(enum device_image image)
{
    static const char *const names[] = {"a bit of the code", "a bit of the signature",
                                        "an unknown key", "an older version"};

    return names[image];
}

/* ---- the device ---- */

static void put_bad_image(struct board *board, enum device_image image)
{
    const struct file *file = app(image == DEVICE_OLDER ? VERSION_OLD : VERSION_NEW);
    uint8_t *at = flash_view_at(board, OTTER_BACKUP_ADDR);
    size_t trailer = file->len - OTTER_IMAGE_TRAILER_SIZE;

    memcpy(at, file->data, file->len);
    if (image == DEVICE_CODE_BIT) {
        at[trailer / 2] ^= 0x10;
    } else if (image == DEVICE_SIGNATURE_BIT) {
        at[trailer + OTTER_IMAGE_HEADER_SIZE + 40] ^= 0x10;
    } else if (image == DEVICE_UNKNOWN_KEY) {
        at[trailer + OTTER_IMAGE_KEY_ID] ^= 0x10;
    }
}

static void ask_for_it(struct board *board, enum device_image image)
{
    const struct otter_port port =
        flash_view_writer(board); /* as the app does it, in no time */
    const struct otter_flag file = {
        .image_size = (uint32_t)app(image == DEVICE_OLDER ? VERSION_OLD : VERSION_NEW)->len};

    if (otter_update_request(&port, &stm32f103_layout, &file) != 0) {
        fprintf(stderr, "fw_glitch: the app has not confirmed: nothing can be requested\n");
        exit(EXIT_FAILURE);
    }
}

struct testbed *device_new(enum device_image image)
{
    static struct file boot;
    const struct file *good = app(good_version(image));

    read_once(&boot, DEVICE_BOOT ".bin");
    const struct testbed_load loads[] = {{OTTER_BOOT_ADDR, boot.data, boot.len},
                                         {OTTER_APP_ADDR, good->data, good->len}};
    const struct testbed_config config = {
        .board = {.seed = 1}, .loads = loads, .load_count = 2, .without_module = true};
    struct host_error error;
    struct testbed *bed = testbed_new(&config, &error);

    if (bed == NULL) {
        fprintf(stderr, "fw_glitch: %s: %s\n", error.thing, error.reason);
        exit(EXIT_FAILURE);
    }
    testbed_power_on(bed);
    (void)testbed_run_ms(bed, FIRST_START_MS);
    put_bad_image(testbed_board(bed), image);
    ask_for_it(testbed_board(bed), image);
    testbed_power_on(bed);
    return bed;
}

bool device_has_good_app(struct board *board, enum device_image image)
{
    const struct file *good = app(good_version(image));

    return memcmp(flash_view_at(board, OTTER_APP_ADDR), good->data, good->len) == 0;
}

bool device_is_bad_code(const struct board *board, uint32_t pc)
{
    static uint8_t image[OTTER_BACKUP_SIZE], boot[OTTER_BOOT_SIZE];
    uint8_t code[8];

    return debug_read(board, pc, code, sizeof code) == sizeof code &&
           debug_read(board, OTTER_BACKUP_ADDR, image, sizeof image) == sizeof image &&
           debug_read(board, OTTER_BOOT_ADDR, boot, sizeof boot) == sizeof boot &&
           memmem(image, sizeof image, code, sizeof code) != NULL &&
           memmem(boot, sizeof boot, code, sizeof code) == NULL;
}
