/* SPDX-License-Identifier: Apache-2.0 */
#include "receiver_store.h"

#include <string.h>
#include "otter/bytes.h"
#include "otter/crc32.h"
#include "otter/flag.h"
#include "otter/image.h"
#include "otter/update.h"

enum {
    PROGRAM_CHUNK = 256,  /* bytes programmed in one unit of work: about 10 ms on STM32F1 */
    READ_CHUNK = 64,      /* read back at once, on the stack */
    RESUME_SEED = 0x4F54, /* any but 0: a record of zeros must not be valid */
};

/* Before the first byte of APPBAK. The journal says whether it holds the way back. Without one, what a
 * record describes is about to be overwritten: FLAG is erased whatever it reads, because a record whose
 * programming was cut may read as blank now and as pending after the next power-up. */
static int open_backup(const struct otter_port *port, const struct otter_layout *layout)
{
    if (otter_update_has_journal(port, layout)) {
        return otter_update_is_allowed(port, layout) ? 0 : OTTER_ERR_BUSY;
    }
    return otter_flag_erase(port, layout);
}

int otter_store_program(struct otter_receiver *receiver)
{
    const struct otter_port *port = receiver->config->port;
    const struct otter_layout *layout = receiver->config->layout;
    uint32_t addr = layout->backup.addr + receiver->written;
    uint32_t in_page = receiver->written % port->page_size;
    uint32_t len = (uint32_t)receiver->queued_len - receiver->queued_done;
    uint32_t padded, done;
    uint8_t *data = receiver->queued + receiver->queued_done;
    uint8_t back[READ_CHUNK];
    int rc;

    port->feed(port->ctx);
    if (!receiver->may_write) {
        rc = open_backup(port, layout);
        receiver->may_write = rc == 0;
        return rc;
    }
    if (in_page == 0) {
        rc = port->erase(port->ctx, addr);
        if (rc != 0) {
            return rc;
        }
    }
    if (len > PROGRAM_CHUNK) {
        len = PROGRAM_CHUNK;
    }
    if (len > port->page_size - in_page) {
        len = port->page_size - in_page;
    }
    padded = len;
    while (padded % port->program_size != 0) { /* only the file's very end can be odd */
        data[padded++] = 0xFF;
    }
    rc = port->program(port->ctx, addr, data, padded);
    if (rc != 0) {
        return rc;
    }
    for (done = 0; done < len; done += READ_CHUNK) {
        uint32_t part = len - done < READ_CHUNK ? len - done : READ_CHUNK;

        rc = port->read(port->ctx, addr + done, back, part);
        if (rc != 0) {
            return rc;
        }
        otter_md5_update(&receiver->md5, back, part);
    }
    receiver->written += len;
    receiver->queued_done = (uint16_t)(receiver->queued_done + len);
    if (receiver->queued_done == receiver->queued_len) {
        receiver->queued_len = receiver->queued_done = 0;
    }
    return 0;
}

enum otter_receiver_result otter_store_check(struct otter_receiver *receiver,
                                             uint8_t out_digest[16])
{
    const struct otter_receiver_config *config = receiver->config;
    const struct otter_port *port = config->port;
    uint32_t addr = config->layout->backup.addr;
    uint32_t size = receiver->offer.file_size;
    uint8_t offered[16], head[8], header[OTTER_IMAGE_HEADER_SIZE];
    struct otter_image image;
    int rc;

    otter_md5_final(&receiver->md5, out_digest);
    if (otter_md5_from_hex(receiver->offer.md5_hex, offered) != 0 ||
        memcmp(out_digest, offered, sizeof(offered)) != 0) {
        return OTTER_RESULT_MD5;
    }
    if (!config->check_image) {
        return OTTER_RESULT_FINISHED;
    }
    if (port->read(port->ctx, addr, head, sizeof(head)) != 0) {
        return OTTER_RESULT_FLASH;
    }
    if (!otter_image_is_startable(head, config->layout)) {
        return OTTER_RESULT_NOT_STARTABLE;
    }
    if (size < OTTER_IMAGE_TRAILER_SIZE) {
        return OTTER_RESULT_FINISHED;
    }
    if (port->read(port->ctx, addr + size - OTTER_IMAGE_TRAILER_SIZE, header, sizeof(header)) !=
        0) {
        return OTTER_RESULT_FLASH;
    }
    rc = otter_image_get_trailer(header, size, &image);
    if (rc == OTTER_ERR_NONE) {
        return OTTER_RESULT_FINISHED;
    }
    if (rc != 0) {
        return OTTER_RESULT_BAD_TRAILER;
    }
    if (memcmp(image.hardware, config->hardware, sizeof(image.hardware)) != 0) {
        return OTTER_RESULT_WRONG_HARDWARE;
    }
    return OTTER_RESULT_FINISHED;
}

int otter_store_write_flag(const struct otter_receiver *receiver)
{
    struct otter_flag flag = {.image_size = receiver->offer.file_size};
    int rc = otter_md5_from_hex(receiver->offer.md5_hex, flag.md5);

    if (rc != 0) {
        return rc;
    }
    rc =
        otter_update_request(receiver->config->port, receiver->config->layout, flag.image_size);
    return rc == OTTER_ERR_NONE
               ? otter_flag_write(receiver->config->port, receiver->config->layout, &flag)
               : rc;
}

static uint32_t resume_crc(const struct otter_resume *resume)
{
    uint8_t numbers[8];

    otter_put_le32(numbers, resume->file_size);
    otter_put_le16(numbers + 4, resume->piece_len);
    otter_put_le16(numbers + 6, resume->attempts);
    return otter_crc32(otter_crc32(RESUME_SEED, numbers, sizeof(numbers)), resume->md5_hex,
                       sizeof(resume->md5_hex));
}

void otter_store_save_resume(const struct otter_receiver *receiver)
{
    struct otter_resume *resume = receiver->config->resume;

    if (resume == NULL) {
        return;
    }
    resume->file_size = receiver->offer.file_size;
    memcpy(resume->md5_hex, receiver->offer.md5_hex, sizeof(resume->md5_hex));
    resume->piece_len = receiver->piece_len;
    resume->attempts = receiver->attempts;
    resume->crc = resume_crc(resume);
}

void otter_store_forget_resume(const struct otter_receiver *receiver)
{
    if (receiver->config->resume != NULL) {
        memset(receiver->config->resume, 0, sizeof(*receiver->config->resume));
    }
}

bool otter_store_load_resume(struct otter_receiver *receiver)
{
    const struct otter_receiver_config *config = receiver->config;
    const struct otter_resume *resume = config->resume;

    if (resume == NULL || resume->crc != resume_crc(resume) || resume->piece_len == 0 ||
        resume->piece_len > config->piece_max ||
        resume->file_size > config->layout->backup.size) {
        return false;
    }
    receiver->offer.file_size = resume->file_size;
    memcpy(receiver->offer.md5_hex, resume->md5_hex, sizeof(resume->md5_hex));
    receiver->piece_len = receiver->next_piece_len = resume->piece_len;
    receiver->attempts = (uint8_t)resume->attempts;
    return true;
}
