/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/update.h"
#include <string.h>
#include "otter/history.h"
#include "otter/md5.h"
#include "chip.h"

static bool is_surely_idle(const struct otter_journal *journal)
{
    return journal->kind == OTTER_JOURNAL_IDLE ||
           (journal->confirmed && journal->all_marks_set);
}

bool otter_update_has_journal(const struct otter_port *port, const struct otter_layout *layout)
{
    struct otter_journal journal;

    otter_journal_read(port, layout, &journal);
    return journal.kind != OTTER_JOURNAL_NONE;
}

bool otter_update_is_new(const struct otter_port *port, const struct otter_layout *layout)
{
    struct otter_journal journal;

    otter_journal_read(port, layout, &journal);
    return journal.kind == OTTER_JOURNAL_INSTALL && !otter_journal_is_announced(port, &journal);
}

int otter_update_mark_announced(const struct otter_port *port,
                                const struct otter_layout *layout)
{
    struct otter_journal journal;

    otter_journal_read(port, layout, &journal);
    return journal.kind == OTTER_JOURNAL_INSTALL ? otter_journal_mark_announced(port, &journal)
                                                 : 0;
}

bool otter_update_is_allowed(const struct otter_port *port, const struct otter_layout *layout)
{
    struct otter_journal journal;

    otter_journal_read(port, layout, &journal);
    return journal.kind == OTTER_JOURNAL_NONE || is_surely_idle(&journal);
}

enum otter_reason otter_update_reason(const struct otter_port *port,
                                      const struct otter_layout *layout)
{
    struct otter_journal journal;

    otter_journal_read(port, layout, &journal);
    return journal.kind == OTTER_JOURNAL_NONE ? OTTER_REASON_NONE
                                              : (enum otter_reason)journal.reason;
}

int otter_update_confirm(const struct otter_port *port, const struct otter_layout *layout)
{
    struct otter_journal journal;

    otter_journal_read(port, layout, &journal);
    return journal.kind == OTTER_JOURNAL_INSTALL && journal.moved
               ? otter_journal_finish(port, &journal)
               : 0;
}

/* Are the first bytes of APP this file? */
static bool is_in_app(const struct otter_port *port, const struct otter_layout *layout,
                      const struct otter_flag *file)
{
    struct otter_md5 md5;
    uint8_t digest[16], bytes[sizeof md5.block];

    otter_md5_init(&md5);
    for (uint32_t off = 0; off < file->image_size; off += sizeof bytes) {
        uint32_t left = file->image_size - off;
        uint32_t len = left < sizeof bytes ? left : (uint32_t)sizeof bytes;

        if (off % chip_page_size(port) == 0) {
            chip_feed(port);
        }
        if (chip_read(port, chip_map(layout)->app.addr + off, bytes, len) != 0) {
            return false;
        }
        otter_md5_update(&md5, bytes, len);
    }
    otter_md5_final(&md5, digest);
    return memcmp(digest, file->md5, sizeof digest) == 0;
}

enum otter_reason otter_update_refusal(const struct otter_port *port,
                                       const struct otter_layout *layout,
                                       const struct otter_flag *file, bool forced)
{
    struct otter_journal journal;

    otter_journal_read(port, layout, &journal);
    if (journal.kind == OTTER_JOURNAL_NONE) {
        return OTTER_REASON_NONE;
    }
    if (!is_surely_idle(&journal)) {
        return OTTER_REASON_ON_TRIAL;
    }
    if (forced) {
        return OTTER_REASON_NONE;
    }
    if (file->image_size == otter_journal_app(&journal)->length &&
        is_in_app(port, layout, file)) {
        return OTTER_REASON_INSTALLED;
    }
    return otter_history_find(port, layout, file->md5).tries >= OTTER_HISTORY_TRIES_MAX
               ? OTTER_REASON_TRIED
               : OTTER_REASON_NONE;
}

/* FLAG is erased whatever it reads: a request whose programming was cut may read as blank now
 * and as pending after the next power-up. */
int otter_update_open(const struct otter_port *port, const struct otter_layout *layout)
{
    chip_feed(port);
    if (otter_update_has_journal(port, layout)) {
        return otter_update_is_allowed(port, layout) ? 0 : OTTER_ERR_BUSY;
    }
    return otter_flag_erase(port, layout);
}

int otter_update_request(const struct otter_port *port, const struct otter_layout *layout,
                         const struct otter_flag *file)
{
    struct otter_journal journal;
    struct otter_journal_file request = {.zero = 0};

    otter_journal_read(port, layout, &journal);
    if (journal.kind == OTTER_JOURNAL_NONE) {
        return OTTER_ERR_NONE;
    }
    if (!is_surely_idle(&journal)) {
        return OTTER_ERR_BUSY;
    }
    memcpy(request.digest, file->md5, sizeof request.digest);
    request.tries = (uint8_t)(otter_history_find(port, layout, file->md5).tries + 1U);
    return otter_journal_request(port, &journal, file->image_size, &request);
}

bool otter_update_awaits_restart(const struct otter_port *port,
                                 const struct otter_layout *layout)
{
    struct otter_journal journal;

    otter_journal_read(port, layout, &journal);
    return journal.kind != OTTER_JOURNAL_NONE && journal.requested;
}

int otter_update_install(const struct otter_port *port, const struct otter_layout *layout,
                         const struct otter_flag *file)
{
    int rc = otter_update_request(port, layout, file);

    return rc == OTTER_ERR_NONE ? otter_flag_write(port, layout, file) : rc;
}
