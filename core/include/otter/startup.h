/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_STARTUP_H
#define OTTER_STARTUP_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/decide.h"
#include "otter/flag.h"
#include "otter/journal.h"
#include "otter/partition.h"
#include "otter/port.h"
#include "otter/reason.h"
#include "otter/swap.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The bootloader's work: bring flash to a state in which something can be started, and say
 * what.
 *
 * boot/main.c calls it once after every reset, with interrupts off. It reads the journal, asks
 * otter_decide_action(), does that, and reads again. Everything it needs is in flash, so it may
 * be cut at any point and called again. About 700 bytes of stack, and what `verify` needs.
 */
enum otter_startup_target {
    OTTER_STARTUP_APP,   /* start the app */
    OTTER_STARTUP_TRIAL, /* start the app, with the watchdog running */
    /* nothing should be started: receive an image into APPBAK, and reset; after five minutes
     * without a byte, too */
    OTTER_STARTUP_RECOVERY,
    /* The layout cannot work (otter_layout_check()); flash was not touched. Never returned by a
     * program that names its layout when it is compiled (core/src/chip.h). */
    OTTER_STARTUP_NOTHING,
};

/* A start. Initialise with the members marked "to set", and all others zero. */
struct otter_startup {
    /* private. What comes first is addressed in the fewest bytes. */
    uint8_t reason[3];   /* why the image there is not good, by enum otter_image_at */
    uint8_t refused;     /* why this start has refused an image; 0 = it has not */
    uint8_t errors;      /* of flash, in this start ... */
    uint8_t move_errors; /* ... and of those, in this swap */

    /* To set: now.before. Any number that is not of its enum is NOTHING. With RECEIVED,
     * received_file: the file, as otter_recovery has left it, downloaded once more. */
    struct otter_situation now;
    const struct otter_journal_file *received_file;

    /* private */
    uint32_t appended_at;   /* the entry that this start has appended; 0 = none */
    uint32_t tutorial_size; /* in the tutorial request; 0 = there is none */
    uint32_t size[3];       /* of the image there, if it is good */
    uint32_t number[3];     /* ... and its version number */
    /* Points to this struct when APP and the new image have been verified a second time. Not a
     * bool: a glitch that skips an instruction, or leaves garbage here, is very unlikely to
     * produce exactly that pointer. */
    const void *verified_twice;

    /* to set */
    const struct otter_port *port;
    const struct otter_layout *layout;

    /* To set. Is there an image at `where` that may run on this device: trailer, hardware,
     * vectors, signature? *size is its length; if that is 0, find the length and set *size.
     * Sets *out_number to the image's version number. Returns OTTER_REASON_NONE, or why not.
     * Only this function knows what makes an image authentic. It hashes a whole slot, so it may
     * take a second and must feed the watchdog. */
    enum otter_reason (*verify)(const void *ctx, enum otter_image_at where, uint32_t *size,
                                uint32_t *out_number);
    const void *verify_ctx;

    /* To set: call `verify` for APP at every start, not only after a change: against an app
     * that rewrites itself and forges its digest record in the journal. Costs the time of one
     * `verify`. */
    bool every_start;

    /* To set: called before each action, for a log; may be NULL. `detail` depends on the
     * action. CHECK_APP: 1 if the signature is verified as well as the digest record, else 0.
     * REFUSE, REVERT, RECOVER, GIVE_UP: the enum otter_reason. TRY: which start on trial this
     * is. All others: 0. */
    void (*report)(void *ctx, enum otter_action action, uint8_t detail);
    void *report_ctx;
};

/* `tutorial`: honour the request that a tutorial's app leaves in FLAG (&otter_flag_functions);
 * NULL: FLAG is the journal's second page, and whatever else lies there is erased in its turn.
 * An argument of its own, so that a compiler that knows it leaves out what is not wanted.
 * Returns what to start. Never fails: when flash accepts no more writes it says so (GIVE_UP),
 * and starts an app that is good, or recovers.
 * Power: nothing is lost at any point; see otter/journal.h. */
enum otter_startup_target otter_startup_run(struct otter_startup *startup,
                                            const struct otter_flag_functions *tutorial);

#ifdef __cplusplus
}
#endif
#endif
