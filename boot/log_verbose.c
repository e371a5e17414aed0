/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include "otter/bytes.h"
#include "debug.h"
#include "flash.h"
#include "layout.h"

void log_clean_start(void)
{
    uint8_t status[2] = {0};

    log_start();
    debug_text("No Update Task , Go To APP ....");
    if (stm32f103_flash.read(stm32f103_flash.ctx, stm32f103_layout.flag.addr, status, 2) == 0) {
        debug_hex4(otter_get_le16(status));
    }
    debug_text("\r\nSys Will Load APP.....\r\nStack Success!\r\n");
    log_stop();
}
