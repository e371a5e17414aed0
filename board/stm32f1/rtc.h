/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_RTC_H
#define BOARD_STM32F1_RTC_H

#include <stdbool.h>
#include <stdint.h>

/* Real-time clock (RM0008 chapter 18). */
struct rtc {
    uint32_t crh, crl; /* CRL without RTOFF */

    /* in the backup domain */
    uint32_t prl, alr, cnt, div;
    uint32_t hz;     /* of its clock; 0 = stands still */
    uint64_t epoch;  /* a tick at which an edge of the clock would have been */
    uint64_t edges;  /* since then, that cnt and div have counted */
    uint64_t synced; /* edge at which RSF rises; CHIP_NEVER = it has, or never will */

    /* What was written in configuration mode, and the edge at which it is done. */
    uint32_t new_prl, new_alr, new_cnt;
    bool prl_waits, alr_waits, cnt_waits;
    uint64_t done; /* CHIP_NEVER = not under way */
};

#endif
