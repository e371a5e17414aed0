/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/crc.h"

#include "board/stm32f1/chip.h"

/* CRC unit (RM0008 chapter 4): CRC-32 of 32-bit words, polynomial 0x04C11DB7, most significant
 * bit first, start 0xFFFFFFFF. */

enum { DR = 0x00, IDR = 0x04, CR = 0x08 };

#define POLYNOMIAL 0x04C11DB7u
#define CR_RESET   1u

static struct crc_unit *self(const struct board *board)
{
    return chip_state(board, CHIP_crc);
}

static uint32_t crc_word(uint32_t crc, uint32_t word)
{
    crc ^= word;
    for (unsigned i = 0; i < 32; i++) {
        crc = crc << 1 ^ (POLYNOMIAL & (0u - (crc >> 31)));
    }
    return crc;
}

static uint32_t read_register(struct board *board, unsigned unit, uint32_t offset)
{
    (void)unit;
    switch (offset) {
    case DR:
        return self(board)->dr;
    case IDR:
        return self(board)->idr;
    case CR:
        return 0;
    default:
        chip_unknown(board, "CRC: read at offset 0x%02X", (unsigned)offset);
        return 0;
    }
}

static void write_register(struct board *board, unsigned unit, uint32_t offset, uint32_t value)
{
    (void)unit;
    switch (offset) {
    case DR:
        self(board)->dr = crc_word(self(board)->dr, value);
        break;
    case IDR:
        self(board)->idr = value & 0xFF;
        break;
    case CR:
        if ((value & CR_RESET) != 0) {
            self(board)->dr = UINT32_MAX;
        }
        break;
    default:
        chip_unknown(board, "CRC: write of 0x%X at offset 0x%02X", (unsigned)value,
                     (unsigned)offset);
        break;
    }
}

static void reset(struct board *board, unsigned unit)
{
    (void)unit;
    *self(board) = (struct crc_unit){.dr = UINT32_MAX};
}

const struct chip_peripheral crc_peripheral = {
    .units = {{"CRC", 0x40023000, GATE_AHB, 6}},
    .unit_count = 1,
    .state_size = sizeof(struct crc_unit),
    .narrow = NARROW_BYTES,
    .reset = reset,
    .read = read_register,
    .write = write_register,
};
