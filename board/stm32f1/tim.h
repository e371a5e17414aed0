/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_TIM_H
#define BOARD_STM32F1_TIM_H

#include <stdbool.h>
#include <stdint.h>
#include "board/stm32f1/peripheral.h"

/* TIM1..4 (RM0008 chapters 14, 15). Units are counted from 0. */

enum { TIM_UNITS = 4 };

struct tim {
    uint32_t cr1, cr2, dier, sr, ccmr[2], ccer, psc, arr, ccr[4], bdtr;
    uint32_t psc_now, arr_now, ccr_now[4]; /* the shadow registers */
    uint32_t count;                        /* at tick `since` */
    uint64_t since;
};

/* Duty of a channel (0..3) in 1/1000. */
unsigned tim_duty(const struct board *board, unsigned unit, unsigned channel);
bool tim_drives(const struct board *board, unsigned unit, unsigned channel);

#endif
