/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/journal.h"
#include <stddef.h>
#include <string.h>
#include "otter/bytes.h"
#include "otter/crc32.h"

/* docs/flash-format.md chapter 4 */
enum {
    ENTRIES = 8, /* in a page */
    ENTRY_TAG = 8,
    ENTRY_STEP = 10,
    ENTRY_KIND = 11,
    ENTRY_NUMBER = 12,
    ENTRY_PRESENT = 14,
    ENTRY_PREVIOUS = 20,
    ENTRY_REASON = 26,
    ENTRY_FLAGS = 27,
    ENTRY_CHECK = 28,
    ENTRY_COMMIT = 32,
    ENTRY_PAGE_MARKS = 34,
    ENTRY_STARTS = 86,
    ENTRY_CONFIRMED = 110,
    ENTRY_REQUEST = 118,
    ENTRY_ANNOUNCED = 126,
    ENTRY_SIZE = OTTER_JOURNAL_ENTRY_SIZE,
};
enum { TAG = 0xA35C, TAG_REQUEST = 0x5CA3, BLANK = 0xFFFF, SAVED = 0x5555 };
enum { MARK_SIZE = 2, GROUP_SIZE = 8 };
/* In the step of an INSTALL: the swap is finished, and the low bits count the starts. */
enum { STEP_TRIAL = 0x80 };

static const uint8_t zeros[GROUP_SIZE];

static int program(const struct otter_port *port, uint32_t addr, const uint8_t data[],
                   uint32_t len)
{
    return port->program(port->ctx, addr, data, len);
}

static bool is_blank(const uint8_t bytes[], uint32_t len)
{
    while (len-- != 0) {
        if (bytes[len] != 0xFF) {
            return false;
        }
    }
    return true;
}

/* ---- where entries are ---- */

static uint32_t place_of(uint32_t addr)
{
    return addr / ENTRY_SIZE % ENTRIES;
}

static uint32_t entry_addr(const struct otter_layout *layout, uint32_t i)
{
    return i < ENTRIES ? layout->journal.addr + i * ENTRY_SIZE
                       : layout->flag.addr + (i - ENTRIES) * ENTRY_SIZE;
}

/* Where the next entry goes: after the one at `addr`, or to the start of the other page.
 * Address 0 means that there is no entry yet: the next one goes to the journal page. */
static uint32_t next_addr(const struct otter_layout *layout, uint32_t addr)
{
    if (addr != 0 && place_of(addr) != ENTRIES - 1) {
        return addr + ENTRY_SIZE;
    }
    return entry_addr(layout, addr - layout->journal.addr < ENTRIES * ENTRY_SIZE ? ENTRIES : 0);
}

/* ---- reading ---- */

/* The tag is not covered, so a voided entry still shows how old its page is. */
static uint32_t entry_check(const uint8_t entry[ENTRY_COMMIT], uint32_t addr)
{
    return otter_crc32(place_of(addr), entry + ENTRY_STEP, ENTRY_CHECK - ENTRY_STEP);
}

static bool is_newer(uint32_t a, uint32_t b)
{
    return (int16_t)(uint16_t)(a - b) > 0;
}

/* Read the entry at addr. Returns whether its fields are valid; it may be live or voided. */
static bool load(const struct otter_port *port, const struct otter_layout *layout,
                 uint32_t addr, uint8_t entry[ENTRY_SIZE])
{
    if (port->read(port->ctx, addr, entry, ENTRY_SIZE) != 0) {
        memset(entry, 0, ENTRY_SIZE); /* neither valid nor blank */
    }
    return otter_get_le32(entry + ENTRY_CHECK) == entry_check(entry, addr) &&
           entry[ENTRY_NUMBER] % ENTRIES == place_of(addr) &&
           otter_get_le16(entry + ENTRY_PRESENT) <= layout->app.size &&
           otter_get_le16(entry + ENTRY_PREVIOUS) <= layout->app.size;
}

static bool is_live(const uint8_t entry[ENTRY_SIZE])
{
    return otter_get_le16(entry + ENTRY_TAG) == TAG;
}

/* Is the place after the newest entry blank, or the start of an older page, which will be
 * erased? */
static bool is_next_clean(const struct otter_port *port, const struct otter_layout *layout,
                          const struct otter_journal *journal)
{
    uint32_t addr = next_addr(layout, journal->addr);
    uint8_t entry[ENTRY_SIZE];
    bool valid = load(port, layout, addr, entry);

    return is_blank(entry, ENTRY_SIZE) ||
           (valid && place_of(addr) == 0 &&
            is_newer(journal->number, otter_get_le16(entry + ENTRY_NUMBER)));
}

uint32_t otter_journal_count_pages(const struct otter_journal *journal, uint32_t page_size)
{
    uint32_t length = journal->previous.length;

    if (journal->kind == OTTER_JOURNAL_INSTALL && journal->present.length > length) {
        length = journal->present.length;
    }
    return (length + page_size - 1) / page_size;
}

