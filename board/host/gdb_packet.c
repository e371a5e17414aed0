/* SPDX-License-Identifier: Apache-2.0 */
#include "board/host/gdb_packet.h"

#include <string.h>

enum { INTERRUPT_BYTE = 0x03, ESCAPE_XOR = 0x20, ACK_ROOM = 16 };

static const char digits[] = "0123456789abcdef";

int gdb_hex_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return -1;
}

bool gdb_hex_number(const uint8_t **at, uint32_t *out_value)
{
    uint32_t value = 0;
    unsigned count = 0;
    for (; gdb_hex_value(**at) >= 0; (*at)++, count++) {
        if (value >> 28 != 0) {
            return false;
        }
        value = value << 4 | (uint32_t)gdb_hex_value(**at);
    }
    *out_value = value;
    return count > 0;
}

bool gdb_hex_bytes(const uint8_t *text, uint8_t out_bytes[], size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int high = gdb_hex_value(text[2 * i]);
        int low = high < 0 ? -1 : gdb_hex_value(text[2 * i + 1]);
        if (low < 0) {
            return false;
        }
        out_bytes[i] = (uint8_t)(high << 4 | low);
    }
    return text[2 * len] == '\0';
}

void gdb_hex_put(char out_text[], const uint8_t bytes[], size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out_text[2 * i] = digits[bytes[i] >> 4];
        out_text[2 * i + 1] = digits[bytes[i] & 15];
    }
    out_text[2 * len] = '\0';
}

/* ---- out ---- */

static void put(struct gdb_wire *wire, const uint8_t bytes[], size_t len)
{
    if (len <= sizeof wire->out - wire->out_len) {
        memcpy(wire->out + wire->out_len, bytes, len);
        wire->out_len += len;
    }
}

static void acknowledge(struct gdb_wire *wire, char answer)
{
    if (!wire->no_ack) {
        uint8_t byte = (uint8_t)answer;
        put(wire, &byte, 1);
    }
}

void gdb_wire_send(struct gdb_wire *wire, const char *data, size_t len)
{
    uint8_t sum = 0;
    len = len < GDB_PACKET_MAX ? len : GDB_PACKET_MAX;
    wire->last[0] = '$';
    memcpy(wire->last + 1, data, len);
    for (size_t i = 0; i < len; i++) {
        sum = (uint8_t)(sum + (uint8_t)data[i]);
    }
    wire->last[len + 1] = '#';
    wire->last[len + 2] = (uint8_t)digits[sum >> 4];
    wire->last[len + 3] = (uint8_t)digits[sum & 15];
    wire->last_len = len + 4;
    put(wire, wire->last, wire->last_len);
}

/* One byte leads to at most an acknowledgement and two packets (a message and an answer). */
bool gdb_wire_has_room(const struct gdb_wire *wire)
{
    return sizeof wire->out - wire->out_len >= 2 * GDB_FRAME_MAX + ACK_ROOM;
}

size_t gdb_wire_take(struct gdb_wire *wire, uint8_t out_bytes[], size_t max)
{
    size_t len = wire->out_len < max ? wire->out_len : max;
    memcpy(out_bytes, wire->out, len);
    memmove(wire->out, wire->out + len, wire->out_len - len);
    wire->out_len -= len;
    return len;
}

/* ---- in ---- */

/* In place. False for an escape at the end of the data. */
static bool unescape(struct gdb_wire *wire)
{
    size_t to = 0;
    for (size_t from = 0; from < wire->len; from++) {
        uint8_t byte = wire->data[from];
        if (byte == '}') {
            if (++from == wire->len) {
                return false;
            }
            byte = wire->data[from] ^ ESCAPE_XOR;
        }
        wire->data[to++] = byte;
    }
    wire->len = to;
    wire->data[to] = '\0';
    return true;
}

static enum gdb_event end_packet(struct gdb_wire *wire)
{
    if (wire->sum != wire->sum_given || (!wire->too_long && !unescape(wire))) {
        acknowledge(wire, '-');
        return GDB_NOTHING;
    }
    acknowledge(wire, '+');
    if (wire->too_long) {
        wire->len = 0;
        wire->data[0] = '\0';
        return GDB_TOO_LONG;
    }
    return GDB_PACKET;
}

static void start(struct gdb_wire *wire)
{
    wire->state = GDB_BODY;
    wire->len = 0;
    wire->sum = 0;
    wire->too_long = false;
}

static enum gdb_event feed_idle(struct gdb_wire *wire, uint8_t byte)
{
    if (byte == '$') {
        start(wire);
    } else if (byte == INTERRUPT_BYTE) {
        return GDB_INTERRUPT;
    } else if (byte == '-' && !wire->no_ack) {
        put(wire, wire->last, wire->last_len);
    }
    return GDB_NOTHING;
}

static void feed_body(struct gdb_wire *wire, uint8_t byte)
{
    if (byte == '#') {
        wire->state = GDB_SUM1;
        return;
    }
    if (byte == '$') { /* the end of the last packet was lost */
        start(wire);
        return;
    }
    wire->sum = (uint8_t)(wire->sum + byte);
    if (wire->len < GDB_PACKET_MAX) {
        wire->data[wire->len++] = byte;
    } else {
        wire->too_long = true;
    }
}

enum gdb_event gdb_wire_feed(struct gdb_wire *wire, uint8_t byte)
{
    int digit = gdb_hex_value(byte);
    switch (wire->state) {
    case GDB_IDLE:
        return feed_idle(wire, byte);
    case GDB_BODY:
        feed_body(wire, byte);
        return GDB_NOTHING;
    case GDB_SUM1:
        if (digit < 0) {
            break;
        }
        wire->sum_given = (uint8_t)(digit << 4);
        wire->state = GDB_SUM2;
        return GDB_NOTHING;
    case GDB_SUM2:
        wire->state = GDB_IDLE;
        if (digit < 0) {
            break;
        }
        wire->sum_given |= (uint8_t)digit;
        return end_packet(wire);
    }
    wire->state = GDB_IDLE;
    acknowledge(wire, '-');
    return byte == '$' ? feed_idle(wire, byte) : GDB_NOTHING;
}
