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
    /* nothing should be started: receive an image into APPBAK, and reset */
    OTTER_STARTUP_RECOVERY,
};

struct otter_startup_config {
    const struct otter_port *port;
    const struct otter_layout *layout;

    /* Is there an image at `where` that may run on this device: trailer, hardware, vectors,
     * signature? *size is its length; if that is 0, find the length and set *size. Sets
     * *out_number to the image's version number. Returns OTTER_REASON_NONE, or why not. Only
     * this function knows what makes an image authentic. It hashes a whole slot, so it may take
     * a second and must feed the watchdog. */
    enum otter_reason (*verify)(void *ctx, enum otter_image_at where, uint32_t *size,
                                uint32_t *out_number);
    void *verify_ctx;

    /* Call `verify` for APP at every start, not only after a change: against an app that
     * rewrites itself and forges its digest record in the journal. Costs the time of one
     * `verify`. */
    bool every_start;

    /* A recovery has just put an image into APPBAK. Acts like a request to install it, but its
     * length is not known, and the request is gone at the next start. Without it APPBAK is
     * examined only when APP is bad. */
    bool received;

    /* The recovery before this start has heard no byte for five minutes, and nothing has been
     * switched off since. An app whose trial is over runs once more then, and what flash has
     * refused is not tried again. */
    bool unheard;

    /* Honour the request that a tutorial's app leaves in FLAG: &otter_flag_functions. NULL:
     * FLAG is the journal's second page, and whatever else lies there is erased in its turn. */
    const struct otter_flag_functions *tutorial;

    /* Called before each action, for a log; may be NULL. `detail` depends on the action.
     * CHECK_APP: 1 if the signature is verified as well as the digest record, else 0. REFUSE,
     * REVERT, RECOVER, GIVE_UP: the enum otter_reason. TRY: which start on trial this is. All others: 0. */
    void (*report)(void *ctx, enum otter_action action, uint8_t detail);
    void *report_ctx;
};

/* Returns what to start. Never fails: when flash accepts no more writes it says so (GIVE_UP),
 * and starts an app that is good, or recovers.
 * Power: nothing is lost at any point; see otter/journal.h. */
enum otter_startup_target otter_startup_run(const struct otter_startup_config *config);

#endif
