/* SPDX-License-Identifier: Apache-2.0 */
#include "board/host/loader.h"

/* Intel HEX: lines `:LLAAAATT[DD..]CC`, all bytes of a line add up to 0. */

enum record_type {
    RECORD_DATA = 0,
    RECORD_END = 1,
    RECORD_SEGMENT = 2,       /* bits 19..4 of the base; the offset wraps at 64 KB */
    RECORD_START_SEGMENT = 3, /* ignored: a Cortex-M starts by its vector table */
    RECORD_LINEAR = 4,        /* bits 31..16 of the base */
    RECORD_START_LINEAR = 5,  /* ignored */
};
enum { RECORD_SIZE_MAX = 1 + 2 + 1 + 255 + 1, HEAD_SIZE = 4 };

struct hex_reader {
    const uint8_t *text;
    size_t len, at;
    unsigned line;
    uint8_t record[RECORD_SIZE_MAX];
    unsigned size;
    uint32_t base;
    bool segmented;
};

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return -1;
}

/* Read the bytes of one line, after the colon, into record[]. */
static bool read_record(struct hex_reader *in, char out_why[HOST_WHY_SIZE])
{
    in->size = 0;
    unsigned need = 1;
    uint8_t sum = 0;
    while (in->size < need) {
        if (in->len - in->at < 2) {
            return loader_fail(out_why, "line %u: ends early, the file is truncated", in->line);
        }
        int high = digit(in->text[in->at]), low = digit(in->text[in->at + 1]);
        if (high < 0 || low < 0) {
            return loader_fail(out_why, "line %u: not a hexadecimal digit, or a short line",
                               in->line);
        }
        in->at += 2;
        in->record[in->size] = (uint8_t)(high << 4 | low);
        sum = (uint8_t)(sum + in->record[in->size]);
        if (in->size == 0) {
            need = HEAD_SIZE + in->record[0] + 1u;
        }
        in->size++;
    }
    if (sum != 0) {
        return loader_fail(out_why, "line %u: bad checksum", in->line);
    }
    if (in->at < in->len && in->text[in->at] != '\n' && in->text[in->at] != '\r') {
        return loader_fail(out_why, "line %u: longer than its length says", in->line);
    }
    return true;
}

static bool add_data(struct hex_reader *in, struct loader_image *image,
                     char out_why[HOST_WHY_SIZE])
{
    unsigned off = (unsigned)in->record[1] << 8 | in->record[2];
    unsigned len = in->record[0];
    const uint8_t *data = in->record + HEAD_SIZE;
    char why[HOST_WHY_SIZE];
    unsigned first = len;
    if (in->segmented && off + len > 0x10000) {
        first = 0x10000 - off;
    }
    if (!loader_image_add(image, in->base + off, data, first, why) ||
        !loader_image_add(image, in->base, data + first, len - first, why)) {
        return loader_fail(out_why, "line %u: %.120s", in->line, why);
    }
    return true;
}

/* Returns false for a mistake; *out_end says whether this was the end record. */
static bool take_record(struct hex_reader *in, struct loader_image *image, bool *out_end,
                        char out_why[HOST_WHY_SIZE])
{
    uint8_t type = in->record[3];
    unsigned want = type == RECORD_DATA  ? in->record[0]
                    : type == RECORD_END ? 0
                    : type == RECORD_SEGMENT || type == RECORD_LINEAR
                        ? 2
                        : 4; /* START_SEGMENT, START_LINEAR */
    if (type > RECORD_START_LINEAR) {
        return loader_fail(out_why, "line %u: unknown record type %02X", in->line, type);
    }
    if (in->record[0] != want) {
        return loader_fail(out_why, "line %u: record type %02X with %u bytes instead of %u",
                           in->line, type, in->record[0], want);
    }
    uint32_t value = (uint32_t)in->record[4] << 8 | in->record[5];
    switch ((enum record_type)type) {
    case RECORD_DATA:
        return add_data(in, image, out_why);
    case RECORD_END:
        *out_end = true;
        return true;
    case RECORD_SEGMENT:
        in->base = value << 4;
        in->segmented = true;
        return true;
    case RECORD_LINEAR:
        in->base = value << 16;
        in->segmented = false;
        return true;
    case RECORD_START_SEGMENT:
    case RECORD_START_LINEAR:
        return true;
    }
    return false;
}

bool loader_parse_hex(struct loader_image *image, const uint8_t bytes[], size_t len,
                      char out_why[HOST_WHY_SIZE])
{
    struct hex_reader in = {.text = bytes, .len = len, .line = 1};
    bool ended = false;
    while (in.at < in.len) {
        uint8_t c = in.text[in.at++];
        if (c == '\n') {
            in.line++;
        } else if (c == '\r' || c == ' ' || c == '\t') {
            continue;
        } else if (ended) {
            return loader_fail(out_why, "line %u: more data after the end record", in.line);
        } else if (c != ':') {
            return loader_fail(out_why, "line %u: does not begin with a colon", in.line);
        } else if (!read_record(&in, out_why) || !take_record(&in, image, &ended, out_why)) {
            return false;
        }
    }
    if (!ended) {
        return loader_fail(out_why, "no end record, the file is truncated");
    }
    return true;
}
