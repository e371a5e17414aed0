/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_REPLAY_POLL_LOOP_H
#define LAB_REPLAY_POLL_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include "board/stm32f1/board_state.h"

/* The loop in which a program waits for a flag of a USART, as in
 *
 *     while ((USART2->SR & USART_SR_TXE) == 0) {
 *     }
 *
 * known by its instructions: nobody need tell its name. It does nothing but read the status
 * register and branch by one of its bits:
 *
 *     [ldr rB, =USART2]; ldr rA, [rB, #0]; lsls rA, rA, #n; bmi or bpl to the first one
 *
 * so its rounds may be passed over (idle_skip.h). Other forms of it are executed. */

/* Does one begin at `addr`, with the core's registers as they are? */
bool poll_loop_begins(const struct board *board, uint32_t addr);

/* The beginning of the one in which the core is, or 0. */
uint32_t poll_loop_find(const struct board *board);

#endif
