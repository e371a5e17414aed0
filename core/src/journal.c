/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/journal.h"
#include <string.h>
#include "otter/bytes.h"
#include "otter/crc32.h"
#include "otter/image.h"

/* docs/flash-format.md chapter 4 */
enum {
    FRAME_SIZE = 128,
    FRAMES = 8, /* of a page */
    FRAME_RUN_IN = 0,
    FRAME_TAG = 8,
    FRAME_STEP = 10,
    FRAME_KIND = 11,
    FRAME_NUMBER = 12,
    FRAME_PRESENT = 14,
    FRAME_PREVIOUS = 20,
    FRAME_REASON = 26,
    FRAME_FLAGS = 27,
    FRAME_CHECK = 28,
    FRAME_FIRM = 32,
    FRAME_CELLS = 34,
    FRAME_STARTS = 86,
    FRAME_FINAL = 110,
    FRAME_REQUEST = 118,
    RECORD_SIZE = FRAME_FIRM, /* run-in and record */
};
enum { TAG = 0xA35C, TAG_REQUEST = 0x5CA3, BLANK = 0xFFFF, SAVED = 0x5555, SET_SIZE = 8 };
enum {
    STEP_TRIAL = 0x80
}; /* in the step of an INSTALL: the swap is over, the rest are starts */

static const uint8_t zeros[SET_SIZE];

/* ---- one frame ---- */

static uint32_t place_of(uint32_t addr)
{
    return addr / FRAME_SIZE % FRAMES;
}

static uint32_t record_check(const uint8_t frame[RECORD_SIZE], uint32_t addr)
{
    return otter_crc32(place_of(addr), frame + FRAME_STEP, FRAME_CHECK - FRAME_STEP);
}

static void get_seal(const uint8_t bytes[6], struct otter_seal *out_seal)
{
    out_seal->length = otter_get_le16(bytes);
    out_seal->crc = otter_get_le32(bytes + 2);
}

static void put_seal(uint8_t bytes[6], const struct otter_seal *seal)
{
    otter_put_le16(bytes, (uint16_t)seal->length);
    otter_put_le32(bytes + 2, seal->crc);
}

static bool is_possible(const struct otter_seal *seal, const struct otter_layout *layout)
{
    return seal->length <= layout->app.size;
}

uint32_t otter_journal_pages(const struct otter_journal *journal, uint32_t page_size)
{
    uint32_t length = journal->present.length > journal->previous.length
                          ? journal->present.length
                          : journal->previous.length;

    return (length + page_size - 1) / page_size;
}

