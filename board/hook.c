/* SPDX-License-Identifier: Apache-2.0 */
#include "board/hook.h"

#include <stddef.h>
#include "board/stm32f1/board_state.h"
#include "board/stm32f1/bus.h"
#include "board/stm32f1/chip.h"

_Static_assert((int)BOARD_TRAPS_MAX == (int)CPU_TRAPS_MAX, "the core has as many");

static void set_traps(struct board *board)
{
    uint32_t addrs[BOARD_TRAPS_MAX];
    const struct board_hook *hook = &board->links.hook;
    cpu_set_traps(&board->cpu, addrs, hook->trap != NULL ? hook->traps(hook->ctx, addrs) : 0);
}

static void report_access(struct board *board, const struct board_access *access)
{
    board->links.hook.access(board->links.hook.ctx, board, access);
}

static bool listening_read(void *ctx, uint32_t addr, unsigned size, uint32_t *out_value)
{
    report_access(ctx, &(struct board_access){addr, size, false, 0});
    return bus_read(ctx, addr, size, out_value);
}

static bool listening_write(void *ctx, uint32_t addr, unsigned size, uint32_t value)
{
    report_access(ctx, &(struct board_access){addr, size, true, value});
    return bus_write(ctx, addr, size, value);
}

void board_hook_listen(struct board *board, bool on)
{
    board->cpu.bus.read = on ? listening_read : bus_read;
    board->cpu.bus.write = on ? listening_write : bus_write;
}

void board_set_hook(struct board *board, const struct board_hook *hook)
{
    hook_release(board);
    board->links.hook = hook != NULL ? *hook : (struct board_hook){.trap = NULL};
    set_traps(board);
}

void hook_begin(struct board *board)
{
    if (board->links.hook.trap != NULL) {
        board->links.hook.begin(board->links.hook.ctx, board);
        set_traps(board);
    }
}

void hook_trap(struct board *board, uint64_t until)
{
    board->hook_holds = board->links.hook.trap(board->links.hook.ctx, board, until);
    set_traps(board);
}

void hook_reset(struct board *board)
{
    board->hook_holds = false;
    if (board->links.hook.trap != NULL) {
        board->links.hook.reset(board->links.hook.ctx, board);
        set_traps(board);
    }
}

void hook_copy(struct board *to, const struct board *from)
{
    bool same_kind = to->links.hook.trap == from->links.hook.trap;
    if (to->links.hook.trap != NULL) {
        to->links.hook.copy(to->links.hook.ctx, to, same_kind ? from->links.hook.ctx : NULL);
    }
    set_traps(to);
    if (from->hook_holds && !same_kind) {
        to->hook_holds = false;
        chip_unknown(to, "copied while the other board's hook had taken over");
    }
}

void hook_release(struct board *board)
{
    board->hook_holds = false;
    if (board->links.hook.trap != NULL) {
        board->links.hook.release(board->links.hook.ctx, board);
    }
    board_hook_listen(board, false);
}
