/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DROPIN_RING_BUFFER_H
#define DROPIN_RING_BUFFER_H

#include <stddef.h>
#include <stdint.h>

/* The ring between the UART's interrupt and the parser, as generated projects have it: one byte
 * of its memory stays free, a write is taken whole or not at all, and a read from an empty ring
 * returns `count` and old bytes. Who reads asks rbCanRead() first.
 */
#pragma pack(1)
typedef struct {
    size_t rbCapacity;
    uint8_t *rbHead; /* the next byte to read */
    uint8_t *rbTail; /* the next one to write */
    uint8_t *rbBuff;
} rb_t;
#pragma pack()

#ifndef RB_FUNCTION
#define RB_FUNCTION /* static, where they are part of gizwits_protocol.c */
#endif

/* rbCapacity and rbBuff are set before. Returns 0, or -1. */
RB_FUNCTION int8_t rbCreate(rb_t *rb);
RB_FUNCTION int32_t rbCanRead(rb_t *rb);
RB_FUNCTION int32_t rbCanWrite(rb_t *rb);
RB_FUNCTION int32_t rbRead(rb_t *rb, void *data, size_t count);
RB_FUNCTION int32_t rbWrite(rb_t *rb, const void *data, size_t count);

#endif
