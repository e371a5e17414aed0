/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/chip.h"

/* CRC unit (RM0008 chapter 4): CRC-32 of 32-bit words, polynomial 0x04C11DB7, most significant bit
 * first, start 0xFFFFFFFF. */

enum { DR = 0x00, IDR = 0x04, CR = 0x08 };

#define POLYNOMIAL 0x04C11DB7u
#define CR_RESET   1u

static uint32_t crc_word(uint32_t crc, uint32_t word)
{
    crc ^= word;
    for (unsigned i = 0; i < 32; i++) {
        crc = crc << 1 ^ (POLYNOMIAL & (0u - (crc >> 31)));
    }
    return crc;
}

uint32_t crc_read(struct board *board, unsigned unit, uint32_t offset)
{
    (void)unit;
    switch (offset) {
    case DR:
        return board->crc.dr;
    case IDR:
        return board->crc.idr;
    case CR:
        return 0;
    default:
        chip_unknown(board, "CRC: read at offset 0x%02X", (unsigned)offset);
        return 0;
    }
}

void crc_write(struct board *board, unsigned unit, uint32_t offset, uint32_t value)
{
    (void)unit;
    switch (offset) {
    case DR:
        board->crc.dr = crc_word(board->crc.dr, value);
        break;
    case IDR:
        board->crc.idr = value & 0xFF;
        break;
    case CR:
        if ((value & CR_RESET) != 0) {
            board->crc.dr = UINT32_MAX;
        }
        break;
    default:
        chip_unknown(board, "CRC: write of 0x%X at offset 0x%02X", (unsigned)value,
                     (unsigned)offset);
        break;
    }
}

void crc_reset(struct board *board)
{
    board->crc = (struct crc_unit){.dr = UINT32_MAX};
}
