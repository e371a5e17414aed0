/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_FLASH_VIEW_H
#define LAB_FLASH_VIEW_H

#include "board/board.h"
#include "otter/port.h"

/* The modelled flash as core's functions take it: what the bootloader and an app would find
 * there, read from outside, without an instruction of the board's. Where everything lies:
 * port/stm32f103/layout.h.
 */

/* A port that reads; there is nothing else in it. The board must stay. */
struct otter_port flash_view_port(struct board *board);

/* The same, and programs, in no time and without an operation of the flash: for a test that
 * does what an app would have done. Erases nothing. */
struct otter_port flash_view_writer(struct board *board);

/* The flash at an absolute address. */
uint8_t *flash_view_at(struct board *board, uint32_t addr);

#endif
