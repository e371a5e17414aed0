/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/journal.h"
#include <stddef.h>
#include <string.h>
#include "otter/bytes.h"
#include "otter/crc32.h"

/* docs/flash-format.md chapter 4 */
enum {
    FRAMES = 8, /* of a page */
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
    FRAME_ANNOUNCED = 126,
    FRAME_SIZE = OTTER_JOURNAL_FRAME_SIZE,
};
enum { TAG = 0xA35C, TAG_REQUEST = 0x5CA3, BLANK = 0xFFFF, SAVED = 0x5555 };
enum { CELL_SIZE = 2, SET_SIZE = 8 };
enum {
    STEP_TRIAL = 0x80
}; /* in the step of an INSTALL: the swap is over, the rest are starts */

static const uint8_t zeros[SET_SIZE];

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

/* ---- places ---- */

static uint32_t place_of(uint32_t addr)
{
    return addr / FRAME_SIZE % FRAMES;
}

static uint32_t frame_addr(const struct otter_layout *layout, uint32_t i)
{
    return i < FRAMES ? layout->journal.addr + i * FRAME_SIZE
                      : layout->flag.addr + (i - FRAMES) * FRAME_SIZE;
}

/* Where the next frame goes: behind `addr`, or to the start of the other page. */
static uint32_t next_addr(const struct otter_layout *layout, uint32_t addr)
{
    if (addr != 0 && place_of(addr) != FRAMES - 1) {
        return addr + FRAME_SIZE;
    }
    return frame_addr(layout, addr - layout->journal.addr < FRAMES * FRAME_SIZE ? FRAMES : 0);
}

/* ---- reading ---- */

/* The tag is not covered: a void frame still shows that its page is old. */
static uint32_t record_check(const uint8_t frame[FRAME_FIRM], uint32_t addr)
{
    return otter_crc32(place_of(addr), frame + FRAME_STEP, FRAME_CHECK - FRAME_STEP);
}

static bool is_newer(uint32_t a, uint32_t b)
{
    return (int16_t)(uint16_t)(a - b) > 0;
}

/* Read the frame at addr. Returns whether it has a record that can be, live or void. */
static bool load(const struct otter_port *port, const struct otter_layout *layout,
                 uint32_t addr, uint8_t frame[FRAME_SIZE])
{
    if (port->read(port->ctx, addr, frame, FRAME_SIZE) != 0) {
        memset(frame, 0, FRAME_SIZE); /* neither valid nor blank */
    }
    return otter_get_le32(frame + FRAME_CHECK) == record_check(frame, addr) &&
           frame[FRAME_NUMBER] % FRAMES == place_of(addr) &&
           otter_get_le16(frame + FRAME_PRESENT) <= layout->app.size &&
           otter_get_le16(frame + FRAME_PREVIOUS) <= layout->app.size;
}

static bool is_live(const uint8_t frame[FRAME_SIZE])
{
    return otter_get_le16(frame + FRAME_TAG) == TAG;
}

/* Is what follows the newest frame blank, or a full page that is erased when it is needed? */
static bool is_next_clean(const struct otter_port *port, const struct otter_layout *layout,
                          const struct otter_journal *journal)
{
    uint32_t addr = next_addr(layout, journal->addr);
    uint8_t frame[FRAME_SIZE];
    bool valid = load(port, layout, addr, frame);

    return is_blank(frame, FRAME_SIZE) ||
           (valid && place_of(addr) == 0 &&
            is_newer(journal->number, otter_get_le16(frame + FRAME_NUMBER)));
}

uint32_t otter_journal_pages(const struct otter_journal *journal, uint32_t page_size)
{
    uint32_t length = journal->previous.length;

    if (journal->kind == OTTER_JOURNAL_INSTALL && journal->present.length > length) {
        length = journal->present.length;
    }
    return (length + page_size - 1) / page_size;
}

/* How many of `count` items of `size` bytes are used: the highest that is not blank decides. */
static uint8_t count_used(const uint8_t items[], uint8_t count, uint32_t size)
{
    while (count != 0 && is_blank(items + (size_t)(count - 1U) * size, size)) {
        count--;
    }
    return count;
}

static void get_record(const uint8_t frame[FRAME_SIZE], struct otter_journal *journal)
{
    journal->kind = frame[FRAME_KIND];
    journal->step = frame[FRAME_STEP];
    journal->reason = frame[FRAME_REASON];
    journal->flags = frame[FRAME_FLAGS];
    journal->present.length = otter_get_le16(frame + FRAME_PRESENT);
    journal->present.crc = otter_get_le32(frame + FRAME_PRESENT + 2);
    journal->previous.length = otter_get_le16(frame + FRAME_PREVIOUS);
    journal->previous.crc = otter_get_le32(frame + FRAME_PREVIOUS + 2);
}

