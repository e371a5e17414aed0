/* SPDX-License-Identifier: Apache-2.0 */
#include "gizwits_product.h"

#include "clock.h"
#include "debug.h"
#include "gizwits_protocol.h"
#include "iwdg.h"
#include "system.h"
#include "systick.h"
#include "uart.h"

/* What a generated project has in userHandle(), hal_uart.c and hal_timer.c, over
 * port/stm32f103.
 */
enum { MODULE_BAUD = 9600, LAST_CHARACTERS_MS = 2 };

dataPoint_t currentDataPoint;
static uint32_t hclk;

void userInit(void)
{
    hclk = clock_start();
    iwdg_start(IWDG_3_S);
    systick_start(hclk);
    debug_start(hclk);
    debug_text("MCU Init Success\r\n");
}

void uartInit(void)
{
    uart_start(hclk / 2, MODULE_BAUD);
}

/* [uart] */
void uartPoll(void)
{
    uint8_t bytes[64];
    size_t len;
    while ((len = uart_receive(bytes, sizeof bytes)) > 0) {
        (void)gizPutData(bytes, (uint32_t)len);
    }
}
/* [uart end] */

static void sendPart(const uint8_t bytes[], uint32_t len)
{
    while (!uart_send(bytes, len)) { /* at most as long as the part before takes */
    }
}

int32_t uartWrite(uint8_t *buf, uint32_t len)
{
    uint8_t part[64];
    uint32_t used = 0;

    for (uint32_t i = 0; i < len; i++) {
        part[used++] = buf[i];
        if (i >= 2 && buf[i] == 0xFF) {
            part[used++] = 0x55;
        }
        if (used > sizeof part - 2) {
            sendPart(part, used);
            used = 0;
        }
    }
    sendPart(part, used);
    return (int32_t)len;
}

uint32_t gizGetTimerCount(void)
{
    return systick_millis();
}

void mcuRestart(void)
{
    debug_text("MCU Restart...\r\n");
    uint32_t begin = systick_millis();
    while (!uart_is_drained() || systick_millis() - begin < LAST_CHARACTERS_MS) {
    }
    system_reset();
}
