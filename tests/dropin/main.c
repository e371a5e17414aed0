/* SPDX-License-Identifier: Apache-2.0 */
#include "debug.h"
#include "gizwits_ota.h"
#include "gizwits_product.h"
#include "gizwits_protocol.h"
#include "iwdg.h"
#include "startup.h"
#include "system.h"

/* A project as Gizwits' generator makes it, with the update added as docs/dropin.md says. */

/* [main] */
int main(void)
{
    userInit();
    uartInit();
    gizwitsInit();
    debug_text("App Init Success , SoftVersion = " SOFTWARE_VERSION "\r\n");
    otter_dropin_hardware(HARDWARE_VERSION); /* dropin */
    Pro_D2W_Ask_Module_Reboot();
    for (;;) {
        iwdg_feed();
        uartPoll();
        while (gizwitsHandle(&currentDataPoint) != 1) {
        }
        otter_dropin_poll();
        system_sleep(); /* until the next millisecond */
    }
}
/* [main end] */
