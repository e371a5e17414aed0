/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_CHIP_FIXTURE_H
#define TESTS_SUPPORT_CHIP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "board/board.h"
#include "board/stm32f1/board_state.h"
#include "board/stm32f1/bus.h"

/* A board whose core only sleeps, and the chip's registers to drive by hand. */

#define US ((uint64_t)BOARD_TICKS_PER_US)
#define MS (1000 * US)

#define TIM1_BASE   0x40012C00u
#define TIM2_BASE   0x40000000u
#define TIM3_BASE   0x40000400u
#define IWDG_BASE   0x40003000u
#define USART2_BASE 0x40004400u
#define BKP_BASE    0x40006C00u
#define PWR_BASE    0x40007000u
#define AFIO_BASE   0x40010000u
#define EXTI_BASE   0x40010400u
#define GPIOA_BASE  0x40010800u
#define GPIOB_BASE  0x40010C00u
#define USART1_BASE 0x40013800u
#define DMA1_BASE   0x40020000u
#define RCC_BASE    0x40021000u
#define FLASH_BASE  0x40022000u
#define CRC_BASE    0x40023000u

#define RCC_CR      (RCC_BASE + 0x00)
#define RCC_CFGR    (RCC_BASE + 0x04)
#define RCC_AHBENR  (RCC_BASE + 0x14)
#define RCC_APB2ENR (RCC_BASE + 0x18)
#define RCC_APB1ENR (RCC_BASE + 0x1C)
#define RCC_CSR     (RCC_BASE + 0x24)
#define FLASH_ACR   (FLASH_BASE + 0x00)
#define FLASH_KEYR  (FLASH_BASE + 0x04)
#define FLASH_SR    (FLASH_BASE + 0x0C)
#define FLASH_CR    (FLASH_BASE + 0x10)
#define FLASH_AR    (FLASH_BASE + 0x14)

static inline uint32_t get_reg(struct board *board, uint32_t addr)
{
    uint32_t value = 0;
    assert_true(bus_read(board, addr, 4, &value));
    return value;
}

static inline void set_reg(struct board *board, uint32_t addr, uint32_t value)
{
    assert_true(bus_write(board, addr, 4, value));
}

static inline void pass(struct board *board, uint64_t ticks)
{
    enum board_stop stop = board_run(board, board_now(board) + ticks);
    if (stop != BOARD_STOP_TIME) {
        fail_msg("board stopped (%d): %s", (int)stop, board_why(board));
    }
}

/* Power on. The core sleeps in RAM after each reset, so that it does not wait for the flash. */
static inline void power_on(struct board *board)
{
    static const uint8_t vectors[] = {0x00, 0x50, 0x00, 0x20, 0x01, 0x40, 0x00, 0x20};
    static const uint8_t sleeper[] = {0x30, 0xBF, 0xFD, 0xE7}; /* wfi; b .-2 */
    memcpy(board_flash(board), vectors, sizeof vectors);
    board_power_on(board);
    memcpy(board->sram + 0x4000, sleeper, sizeof sleeper);
}

static inline struct board *make_board(const struct board_options *options)
{
    struct board_options defaults = {.seed = 1};
    struct board *board = board_new(options != NULL ? options : &defaults);
    assert_non_null(board);
    power_on(board);
    return board;
}

/* The run stopped as not modelled, and said `word`. */
static inline void assert_unknown(struct board *board, const char *word)
{
    assert_int_equal(board_run(board, board_now(board) + US), BOARD_STOP_UNKNOWN);
    if (strstr(board_why(board), word) == NULL) {
        fail_msg("board_why() is \"%s\", without \"%s\"", board_why(board), word);
    }
}

/* HSE x 9 = 72 MHz, PCLK1 36 MHz, as every GoKit firmware does. */
static inline void clock_72_mhz(struct board *board)
{
    set_reg(board, RCC_CR, get_reg(board, RCC_CR) | 1u << 16);
    pass(board, 3 * MS);
    set_reg(board, FLASH_ACR, 0x12);
    set_reg(board, RCC_CFGR, 4u << 8 | 1u << 16 | 7u << 18);
    set_reg(board, RCC_CR, get_reg(board, RCC_CR) | 1u << 24);
    pass(board, MS);
    set_reg(board, RCC_CFGR, get_reg(board, RCC_CFGR) | 2);
    pass(board, US);
}

static inline void unlock_flash(struct board *board)
{
    set_reg(board, FLASH_KEYR, 0x45670123u);
    set_reg(board, FLASH_KEYR, 0xCDEF89ABu);
}

#endif
