/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_STARTUP_H
#define OTTER_STARTUP_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/decide.h"
#include "otter/journal.h"
#include "otter/partition.h"
#include "otter/port.h"
#include "otter/reason.h"
#include "otter/swap.h"

/* The bootloader's work: bring flash to a state in which something can be started, and say what.
 *
 * Called once by boot/main.c after every reset, with interrupts off. Looks at the journal, asks
 * otter_decide_action(), does it, and looks again. Everything it needs lies in flash: it may be cut at any
 * point and called again. About 700 bytes of stack beside what `judge` takes.
 */
enum otter_startup_target {
    OTTER_STARTUP_APP,   /* start the app */
    OTTER_STARTUP_TRIAL, /* start the app, with the watchdog running */
    OTTER_STARTUP_RECOVERY, /* there is nothing to start: receive an image into APPBAK, and reset */
};

struct otter_startup_config {
    const struct otter_port *port;
    const struct otter_layout *layout;

    /* Is there, at `where`, an image that may run on this device: trailer, hardware, vectors,
     * signature? Its length is *size; when that is 0, find it, and set *size. Sets *out_number to its
     * version number. Returns OTTER_REASON_NONE, or why not. The one thing that is asked about
     * authenticity; a digest over a whole slot, so it may take a second and must feed the watchdog. */
    enum otter_reason (*verify)(void *ctx, enum otter_image_at where, uint32_t *size,
                                uint32_t *out_number);
    void *verify_ctx;

    /* Ask `judge` about APP at every start, not only when something has changed: for those who fear an
     * app that rewrites itself and forges the journal's seal. Costs what `judge` costs. */
    bool every_start;

    /* A recovery has put an image into APPBAK: as a request for it, but of unknown length, and known only
     * in this start. Without it APPBAK is looked at when APP is bad. */
    bool received;

    /* Called before each action, for a log; may be NULL. `detail` is, for CHECK_APP, whether the
     * signature is checked beside the seal (1, 0); for REFUSE and REVERT the enum otter_reason; for TRY
     * which start it is; else 0. */
    void (*report)(void *ctx, enum otter_action action, uint8_t detail);
    void *report_ctx;
};

/* Returns what to start. Never fails: with flash that takes nothing any more it starts an app that is
 * good, or recovers.
 * Power: nothing is lost at any point; see otter/journal.h. */
enum otter_startup_target otter_startup_run(const struct otter_startup_config *config);

#endif
