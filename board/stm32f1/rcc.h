/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_RCC_H
#define BOARD_STM32F1_RCC_H

#include <stdbool.h>
#include <stdint.h>
#include "board/stm32f1/peripheral.h"

/* Reset and clock control (RM0008 chapter 7). Its register in the backup domain, BDCR, is in
 * rcc_backup.c. */

struct rcc {
    uint32_t cr, cfgr, cir, apb2rstr, apb1rstr, ahbenr, apb2enr, apb1enr, bdcr, csr;
    uint64_t hse_ready, pll_ready, lsi_ready; /* when they will be; CHIP_NEVER = not started */
    uint64_t lse_ready;                       /* the same, in the backup domain */
    bool lsi_needed; /* by the watchdog: LSION does not switch it off */
    uint32_t sysclk_hz;
    uint32_t flash_latency;                        /* FLASH_ACR.LATENCY */
    uint32_t hclk_ticks, pclk1_ticks, pclk2_ticks; /* ticks of one cycle */
    uint32_t timclk1_ticks, timclk2_ticks;         /* of timers on APB1, on APB2 */
};

bool rcc_is_clocked(const struct board *board, enum chip_gate gate, unsigned bit);

/* Ticks of one cycle of a bus, and of the timers on it. */
uint32_t rcc_bus_ticks(const struct board *board, enum chip_gate bus);
uint32_t rcc_timer_ticks(const struct board *board, enum chip_gate bus);

bool rcc_hsi_is_on(const struct board *board);
bool rcc_hse_is_on(const struct board *board);
bool rcc_lsi_is_on(const struct board *board);

/* The watchdog has started: the LSI is on until a reset. Returns the tick from which it
 * runs. */
uint64_t rcc_need_lsi(struct board *board);

/* FLASH_ACR.LATENCY has changed: check that it suits the clock. */
void rcc_set_flash_latency(struct board *board, uint32_t latency);

/* The clock that BDCR gives the RTC, while it runs; 0 = none. SIGNAL_RTC_CLOCK tells of
 * changes. */
uint32_t rcc_rtc_hz(const struct board *board);

/* ---- between rcc.c and rcc_backup.c ---- */

enum { RCC_EVENT_MAIN, RCC_EVENT_LSE, RCC_EVENT_COUNT };

struct rcc *rcc_state(const struct board *board);
void rcc_backup_write(struct board *board, uint32_t value);
void rcc_backup_due(struct board *board); /* the LSE is ready */
void rcc_backup_announce(struct board *board);
void rcc_backup_clocks_changed(struct board *board); /* one that may be the RTC's */

#endif
