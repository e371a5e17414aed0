/* SPDX-License-Identifier: Apache-2.0 */
#include "host/boot_file.h"

#include <string.h>

#include "host/image_file.h"
#include "otter/bytes.h"
#include "otter/recovery.h"
#include "otter/verify.h"
#include "port/stm32f103/layout.h"
#include "port/stm32f103/partitions.h"

/* docs/flash-format.md chapter 7: words behind the vectors */
enum {
    WORD_SIZE = OTTER_BOOT_WORDS_OFFSET + 4 * 3,
    WORD_KEY_COUNT = OTTER_BOOT_WORDS_OFFSET + 4 * 4,
};

/* ---- files where a board has them ---- */

struct memory_part {
    uint32_t addr;
    const uint8_t *data;
    size_t len;
    uint32_t size; /* of the region; behind `len` it is erased */
};

struct memory {
    struct memory_part parts[2];
    size_t count;
};

static int memory_read(void *ctx, uint32_t addr, uint8_t out[], uint32_t len)
{
    const struct memory *memory = ctx;

    for (size_t i = 0; i < memory->count; i++) {
        const struct memory_part *part = &memory->parts[i];
        size_t off = addr - part->addr;
        if (addr < part->addr || off > part->size || len > part->size - off) {
            continue;
        }
        size_t there = off < part->len ? part->len - off : 0;
        memset(out, 0xFF, len);
        memcpy(out, part->data + (there > 0 ? off : 0), there < len ? there : len);
        return 0;
    }
    return OTTER_ERR_RANGE;
}

static void memory_feed(void *ctx)
{
    (void)ctx;
}

/* Nothing is programmed: of the other functions none is called. */
static struct otter_port memory_port(struct memory *memory)
{
    return (struct otter_port){.ctx = memory,
                               .read = memory_read,
                               .feed = memory_feed,
                               .page_size = OTTER_PAGE_SIZE,
                               .program_size = 2};
}

static struct memory memory_of_boot(const uint8_t data[], size_t len)
{
    return (struct memory){{{OTTER_BOOT_ADDR, data, len, OTTER_BOOT_SIZE}}, 1};
}

/* ---- what it is ---- */

static int find_ids(const uint8_t data[], size_t len, struct otter_boot_ids *out_ids)
{
    struct memory memory = memory_of_boot(data, len < OTTER_BOOT_SIZE ? len : OTTER_BOOT_SIZE);
    struct otter_port port = memory_port(&memory);

    return otter_boot_ids_find(&port, &stm32f103_layout, out_ids);
}

bool boot_file_begins(const uint8_t data[], size_t len)
{
    struct otter_boot_ids ids;

    return len >= OTTER_BOOT_WORDS_OFFSET + 4 * OTTER_BOOT_WORDS &&
           find_ids(data, len, &ids) == 0;
}

static uint8_t *at(const struct boot_file *boot_file, uint32_t addr)
{
    return boot_file->file.data + (addr - OTTER_BOOT_ADDR);
}

/* Are ids and keys where nothing else is: behind the words, and not where it starts? */
static bool are_ids_possible(const struct boot_file *boot_file)
{
    const struct otter_boot_ids *ids = &boot_file->ids;
    uint32_t section = ids->info_addr - OTTER_BOOT_ADDR;
    uint32_t start = otter_get_le32(boot_file->file.data + 4) - OTTER_BOOT_ADDR;
    uint32_t end = section + OTTER_BOOT_KEYS;

    if (section % 4 != 0 || section < OTTER_BOOT_WORDS_OFFSET + 4 * OTTER_BOOT_WORDS ||
        ids->key_count > BOOT_FILE_KEYS_MAX ||
        end + ids->key_count * OTTER_BOOT_KEY_SIZE > boot_file->file.len) {
        return false;
    }
    end += boot_file_key_room(boot_file) * OTTER_BOOT_KEY_SIZE;
    return start < section || start >= end;
}

static int check(struct boot_file *boot_file, struct host_error *out_error)
{
    const struct file *file = &boot_file->file;
    const struct otter_layout layout = {.app = stm32f103_layout.boot,
                                        .ram = stm32f103_layout.ram};

    if (file->len > OTTER_BOOT_SIZE) {
        return host_error_set(out_error, boot_file->path,
                              "%zu bytes do not fit the bootloader's %d", file->len,
                              OTTER_BOOT_SIZE);
    }
    if (image_file_check_head(file->data, file->len, (int64_t)file->len, boot_file->path,
                              &layout, out_error) != 0) {
        return -1;
    }
    int err = find_ids(file->data, file->len, &boot_file->ids);
    if (err == OTTER_ERR_NONE) {
        return 0;
    }
    if (err != 0 || !are_ids_possible(boot_file)) {
        return host_error_set(out_error, boot_file->path,
                              "what it says of its ids and keys cannot be: it is damaged");
    }
    boot_file->is_otters = true;
    return 0;
}

