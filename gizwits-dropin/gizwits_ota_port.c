/* SPDX-License-Identifier: Apache-2.0 */
#include "gizwits_ota_port.h"

#include "flash.h"
#include "layout.h"
#include "mailbox.h"
#include "stm32f103.h"

const struct otter_port *const otter_dropin_port = &stm32f103_flash;
const struct otter_layout *const otter_dropin_layout = &stm32f103_layout;

void otter_dropin_reset(void)
{
    SCB->AIRCR = SCB_AIRCR_VECTKEY | SCB_AIRCR_SYSRESETREQ;
    for (;;) {
    }
}

/* In a project that gives all of RAM to its linker something of its own may lie there: what is
 * no count stays as it is. */
void otter_dropin_forgive(void)
{
    volatile uint32_t *box = (volatile uint32_t *)OTTER_MAILBOX_ADDR;
    uint32_t count = box[0];

    if (box[1] == ~count && count % MAILBOX_WATCHDOG_RESET == 0 &&
        count <= MAILBOX_WATCHDOG_RESETS_MAX) {
        box[0] = MAILBOX_EMPTY;
        box[1] = ~(uint32_t)MAILBOX_EMPTY;
    }
}
