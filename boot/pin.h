/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_PIN_H
#define BOOT_PIN_H

#include <stdbool.h>

/* Does a pin ask for recovery (-DOTTER_RECOVERY_PIN=PB10=0: B10 does, when it is low)? Looks with the chip's own
 * pull to the other level, 10 us after that is on, and leaves the port as after reset. For boards whose app
 * cannot be asked any more. False in a bootloader without such a pin. */
#ifdef PIN_NUMBER
bool pin_asks(void);
#else
static inline bool pin_asks(void)
{
    return false;
}
#endif

#endif
