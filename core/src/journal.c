/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/journal.h"
#include <stddef.h>
#include <string.h>
#include "otter/bytes.h"
#include "otter/crc32.h"
#include "journal_entry.h"
#include "chip.h"

enum { ENTRIES = OTTER_JOURNAL_ENTRIES };
enum { TAG = 0x3AC5, TAG_REQUEST = 0x5CA3, SAVED = 0x5555, BLANK = 0xFFFF };
enum { MARK_SIZE = 2, GROUP_SIZE = 8, CONFIRMED_SIZE = ENTRY_REQUEST - ENTRY_CONFIRMED };
/* In the step: all pages are moved, and the low bits count the starts on trial. */
enum { STEP_MOVED = 0x8000 };
/* In a request */
enum { REQUEST_FILE = 2, REQUEST_SIZE = 12, REQUEST_CHECK = 16, REQUEST_LEN = 20 };

static const uint8_t zeros[CONFIRMED_SIZE];

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

static uint32_t entry_size(const struct otter_port *port)
{
    return chip_page_size(port) / ENTRIES;
}

static uint32_t place_of(const struct otter_port *port, uint32_t addr)
{
    return addr % chip_page_size(port) / entry_size(port);
}

uint32_t otter_entry_addr(const struct otter_port *port, const struct otter_layout *layout,
                          uint32_t i)
{
    return (i < ENTRIES ? chip_map(layout)->journal.addr : chip_map(layout)->flag.addr) +
           i % ENTRIES * entry_size(port);
}

/* Where the next entry goes: after the one at `addr`, or to the start of the other page.
 * Address 0 means that there is no entry yet: the next one goes to the journal page. */
static uint32_t next_addr(const struct otter_port *port, const struct otter_layout *layout,
                          uint32_t addr)
{
    if (addr != 0 && place_of(port, addr) != ENTRIES - 1) {
        return addr + entry_size(port);
    }
    return addr - chip_map(layout)->journal.addr < chip_page_size(port)
               ? chip_map(layout)->flag.addr
               : chip_map(layout)->journal.addr;
}

/* ---- reading ---- */

/* The tag is not covered, so a voided entry still shows how old its page is. */
static uint32_t entry_check(const struct otter_port *port, const uint8_t head[ENTRY_COMMIT],
                            uint32_t addr)
{
    return otter_crc32(place_of(port, addr), head + ENTRY_NUMBER, ENTRY_CHECK - ENTRY_NUMBER);
}

static bool is_newer(uint32_t a, uint32_t b)
{
    return (int16_t)(uint16_t)(a - b) > 0;
}

static bool is_valid(const struct otter_port *port, const struct otter_layout *layout,
                     uint32_t addr, const uint8_t head[ENTRY_HEAD_SIZE])
{
    return otter_get_le32(head + ENTRY_CHECK) == entry_check(port, head, addr) &&
           head[ENTRY_NUMBER] % ENTRIES == place_of(port, addr) &&
           head[ENTRY_KIND] != OTTER_JOURNAL_NONE &&
           otter_get_le32(head + ENTRY_PRESENT) <= chip_map(layout)->app.size &&
           otter_get_le32(head + ENTRY_PREVIOUS) <= chip_map(layout)->app.size;
}

/* One wrong bit in the tag, by a dead cell, makes no difference. */
static bool is_live(const uint8_t head[ENTRY_HEAD_SIZE])
{
    unsigned wrong = otter_get_le16(head + ENTRY_TAG) ^ (unsigned)TAG;

    return (wrong & (wrong - 1)) == 0;
}

/* One bit of the fields is wrong, because its cell has died: find it by the check. Returns
 * whether the fields are valid now; a wrong bit in the tag tells that they were not. */
static bool put_right(const struct otter_port *port, const struct otter_layout *layout,
                      uint32_t addr, uint8_t head[ENTRY_HEAD_SIZE])
{
    for (unsigned bit = 8 * ENTRY_NUMBER; bit < 8 * ENTRY_COMMIT; bit++) {
        uint8_t mask = (uint8_t)(1U << bit % 8);

        head[bit / 8] ^= mask;
        if (is_valid(port, layout, addr, head)) {
            head[ENTRY_TAG] ^= 1;
            return true;
        }
        head[bit / 8] ^= mask;
    }
    return false;
}

