/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOST_VIEW_H
#define BOARD_HOST_VIEW_H

#include "board/board.h"

/* What a person sees of a board, in one line. */
enum { VIEW_LINE_SIZE = 80 };

/* LED, motor, IR sensor and climate, e.g. `led 254,0,70 motor +30% ir - 24C 51%`. */
void view_line(const struct board *board, char out_line[VIEW_LINE_SIZE]);

#endif
