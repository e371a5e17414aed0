/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include "debug.h"

/* The number is the enum otter_reason, or which start on trial this is. */
void log_action(enum otter_action action, uint8_t detail)
{
    static const char texts[][8] = {"Refuse", "Install", "Revert",
                                    "Trial",  "Recover", "Give up"};

    if (action >= OTTER_ACTION_REFUSE) {
        debug_text(texts[action - OTTER_ACTION_REFUSE]);
        debug_text(" [");
        if (detail >= 10) { /* none that a bootloader gives is above 19 */
            debug_byte('1');
            detail = (uint8_t)(detail - 10);
        }
        debug_byte((uint8_t)('0' + detail));
        debug_text("]\r\n");
    }
}