bool otter_entry_load(const struct otter_port *port, const struct otter_layout *layout,
                      uint32_t addr, uint8_t out_head[ENTRY_HEAD_SIZE])
{
    if (chip_read(port, addr, out_head, ENTRY_HEAD_SIZE) != 0) {
        memset(out_head, 0, ENTRY_HEAD_SIZE);
    }
    return is_valid(port, layout, addr, out_head) ||
           (is_live(out_head) && put_right(port, layout, addr, out_head));
}

static uint32_t page_mark_addr(uint32_t entry, uint32_t i)
{
    return entry + ENTRY_HEAD_SIZE + MARK_SIZE * i;
}

static uint16_t get_page_mark(const struct otter_port *port, uint32_t entry, uint32_t i)
{
    /* The two bytes behind the mark: a glitch that skips a push lets the function below return
     * to what lies here, and with them that is no address in flash (fw_glitch). */
    uint8_t mark[MARK_SIZE + 2] = {0, 0, 0xFF, 0xFF};

    (void)chip_read(port, page_mark_addr(entry, i), mark, MARK_SIZE);
    return otter_get_le16(mark);
}

/* Of the page marks from `count` on, up to which are they used? *out_last is the last of them,
 * if there is one. An entry's marks are written in one go, from the step on that its fields
 * tell; so what stands above a blank one is a dead cell. */
static uint16_t count_page_marks(const struct otter_port *port, uint32_t entry, uint16_t count,
                                 uint16_t *out_last)
{
    while (count < OTTER_JOURNAL_PAGES_MAX(chip_page_size(port))) {
        uint16_t mark = get_page_mark(port, entry, count);
        unsigned cleared = mark ^ (unsigned)BLANK;

        if ((cleared & (cleared - 1)) == 0) { /* blank; one bit alone is a dead cell, too */
            break;
        }
        *out_last = mark;
        count++;
    }
    return count;
}

/* Is the whole entry at addr blank, whose head is this? */
static bool is_entry_blank(const struct otter_port *port, uint32_t addr,
                           const uint8_t head[ENTRY_HEAD_SIZE])
{
    uint32_t i = OTTER_JOURNAL_PAGES_MAX(chip_page_size(port));

    if (!is_blank(head, ENTRY_HEAD_SIZE)) {
        return false;
    }
    while (i != 0 && get_page_mark(port, addr, i - 1) == BLANK) {
        i--;
    }
    return i == 0;
}

/* Is the place after the newest entry blank, or the start of an older page, which will be
 * erased? */
static bool is_next_clean(const struct otter_port *port, const struct otter_layout *layout,
                          const struct otter_journal *journal)
{
    uint32_t addr = next_addr(port, layout, journal->addr);
    uint8_t head[ENTRY_HEAD_SIZE];
    bool valid = otter_entry_load(port, layout, addr, head);

    return is_entry_blank(port, addr, head) ||
           (valid && place_of(port, addr) == 0 &&
            is_newer(journal->number, otter_get_le16(head + ENTRY_NUMBER)));
}

uint32_t otter_journal_count_pages(const struct otter_journal *journal, uint32_t page_size)
{
    uint32_t length = journal->previous.length;

    if (journal->kind == OTTER_JOURNAL_INSTALL && journal->present.length > length) {
        length = journal->present.length;
    }
    return (length + page_size - 1) / page_size;
}

struct otter_digest_record *otter_journal_app(struct otter_journal *journal)
{
    bool is_begun = journal->moved || journal->step > 1;

    return journal->kind == OTTER_JOURNAL_RESTORE ||
                   (journal->kind == OTTER_JOURNAL_INSTALL && !is_begun)
               ? &journal->previous
               : &journal->present;
}

enum { FIELDS_SIZE = ENTRY_CHECK - ENTRY_TAG };

