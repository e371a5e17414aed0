/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_FLASH_H
#define BOARD_STM32F1_FLASH_H

#include <stdbool.h>
#include <stdint.h>
#include "board/options.h"
#include "board/stm32f1/peripheral.h"

/* Flash program and erase controller, FPEC (PM0075), and what is known of its cells. What its
 * operations leave when the power fails is in tear.c. */

enum {
    FLASH_PAGE_SIZE = BOARD_FLASH_PAGE,
    FLASH_PAGES_MAX = BOARD_FLASH_MAX / FLASH_PAGE_SIZE,
    FLASH_WEAK_MAX = FLASH_PAGE_SIZE, /* half-words: two pages of them */
};

enum fpec_op { FPEC_IDLE, FPEC_PROGRAM, FPEC_ERASE, FPEC_MASS_ERASE };

struct fpec {
    uint32_t acr, sr, cr, ar;
    uint8_t key_state;
    enum fpec_op op;
    uint32_t op_addr; /* offset in flash */
    uint16_t op_value;
    uint64_t op_start, op_end;
    bool op_cut; /* the power fails at op_end */
};

/* What survives a power cut beside the array itself (chip_flash()), and the counters and the
 * armed cut of the power tests. */
struct flash_cells {
    uint8_t option_bytes[16]; /* at 0x1FFFF800, complemented pairs */
    uint32_t erases[FLASH_PAGES_MAX];
    uint64_t ops;
    uint64_t busy[2]; /* ticks that programs took, and erases */
    bool cut_armed;
    uint64_t cut_op, cut_seed;
    enum board_tear cut_tear;
    struct weak_cell {
        uint16_t index; /* of the half-word */
        uint16_t mask;  /* of its bits */
    } weak[FLASH_WEAK_MAX];
    unsigned weak_len;
    uint64_t weak_random;
    struct board_flash_fault fault;
};

struct flash_state {
    struct fpec fpec;
    struct flash_cells cells;
};
struct flash_state *flash_state(const struct board *board);

/* The power is back: weak cells read new values. */
void flash_power_on(struct board *board);

/* A write to the array. False = bus fault. */
bool flash_program(struct board *board, uint32_t addr, unsigned size, uint32_t value);

/* While an operation is under way the core's accesses wait for its end. */
bool flash_is_busy(const struct board *board);
uint64_t flash_busy_until(const struct board *board);

/* As board_protect_flash(). */
void flash_protect(struct board *board, uint32_t addr, uint32_t len);

/* ---- between flash.c and tear.c ---- */

void flash_change(struct board *board); /* do the operation under way */
void flash_settle(struct board *board); /* it is complete: its cells are not weak */
void flash_fail(struct board *board);   /* the armed cut happens in it */
void flash_tear(struct board *board, enum board_tear tear, uint64_t seed); /* do a part of it */

#endif
