/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/history.h"
#include <string.h>
#include "otter/bytes.h"
#include "journal_entry.h"
#include "chip.h"

/* A note: digest 8, reason 1, complement of reason 1, count 2: blank = one failed download,
 * 0x5555 = two, 0 = three or more. A count only goes on to a value that flash accepts over the
 * one before (PM0075 2.3.3: 0 over anything; 0x5555 over blank). */
enum { NOTES = 2, NOTE_SIZE = 12, NOTE_REASON = 8, NOTE_COUNT = 10 };
enum { COUNT_TWO = 0x5555, COUNT_BLANK = 0xFFFF };

static bool is_of(const uint8_t digest[], const uint8_t md5[16])
{
    return memcmp(digest, md5, OTTER_JOURNAL_DIGEST_SIZE) == 0;
}

static bool is_note_of(const uint8_t note[NOTE_SIZE], const uint8_t md5[16])
{
    return is_of(note, md5) && (note[NOTE_REASON] ^ note[NOTE_REASON + 1]) == 0xFF;
}

static uint8_t tries_of(const uint8_t note[NOTE_SIZE])
{
    uint16_t count = otter_get_le16(note + NOTE_COUNT);

    return count == COUNT_BLANK ? 1 : count != 0 ? 2 : 3;
}

/* Address of note n of the entry at `entry`. */
static uint32_t note_addr(uint32_t entry, unsigned n)
{
    return entry + ENTRY_NOTES + n * NOTE_SIZE;
}

/* Failed downloads of this file that the entry has notes of; the reason of the last. */
static uint8_t count_notes(const uint8_t head[ENTRY_HEAD_SIZE], const uint8_t md5[16],
                           uint8_t *out_reason)
{
    uint8_t count = 0;

    for (unsigned n = 0; n < NOTES; n++) {
        const uint8_t *note = head + note_addr(0, n);

        if (is_note_of(note, md5)) {
            count = (uint8_t)(count + tries_of(note));
            *out_reason = note[NOTE_REASON];
        }
    }
    return count;
}

/* Back from the newest entry to the first one that answers the last request for this file: that
 * one has the count of all before it. Those in between say the same once more. */
struct otter_history otter_history_find(const struct otter_port *port,
                                        const struct otter_layout *layout,
                                        const uint8_t md5[16])
{
    enum { ENTRIES = 2 * OTTER_JOURNAL_ENTRIES };
    struct otter_history history = {0, OTTER_REASON_NONE};
    struct otter_journal newest;
    bool is_answered = false;
    uint8_t answered = 0; /* the count of that answer */
    uint32_t i = 0;

    otter_journal_read(port, layout, &newest);
    if (newest.kind == OTTER_JOURNAL_NONE) {
        return history;
    }
    while (otter_entry_addr(port, layout, i) != newest.addr) {
        i++;
    }
    for (unsigned back = 0; back < ENTRIES; back++) {
        uint32_t addr = otter_entry_addr(port, layout, (i + ENTRIES - back) % ENTRIES);
        uint8_t head[ENTRY_HEAD_SIZE];
        uint8_t reason = OTTER_REASON_NONE, tries;
        bool is_answer;

        if (!otter_entry_load(port, layout, addr, head)) {
            continue; /* passed over, or erased */
        }
        is_answer = is_of(head + ENTRY_FILE, md5);
        tries = head[ENTRY_FILE + FILE_TRIES];
        if (is_answered && !(is_answer && tries == answered)) {
            break;
        }
        if (is_answer && !is_answered) {
            is_answered = true;
            answered = tries;
            history.tries = (uint8_t)(history.tries + tries);
            reason = head[ENTRY_REASON];
        }
        history.tries = (uint8_t)(history.tries + count_notes(head, md5, &reason));
        if (history.reason == OTTER_REASON_NONE) {
            history.reason = reason;
        }
    }
    return history;
}

int otter_history_note(const struct otter_port *port, const struct otter_layout *layout,
                       const uint8_t md5[16], enum otter_reason reason)
{
    static const uint8_t blank[NOTE_COUNT] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                              0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    /* Not valid, so the bootloader drops it, with a new entry. */
    static const uint8_t no_request[] = {0, 0};
    struct otter_journal newest;
    uint8_t head[ENTRY_HEAD_SIZE], bytes[NOTE_COUNT];

    otter_journal_read(port, layout, &newest);
    if (newest.kind == OTTER_JOURNAL_NONE ||
        !otter_entry_load(port, layout, newest.addr, head)) {
        return OTTER_ERR_NONE;
    }
    for (unsigned n = 0; n < NOTES; n++) {
        if (is_note_of(head + note_addr(0, n), md5)) {
            bool is_first = otter_get_le16(head + note_addr(0, n) + NOTE_COUNT) == COUNT_BLANK;

            otter_put_le16(bytes, is_first ? COUNT_TWO : 0);
            return chip_program(port, note_addr(newest.addr, n) + NOTE_COUNT, bytes, 2);
        }
    }
    for (unsigned n = 0; n < NOTES; n++) {
        if (memcmp(head + note_addr(0, n), blank, sizeof blank) == 0) {
            memcpy(bytes, md5, OTTER_JOURNAL_DIGEST_SIZE);
            bytes[NOTE_REASON] = (uint8_t)reason;
            bytes[NOTE_REASON + 1] = (uint8_t) ~(unsigned)reason;
            return chip_program(port, note_addr(newest.addr, n), bytes, NOTE_COUNT);
        }
    }
    if (!newest.requested) {
        int rc = chip_program(port, newest.addr + ENTRY_REQUEST, no_request, sizeof no_request);

        (void)rc; /* a flash that refuses: this entry stays full, and the file is not counted */
    }
    return OTTER_ERR_SPACE;
}

void otter_history_note_end(const struct otter_port *port, const struct otter_layout *layout,
                            const uint8_t md5[16], enum otter_result result)
{
    static const uint8_t reasons[] = {
        [OTTER_RESULT_NOT_STARTABLE] = OTTER_REASON_NOT_STARTABLE,
        [OTTER_RESULT_WRONG_HARDWARE] = OTTER_REASON_HARDWARE,
        [OTTER_RESULT_FLASH] = OTTER_REASON_FLASH,
        [OTTER_RESULT_MD5] = OTTER_REASON_DIGEST,
        [OTTER_RESULT_BAD_TRAILER] = OTTER_REASON_NO_IMAGE,
    };

    if (result < sizeof reasons && reasons[result] != OTTER_REASON_NONE) {
        int rc = otter_history_note(port, layout, md5, (enum otter_reason)reasons[result]);

        (void)rc;
    }
}