/* The members of struct otter_journal that are those of an entry, in its places. */
#define IS_AT(member, place) (offsetof(struct otter_journal, member) == (place))
typedef char
    fields_as_in_flash[IS_AT(tag, ENTRY_TAG) && IS_AT(number, ENTRY_NUMBER) &&
                               IS_AT(kind, ENTRY_KIND) && IS_AT(reason, ENTRY_REASON) &&
                               IS_AT(flags, ENTRY_FLAGS) && IS_AT(step, ENTRY_STEP) &&
                               IS_AT(file, ENTRY_FILE) && IS_AT(floor, ENTRY_FLOOR) &&
                               IS_AT(version, ENTRY_VERSION) && IS_AT(present, ENTRY_PRESENT) &&
                               IS_AT(previous, ENTRY_PREVIOUS) && IS_AT(addr, ENTRY_CHECK) &&
                               sizeof(struct otter_journal_file) == FILE_SIZE
                           ? 1
                           : -1];

static void get_fields(const uint8_t head[ENTRY_HEAD_SIZE], struct otter_journal *journal)
{
    memcpy(&journal->tag, head + ENTRY_TAG, FIELDS_SIZE);
    if ((journal->step & STEP_MOVED) != 0) {
        journal->moved = true;
        journal->starts = (uint8_t)journal->step;
        journal->step = 0;
    }
}

static uint32_t request_check(const uint8_t request[REQUEST_CHECK], uint32_t number)
{
    return otter_crc32(number, request, REQUEST_CHECK);
}

static void get_request(const uint8_t request[REQUEST_LEN], uint32_t size_max,
                        struct otter_journal *journal)
{
    uint32_t size = otter_get_le32(request + REQUEST_SIZE);

    journal->requested = !is_blank(request, REQUEST_LEN);
    if (otter_get_le16(request) == TAG_REQUEST && size <= size_max &&
        otter_get_le32(request + REQUEST_CHECK) == request_check(request, journal->number)) {
        journal->request_size = size;
        memcpy(&journal->request_file, request + REQUEST_FILE, FILE_SIZE);
    }
}

/* Returns how many of these half-words are not blank. */
static unsigned count_marks(const uint8_t marks[], unsigned len)
{
    unsigned count = 0;

    for (unsigned i = 0; i < len; i += MARK_SIZE) {
        count += otter_get_le16(marks + i) != BLANK;
    }
    return count;
}

/* An INSTALL: how far is it? */
static void get_install(const struct otter_port *port, const uint8_t head[ENTRY_HEAD_SIZE],
                        struct otter_journal *journal)
{
    uint8_t before = journal->starts; /* that entry, or rather its step, tells */
    bool is_used;

    /* One dead cell is no start; but what a cut has left of an earlier start may read as blank
     * when a later one is counted: that has more than one mark. */
    for (unsigned i = before; i < OTTER_JOURNAL_TRIALS; i++) {
        if (count_marks(head + ENTRY_STARTS + (size_t)GROUP_SIZE * i, GROUP_SIZE) >
            (i != journal->starts)) {
            journal->starts = (uint8_t)(i + 1);
        }
    }
    if (!journal->moved) {
        uint16_t last, first = journal->step / 2U;
        uint16_t page_marks = count_page_marks(port, journal->addr, first, &last);

        if (page_marks != first) { /* saved; perhaps in place as well */
            journal->step = (uint16_t)(2 * page_marks - (last == 0 ? 0 : 1));
        }
        /* The last page mark may be in doubt, if a start followed it. In the middle of a swap
         * such a mark is a dead cell. */
        is_used = journal->starts != before || journal->confirmed || journal->requested;
        journal->moved = journal->step + (is_used ? 1U : 0U) >=
                         2 * otter_journal_count_pages(journal, chip_page_size(port));
    }
    journal->confirmed &= journal->moved;
    if (journal->confirmed) {
        journal->floor = journal->version;
    }
}

