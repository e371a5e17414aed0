/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/about.h"
#include <stddef.h>
#include <string.h>
#include "otter/boot_ids.h"
#include "otter/bytes.h"
#include "otter/history.h"
#include "otter/image.h"
#include "otter/journal.h"
#include "otter/update.h"
#include "chip.h"

/* ---- the wire: docs/protocol.md 2.2 ---- */
enum { ASK_MD5 = 4 };
enum {
    ABOUT_FORMAT,
    ABOUT_FIXED, /* where the key ids begin */
    ABOUT_FLAGS,
    ABOUT_REASON,
    ABOUT_CAN = 4,
    ABOUT_VERSION = 8,
    ABOUT_HARDWARE = 16,
    ABOUT_NUMBER = 24,
    ABOUT_FLOOR = 28,
    ABOUT_SLOT = 32,
    ABOUT_DOES = 36,
    ABOUT_MAJOR,
    ABOUT_MINOR,
    ABOUT_KEYS,
    ABOUT_VERDICT,
    ABOUT_TRIES,
    ABOUT_TRY_ENDED, /* one byte more is zero */
};
enum { FLAG_TRIAL = 1, FLAG_JOURNAL = 2, FLAG_BOOT = 4, FLAG_JUDGED = 8 };
enum { KEY_ID_SIZE = 4 };

int otter_put_ask_about(const struct otter_ask_about *ask, uint8_t out[], uint16_t out_max)
{
    if (!ask->has_file) {
        return 0;
    }
    if (out_max < OTTER_ASK_ABOUT_MAX) {
        return OTTER_ERR_SPACE;
    }
    otter_put_be32(out, ask->file_size);
    memcpy(out + ASK_MD5, ask->md5, sizeof ask->md5);
    return OTTER_ASK_ABOUT_MAX;
}

int otter_get_ask_about(const struct otter_frame *frame, struct otter_ask_about *out_ask)
{
    memset(out_ask, 0, sizeof *out_ask);
    if (frame->payload_len == 0) {
        return 0;
    }
    if (frame->payload_len < OTTER_ASK_ABOUT_MAX) {
        return OTTER_ERR_FORMAT;
    }
    out_ask->has_file = true;
    out_ask->file_size = otter_get_be32(frame->payload);
    memcpy(out_ask->md5, frame->payload + ASK_MD5, sizeof out_ask->md5);
    return 0;
}

uint8_t otter_about_keys_told(const struct otter_about *about)
{
    return about->key_count < OTTER_ABOUT_KEYS_MAX ? about->key_count : OTTER_ABOUT_KEYS_MAX;
}

int otter_put_about(const struct otter_about *about, uint8_t out[], uint16_t out_max)
{
    uint8_t keys = otter_about_keys_told(about);
    int len = OTTER_ABOUT_FIXED + KEY_ID_SIZE * keys;

    if (out_max < len) {
        return OTTER_ERR_SPACE;
    }
    memset(out, 0, OTTER_ABOUT_FIXED);
    out[ABOUT_FORMAT] = OTTER_ABOUT_FORMAT;
    out[ABOUT_FIXED] = OTTER_ABOUT_FIXED;
    out[ABOUT_FLAGS] =
        (uint8_t)((about->on_trial ? FLAG_TRIAL : 0) | (about->has_journal ? FLAG_JOURNAL : 0) |
                  (about->has_boot ? FLAG_BOOT : 0) | (about->judged ? FLAG_JUDGED : 0));
    out[ABOUT_REASON] = about->reason;
    otter_put_be32(out + ABOUT_CAN, about->can);
    memcpy(out + ABOUT_VERSION, about->version, sizeof about->version);
    memcpy(out + ABOUT_HARDWARE, about->hardware, sizeof about->hardware);
    otter_put_be32(out + ABOUT_NUMBER, about->number);
    otter_put_be32(out + ABOUT_FLOOR, about->floor);
    otter_put_be32(out + ABOUT_SLOT, about->slot_size);
    out[ABOUT_DOES] = about->boot_does;
    out[ABOUT_MAJOR] = about->boot_major;
    out[ABOUT_MINOR] = about->boot_minor;
    out[ABOUT_KEYS] = about->key_count;
    out[ABOUT_VERDICT] = about->verdict;
    out[ABOUT_TRIES] = about->tries;
    out[ABOUT_TRY_ENDED] = about->try_ended;
    for (size_t i = 0; i < keys; i++) { /* bytes of a key, in their order */
        otter_put_le32(out + OTTER_ABOUT_FIXED + KEY_ID_SIZE * i, about->key_ids[i]);
    }
    return len;
}

