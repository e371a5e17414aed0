/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_PORT_H
#define OTTER_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/err.h"

/* Everything the core needs of a chip: its flash, and a way to keep the watchdog quiet.
 *
 * One const struct per product, passed to every function that touches flash. UART and time are
 * not here: bytes and milliseconds are handed to the core. A port is right when
 * tests/fw/test_port.c passes with it; port/template/ is an empty one with the same contract.
 */
struct otter_port {
    void *ctx; /* handed to every function below, untouched */

    /* Copy len bytes at the absolute address addr to out. Any alignment. 0, or
     * OTTER_ERR_RANGE. */
    int (*read)(void *ctx, uint32_t addr, uint8_t out[], uint32_t len);

    /* Program len bytes at addr; both are multiples of program_size, and the bytes are erased.
     * Must read back and compare before it returns 0; else OTTER_ERR_FLASH or OTTER_ERR_RANGE.
     * Exception: 0x0000 must be accepted over any half-word (PM0075, 2.3.3); the journal's
     * marks need it.
     * Power: any half-word of the range may be done, not done, or in doubt. */
    int (*program)(void *ctx, uint32_t addr, const uint8_t data[], uint32_t len);

    /* Erase the page that starts at addr (a multiple of page_size) to 0xFF and check it.
     * 0, OTTER_ERR_FLASH or OTTER_ERR_RANGE. Power: the page's content is in doubt. */
    int (*erase)(void *ctx, uint32_t addr);

    /* Checksum of len bytes at addr, len rounded up to a multiple of 4, by the chip's CRC unit
     * or any other fast and fixed function: it finds decayed flash, not attackers. With `go_on`
     * the bytes continue those of the call before. All of them are in flash. Never fails. */
    uint32_t (*crc)(void *ctx, bool go_on, uint32_t addr, uint32_t len);

    /* Feed the watchdog; called at least once per page of work. Never fails. */
    void (*feed)(void *ctx);

    /* What can work is in otter/partition.h (OTTER_LAYOUT_FITS). */
    uint16_t page_size;    /* bytes erased at once: 1024 on STM32F103x8 */
    uint16_t program_size; /* bytes programmed at once: 2 on STM32F1 */
};

#endif
