/* SPDX-License-Identifier: Apache-2.0 */
#include "power/startup_recovery.h"
#include <string.h>
#include "otter/bytes.h"
#include "otter/frame.h"
#include "otter/message.h"
#include "otter/recovery.h"
#include "otter/swap.h"
#include "support/rng.h"
#include "support/journal_fixture.h"

/* ---- ruins ---- */

static uint8_t *bytes_at(struct ram_flash *flash, uint32_t addr)
{
    return flash->bytes + (addr - RAM_FLASH_ADDR);
}

/* A digest record for what lies at `place`; `wrong` is put over its checksum. */
static struct otter_digest_record digest_of(struct ram_flash *flash,
                                            const struct otter_layout *layout,
                                            enum otter_image_at place, uint32_t size,
                                            uint32_t wrong)
{
    return (struct otter_digest_record){
        size, otter_swap_image_crc(&flash->port, layout, place, size) ^ wrong};
}

static void put_entry(struct ram_flash *flash, const struct otter_layout *layout,
                      enum otter_journal_kind kind, struct otter_digest_record present,
                      struct otter_digest_record previous, unsigned marks)
{
    const struct journal_entry frame = {.kind = (uint8_t)kind,
                                        .number = 16,
                                        .present_len = present.length,
                                        .present_crc = present.crc,
                                        .previous_len = previous.length,
                                        .previous_crc = previous.crc};
    uint8_t *bytes = bytes_at(flash, layout->journal.addr);

    memset(bytes_at(flash, layout->flag.addr), 0xFF, flash->port.page_size);
    memset(bytes, 0xFF, flash->port.page_size);
    journal_entry_put(bytes, 0, &frame);
    memset(bytes + ENTRY_AT_PAGE_MARKS, 0, (size_t)2 * marks);
}

void ruin_make(struct ram_flash *flash, const struct ram_flash_map *map, enum ruin ruin,
               uint32_t size)
{
    const struct otter_layout *layout = map->layout;
    uint32_t first = layout->journal.addr - RAM_FLASH_ADDR;
    uint64_t random = 0x7275696EU + ruin;
    struct otter_digest_record app, lost;

    ram_flash_init_map(flash, map);
    if (ruin == RUIN_NONE || ruin == RUIN_EMPTY) {
        return;
    }
    rng_fill(&random, flash->bytes + first, map->size - first);
    app = digest_of(flash, layout, OTTER_IMAGE_AT_APP, size, 0);
    lost = digest_of(flash, layout, OTTER_IMAGE_AT_OLD, size, 1);
    if (ruin == RUIN_HALF_SWAPPED) {
        put_entry(flash, layout, OTTER_JOURNAL_INSTALL, app, lost, 1);
    } else if (ruin == RUIN_HALF_RESTORED) {
        put_entry(flash, layout, OTTER_JOURNAL_RESTORE, app, lost, 1);
    } else if (ruin == RUIN_DECAYED) {
        put_entry(flash, layout, OTTER_JOURNAL_IDLE, app, (struct otter_digest_record){0, 0},
                  0);
        *bytes_at(flash, layout->app.addr + size / 2) ^= 4;
    }
    ram_flash_restart(flash);
}

/* ---- the module ---- */

static struct otter_recovery recovery;
struct otter_journal_file recovery_file;
static struct otter_frame_decoder decoder;
static uint8_t decoded[128];
static uint8_t last_cmd; /* of the last frame that the device has sent */

static void hear(uint8_t byte)
{
    struct otter_frame frame;
    size_t consumed;

    if (otter_frame_decode(&decoder, &byte, 1, &consumed, &frame) == 1) {
        last_cmd = frame.cmd;
    }
}

/* Returns whether the recovery is complete, and not before the last byte. */
static bool say(uint8_t cmd, const uint8_t payload[], uint32_t payload_len)
{
    static uint8_t wire[2 * (OTTER_PIECE_HEAD + OTTER_RECOVERY_PIECE) + 64];
    /* A person wants it: a plan may bring an image more often than a module alone may. */
    const struct otter_frame frame = {.cmd = cmd,
                                      .flags = OTTER_OFFER_FLAGS_FORCED,
                                      .payload = payload,
                                      .payload_len = (uint16_t)payload_len};
    int len = otter_frame_encode(&frame, true, wire, sizeof wire);
    bool complete = false;

    for (int i = 0; i < len && !complete; i++) {
        complete = otter_recovery_receive(&recovery, wire[i]);
        /* Behind a checksum FF there is its escape. */
        if (complete && i != len - 1 - (wire[i] == 0xFF)) {
            return false;
        }
    }
    return complete;
}

bool recovery_push(const struct otter_port *port, const struct otter_layout *layout,
                   const uint8_t file[], uint32_t size)
{
    static const uint8_t info[OTTER_RECOVERY_INFO_SIZE];
    uint8_t payload[OTTER_PIECE_HEAD + OTTER_RECOVERY_PIECE];
    uint32_t off = 0;
    uint16_t number = 0;
    bool complete = false;

    recovery = (struct otter_recovery){
        .file = &recovery_file, .port = port, .layout = layout, .info = info, .send = hear};
    otter_frame_decoder_init(&decoder, decoded, sizeof decoded, OTTER_FRAME_STRICT);
    otter_recovery_begin(&recovery);
    memset(payload, '0', OTTER_OFFER_SIZE);
    otter_put_be32(payload, size);
    otter_put_be16(payload + 4, 32);
    if (say(OTTER_CMD_OFFER, payload, OTTER_OFFER_SIZE) || last_cmd != OTTER_CMD_READY) {
        return false;
    }
    while (off < size && !complete) {
        uint32_t left = size - off;
        uint32_t len = left < OTTER_RECOVERY_PIECE ? left : OTTER_RECOVERY_PIECE;

        otter_put_be16(payload, ++number);
        otter_put_be16(payload + 2, 0);
        memcpy(payload + OTTER_PIECE_HEAD, file + off, len);
        complete = say(OTTER_CMD_PIECE, payload, OTTER_PIECE_HEAD + len);
        if (last_cmd != OTTER_CMD_PIECE_ACK) {
            return false;
        }
        off += len;
    }
    return complete && off == size;
}
