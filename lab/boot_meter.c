/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/boot_meter.h"

#include <string.h>
#include "board/cpu/debug.h"
#include "board/stm32f1/board_state.h"
#include "board/stm32f1/flash.h"

/* Of all pages so far. */
static uint64_t count_erases(const struct board *board)
{
    uint64_t sum = 0;
    for (unsigned page = 0; page < FLASH_PAGES_MAX; page++) {
        sum += board_flash_erases(board, page);
    }
    return sum;
}

/* What flash has done so far, less what it had done before. */
static void count_flash(struct boot_stay *stay, const struct board *board)
{
    uint64_t erases = count_erases(board);
    stay->programs = board_flash_ops(board) - erases - stay->programs;
    stay->erases = erases - stay->erases;
    stay->erase_ticks = board_flash_busy(board, true) - stay->erase_ticks;
    stay->program_ticks = board_flash_busy(board, false) - stay->program_ticks;
}

static void begin_stay(struct boot_meter *meter)
{
    meter->inside = true;
    meter->lowest_sp = OTTER_RAM_ADDR + OTTER_RAM_SIZE;
    memcpy(meter->ram, meter->board->sram, sizeof meter->ram);
    memset(&meter->now, 0, sizeof meter->now);
    meter->now.start = board_now(meter->board);
    count_flash(&meter->now, meter->board);
}

static uint32_t changed_below_stack(const struct boot_meter *meter)
{
    uint32_t first = OTTER_RETAINED_ADDR + OTTER_RETAINED_SIZE - OTTER_RAM_ADDR;
    uint32_t at = meter->lowest_sp - OTTER_RAM_ADDR;
    while (at > first && memcmp(meter->ram + at - 4, meter->board->sram + at - 4, 4) == 0) {
        at -= 4;
    }
    return at - first;
}

static void end_stay(struct boot_meter *meter, bool started_app)
{
    meter->inside = false;
    meter->now.end = board_now(meter->board);
    meter->now.stack = OTTER_RAM_ADDR + OTTER_RAM_SIZE - meter->lowest_sp;
    meter->now.statics = changed_below_stack(meter);
    meter->now.started_app = started_app;
    count_flash(&meter->now, meter->board);
    if (meter->count < BOOT_METER_STAYS) {
        meter->stays[meter->count] = meter->now;
    }
    meter->count++;
}

/* A reset of any cause since the last look leads into the bootloader. */
static void look_for_reset(struct boot_meter *meter)
{
    unsigned resets = 0;
    for (unsigned cause = BOARD_RESET_POWER; cause <= BOARD_RESET_WATCHDOG; cause++) {
        resets += board_resets(meter->board, (enum board_reset_cause)cause);
    }
    if (resets != meter->resets) {
        meter->resets = resets;
        if (meter->inside) {
            end_stay(meter, false);
        }
        begin_stay(meter);
    }
}

/* Before each instruction of the bootloader. Returns false after its last one. */
static bool look(void *ctx)
{
    struct boot_meter *meter = ctx;
    const struct cpu *cpu = &meter->board->cpu;

    if (cpu->r[15] - OTTER_APP_ADDR < OTTER_APP_SIZE) {
        end_stay(meter, true);
        return false;
    }
    if (cpu->r[13] < meter->lowest_sp) {
        meter->lowest_sp = cpu->r[13];
    }
    return true;
}

enum board_stop boot_meter_run(void *ctx, struct board *board, uint64_t until)
{
    struct boot_meter *meter = ctx;
    struct cpu *cpu = &board->cpu;

    if (meter->paused) {
        return board_run(board, until);
    }
    meter->board = board;
    look_for_reset(meter);
    for (;;) {
        enum board_stop stop =
            meter->inside ? cpu_run_checked(cpu, until, look, meter) : cpu_run(cpu, until);
        if (stop ==
            BOARD_STOP_ASKED) { /* the app's turn; else a reset, a power cut: the board knows */
            stop = board_run(board, board_now(board) + 1);
            if (stop != BOARD_STOP_TIME) {
                return stop;
            }
            look_for_reset(meter);
        } else if (stop != BOARD_STOP_TRAP) { /* nobody has set one */
            return stop;
        }
    }
}