static uint32_t request_check(const uint8_t request[SET_SIZE], uint32_t number)
{
    return otter_crc32(number, request, 4);
}

static void get_marks(const uint8_t frame[FRAME_SIZE], uint32_t page_size,
                      struct otter_journal *journal)
{
    const uint8_t *request = frame + FRAME_REQUEST;
    uint8_t cells = count_used(frame + FRAME_CELLS, OTTER_JOURNAL_PAGES, CELL_SIZE);

    journal->final = !is_blank(frame + FRAME_FINAL, SET_SIZE);
    journal->final_whole = memcmp(frame + FRAME_FINAL, zeros, SET_SIZE) == 0;
    /* Firm, or something was written behind the firm word. */
    journal->settled = ((frame[FRAME_FIRM] == frame[FRAME_NUMBER] &&
                         (frame[FRAME_FIRM] ^ frame[FRAME_FIRM + 1]) == 0xFF) ||
                        !is_blank(frame + FRAME_CELLS, FRAME_SIZE - FRAME_CELLS)) &&
                       journal->final == journal->final_whole;
    journal->requested = !is_blank(request, SET_SIZE);
    if (otter_get_le16(request) == TAG_REQUEST &&
        otter_get_le32(request + 4) == request_check(request, journal->number)) {
        journal->request_size = otter_get_le16(request + 2);
    }
    if (journal->kind != OTTER_JOURNAL_INSTALL) {
        journal->step = cells > journal->step ? cells : journal->step;
        return;
    }
    journal->starts = count_used(frame + FRAME_STARTS, OTTER_JOURNAL_TRIALS, SET_SIZE);
    journal->swapped = journal->starts != 0 || journal->final || journal->requested;
    if ((journal->step & STEP_TRIAL) != 0) {
        journal->swapped = true;
        journal->step &= STEP_TRIAL - 1;
        journal->starts = journal->step > journal->starts ? journal->step : journal->starts;
    } else if (cells != 0) { /* saved, or in place as well */
        const uint8_t *last = frame + FRAME_CELLS + (size_t)CELL_SIZE * (cells - 1U);
        bool in_place = otter_get_le16(last) == 0;

        journal->step = (uint8_t)(2 * cells - (in_place ? 0 : 1));
    }
    journal->swapped |= journal->step >= 2 * otter_journal_pages(journal, page_size);
}

void otter_journal_read(const struct otter_port *port, const struct otter_layout *layout,
                        struct otter_journal *out_journal)
{
    uint8_t frame[FRAME_SIZE],
        newest[FRAME_SIZE]; /* read once: what is in doubt must not change */

    memset(out_journal, 0, sizeof *out_journal);
    for (uint32_t i = 0; i < 2 * FRAMES; i++) {
        uint32_t addr = frame_addr(layout, i);

        if (load(port, layout, addr, frame) && is_live(frame)) {
            uint16_t number = otter_get_le16(frame + FRAME_NUMBER);

            if (out_journal->addr == 0 || is_newer(number, out_journal->number)) {
                out_journal->addr = addr;
                out_journal->number = number;
                memcpy(newest, frame, FRAME_SIZE);
            }
        }
    }
    if (out_journal->addr != 0) {
        get_record(newest, out_journal);
        get_marks(newest, port->page_size, out_journal);
        if (out_journal->request_size > layout->backup.size) {
            out_journal->request_size = 0;
        }
        out_journal->settled &= is_next_clean(port, layout, out_journal);
    }
}

/* ---- append ---- */

/* Into a blank frame: run-in, record, firm word. */
static int write_frame(const struct otter_port *port, const struct otter_journal *journal)
{
    uint8_t frame[FRAME_CELLS];

    memset(frame, 0, FRAME_TAG);
    otter_put_le16(frame + FRAME_TAG, TAG);
    frame[FRAME_STEP] = journal->swapped ? STEP_TRIAL | journal->starts : journal->step;
    frame[FRAME_KIND] = journal->kind;
    otter_put_le16(frame + FRAME_NUMBER, journal->number);
    otter_put_le16(frame + FRAME_PRESENT, (uint16_t)journal->present.length);
    otter_put_le32(frame + FRAME_PRESENT + 2, journal->present.crc);
    otter_put_le16(frame + FRAME_PREVIOUS, (uint16_t)journal->previous.length);
    otter_put_le32(frame + FRAME_PREVIOUS + 2, journal->previous.crc);
    frame[FRAME_REASON] = journal->reason;
    frame[FRAME_FLAGS] = journal->flags;
    otter_put_le32(frame + FRAME_CHECK, record_check(frame, journal->addr));
    frame[FRAME_FIRM] = frame[FRAME_NUMBER];
    frame[FRAME_FIRM + 1] = (uint8_t)~frame[FRAME_NUMBER];
    return program(port, journal->addr, frame, sizeof frame);
}

