/* SPDX-License-Identifier: Apache-2.0 */
#include "board/options.h"
#include "board/stm32f1/chip.h"
#include "board/stm32f1/pwr.h"
#include "board/stm32f1/rcc.h"

/* RCC_BDCR (RM0008 7.3.9): the 32 kHz crystal, and the clock of the RTC. The crystal always
 * starts, though it is not known which GoKit boards have one. */

#define BDCR_LSEON  (1u << 0)
#define BDCR_LSERDY (1u << 1)
#define BDCR_LSEBYP (1u << 2)
#define BDCR_RTCSEL (3u << 8)
#define BDCR_RTCEN  (1u << 15)
#define BDCR_BDRST  (1u << 16)

enum { RTCSEL_NONE, RTCSEL_LSE, RTCSEL_LSI, RTCSEL_HSE };

enum {
    LSE_HZ = 32768,
    LSE_START_MS = 3000, /* DS5319 table 23, typical */
    HSE_HZ = 8000000,
    HSE_DIVIDER = 128,
};

static unsigned rtcsel(uint32_t bdcr)
{
    return bdcr >> 8 & 3;
}

uint32_t rcc_rtc_hz(const struct board *board)
{
    const struct rcc *rcc = rcc_state(board);
    if ((rcc->bdcr & BDCR_RTCEN) == 0) {
        return 0;
    }
    switch (rtcsel(rcc->bdcr)) {
    case RTCSEL_LSE:
        return (rcc->bdcr & BDCR_LSERDY) != 0 ? LSE_HZ : 0;
    case RTCSEL_LSI:
        return rcc_lsi_is_on(board) ? chip_options(board)->lsi_hz : 0;
    case RTCSEL_HSE:
        return rcc_hse_is_on(board) ? HSE_HZ / HSE_DIVIDER : 0;
    case RTCSEL_NONE:
    default:
        return 0;
    }
}

void rcc_backup_clocks_changed(struct board *board)
{
    chip_signal(board, SIGNAL_RTC_CLOCK, chip_now(board));
}

void rcc_backup_announce(struct board *board)
{
    chip_due(board, CHIP_rcc, RCC_EVENT_LSE, rcc_state(board)->lse_ready);
}

void rcc_backup_due(struct board *board)
{
    struct rcc *rcc = rcc_state(board);
    rcc->lse_ready = CHIP_NEVER;
    rcc->bdcr |= BDCR_LSERDY;
    rcc_backup_announce(board);
    rcc_backup_clocks_changed(board);
}

static void set_lse(struct rcc *rcc, uint64_t now)
{
    if ((rcc->bdcr & BDCR_LSEON) == 0) {
        rcc->bdcr &= ~BDCR_LSERDY;
        rcc->lse_ready = CHIP_NEVER;
    } else if ((rcc->bdcr & BDCR_LSERDY) == 0 && rcc->lse_ready == CHIP_NEVER) {
        rcc->lse_ready = now + (uint64_t)LSE_START_MS * 1000 * CHIP_US;
    }
}

void rcc_backup_write(struct board *board, uint32_t value)
{
    struct rcc *rcc = rcc_state(board);
    if ((value & BDCR_LSEBYP) != 0) {
        chip_unknown(board, "RCC_BDCR.LSEBYP: an external 32 kHz clock is not modelled");
        return;
    }
    if ((value & BDCR_BDRST) != 0) { /* while it is set no other bit can be */
        if ((rcc->bdcr & BDCR_BDRST) == 0) {
            chip_signal(board, SIGNAL_BACKUP_RESET, chip_now(board));
        }
        rcc->bdcr = BDCR_BDRST;
    } else if (pwr_backup_is_writable(board)) {
        /* The choice of a clock stays until the domain is reset. */
        uint32_t kept = rcc->bdcr & BDCR_LSERDY;
        kept |=
            rtcsel(rcc->bdcr) != RTCSEL_NONE ? rcc->bdcr & BDCR_RTCSEL : value & BDCR_RTCSEL;
        rcc->bdcr = kept | (value & (BDCR_LSEON | BDCR_RTCEN));
    } else {
        rcc->bdcr &= ~BDCR_BDRST; /* the only bit that is not protected */
    }
    set_lse(rcc, chip_now(board));
    rcc_backup_announce(board);
    rcc_backup_clocks_changed(board);
}
