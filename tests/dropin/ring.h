/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DROPIN_RING_H
#define DROPIN_RING_H

#include <stdint.h>

/* The ring between the UART and the parser, as generated projects have one. One writer, one
 * reader; counters run freely, so a full ring is not taken for an empty one.
 */
typedef struct {
    uint8_t *buf;
    uint32_t size;
    uint32_t head; /* bytes ever written */
    uint32_t tail; /* bytes ever read */
} ringBuffer_t;

static inline uint32_t rbUsed(const ringBuffer_t *rb)
{
    return rb->head - rb->tail;
}

static inline uint32_t rbWrite(ringBuffer_t *rb, const uint8_t *buf, uint32_t len)
{
    uint32_t done = 0;
    while (done < len && rbUsed(rb) < rb->size) {
        rb->buf[rb->head++ % rb->size] = buf[done++];
    }
    return done;
}

static inline uint32_t rbRead(ringBuffer_t *rb, uint8_t *buf, uint32_t len)
{
    uint32_t done = 0;
    while (done < len && rbUsed(rb) > 0) {
        buf[done++] = rb->buf[rb->tail++ % rb->size];
    }
    return done;
}

#endif
