/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include "otter/flag.h"
#include "otter/image.h"
#include "otter/install.h"
#include "flash.h"
#include "iwdg.h"
#include "jump.h"
#include "layout.h"
#include "log.h"
#include "system.h"

/* The bootloader: install what FLAG announces, or start the app. Nothing is switched on before it is
 * known that the app is not started: on a clean start it finds the chip as after reset.
 */
int main(void)
{
    const struct otter_port *port = &stm32f103_flash;
    const struct otter_layout *layout = &stm32f103_layout;
    struct otter_flag flag;
    uint8_t head[8] = {0};

    if (otter_flag_read(port, layout, &flag) != OTTER_ERR_NONE) {
        int err;

        iwdg_start(); /* should we hang: reset, FLAG is still there, and again */
        log_start();
        err = otter_install(port, layout, log_install);
        if (err == OTTER_ERR_FLASH) {
            log_halt();
        }
        log_stop();
        if (otter_flag_read(port, layout, &flag) == OTTER_ERR_NONE) {
            system_reset(); /* start the app cleanly: the reset also ends the watchdog */
        }
        /* FLAG is worn out and cannot be cleared: better the app with a watchdog than none. */
    }

    if (port->read(port->ctx, layout->app.addr, head, sizeof(head)) == 0 &&
        otter_image_is_startable(head, layout)) {
        log_clean_start();
        jump_to_image(layout->app.addr);
    }
    log_start();
    log_not_startable(head);
    log_halt();
}
