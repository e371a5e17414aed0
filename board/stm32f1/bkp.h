/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_BKP_H
#define BOARD_STM32F1_BKP_H

#include <stdint.h>

/* Backup registers (RM0008 chapter 6). */

struct bkp {
    uint16_t dr[10];
};

#endif
