/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/bkp.h"

#include "board/stm32f1/chip.h"
#include "board/stm32f1/pwr.h"

/* Backup registers (RM0008 chapter 6). The board has no battery: the backup domain loses its
 * power with the rest of the chip. */

enum { BKP_DR1 = 0x04, BKP_DR10 = 0x28, BKP_RTCCR = 0x2C, BKP_CR = 0x30, BKP_CSR = 0x34 };

static struct bkp *self(const struct board *board)
{
    return chip_state(board, CHIP_bkp);
}

static void signal(struct board *board, enum chip_signal signal, uint64_t tick)
{
    (void)tick;
    if (signal == SIGNAL_BACKUP_RESET || signal == SIGNAL_POWER_ON) {
        *self(board) = (struct bkp){.dr = {0}};
    }
}

static uint32_t read_register(struct board *board, unsigned unit, uint32_t offset)
{
    (void)unit;
    if (offset >= BKP_DR1 && offset <= BKP_DR10) {
        return self(board)->dr[(offset - BKP_DR1) / 4];
    }
    if (offset != BKP_RTCCR && offset != BKP_CR && offset != BKP_CSR) {
        chip_unknown(board, "BKP: read at offset 0x%02X", (unsigned)offset);
    }
    return 0;
}

static void write_register(struct board *board, unsigned unit, uint32_t offset, uint32_t value)
{
    (void)unit;
    if (!pwr_backup_is_writable(board)) {
        return; /* write-protected (RM0008 5.4.1) */
    }
    if (offset >= BKP_DR1 && offset <= BKP_DR10) {
        self(board)->dr[(offset - BKP_DR1) / 4] = (uint16_t)value;
    } else if (value != 0) {
        chip_unknown(board,
                     "BKP: write of 0x%X at offset 0x%02X: tamper and RTC are not modelled",
                     (unsigned)value, (unsigned)offset);
    }
}

const struct chip_peripheral bkp_peripheral = {
    .units = {{"BKP", 0x40006C00, GATE_APB1, 27}},
    .unit_count = 1,
    .state_size = sizeof(struct bkp),
    .narrow = NARROW_ALL_LANES,
    .read = read_register,
    .write = write_register,
    .signal = signal,
};