static void get_marks(const struct otter_port *port, const struct otter_layout *layout,
                      const uint8_t head[ENTRY_HEAD_SIZE], struct otter_journal *journal)
{
    uint16_t last, step = journal->step;
    unsigned marks = count_marks(head + ENTRY_CONFIRMED, CONFIRMED_SIZE);

    journal->confirmed = marks > 1;
    journal->all_marks_set = memcmp(head + ENTRY_CONFIRMED, zeros, CONFIRMED_SIZE) == 0;
    get_request(head + ENTRY_REQUEST, chip_map(layout)->backup.size, journal);
    if (journal->kind == OTTER_JOURNAL_INSTALL) {
        get_install(port, head, journal);
    } else {
        journal->step = count_page_marks(port, journal->addr, step, &last);
        journal->moved |=
            journal->step >= otter_journal_count_pages(journal, chip_page_size(port));
    }
    /* The tag is right; the commit word is, too, or something was written after it. */
    journal->certain = journal->tag == TAG &&
                       ((head[ENTRY_COMMIT] == head[ENTRY_NUMBER] &&
                         (head[ENTRY_COMMIT] ^ head[ENTRY_COMMIT + 1]) == 0xFF) ||
                        journal->step != step ||
                        !is_blank(head + ENTRY_STARTS, ENTRY_HEAD_SIZE - ENTRY_STARTS)) &&
                       (marks == 0 || journal->all_marks_set);
}

void otter_journal_read(const struct otter_port *port, const struct otter_layout *layout,
                        struct otter_journal *out_journal)
{
    /* read once: what is in doubt must not change */
    uint8_t head[ENTRY_HEAD_SIZE], newest[ENTRY_HEAD_SIZE];
    uint16_t highest = 0;

    memset(out_journal, 0, sizeof *out_journal);
    for (uint32_t i = 0; i < 2 * ENTRIES; i++) {
        uint32_t addr = otter_entry_addr(port, layout, i);
        bool counts = otter_entry_load(port, layout, addr, head) && is_live(head);
        uint16_t number = otter_get_le16(head + ENTRY_NUMBER);

        if (counts && (out_journal->addr == 0 || is_newer(number, highest))) {
            out_journal->addr = addr;
            highest = number;
            memcpy(newest, head, ENTRY_HEAD_SIZE);
        }
    }
    if (out_journal->addr != 0) {
        get_fields(newest, out_journal);
        get_marks(port, layout, newest, out_journal);
        out_journal->certain &= is_next_clean(port, layout, out_journal);
    }
}

/* ---- append ---- */

/* Write a blank entry: guard, fields, commit word. */
static int write_entry(const struct otter_port *port, const struct otter_journal *journal)
{
    uint8_t head[ENTRY_STARTS];

    memset(head, 0, ENTRY_TAG);
    memcpy(head + ENTRY_TAG, &journal->tag, FIELDS_SIZE);
    otter_put_le16(head + ENTRY_TAG, TAG);
    if (journal->moved) {
        otter_put_le16(head + ENTRY_STEP, (uint16_t)(STEP_MOVED | journal->starts));
    }
    otter_put_le32(head + ENTRY_CHECK, entry_check(port, head, journal->addr));
    head[ENTRY_COMMIT] = head[ENTRY_NUMBER];
    head[ENTRY_COMMIT + 1] = (uint8_t)~head[ENTRY_NUMBER];
    return chip_program(port, journal->addr, head, sizeof head);
}

/* Mark an entry that is not blank, so that it never reads as blank, nor as live. Returns an
 * error in any case: the entry cannot be used. */
static int pass_over(const struct otter_port *port, uint32_t addr)
{
    int error = chip_program(port, addr, zeros, ENTRY_TAG + MARK_SIZE);

    return error != 0 ? error : OTTER_ERR_FLASH;
}

/* Void the tag of every older entry, so that none can start or undo a swap again, or make a
 * good APP look bad by a digest record that is out of date. A tag in which one cell is dead is
 * void, too: what it reads decides, not whether it took the zero. */