/* How many of `count` items of `size` bytes are used? The highest that is not blank decides. */
static uint8_t count_used(const uint8_t items[], uint8_t count, uint32_t size)
{
    while (count != 0 && is_blank(items + (size_t)(count - 1U) * size, size)) {
        count--;
    }
    return count;
}

static void get_fields(const uint8_t entry[ENTRY_SIZE], struct otter_journal *journal)
{
    journal->kind = entry[ENTRY_KIND];
    journal->step = entry[ENTRY_STEP];
    journal->reason = entry[ENTRY_REASON];
    journal->flags = entry[ENTRY_FLAGS];
    journal->present.length = otter_get_le16(entry + ENTRY_PRESENT);
    journal->present.crc = otter_get_le32(entry + ENTRY_PRESENT + 2);
    journal->previous.length = otter_get_le16(entry + ENTRY_PREVIOUS);
    journal->previous.crc = otter_get_le32(entry + ENTRY_PREVIOUS + 2);
}

static uint32_t request_check(const uint8_t request[GROUP_SIZE], uint32_t number)
{
    return otter_crc32(number, request, 4);
}

static void get_marks(const uint8_t entry[ENTRY_SIZE], uint32_t page_size,
                      struct otter_journal *journal)
{
    const uint8_t *request = entry + ENTRY_REQUEST;
    uint8_t page_marks = count_used(entry + ENTRY_PAGE_MARKS, OTTER_JOURNAL_PAGES, MARK_SIZE);

    journal->confirmed = !is_blank(entry + ENTRY_CONFIRMED, GROUP_SIZE);
    journal->all_marks_set = memcmp(entry + ENTRY_CONFIRMED, zeros, GROUP_SIZE) == 0;
    /* The commit word is right, or something was written after it. */
    journal->certain = ((entry[ENTRY_COMMIT] == entry[ENTRY_NUMBER] &&
                         (entry[ENTRY_COMMIT] ^ entry[ENTRY_COMMIT + 1]) == 0xFF) ||
                        !is_blank(entry + ENTRY_PAGE_MARKS, ENTRY_SIZE - ENTRY_PAGE_MARKS)) &&
                       journal->confirmed == journal->all_marks_set;
    journal->requested = !is_blank(request, GROUP_SIZE);
    if (otter_get_le16(request) == TAG_REQUEST &&
        otter_get_le32(request + 4) == request_check(request, journal->number)) {
        journal->request_size = otter_get_le16(request + 2);
    }
    if (journal->kind != OTTER_JOURNAL_INSTALL) {
        journal->step = page_marks > journal->step ? page_marks : journal->step;
        return;
    }
    journal->starts = count_used(entry + ENTRY_STARTS, OTTER_JOURNAL_TRIALS, GROUP_SIZE);
    journal->swapped = journal->starts != 0 || journal->confirmed || journal->requested;
    if ((journal->step & STEP_TRIAL) != 0) {
        journal->swapped = true;
        journal->step &= STEP_TRIAL - 1;
        journal->starts = journal->step > journal->starts ? journal->step : journal->starts;
    } else if (page_marks != 0) { /* saved; perhaps in place as well */
        const uint8_t *last = entry + ENTRY_PAGE_MARKS + (size_t)MARK_SIZE * (page_marks - 1U);
        bool in_place = otter_get_le16(last) == 0;

        journal->step = (uint8_t)(2 * page_marks - (in_place ? 0 : 1));
    }
    journal->swapped |= journal->step >= 2 * otter_journal_count_pages(journal, page_size);
}

void otter_journal_read(const struct otter_port *port, const struct otter_layout *layout,
                        struct otter_journal *out_journal)
{
    uint8_t entry[ENTRY_SIZE],
        newest[ENTRY_SIZE]; /* read once: what is in doubt must not change */

    memset(out_journal, 0, sizeof *out_journal);
    for (uint32_t i = 0; i < 2 * ENTRIES; i++) {
        uint32_t addr = entry_addr(layout, i);

        if (load(port, layout, addr, entry) && is_live(entry)) {
            uint16_t number = otter_get_le16(entry + ENTRY_NUMBER);

            if (out_journal->addr == 0 || is_newer(number, out_journal->number)) {
                out_journal->addr = addr;
                out_journal->number = number;
                memcpy(newest, entry, ENTRY_SIZE);
            }
        }
    }
    if (out_journal->addr != 0) {
        get_fields(newest, out_journal);
        get_marks(newest, port->page_size, out_journal);
        if (out_journal->request_size > layout->backup.size) {
            out_journal->request_size = 0;
        }
        out_journal->certain &= is_next_clean(port, layout, out_journal);
    }
}

/* ---- append ---- */

