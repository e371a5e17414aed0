/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_PWR_H
#define BOARD_STM32F1_PWR_H

#include <stdbool.h>
#include <stdint.h>
#include "board/stm32f1/peripheral.h"

/* Power control (RM0008 chapter 5). */

struct pwr {
    uint32_t cr;
};

/* PWR_CR.DBP: without it the backup domain and RCC_BDCR take no writes. */
bool pwr_backup_is_writable(const struct board *board);

#endif
