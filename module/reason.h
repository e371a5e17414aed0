/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODULE_REASON_H
#define MODULE_REASON_H

#include <stdint.h>
#include "otter/reason.h"

/* The words for the numbers of enum otter_reason, for hosts: they have no room on an MCU. */
struct module_reason {
    const char *outcome; /* one word: "refused", "reverted", "kept", "repaired", "unknown" */
    const char *name;    /* one word: "signature", ... */
    const char *text;    /* for a person, behind "the update was ": outcome and why */
};

/* The words for `number`, as it came from the wire: those for "unknown" if it is a newer device's.
 * Never NULL; not for OTTER_REASON_NONE, of which there is nothing to say. */
const struct module_reason *module_reason(uint8_t number);

#endif
