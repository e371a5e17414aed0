/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_PIN_H
#define BOOT_PIN_H

#include <stdbool.h>

/* Does a pin ask for recovery? (-DOTTER_RECOVERY_PIN=PB10=0: PB10 does when it is low.) Reads
 * the pin 10 us after switching on the chip's pull to the other level, and leaves the port as
 * after reset. For boards whose app no longer works well enough to be asked. False in a
 * bootloader without such a pin. */
#ifdef PIN_NUMBER
bool pin_asks(void);
#else
static inline bool pin_asks(void)
{
    return false;
}
#endif

#endif
