/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/pwr.h"

#include "board/stm32f1/chip.h"

/* Power control (RM0008 chapter 5). Low-power modes other than Sleep are not modelled. */

enum { PWR_CR = 0x00, PWR_CSR = 0x04 };

#define CR_CWUF 0x4u
#define CR_CSBF 0x8u
#define CR_DBP  0x100u
#define CR_ALL  0x1FFu

static struct pwr *self(const struct board *board)
{
    return chip_state(board, CHIP_pwr);
}

static uint32_t read_register(struct board *board, unsigned unit, uint32_t offset)
{
    (void)unit;
    switch (offset) {
    case PWR_CR:
        return self(board)->cr;
    case PWR_CSR:
        return 0; /* PVDO 0: the supply is above every threshold until it fails */
    default:
        chip_unknown(board, "PWR: read at offset 0x%02X", (unsigned)offset);
        return 0;
    }
}

static void write_register(struct board *board, unsigned unit, uint32_t offset, uint32_t value)
{
    (void)unit;
    if (offset == PWR_CR) {
        self(board)->cr = value & CR_ALL & ~(CR_CWUF | CR_CSBF);
    } else if (offset != PWR_CSR || value != 0) {
        chip_unknown(board, "PWR: write of 0x%X at offset 0x%02X is not modelled",
                     (unsigned)value, (unsigned)offset);
    }
}

static void reset(struct board *board, unsigned unit)
{
    (void)unit;
    *self(board) = (struct pwr){.cr = 0};
}

bool pwr_backup_is_writable(const struct board *board)
{
    return (self(board)->cr & CR_DBP) != 0;
}

const struct chip_peripheral pwr_peripheral = {
    .units = {{"PWR", 0x40007000, GATE_APB1, 28}},
    .unit_count = 1,
    .state_size = sizeof(struct pwr),
    .narrow = NARROW_ALL_LANES,
    .reset = reset,
    .read = read_register,
    .write = write_register,
};
