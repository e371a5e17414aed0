/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_RECOVERY_H
#define OTTER_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/journal.h"
#include "otter/partition.h"
#include "otter/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The least that can take a file from the Wi-Fi module: the bootloader's way out when no app
 * should be started, or recovery was asked for.
 *
 * Called by the bootloader when otter_startup_run() says OTTER_STARTUP_RECOVERY. Bytes of the
 * line go in one by one, answers go out through `send`; it knows no time but "the line is
 * silent". It says who it is and why (0x02, with a version below all others, so that every
 * module offers what it has), takes an offer (0x19), asks for pieces of 256 bytes (READY), and
 * writes each to APPBAK before it acknowledges it: the module is silent until then, so no byte
 * is lost while a page is erased. When the whole file is there the caller resets, and the next
 * start verifies and installs what lies in APPBAK.
 *
 * There is no MD5 here: the signature decides, and the bootloader does not look at the file
 * before it has checked that. A file that is refused leaves the device in recovery, as it was,
 * with the reason. A file that was tried three times (`file`) is not taken again.
 *
 * Every fault ends in a fresh start of the file. A piece that is neither the next one nor the
 * last one again, of another length than it should have, or that flash does not take, is not
 * acknowledged; the module is restarted (0x29), and offers again. So is one that comes without
 * an offer: from before our reset. Silence is answered with READY. Frames with a wrong checksum
 * are noise; whatever else the module asks is acknowledged, empty. Nothing outside of APPBAK is
 * written, whatever comes.
 *
 * Context: polled. RAM: struct otter_recovery, 340 bytes; it fits the stack. ROM: 0.6 KB, a
 * fifth of what otter/receiver.h takes with its transfer and slot writer (3 KB), which stop,
 * resume and cope with noise.
 * Power: APPBAK is incomplete, and after a reset the recovery begins again.
 * Source: docs/protocol.md chapters 4 and 4.7.
 */
enum {
    OTTER_RECOVERY_PIECE = 256, /* even, divides every page */
    OTTER_RECOVERY_INFO_SIZE = 66,

    /* Without any byte, then otter_recovery_ask(). Longer than the 3 s after which a module
     * repeats a piece: a READY between two pieces destroys the transfer. */
    OTTER_RECOVERY_SILENCE_MS = 4000,

    /* Without any byte for so long: nobody is there. The caller resets, and says so to
     * otter_startup_run() (OTTER_BEFORE_UNHEARD). */
    OTTER_RECOVERY_UNHEARD_MS = 300000,
};

/* Initialise with the members marked "to set", and all others zero. */
struct otter_recovery {
    /* private. What comes first is addressed in the fewest bytes. */
    uint32_t file_size; /* 0 = nothing is offered */
    uint32_t written;   /* bytes of it that are in flash: whole pieces, or all */
    uint16_t body_len;  /* of the frame that is coming in */
    bool in_frame;      /* is one? */
    bool after_ff;      /* the last byte was FF */
    uint8_t sum;        /* of the frame that comes in, or of the answer that goes out */

    uint8_t reason; /* to set: enum otter_reason, why nothing is started; told with 0x02 */

    /* To set: what was answered last (struct otter_journal), and how often it was downloaded.
     * Then: the same of what is offered. A file that was downloaded OTTER_HISTORY_TRIES_MAX
     * times, whatever its end, is refused (TRIED), but for an offer that is forced. */
    struct otter_journal_file *file;

    uint8_t body[11 + OTTER_RECOVERY_PIECE]; /* len 2 .. checksum 1, unescaped */
    uint8_t ready[36];                       /* payload of READY */

    /* to set */
    const struct otter_port *port;
    const struct otter_layout *layout;
    const uint8_t
        *info; /* payload of 0x02 (docs/protocol.md chapter 2), the form of 66 bytes */
    void (*send)(uint8_t byte); /* returns when it is, or soon will be, on the line */
};

/* Restart the module (0x29), so that it asks for the version and offers what it has: it may
 * have offered it to the app already, and not do so again. Once, before all else. */
void otter_recovery_begin(struct otter_recovery *recovery);

/* Take one byte of the line. Returns true when the whole file lies in flash and its last piece
 * is acknowledged: then wait for the line to drain, and reset. */
bool otter_recovery_receive(struct otter_recovery *recovery, uint8_t byte);

/* Ask for the offered file, from its first piece on (READY); without an offer do nothing. */
void otter_recovery_ask(struct otter_recovery *recovery);

#ifdef __cplusplus
}
#endif
#endif
