/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"
#include "debug.h"
#include "system.h"

/* An update that was a mistake: signed and startable, but it talks to no module and never
 * confirms. The watchdog that the bootloader has started for its trial takes it away. */
int main(void)
{
    debug_start(clock_start());
    debug_text("Mute\r\n");
    for (;;) {
        system_sleep();
    }
}
