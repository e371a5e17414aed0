/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_OPTIONS_H
#define BOARD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* What a board is made with, its memory map, and what can happen to it. */
enum { BOARD_TICKS_PER_US = 576, BOARD_SRAM_SIZE = 0x5000 };

/* The flash of the STM32F103C8, the default, and of the STM32F103CB. Both are of medium
 * density, with pages of 1 KB. */
enum { BOARD_FLASH_SIZE = 0x10000, BOARD_FLASH_MAX = 0x20000, BOARD_FLASH_PAGE = 0x400 };

enum { BOARD_USARTS = 3 };
#define BOARD_FLASH_BASE 0x08000000u
#define BOARD_SRAM_BASE  0x20000000u

struct board_options {
    uint32_t flash_size; /* BOARD_FLASH_SIZE or BOARD_FLASH_MAX; 0 = BOARD_FLASH_SIZE */
    uint64_t seed;    /* RAM contents at power-on, torn bits, latencies inside their ranges */
    uint32_t lsi_hz;  /* IWDG clock, 30000..60000; 0 = 40000 */
    bool without_hse; /* the crystal never starts */
    bool lenient;     /* go on beyond limits that real chips exceed: board_warning() */
    uint32_t unique_id[3]; /* all zero = made from the seed */
};

/* As in RCC_CSR. */
enum board_reset_cause {
    BOARD_RESET_POWER,
    BOARD_RESET_PIN,
    BOARD_RESET_SOFTWARE,
    BOARD_RESET_WATCHDOG,
};
enum { BOARD_RESETS = BOARD_RESET_WATCHDOG + 1 };

/* What a flash operation leaves in the cells when the power fails in it. */
enum board_tear {
    /* power fails before the operation changes anything */
    BOARD_TEAR_NOT_DONE,
    /* ... right after it */
    BOARD_TEAR_DONE,
    /* a random part of the bits has changed (program: some of the bits that go to 0; erase:
     * each bit of the page old or 1) */
    BOARD_TEAR_TORN,
    /* erase: the lower or the upper half of the page is erased, the other is old; program:
     * exactly one of the bits that go to 0 has changed */
    BOARD_TEAR_HALF_ERASED,
    /* looks done until the power comes back. From then on each bit that changed reads as 0 or 1
     * at random: anew at each power-on, the same until the next one. It ends when the cell is
     * erased, or the bit programmed to 0, by an operation that is not cut. */
    BOARD_TEAR_WEAK,
};
enum { BOARD_TEARS = BOARD_TEAR_WEAK + 1 };

/* Flash that fails. */
enum board_wear {
    BOARD_WEAR_NONE,
    BOARD_WEAR_CELL,     /* one bit reads as it likes, whatever is written */
    BOARD_WEAR_PROGRAMS, /* programs change nothing, though their end looks like any other */
    BOARD_WEAR_ERASES,   /* ... erases */
    BOARD_WEAR_ALL,      /* ... both */
};

struct board_flash_fault {
    enum board_wear wear;
    uint64_t from;  /* the flash operation with which it begins, as board_flash_ops() counts */
    uint32_t addr;  /* of the cell's byte, absolute, in flash */
    uint8_t mask;   /* its bit */
    bool reads_one; /* ... else 0 */
    uint32_t count; /* so many programs or erases, then flash is sound again */
};

#endif