/* Mark a frame that is not blank, so that it never reads as blank. Returns that it was not to be had. */
static int pass_over(const struct otter_port *port, uint32_t addr)
{
    int error = program(port, addr, zeros, SET_SIZE);

    return error != 0 ? error : OTTER_ERR_FLASH;
}

/* Void the tag of every older frame: none may start or undo a swap again, or condemn APP by a seal that
 * is not its own any more. */
static int void_others(const struct otter_port *port, const struct otter_layout *layout,
                       uint32_t newest)
{
    int error = 0;

    for (uint32_t i = 0; i < 2 * FRAMES && error == 0; i++) {
        uint32_t addr = frame_addr(layout, i);
        uint8_t frame[FRAME_SIZE];

        if (addr != newest && load(port, layout, addr, frame) && is_live(frame)) {
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

    for (unsigned left = FRAMES + 1; left != 0 && error != 0; left--) {
        uint8_t frame[FRAME_SIZE];

        journal->addr = next_addr(layout, journal->addr);
        journal->number++;
        if (place_of(journal->addr) == 0) {
            journal->number = (uint16_t)((journal->number + FRAMES - 1) & ~(FRAMES - 1));
            error = port->erase(port->ctx, journal->addr);
            if (error != 0) {
                return error;
            }
        }
        (void)load(port, layout, journal->addr, frame);
        error = is_blank(frame, FRAME_SIZE) ? write_frame(port, journal)
                                            : pass_over(port, journal->addr);
    }
    if (error == 0 && first) { /* what lies in FLAG is nobody's: it must not become newer */
        error = port->erase(port->ctx, layout->flag.addr);
    }
    return error != 0 ? error : void_others(port, layout, journal->addr);
}

/* ---- marks in the newest frame ---- */

int otter_journal_advance(const struct otter_port *port, struct otter_journal *journal)
{
    uint32_t cell = journal->step;
    uint8_t mark[CELL_SIZE] = {0, 0};
    int error;

    if (journal->kind == OTTER_JOURNAL_INSTALL) {
        cell = journal->step / 2U;
        if (journal->step % 2 == 0) {
            otter_put_le16(mark, SAVED);
        }
    }
    error = program(port, journal->addr + FRAME_CELLS + CELL_SIZE * cell, mark, CELL_SIZE);
    if (error == 0) {
        journal->step++;
    }
    return error;
}

int otter_journal_count_start(const struct otter_port *port,
                              const struct otter_journal *journal)
{
    return program(port, journal->addr + FRAME_STARTS + SET_SIZE * (uint32_t)journal->starts,
                   zeros, SET_SIZE);
}

int otter_journal_finish(const struct otter_port *port, const struct otter_journal *journal)
{
    return program(port, journal->addr + FRAME_FINAL, zeros, SET_SIZE);
}

int otter_journal_request(const struct otter_port *port, const struct otter_journal *journal,
                          uint32_t size)
{
    uint8_t request[SET_SIZE];

    if (journal->requested) {
        return OTTER_ERR_BUSY;
    }
    otter_put_le16(request, TAG_REQUEST);
    otter_put_le16(request + 2, (uint16_t)size);
    otter_put_le32(request + 4, request_check(request, journal->number));
    return program(port, journal->addr + FRAME_REQUEST, request, SET_SIZE);
}

bool otter_journal_is_announced(const struct otter_port *port,
                                const struct otter_journal *journal)
{
    uint8_t mark[CELL_SIZE];

    return port->read(port->ctx, journal->addr + FRAME_ANNOUNCED, mark, sizeof mark) == 0 &&
           !is_blank(mark, sizeof mark);
}

int otter_journal_announce(const struct otter_port *port, const struct otter_journal *journal)
{
    return program(port, journal->addr + FRAME_ANNOUNCED, zeros, CELL_SIZE);
}