/* Is this the record of a frame, live or void? Then it goes to *out_journal. */
static bool get_record(const uint8_t frame[RECORD_SIZE], uint32_t addr,
                       const struct otter_layout *layout, struct otter_journal *out_journal)
{
    struct otter_journal record = {
        .addr = addr,
        .kind = frame[FRAME_KIND],
        .step = frame[FRAME_STEP],
        .reason = frame[FRAME_REASON],
        .flags = frame[FRAME_FLAGS],
        .number = otter_get_le16(frame + FRAME_NUMBER),
    };

    get_seal(frame + FRAME_PRESENT, &record.present);
    get_seal(frame + FRAME_PREVIOUS, &record.previous);
    *out_journal = record;
    return record_check(frame, addr) == otter_get_le32(frame + FRAME_CHECK) &&
           record.number % FRAMES == place_of(addr) && is_possible(&record.present, layout) &&
           is_possible(&record.previous, layout);
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

/* ---- all frames ---- */

static uint32_t frame_addr(const struct otter_layout *layout, unsigned index)
{
    return (index < FRAMES ? layout->journal.addr : layout->flag.addr) +
           index % FRAMES * FRAME_SIZE;
}

static bool is_live(const uint8_t frame[RECORD_SIZE])
{
    return otter_get_le16(frame + FRAME_TAG) == TAG;
}

static bool is_newer(const struct otter_journal *a, const struct otter_journal *b)
{
    return b->addr == 0 || (int16_t)(uint16_t)(a->number - b->number) > 0;
}

static bool is_swapping(uint8_t kind)
{
    return kind == OTTER_JOURNAL_INSTALL || kind == OTTER_JOURNAL_RESTORE;
}

/* Where the next frame goes: behind `addr`, or to the start of the other page. */
static uint32_t next_addr(const struct otter_layout *layout, uint32_t addr)
{
    if (addr != 0 && place_of(addr) != FRAMES - 1) {
        return addr + FRAME_SIZE;
    }
    return addr - layout->journal.addr < layout->journal.size ? layout->flag.addr
                                                              : layout->journal.addr;
}

static bool is_next_clean(const struct otter_port *port, const struct otter_layout *layout,
                          const struct otter_journal *journal)
{
    uint32_t addr = next_addr(layout, journal->addr);
    uint8_t frame[FRAME_SIZE];
    struct otter_journal other;

    if (port->read(port->ctx, addr, frame, sizeof frame) != 0) {
        return false;
    }
    return is_blank(frame, sizeof frame) ||
           (place_of(addr) == 0 && get_record(frame, addr, layout, &other) &&
            is_newer(journal, &other)); /* a full page, erased when it is needed */
}

static void get_marks(const uint8_t frame[FRAME_SIZE], uint32_t page_size,
                      struct otter_journal *journal)
{
    uint8_t firm[2] = {(uint8_t)journal->number, (uint8_t)~journal->number};
    uint32_t cell = OTTER_JOURNAL_PAGES;
    const uint8_t *request = frame + FRAME_REQUEST;
    uint8_t bound[6];

    journal->settled = memcmp(frame + FRAME_FIRM, firm, sizeof firm) == 0 ||
                       !is_blank(frame + FRAME_CELLS, FRAME_SIZE - FRAME_CELLS);
    journal->final = !is_blank(frame + FRAME_FINAL, SET_SIZE);
    journal->final_whole = memcmp(frame + FRAME_FINAL, zeros, SET_SIZE) == 0;
    journal->requested = !is_blank(request, SET_SIZE);
    memcpy(bound, request, 4);
    otter_put_le16(bound + 4, journal->number);
    if (otter_get_le16(request) == TAG_REQUEST &&
        otter_get_le32(request + 4) == otter_crc32(0, bound, sizeof bound)) {
        journal->request_size = otter_get_le16(request + 2);
    }

    /* The highest cell that is not blank decides. */
    while (cell != 0 && otter_get_le16(frame + FRAME_CELLS + 2 * (cell - 1)) == BLANK) {
        cell--;
    }
    if (journal->kind == OTTER_JOURNAL_INSTALL) {
        unsigned set = OTTER_JOURNAL_TRIALS;

        while (set != 0 && is_blank(frame + FRAME_STARTS + SET_SIZE * (set - 1), SET_SIZE)) {
            set--;
        }
        if ((journal->step & STEP_TRIAL) != 0) {
            journal->starts = journal->step & (STEP_TRIAL - 1);
            journal->swapped = true;
        } else if (cell != 0) {
            bool placed = otter_get_le16(frame + FRAME_CELLS + 2 * (cell - 1)) == 0;

            journal->step = (uint8_t)(2 * cell - (placed ? 0 : 1));
        }
        journal->swapped = journal->swapped ||
                           journal->step >= 2 * otter_journal_pages(journal, page_size) ||
                           set != 0 || journal->final || journal->requested;
        journal->starts = set > journal->starts ? (uint8_t)set : journal->starts;
    } else if (cell > journal->step) {
        journal->step = (uint8_t)cell;
    }
}

int otter_journal_read(const struct otter_port *port, const struct otter_layout *layout,
                       struct otter_journal *out_journal)
{
    uint8_t frame[FRAME_SIZE];
    int error;

    memset(out_journal, 0, sizeof *out_journal);
    for (unsigned i = 0; i < 2 * FRAMES; i++) {
        uint32_t addr = frame_addr(layout, i);
        struct otter_journal record;

        error = port->read(port->ctx, addr, frame, RECORD_SIZE);
        if (error != 0) {
            return error;
        }
        if (is_live(frame) && get_record(frame, addr, layout, &record) &&
            (record.kind == OTTER_JOURNAL_REST || is_swapping(record.kind)) &&
            is_newer(&record, out_journal)) {
            *out_journal = record;
        }
    }
    if (out_journal->addr == 0) {
        return 0;
    }
    error = port->read(port->ctx, out_journal->addr, frame, sizeof frame);
    if (error != 0) {
        return error;
    }
    get_marks(frame, port->page_size, out_journal);
    out_journal->settled = out_journal->settled &&
                           out_journal->final == out_journal->final_whole &&
                           is_next_clean(port, layout, out_journal);
    return 0;
}

/* ---- append ---- */

static int program(const struct otter_port *port, uint32_t addr, const uint8_t data[],
                   uint32_t len)
{
    return port->program(port->ctx, addr, data, len);
}

/* Into a blank frame: run-in, record, firm word. */
static int write_frame(const struct otter_port *port, const struct otter_journal *journal)
{
    uint8_t frame[FRAME_FIRM + 2];

    memset(frame, 0, SET_SIZE);
    otter_put_le16(frame + FRAME_TAG, TAG);
    frame[FRAME_STEP] =
        journal->swapped ? (uint8_t)(STEP_TRIAL | journal->starts) : journal->step;
    frame[FRAME_KIND] = journal->kind;
    otter_put_le16(frame + FRAME_NUMBER, journal->number);
    put_seal(frame + FRAME_PRESENT, &journal->present);
    put_seal(frame + FRAME_PREVIOUS, &journal->previous);
    frame[FRAME_REASON] = journal->reason;
    frame[FRAME_FLAGS] = journal->flags;
    otter_put_le32(frame + FRAME_CHECK, record_check(frame, journal->addr));
    frame[FRAME_FIRM] = (uint8_t)journal->number;
    frame[FRAME_FIRM + 1] = (uint8_t)~journal->number;
    return program(port, journal->addr, frame, sizeof frame);
}

/* Void the tag of every older frame that could start or undo a swap again. */
static int void_others(const struct otter_port *port, const struct otter_layout *layout,
                       uint32_t newest)
{
    int error = 0;

    for (unsigned i = 0; i < 2 * FRAMES && error == 0; i++) {
        uint32_t addr = frame_addr(layout, i);
        uint8_t frame[RECORD_SIZE];
        struct otter_journal record;

        error = port->read(port->ctx, addr, frame, sizeof frame);
        if (error == 0 && addr != newest && is_live(frame) &&
            get_record(frame, addr, layout, &record) && is_swapping(record.kind)) {
            error = program(port, addr + FRAME_TAG, zeros, 2);
        }
    }
    return error;
}

int otter_journal_append(const struct otter_port *port, const struct otter_layout *layout,
                         struct otter_journal *journal)
{
    bool first = journal->addr == 0;
    int error = OTTER_ERR_FLASH;

    for (unsigned left = first ? FRAMES : 2 * FRAMES; left != 0 && error != 0; left--) {
        uint32_t addr = next_addr(layout, journal->addr);
        uint8_t frame[FRAME_SIZE];

        journal->addr = addr;
        journal->number++;
        if (place_of(addr) == 0) {
            journal->number = (uint16_t)((journal->number + FRAMES - 1) / FRAMES * FRAMES);
            port->feed(port->ctx);
            error = port->erase(port->ctx, addr);
            if (error != 0) {
                return error;
            }
        }
        error = port->read(port->ctx, addr, frame, sizeof frame);
        if (error != 0) {
            return error;
        }
        if (is_blank(frame, sizeof frame)) {
            error = write_frame(port, journal);
        } else {
            /* Passed over; marked, so that it never reads as blank. */
            (void)program(port, addr, zeros, sizeof zeros);
            error = OTTER_ERR_FLASH;
        }
    }
    if (error == 0 && first) { /* what lies in FLAG is nobody's: it must not become newer */
        port->feed(port->ctx);
        error = port->erase(port->ctx, layout->flag.addr);
    }
    if (error == 0) {
        error = void_others(port, layout, journal->addr);
    }
    return error != 0 ? error : otter_journal_read(port, layout, journal);
}

/* ---- marks in the newest frame ---- */

int otter_journal_advance(const struct otter_port *port, struct otter_journal *journal)
{
    bool is_restore = journal->kind == OTTER_JOURNAL_RESTORE;
    uint32_t cell = is_restore ? journal->step : journal->step / 2u;
    uint8_t mark[2];
    int error;

    otter_put_le16(mark, is_restore || journal->step % 2 != 0 ? 0 : SAVED);
    error = program(port, journal->addr + FRAME_CELLS + 2 * cell, mark, sizeof mark);
    if (error == 0) {
        journal->step++;
    }
    return error;
}

int otter_journal_count_start(const struct otter_port *port, struct otter_journal *journal)
{
    int error = program(port, journal->addr + FRAME_STARTS + SET_SIZE * journal->starts, zeros,
                        SET_SIZE);

    if (error == 0) {
        journal->starts++;
    }
    return error;
}

int otter_journal_finish(const struct otter_port *port, struct otter_journal *journal)
{
    int error = program(port, journal->addr + FRAME_FINAL, zeros, SET_SIZE);

    if (error == 0) {
        journal->final = journal->final_whole = true;
    }
    return error;
}

int otter_journal_request(const struct otter_port *port, struct otter_journal *journal,
                          uint32_t size)
{
    uint8_t request[SET_SIZE];
    int error;

    if (journal->requested) {
        return OTTER_ERR_BUSY;
    }
    otter_put_le16(request, TAG_REQUEST);
    otter_put_le16(request + 2, (uint16_t)size);
    otter_put_le16(request + 4, journal->number);
    otter_put_le32(request + 4, otter_crc32(0, request, 6));
    error = program(port, journal->addr + FRAME_REQUEST, request, SET_SIZE);
    if (error == 0) {
        journal->requested = true;
        journal->request_size = size;
    }
    return error;
}