/* Write a blank entry: guard, fields, commit word. */
static int write_entry(const struct otter_port *port, const struct otter_journal *journal)
{
    uint8_t entry[ENTRY_PAGE_MARKS];

    memset(entry, 0, ENTRY_TAG);
    otter_put_le16(entry + ENTRY_TAG, TAG);
    entry[ENTRY_STEP] = journal->swapped ? STEP_TRIAL | journal->starts : journal->step;
    entry[ENTRY_KIND] = journal->kind;
    otter_put_le16(entry + ENTRY_NUMBER, journal->number);
    otter_put_le16(entry + ENTRY_PRESENT, (uint16_t)journal->present.length);
    otter_put_le32(entry + ENTRY_PRESENT + 2, journal->present.crc);
    otter_put_le16(entry + ENTRY_PREVIOUS, (uint16_t)journal->previous.length);
    otter_put_le32(entry + ENTRY_PREVIOUS + 2, journal->previous.crc);
    entry[ENTRY_REASON] = journal->reason;
    entry[ENTRY_FLAGS] = journal->flags;
    otter_put_le32(entry + ENTRY_CHECK, entry_check(entry, journal->addr));
    entry[ENTRY_COMMIT] = entry[ENTRY_NUMBER];
    entry[ENTRY_COMMIT + 1] = (uint8_t)~entry[ENTRY_NUMBER];
    return program(port, journal->addr, entry, sizeof entry);
}

/* Mark an entry that is not blank, so that it never reads as blank. Returns an error in any
 * case: the entry cannot be used. */
static int pass_over(const struct otter_port *port, uint32_t addr)
{
    int error = program(port, addr, zeros, GROUP_SIZE);

    return error != 0 ? error : OTTER_ERR_FLASH;
}

/* Void the tag of every older entry, so that none can start or undo a swap again, or make a
 * good APP look bad by a digest record that is out of date. */
static int void_others(const struct otter_port *port, const struct otter_layout *layout,
                       uint32_t newest)
{
    int error = 0;

    for (uint32_t i = 0; i < 2 * ENTRIES && error == 0; i++) {
        uint32_t addr = entry_addr(layout, i);
        uint8_t entry[ENTRY_SIZE];

        if (addr != newest && load(port, layout, addr, entry) && is_live(entry)) {
            error = program(port, addr + ENTRY_TAG, zeros, 2);
        }
    }
    return error;
}

int otter_journal_append(const struct otter_port *port, const struct otter_layout *layout,
                         struct otter_journal *journal)
{
    bool first = journal->addr == 0;
    int error = OTTER_ERR_FLASH;

    for (unsigned left = ENTRIES + 1; left != 0 && error != 0; left--) {
        uint8_t entry[ENTRY_SIZE];

        journal->addr = next_addr(layout, journal->addr);
        journal->number++;
        if (place_of(journal->addr) == 0) {
            journal->number = (uint16_t)((journal->number + ENTRIES - 1) & ~(ENTRIES - 1));
            error = port->erase(port->ctx, journal->addr);
            if (error != 0) {
                return error;
            }
        }
        (void)load(port, layout, journal->addr, entry);
        error = is_blank(entry, ENTRY_SIZE) ? write_entry(port, journal)
                                            : pass_over(port, journal->addr);
    }
    if (error == 0 && first) { /* FLAG may hold anything: it must not read as a newer entry */
        error = port->erase(port->ctx, layout->flag.addr);
    }
    return error != 0 ? error : void_others(port, layout, journal->addr);
}

/* ---- marks in the newest entry ---- */

int otter_journal_advance(const struct otter_port *port, struct otter_journal *journal)
{
    uint32_t cell = journal->step;
    uint8_t mark[MARK_SIZE] = {0, 0};
    int error;

    if (journal->kind == OTTER_JOURNAL_INSTALL) {
        cell = journal->step / 2U;
        if (journal->step % 2 == 0) {
            otter_put_le16(mark, SAVED);
        }
    }
    error = program(port, journal->addr + ENTRY_PAGE_MARKS + MARK_SIZE * cell, mark, MARK_SIZE);
    if (error == 0) {
        journal->step++;
    }
    return error;
}

int otter_journal_count_start(const struct otter_port *port,
                              const struct otter_journal *journal)
{
    return program(port, journal->addr + ENTRY_STARTS + GROUP_SIZE * (uint32_t)journal->starts,
                   zeros, GROUP_SIZE);
}

int otter_journal_finish(const struct otter_port *port, const struct otter_journal *journal)
{
    return program(port, journal->addr + ENTRY_CONFIRMED, zeros, GROUP_SIZE);
}

int otter_journal_request(const struct otter_port *port, const struct otter_journal *journal,
                          uint32_t size)
{
    uint8_t request[GROUP_SIZE];

    if (journal->requested) {
        return OTTER_ERR_BUSY;
    }
    otter_put_le16(request, TAG_REQUEST);
    otter_put_le16(request + 2, (uint16_t)size);
    otter_put_le32(request + 4, request_check(request, journal->number));
    return program(port, journal->addr + ENTRY_REQUEST, request, GROUP_SIZE);
}

bool otter_journal_is_announced(const struct otter_port *port,
                                const struct otter_journal *journal)
{
    uint8_t mark[MARK_SIZE];

    return port->read(port->ctx, journal->addr + ENTRY_ANNOUNCED, mark, sizeof mark) == 0 &&
           !is_blank(mark, sizeof mark);
}

int otter_journal_mark_announced(const struct otter_port *port,
                                 const struct otter_journal *journal)
{
    return program(port, journal->addr + ENTRY_ANNOUNCED, zeros, MARK_SIZE);
}
