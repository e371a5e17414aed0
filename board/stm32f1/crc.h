/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_CRC_H
#define BOARD_STM32F1_CRC_H

#include <stdint.h>

/* CRC unit (RM0008 chapter 4). */

struct crc_unit {
    uint32_t dr, idr;
};

#endif
