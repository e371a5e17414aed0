/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_IWDG_H
#define BOARD_STM32F1_IWDG_H

#include <stdbool.h>
#include <stdint.h>
#include "board/stm32f1/peripheral.h"

/* Independent watchdog (RM0008 chapter 19). */

struct iwdg {
    uint32_t pr, rlr;         /* as written */
    uint32_t pr_now, rlr_now; /* in force */
    bool started, unlocked, reload_asked;
    uint64_t pr_ready, rlr_ready; /* end of the update; CHIP_NEVER = none */
    bool pr_waits, rlr_waits;
    uint64_t since; /* tick at which the counter was `count` */
    uint32_t count;
};

bool iwdg_is_started(const struct board *board);

#endif
