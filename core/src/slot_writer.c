/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/slot_writer.h"

#include <string.h>
#include "chip.h"

enum { CHUNK = 64 }; /* handled at once, on the stack; a multiple of every program_size */

void otter_slot_writer_open(struct otter_slot_writer *writer, const struct otter_port *port,
                            uint32_t addr, uint32_t size, struct otter_md5 *md5)
{
    memset(writer, 0, sizeof *writer);
    writer->port = port;
    writer->addr = addr;
    writer->size = size;
    writer->md5 = md5;
    otter_md5_init(md5);
}

int otter_slot_writer_write(struct otter_slot_writer *writer, const uint8_t data[],
                            uint16_t len)
{
    if (writer->left != 0) {
        return OTTER_ERR_BUSY;
    }
    if (len > writer->size - writer->written) {
        return OTTER_ERR_RANGE;
    }
    writer->data = data;
    writer->left = len;
    return 0;
}

bool otter_slot_writer_is_busy(const struct otter_slot_writer *writer)
{
    return writer->left != 0;
}

static bool needs_page(const struct otter_slot_writer *writer)
{
    return writer->written == writer->erased && writer->written < writer->size;
}

bool otter_slot_writer_has_work(const struct otter_slot_writer *writer)
{
    return otter_slot_writer_is_busy(writer) || needs_page(writer);
}

/* Program `len` bytes, at most CHUNK, and digest what flash then holds. */
static int program_chunk(struct otter_slot_writer *writer, uint32_t len)
{
    const struct otter_port *port = writer->port;
    uint32_t addr = writer->addr + writer->written, padded = len;
    uint8_t bytes[CHUNK];
    int rc;

    memcpy(bytes, writer->data, len);
    while (padded % port->program_size != 0) { /* only the file's very end can be odd */
        bytes[padded++] = 0xFF;
    }
    rc = chip_program(port, addr, bytes, padded);
    if (rc == 0) {
        rc = chip_read(port, addr, bytes, len);
    }
    if (rc == 0) {
        otter_md5_update(writer->md5, bytes, len);
        writer->written += len;
        writer->data += len;
        writer->left = (uint16_t)(writer->left - len);
    }
    return rc;
}

int otter_slot_writer_step(struct otter_slot_writer *writer)
{
    const struct otter_port *port = writer->port;
    uint32_t end = writer->written + OTTER_SLOT_WRITER_STEP;
    int rc = 0;

    chip_feed(port);
    if (needs_page(writer)) {
        rc = chip_erase(port, writer->addr + writer->erased);
        writer->erased += rc == 0 ? chip_page_size(port) : 0;
        return rc;
    }
    if (end > writer->erased) {
        end = writer->erased;
    }
    while (rc == 0 && writer->left != 0 && writer->written < end) {
        uint32_t len = end - writer->written < CHUNK ? end - writer->written : CHUNK;

        rc = program_chunk(writer, writer->left < len ? writer->left : len);
    }
    return rc;
}

void otter_slot_writer_finish(struct otter_slot_writer *writer, uint8_t out_digest[16])
{
    otter_md5_final(writer->md5, out_digest);
}
