/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/update.h"

static bool is_surely_idle(const struct otter_journal *journal)
{
    return journal->kind == OTTER_JOURNAL_IDLE || journal->all_marks_set;
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
    return journal.kind == OTTER_JOURNAL_INSTALL ? otter_journal_finish(port, &journal) : 0;
}

int otter_update_request(const struct otter_port *port, const struct otter_layout *layout,
                         uint32_t size)
{
    struct otter_journal journal;

    otter_journal_read(port, layout, &journal);
    if (journal.kind == OTTER_JOURNAL_NONE) {
        return OTTER_ERR_NONE;
    }
    return is_surely_idle(&journal) ? otter_journal_request(port, &journal, size)
                                    : OTTER_ERR_BUSY;
}