static int void_others(const struct otter_port *port, const struct otter_layout *layout,
                       uint32_t newest)
{
    for (uint32_t i = 0; i < 2 * ENTRIES; i++) {
        uint32_t addr = otter_entry_addr(port, layout, i);
        uint8_t head[ENTRY_HEAD_SIZE];

        if (addr != newest && otter_entry_load(port, layout, addr, head) && is_live(head)) {
            int error = chip_program(port, addr + ENTRY_TAG, zeros, MARK_SIZE);

            if (error != 0 && otter_entry_load(port, layout, addr, head) && is_live(head)) {
                return error;
            }
        }
    }
    return 0;
}

int otter_journal_append(const struct otter_port *port, const struct otter_layout *layout,
                         struct otter_journal *journal)
{
    bool first = journal->addr == 0;
    int error = OTTER_ERR_FLASH;

    /* As many tries as a page has entries: one more could come round to the page that holds the
     * newest entry, and erase it. */
    for (unsigned left = ENTRIES; left != 0 && error != 0; left--) {
        uint8_t head[ENTRY_HEAD_SIZE];

        journal->addr = next_addr(port, layout, journal->addr);
        journal->number++;
        if (place_of(port, journal->addr) == 0) {
            journal->number = (uint16_t)((journal->number + ENTRIES - 1) & ~(ENTRIES - 1));
            /* The cells decide, not this: one that does not erase may be one that no entry
             * needs. */
            (void)chip_erase(port, journal->addr);
        }
        (void)otter_entry_load(port, layout, journal->addr, head);
        error = is_entry_blank(port, journal->addr, head) ? write_entry(port, journal)
                                                          : pass_over(port, journal->addr);
    }
    if (error == 0 && first) { /* FLAG may hold anything: it must not read as a newer entry */
        (void)chip_erase(port, chip_map(layout)->flag.addr);
    }
    return error != 0 ? error : void_others(port, layout, journal->addr);
}

/* ---- marks in the newest entry ---- */

int otter_journal_advance(const struct otter_port *port, struct otter_journal *journal)
{
    uint32_t page = journal->step;
    uint8_t mark[MARK_SIZE] = {0, 0};
    int error;

    if (journal->kind == OTTER_JOURNAL_INSTALL) {
        page = journal->step / 2U;
        if (journal->step % 2 == 0) {
            otter_put_le16(mark, SAVED);
        }
    }
    error = chip_program(port, page_mark_addr(journal->addr, page), mark, MARK_SIZE);
    if (error == 0) {
        journal->step++;
    }
    return error;
}

int otter_journal_count_start(const struct otter_port *port,
                              const struct otter_journal *journal)
{
    return chip_program(port,
                        journal->addr + ENTRY_STARTS + GROUP_SIZE * (uint32_t)journal->starts,
                        zeros, GROUP_SIZE);
}

int otter_journal_finish(const struct otter_port *port, const struct otter_journal *journal)
{
    return chip_program(port, journal->addr + ENTRY_CONFIRMED, zeros, CONFIRMED_SIZE);
}

int otter_journal_request(const struct otter_port *port, const struct otter_journal *journal,
                          uint32_t size, const struct otter_journal_file *file)
{
    uint8_t request[REQUEST_LEN];

    if (journal->requested) {
        return OTTER_ERR_BUSY;
    }
    otter_put_le16(request, TAG_REQUEST);
    memcpy(request + REQUEST_FILE, file, FILE_SIZE);
    otter_put_le32(request + REQUEST_SIZE, size);
    otter_put_le32(request + REQUEST_CHECK, request_check(request, journal->number));
    return chip_program(port, journal->addr + ENTRY_REQUEST, request, REQUEST_LEN);
}

bool otter_journal_is_announced(const struct otter_port *port,
                                const struct otter_journal *journal)
{
    uint8_t mark[MARK_SIZE];

    return chip_read(port, journal->addr + ENTRY_ANNOUNCED, mark, sizeof mark) == 0 &&
           !is_blank(mark, sizeof mark);
}

int otter_journal_mark_announced(const struct otter_port *port,
                                 const struct otter_journal *journal)
{
    return chip_program(port, journal->addr + ENTRY_ANNOUNCED, zeros, MARK_SIZE);
}
