/* SPDX-License-Identifier: Apache-2.0 */
#include "recover.h"

#include "otter/recovery.h"
#include "clock.h"
#include "ids.h"
#include "iwdg.h"
#include "mailbox.h"
#include "stm32f103.h"
#include "uart_polled.h"

enum { BAUD = 9600 };

void recover(uint8_t reason)
{
    struct otter_recovery recovery = {.info = (const uint8_t *)boot_info,
                                      .send = uart_polled_send,
                                      .reason = reason,
                                      .file = MAILBOX_FILE};
    uint32_t silence_ms = 0;
    bool complete = false;

    uart_polled_start(uart_polled_divider(CLOCK_INTERNAL_HZ / 2, BAUD));
    SYSTICK->LOAD = CLOCK_INTERNAL_HZ / 1000 - 1;
    SYSTICK->CTRL = STK_CTRL_CLKSOURCE | STK_CTRL_ENABLE;
    otter_recovery_begin(&recovery);
    while (!complete && silence_ms < OTTER_RECOVERY_UNHEARD_MS) {
        uint8_t byte;

        iwdg_feed();
        if (uart_polled_receive(&byte)) {
            silence_ms = 0;
            complete = otter_recovery_receive(&recovery, byte);
        } else if ((SYSTICK->CTRL & STK_CTRL_COUNTFLAG) != 0 &&
                   ++silence_ms % OTTER_RECOVERY_SILENCE_MS == 0) {
            otter_recovery_ask(&recovery);
        }
    }
    MAILBOX_FILE->tries++; /* looked at with MAILBOX_RECEIVED only */
    uart_polled_drain();
    mailbox_put_and_reset(complete ? MAILBOX_RECEIVED : MAILBOX_UNHEARD);
}
