/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOST_GDB_PACKET_H
#define BOARD_HOST_GDB_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The framing of gdb's remote serial protocol (GDB manual, appendix E.1): $DATA#CHECKSUM, with
 * escapes, and an answer of + or - until the peer switches that off. Bytes in, bytes out, no
 * I/O; every length is bounded.
 */
enum {
    GDB_PACKET_MAX = 0x1000, /* DATA, as it is between $ and # */
    GDB_FRAME_MAX = GDB_PACKET_MAX + 4,
    GDB_OUT_SIZE = 4 * GDB_FRAME_MAX,
};

enum gdb_event {
    GDB_NOTHING,
    GDB_PACKET,    /* in `data`, unescaped */
    GDB_TOO_LONG,  /* a good packet that did not fit; `len` is 0 */
    GDB_INTERRUPT, /* Ctrl-C */
};

struct gdb_wire {
    bool no_ack;

    /* in */
    enum { GDB_IDLE, GDB_BODY, GDB_SUM1, GDB_SUM2 } state;
    uint8_t data[GDB_PACKET_MAX + 1]; /* and a 0 after it */
    size_t len;
    bool too_long;
    uint8_t sum, sum_given;

    /* out */
    uint8_t out[GDB_OUT_SIZE];
    size_t out_len;
    uint8_t last[GDB_FRAME_MAX]; /* sent again when the peer asks */
    size_t last_len;
};

/* Take one byte. What is not part of a packet is ignored. */
enum gdb_event gdb_wire_feed(struct gdb_wire *wire, uint8_t byte);

/* Queue a packet; `data` is cut at GDB_PACKET_MAX. Nothing is escaped: answers are text. */
void gdb_wire_send(struct gdb_wire *wire, const char *data, size_t len);

/* Is there room for the answers to one more byte? */
bool gdb_wire_has_room(const struct gdb_wire *wire);

/* Take up to `max` queued bytes. */
size_t gdb_wire_take(struct gdb_wire *wire, uint8_t out_bytes[], size_t max);

/* ---- hexadecimal digits ---- */
int gdb_hex_value(uint8_t digit); /* -1 = none */

/* Read at most 8 digits from `*at` on, and move it past them. False if there is none, or too
 * many. */
bool gdb_hex_number(const uint8_t **at, uint32_t *out_value);

/* Read exactly `len` bytes; then the string must end. */
bool gdb_hex_bytes(const uint8_t *text, uint8_t out_bytes[], size_t len);
void gdb_hex_put(char out_text[], const uint8_t bytes[], size_t len); /* 2 * len, and a 0 */

#endif
