/* SPDX-License-Identifier: Apache-2.0 */
#include "ringBuffer.h"

#include <string.h>

RB_FUNCTION int8_t rbCreate(rb_t *rb)
{
    if (rb == NULL) {
        return -1;
    }
    rb->rbHead = rb->rbBuff;
    rb->rbTail = rb->rbBuff;
    return 0;
}

RB_FUNCTION int32_t rbCanRead(rb_t *rb)
{
    if (rb == NULL) {
        return -1;
    }
    return rb->rbTail >= rb->rbHead
               ? (int32_t)(rb->rbTail - rb->rbHead)
               : (int32_t)rb->rbCapacity - (int32_t)(rb->rbHead - rb->rbTail);
}

RB_FUNCTION int32_t rbCanWrite(rb_t *rb)
{
    return rb == NULL ? -1 : (int32_t)rb->rbCapacity - rbCanRead(rb);
}

RB_FUNCTION int32_t rbRead(rb_t *rb, void *data, size_t count)
{
    size_t to_end;

    if (rb == NULL || data == NULL) {
        return -1;
    }
    if (rb->rbHead < rb->rbTail) {
        size_t can = (size_t)rbCanRead(rb);

        count = count < can ? count : can;
        memcpy(data, rb->rbHead, count);
        rb->rbHead += count;
        return (int32_t)count;
    }
    /* Wrapped, or empty, which is not told apart. */
    to_end = rb->rbCapacity - (size_t)(rb->rbHead - rb->rbBuff);
    if (count < to_end) {
        memcpy(data, rb->rbHead, count);
        rb->rbHead += count;
        return (int32_t)count;
    }
    memcpy(data, rb->rbHead, to_end);
    rb->rbHead = rb->rbBuff;
    return (int32_t)to_end +
           (count > to_end ? rbRead(rb, (uint8_t *)data + to_end, count - to_end) : 0);
}

RB_FUNCTION int32_t rbWrite(rb_t *rb, const void *data, size_t count)
{
    size_t to_end;

    if (rb == NULL || data == NULL) {
        return -1;
    }
    if (count >= (size_t)rbCanWrite(rb)) {
        return -2;
    }
    to_end = rb->rbCapacity - (size_t)(rb->rbTail - rb->rbBuff);
    if (rb->rbTail >= rb->rbHead && count >= to_end) {
        memcpy(rb->rbTail, data, to_end);
        rb->rbTail = rb->rbBuff;
        return (int32_t)to_end +
               (count > to_end ? rbWrite(rb, (const uint8_t *)data + to_end, count - to_end)
                               : 0);
    }
    memcpy(rb->rbTail, data, count);
    rb->rbTail += count;
    return (int32_t)count;
}