int boot_file_take(struct boot_file *boot_file, const char *path, const struct file *file,
                   struct host_error *out_error)
{
    *boot_file = (struct boot_file){.path = path, .file = *file};
    if (check(boot_file, out_error) == 0) {
        return 0;
    }
    boot_file_free(boot_file);
    return -1;
}

void boot_file_free(struct boot_file *boot_file)
{
    file_free(&boot_file->file);
}

bool boot_file_verifies(const struct boot_file *boot_file)
{
    return (boot_file->ids.does & OTTER_BOOT_VERIFIES) != 0;
}

const uint8_t *boot_file_hardware(const struct boot_file *boot_file)
{
    return at(boot_file, boot_file->ids.info_addr) + OTTER_BOOT_INFO_HARDWARE;
}

const uint8_t *boot_file_product(const struct boot_file *boot_file)
{
    return at(boot_file, boot_file->ids.info_addr) + OTTER_BOOT_INFO_PRODUCT;
}

const uint8_t *boot_file_p0(const struct boot_file *boot_file)
{
    return at(boot_file, boot_file->ids.info_addr) + OTTER_BOOT_INFO_P0;
}

uint32_t boot_file_key_id(const struct boot_file *boot_file, unsigned index)
{
    return otter_get_le32(at(boot_file, boot_file->ids.keys_addr) +
                          (size_t)index * OTTER_BOOT_KEY_SIZE);
}

unsigned boot_file_key_room(const struct boot_file *boot_file)
{
    const uint8_t *key = at(boot_file, boot_file->ids.keys_addr) +
                         (size_t)boot_file->ids.key_count * OTTER_BOOT_KEY_SIZE;
    const uint8_t *end = boot_file->file.data + boot_file->file.len;
    uint8_t room[OTTER_BOOT_KEY_SIZE];
    unsigned count = boot_file->ids.key_count;

    memset(room, 0xFF, sizeof room);
    while (count < BOOT_FILE_KEYS_MAX && end - key >= OTTER_BOOT_KEY_SIZE &&
           memcmp(key, room, sizeof room) == 0) {
        key += OTTER_BOOT_KEY_SIZE;
        count++;
    }
    return count;
}

/* ---- what is put into it ---- */

void boot_file_set(struct boot_file *boot_file, const struct boot_file_ids *ids)
{
    uint8_t *info = at(boot_file, boot_file->ids.info_addr);
    uint8_t *keys = at(boot_file, boot_file->ids.keys_addr);

    memset(keys, 0xFF, (size_t)boot_file_key_room(boot_file) * OTTER_BOOT_KEY_SIZE);
    for (unsigned i = 0; i < ids->key_count; i++) {
        uint8_t *key = keys + (size_t)i * OTTER_BOOT_KEY_SIZE;
        memcpy(key, ids->keys[i]->packed, sizeof ids->keys[i]->packed);
        memcpy(key + sizeof ids->keys[i]->packed, ids->keys[i]->minus_x,
               sizeof ids->keys[i]->minus_x);
    }
    boot_file->ids.key_count = (uint8_t)ids->key_count;
    otter_put_le32(boot_file->file.data + WORD_KEY_COUNT, ids->key_count);
    otter_put_le32(boot_file->file.data + WORD_SIZE,
                   OTTER_BOOT_KEYS + ids->key_count * OTTER_BOOT_KEY_SIZE);
    if (ids->hardware != NULL) {
        memcpy(info + OTTER_BOOT_INFO_HARDWARE, ids->hardware, 8);
    }
    if (ids->product != NULL) {
        memcpy(info + OTTER_BOOT_INFO_PRODUCT, ids->product, 32);
    }
    if (ids->p0 != NULL) {
        memcpy(info + OTTER_BOOT_INFO_P0, ids->p0, 8);
    }
}

/* ---- what it would do ---- */

enum otter_reason boot_file_judge(const struct boot_file *boot_file, const struct file *app,
                                  const struct otter_layout *layout)
{
    struct memory memory = memory_of_boot(boot_file->file.data, boot_file->file.len);
    struct otter_port port = memory_port(&memory);
    struct otter_ed25519_key keys[BOOT_FILE_KEYS_MAX];
    uintptr_t key_count = boot_file->ids.key_count;
    struct otter_verifier verifier = {.port = &port,
                                      .layout = layout,
                                      .hardware = (const char *)boot_file_hardware(boot_file),
                                      .keys = keys,
                                      .key_count = &key_count};
    uint32_t size = 0, number;

    memory.parts[memory.count++] =
        (struct memory_part){layout->app.addr, app->data, app->len, layout->app.size};
    memcpy(keys, at(boot_file, boot_file->ids.keys_addr), key_count * sizeof keys[0]);
    return boot_file_verifies(boot_file)
               ? otter_verify_image(&verifier, OTTER_IMAGE_AT_APP, &size, &number)
               : otter_verify_unsigned(&verifier, OTTER_IMAGE_AT_APP, &size, &number);
}
