/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_REASON_TEXT_H
#define HOST_REASON_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/reason.h"

/* The words for the numbers of enum otter_reason: they have no room on an MCU. */
struct reason_text {
    const char *outcome; /* "refused", "reverted", "repaired", "in recovery", "not taken",
                          * "unknown" */
    const char *name;    /* one word: "signature", ... */
    const char *text;    /* for a person, after "the update was ": outcome and why */
};

/* The words for `number`, as it came from the wire: those for "unknown" if it is a newer
 * device's. Never NULL; not for OTTER_REASON_NONE, of which there is nothing to say. */
const struct reason_text *reason_text(uint8_t number);

/* One clause for a person: why a bootloader is in recovery that gives this number with 0x02; ""
 * for OTTER_REASON_NONE. */
const char *reason_recovery_text(uint8_t number);

/* Is it why an offer is not taken, and not how an update has ended? */
bool reason_is_of_offer(uint8_t number);

#endif
