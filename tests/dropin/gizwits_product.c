/* SPDX-License-Identifier: Apache-2.0 */
#if GENERATOR >= 2017
#include "gizwits_product.h"
#else
#include "gizwits_protocol.h"
#include "common.h"
#endif
#include "hal.h"

/* The port that a generated project has: UART and timer by interrupts, and what becomes of
 * events.
 */
static uint32_t timerMsCount;
dataPoint_t currentDataPoint;

void userInit(void)
{
    memset((uint8_t *)&currentDataPoint, 0, sizeof(dataPoint_t));
}

/* The user's code: none. */
void userHandle(void)
{
}

int8_t gizwitsEventProcess(eventInfo_t *info, uint8_t *data, uint32_t len)
{
    dataPoint_t *dataPointPtr = (dataPoint_t *)data;
    uint8_t i;

    (void)len;
    if (NULL == info || NULL == data) {
        return -1;
    }
    for (i = 0; i < info->num; i++) {
        if (info->event[i] == EVENT_LED_OnOff) {
            currentDataPoint.valueLED_OnOff = dataPointPtr->valueLED_OnOff;
            GIZWITS_LOG("Evt: EVENT_LED_OnOff %d \n", currentDataPoint.valueLED_OnOff);
        }
    }
    return 0;
}

void gizTimerMs(void)
{
    timerMsCount++;
}

uint32_t gizGetTimerCount(void)
{
    return timerMsCount;
}

void timerInit(void)
{
    hal_timer_start();
}

void TIM3_IRQHandler(void)
{
    if (hal_timer_take()) {
        gizTimerMs();
    }
}

void uartInit(void)
{
    hal_uart_start(9600);
}

void USART2_IRQHandler(void)
{
    uint8_t value = 0;

    if (hal_uart_take(&value)) {
        gizPutData(&value, 1);
    }
}

int32_t uartWrite(uint8_t *buf, uint32_t len)
{
    uint32_t i;

    if (NULL == buf) {
        return -1;
    }
    for (i = 0; i < len; i++) {
        hal_uart_send(buf[i]);
        if (i >= 2 && buf[i] == 0xFF) {
            hal_uart_send(0x55);
        }
    }
    return (int32_t)len;
}

/* What the UART still holds is lost. In two of eleven projects it resets nothing. */
void mcuRestart(void)
{
#ifndef DROPIN_NO_RESTART
    hal_reset();
#endif
}
