/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_SLOT_WRITER_H
#define OTTER_SLOT_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/err.h"
#include "otter/md5.h"
#include "otter/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes a file into a slot, front to back: erases each page, programs, reads back, and digests
 * what was read back. Whether the slot may be written is the caller's business, and so is what
 * the digest should be.
 *
 *    otter_slot_writer_open(&writer, port, addr, size, &md5);      nothing is touched
 *    otter_slot_writer_write(&writer, data, len);                  a part of the file is there
 *    while (otter_slot_writer_has_work(&writer)) { otter_slot_writer_step(&writer); ... }
 *    otter_slot_writer_finish(&writer, digest);                    all parts are written
 *
 * A step is a page erase or 256 bytes, never both, so that the caller can drain a byte ring
 * between them: the core stands for 40 ms in an erase, 10 ms in 256 bytes (STM32F1). When a
 * page is full the next one is erased ahead, before the part that needs it came.
 *
 * RAM: struct otter_slot_writer, 32 bytes, and the digest's 84. Context: main loop.
 * Power: the slot holds a part of the file; nothing says that there is more.
 */
enum { OTTER_SLOT_WRITER_STEP = 256 }; /* bytes programmed in a step */

/* Members are private. */
struct otter_slot_writer {
    const struct otter_port *port;
    struct otter_md5 *md5;
    uint32_t addr, size; /* the slot's first byte; bytes of the file */
    uint32_t erased;     /* bytes of the slot that were erased: whole pages */
    uint32_t written;    /* bytes that were programmed and digested */
    const uint8_t *data; /* what is to be written next */
    uint16_t left;       /* bytes of it */
};

/* Begin a file of `size` bytes at addr, the start of a page. `md5` is the caller's memory for
 * its digest. Nothing is touched yet. */
void otter_slot_writer_open(struct otter_slot_writer *writer, const struct otter_port *port,
                            uint32_t addr, uint32_t size, struct otter_md5 *md5);

/* Give the next part, which must stay where it is until it is written. All parts but the last
 * are whole programming units; the last one's end is filled up with 0xFF.
 * Returns 0, OTTER_ERR_BUSY (the part before is not written yet), or OTTER_ERR_RANGE (beyond
 * `size`). */
OTTER_MUST_CHECK int otter_slot_writer_write(struct otter_slot_writer *writer,
                                             const uint8_t data[], uint16_t len);

/* Is the part not written yet? */
bool otter_slot_writer_is_busy(const struct otter_slot_writer *writer);

/* Is there something for a step to do: a part to write, or a page to erase ahead? */
bool otter_slot_writer_has_work(const struct otter_slot_writer *writer);

/* Do one step; without work, nothing. Returns 0 or the port's error: then this file is lost. */
OTTER_MUST_CHECK int otter_slot_writer_step(struct otter_slot_writer *writer);

/* All parts are written: their digest. */
void otter_slot_writer_finish(struct otter_slot_writer *writer, uint8_t out_digest[16]);

#ifdef __cplusplus
}
#endif
#endif
