/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOOK_H
#define BOARD_HOOK_H

#include "board/links.h"

/* NULL removes the hook. It stays over resets and power cuts; after board_copy() each of the
 * two boards still has its own. A board whose hook has asked for more time can be copied only
 * to a board with the same kind of hook: any other copy stops with BOARD_STOP_UNKNOWN. */
void board_set_hook(struct board *board, const struct board_hook *hook);

/* Start or stop calling the hook's access(). For the hook, from its callbacks. A board that
 * becomes a copy no longer listens. */
void board_hook_listen(struct board *board, bool on);

/* ---- for board.c ---- */

void hook_begin(struct board *board);
void hook_trap(struct board *board, uint64_t until);
void hook_reset(struct board *board);
void hook_copy(struct board *to, const struct board *from);
void hook_release(struct board *board);

#endif
