/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DROPIN_HAL_H
#define DROPIN_HAL_H

#include <stdbool.h>
#include <stdint.h>

/* What ST's library does in a generated project: clock, TIM3 once a millisecond, USART2 by an
 * interrupt per byte, USART1 as a log, the watchdog. And the stack that Keil's start-up file
 * gives.
 */
void hal_start(void);       /* 72 MHz, and the log */
void hal_timer_start(void); /* TIM3_IRQHandler, every millisecond */
void TIM3_IRQHandler(void);
bool hal_timer_take(void);
void hal_uart_start(uint32_t baud); /* USART2_IRQHandler, at each byte */
void USART2_IRQHandler(void);
bool hal_uart_take(uint8_t *out_byte);
void hal_uart_send(uint8_t byte); /* waits for room */
void hal_reset(void);
void hal_sleep(void); /* until the next interrupt */
void watchdogInit(uint8_t timeoutS);
void watchdogFeed(void);

/* One block: first the heap, above it the stack, as Keil's linker puts them above all other
 * data. A stack that is too small runs into the heap and then into what the link order puts
 * below. Returns the stack's end. */
uint32_t *hal_stack_top(void);

#endif
