/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/chip.h"

/* Power control and backup registers (RM0008 chapters 5, 6). The board has no battery: the backup
 * domain lives as long as the supply. Low-power modes other than Sleep are not modelled. */

enum { PWR_CR = 0x00, PWR_CSR = 0x04 };
enum { BKP_DR1 = 0x04, BKP_DR10 = 0x28, BKP_RTCCR = 0x2C, BKP_CR = 0x30, BKP_CSR = 0x34 };

#define CR_LPDS 0x1u
#define CR_PDDS 0x2u
#define CR_CWUF 0x4u
#define CR_CSBF 0x8u
#define CR_DBP  0x100u
#define CR_ALL  0x1FFu

uint32_t pwr_read(struct board *board, unsigned unit, uint32_t offset)
{
    (void)unit;
    switch (offset) {
    case PWR_CR:
        return board->pwr.cr;
    case PWR_CSR:
        return 0; /* PVDO 0: the supply is above every threshold until it is gone */
    default:
        chip_unknown(board, "PWR: read at offset 0x%02X", (unsigned)offset);
        return 0;
    }
}

void pwr_write(struct board *board, unsigned unit, uint32_t offset, uint32_t value)
{
    (void)unit;
    if (offset == PWR_CR) {
        board->pwr.cr = value & CR_ALL & ~(CR_CWUF | CR_CSBF);
    } else if (offset != PWR_CSR || value != 0) {
        chip_unknown(board, "PWR: write of 0x%X at offset 0x%02X is not modelled",
                     (unsigned)value, (unsigned)offset);
    }
}

void pwr_reset(struct board *board, unsigned unit)
{
    (void)unit;
    board->pwr = (struct pwr){.cr = 0};
}

void bkp_domain_reset(struct board *board)
{
    board->bkp = (struct bkp){.dr = {0}};
}

uint32_t bkp_read(struct board *board, unsigned unit, uint32_t offset)
{
    (void)unit;
    if (offset >= BKP_DR1 && offset <= BKP_DR10) {
        return board->bkp.dr[(offset - BKP_DR1) / 4];
    }
    if (offset != BKP_RTCCR && offset != BKP_CR && offset != BKP_CSR) {
        chip_unknown(board, "BKP: read at offset 0x%02X", (unsigned)offset);
    }
    return 0;
}

void bkp_write(struct board *board, unsigned unit, uint32_t offset, uint32_t value)
{
    (void)unit;
    if ((board->pwr.cr & CR_DBP) == 0) {
        return; /* write-protected (RM0008 5.4.1) */
    }
    if (offset >= BKP_DR1 && offset <= BKP_DR10) {
        board->bkp.dr[(offset - BKP_DR1) / 4] = (uint16_t)value;
    } else if (value != 0) {
        chip_unknown(board,
                     "BKP: write of 0x%X at offset 0x%02X: tamper and RTC are not modelled",
                     (unsigned)value, (unsigned)offset);
    }
}
