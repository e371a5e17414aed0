/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"
#include "debug.h"
#include "iwdg.h"
#include "startup.h"
#include "system.h"

/* An app that crashes at once: signed and startable, and every start ends in a fault. The
 * watchdog that it starts, as a product does, resets it. */
int main(void)
{
    debug_start(clock_start());
    iwdg_start(IWDG_3_S);
    debug_text("Crash\r\n");
    __builtin_trap();
}

/* The core never comes out of a fault of its own (PM0056 2.4). Asleep it waits as well as in a
 * loop, and the model passes the time over. */
void HardFault_Handler(void)
{
    for (;;) {
        system_sleep();
    }
}