int otter_get_about(const struct otter_frame *frame, struct otter_about *out_about)
{
    const uint8_t *in = frame->payload;
    unsigned keys, fixed;

    if (frame->payload_len == 0) {
        return OTTER_ERR_NONE;
    }
    if (frame->payload_len < OTTER_ABOUT_FIXED || in[ABOUT_FORMAT] != OTTER_ABOUT_FORMAT ||
        in[ABOUT_FIXED] < OTTER_ABOUT_FIXED) {
        return OTTER_ERR_FORMAT;
    }
    memset(out_about, 0, sizeof *out_about);
    out_about->key_count = in[ABOUT_KEYS];
    keys = otter_about_keys_told(out_about);
    fixed = in[ABOUT_FIXED];
    if (frame->payload_len < fixed + KEY_ID_SIZE * keys) {
        return OTTER_ERR_FORMAT;
    }
    out_about->on_trial = (in[ABOUT_FLAGS] & FLAG_TRIAL) != 0;
    out_about->has_journal = (in[ABOUT_FLAGS] & FLAG_JOURNAL) != 0;
    out_about->has_boot = (in[ABOUT_FLAGS] & FLAG_BOOT) != 0;
    out_about->judged = (in[ABOUT_FLAGS] & FLAG_JUDGED) != 0;
    out_about->reason = in[ABOUT_REASON];
    out_about->can = otter_get_be32(in + ABOUT_CAN);
    memcpy(out_about->version, in + ABOUT_VERSION, sizeof out_about->version);
    memcpy(out_about->hardware, in + ABOUT_HARDWARE, sizeof out_about->hardware);
    out_about->number = otter_get_be32(in + ABOUT_NUMBER);
    out_about->floor = otter_get_be32(in + ABOUT_FLOOR);
    out_about->slot_size = otter_get_be32(in + ABOUT_SLOT);
    out_about->boot_does = in[ABOUT_DOES];
    out_about->boot_major = in[ABOUT_MAJOR];
    out_about->boot_minor = in[ABOUT_MINOR];
    out_about->verdict = in[ABOUT_VERDICT];
    out_about->tries = in[ABOUT_TRIES];
    out_about->try_ended = in[ABOUT_TRY_ENDED];
    for (size_t i = 0; i < keys; i++) {
        out_about->key_ids[i] = otter_get_le32(in + fixed + KEY_ID_SIZE * i);
    }
    return 0;
}

/* ---- the device ---- */

/* The bootloader's own words; nothing is told if one of them cannot be read. */
static void read_boot(const struct otter_port *port, const struct otter_layout *layout,
                      struct otter_about *about)
{
    struct otter_boot_ids ids;
    uint8_t hardware[sizeof about->hardware], id[KEY_ID_SIZE];

    if (otter_boot_ids_find(port, layout, &ids) != 0 ||
        chip_read(port, ids.info_addr + OTTER_BOOT_INFO_HARDWARE, hardware, sizeof hardware) !=
            0) {
        return;
    }
    about->key_count = ids.key_count;
    for (unsigned i = 0; i < otter_about_keys_told(about); i++) {
        if (chip_read(port, ids.keys_addr + i * OTTER_BOOT_KEY_SIZE, id, sizeof id) != 0) {
            about->key_count = 0;
            return;
        }
        about->key_ids[i] = otter_get_le32(id);
    }
    about->has_boot = true;
    about->boot_does = ids.does;
    about->boot_major = ids.major;
    about->boot_minor = ids.minor;
    memcpy(about->hardware, hardware, sizeof hardware);
}

static void judge(const struct otter_port *port, const struct otter_layout *layout,
                  const struct otter_ask_about *ask, struct otter_about *about)
{
    struct otter_flag file = {.image_size = ask->file_size};
    struct otter_history history;

    memcpy(file.md5, ask->md5, sizeof file.md5);
    history = otter_history_find(port, layout, file.md5);
    about->judged = true;
    about->verdict = (uint8_t)otter_update_refusal(port, layout, &file, false);
    about->tries = history.tries;
    about->try_ended = history.reason;
}

/* The version number in the trailer of the image that runs. 0 = it has none. The journal has
 * the number of what was installed last, which may be an image that was taken back. */
static uint32_t running_number(const struct otter_port *port, const struct otter_layout *layout,
                               struct otter_journal *journal)
{
    uint32_t size = otter_journal_app(journal)->length;
    uint8_t header[OTTER_IMAGE_HEADER_SIZE];
    struct otter_image image;

    if (size < OTTER_IMAGE_TRAILER_SIZE || size > chip_map(layout)->app.size ||
        chip_read(port, chip_map(layout)->app.addr + size - OTTER_IMAGE_TRAILER_SIZE, header,
                  sizeof header) != 0 ||
        otter_image_get_trailer(header, size, &image) != 0) {
        return 0;
    }
    return image.number;
}

void otter_about_read(const struct otter_port *port, const struct otter_layout *layout,
                      const struct otter_ask_about *ask, struct otter_about *io_about)
{
    struct otter_journal journal;

    io_about->slot_size = chip_map(layout)->backup.size;
    read_boot(port, layout, io_about);
    otter_journal_read(port, layout, &journal);
    if (journal.kind == OTTER_JOURNAL_NONE) {
        return;
    }
    io_about->has_journal = true;
    io_about->can = OTTER_CAN_JUDGE | OTTER_CAN_FORCE;
    io_about->number = running_number(port, layout, &journal);
    io_about->floor = journal.floor;
    /* As the bootloader has it (startup.c): nothing is older than an app that need not prove
     * itself. One that takes unsigned images knows no numbers. */
    if ((io_about->boot_does & OTTER_BOOT_VERIFIES) != 0 && io_about->number > journal.floor &&
        otter_update_is_allowed(port, layout)) {
        io_about->floor = io_about->number;
    }
    if (ask->has_file) {
        judge(port, layout, ask, io_about);
    }
}
