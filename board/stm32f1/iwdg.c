/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/iwdg.h"

#include "board/stm32f1/chip.h"
#include "board/stm32f1/rcc.h"

/* Independent watchdog (RM0008 chapter 19), clocked by the LSI, whose frequency is
 * board_options.lsi_hz. Once it is started only a reset stops it. */

enum { KR = 0x00, PR = 0x04, RLR = 0x08, SR = 0x0C };

#define SR_PVU  (1u << 0)
#define SR_RVU  (1u << 1)
#define RLR_MAX 0xFFFu

enum { KEY_RELOAD = 0xAAAA, KEY_UNLOCK = 0x5555, KEY_START = 0xCCCC };
enum { UPDATE_CYCLES = 5 }; /* RM0008 19.4.4: up to 5 LSI cycles */

static struct iwdg *self(const struct board *board)
{
    return chip_state(board, CHIP_iwdg);
}

static uint64_t lsi_ticks(const struct board *board, uint64_t cycles)
{
    return cycles * CHIP_TICKS_PER_S / chip_options(board)->lsi_hz;
}

static uint64_t divider(const struct iwdg *iwdg)
{
    unsigned shift = iwdg->pr_now < 6 ? iwdg->pr_now : 6;
    return (uint64_t)4 << shift;
}

static uint64_t expiry(const struct board *board)
{
    const struct iwdg *iwdg = self(board);
    return iwdg->started ? iwdg->since + lsi_ticks(board, (iwdg->count + 1) * divider(iwdg))
                         : CHIP_NEVER;
}

static void announce(struct board *board)
{
    const struct iwdg *iwdg = self(board);
    uint64_t due = expiry(board);
    due = iwdg->pr_ready < due ? iwdg->pr_ready : due;
    due = iwdg->rlr_ready < due ? iwdg->rlr_ready : due;
    chip_due(board, CHIP_iwdg, 0, due);
}

/* Bring the counter to `tick`, before its prescaler changes. */
static void settle(struct board *board, uint64_t tick)
{
    struct iwdg *iwdg = self(board);
    if (!iwdg->started || tick <= iwdg->since) {
        return;
    }
    uint64_t cycles = (tick - iwdg->since) * chip_options(board)->lsi_hz / CHIP_TICKS_PER_S;
    uint64_t steps = cycles / divider(iwdg);
    steps = steps < iwdg->count ? steps : iwdg->count;
    iwdg->count -= (uint32_t)steps;
    iwdg->since += lsi_ticks(board, steps * divider(iwdg));
}

static void reload(struct board *board, uint64_t tick)
{
    self(board)->count = self(board)->rlr_now;
    if (self(board)->since < tick) {
        self(board)->since = tick;
    }
}

static void due(struct board *board, unsigned event, uint64_t tick)
{
    (void)event;
    struct iwdg *iwdg = self(board);
    if (expiry(board) <= tick) {
        chip_due(board, CHIP_iwdg, 0, CHIP_NEVER);
        chip_ask_reset(board, BOARD_RESET_WATCHDOG);
        return;
    }
    if (iwdg->pr_ready <= tick) {
        settle(board, tick);
        iwdg->pr_now = iwdg->pr;
        iwdg->pr_ready = CHIP_NEVER;
        iwdg->pr_waits = false;
    }
    if (iwdg->rlr_ready <= tick) {
        iwdg->rlr_now = iwdg->rlr;
        iwdg->rlr_ready = CHIP_NEVER;
        iwdg->rlr_waits = false;
    }
    if (iwdg->reload_asked && !iwdg->pr_waits && !iwdg->rlr_waits) {
        iwdg->reload_asked = false;
        reload(board, tick);
    }
    announce(board);
}

/* The LSI runs from `tick` on: updates that wait for it take their time from there. */
static void lsi_runs(struct board *board, uint64_t tick)
{
    struct iwdg *iwdg = self(board);
    uint64_t ready = tick + lsi_ticks(board, UPDATE_CYCLES);
    if (iwdg->pr_waits && iwdg->pr_ready == CHIP_NEVER) {
        iwdg->pr_ready = ready;
    }
    if (iwdg->rlr_waits && iwdg->rlr_ready == CHIP_NEVER) {
        iwdg->rlr_ready = ready;
    }
    announce(board);
}

static void signal(struct board *board, enum chip_signal signal, uint64_t tick)
{
    if (signal == SIGNAL_LSI_RUNS) {
        lsi_runs(board, tick);
    }
}

static void update_begins(struct board *board)
{
    if (rcc_lsi_is_on(board)) {
        lsi_runs(board, chip_now(board));
    }
}

static void write_key(struct board *board, uint32_t key)
{
    struct iwdg *iwdg = self(board);
    iwdg->unlocked = key == KEY_UNLOCK;
    if (key == KEY_RELOAD) {
        /* While an update is under way the new value counts (the order of ST's examples: RLR,
         * then 0xAAAA, then 0xCCCC). */
        iwdg->reload_asked = iwdg->pr_waits || iwdg->rlr_waits;
        reload(board, chip_now(board));
    } else if (key == KEY_START && !iwdg->started) {
        iwdg->started = true;
        iwdg->since = rcc_need_lsi(board);
    }
    announce(board);
}

static uint32_t read_register(struct board *board, unsigned unit, uint32_t offset)
{
    (void)unit;
    const struct iwdg *iwdg = self(board);
    switch (offset) {
    case KR:
        return 0;
    case PR:
        return iwdg->pr;
    case RLR:
        return iwdg->rlr;
    case SR:
        return (iwdg->pr_waits ? SR_PVU : 0) | (iwdg->rlr_waits ? SR_RVU : 0);
    default:
        chip_unknown(board, "IWDG: read at offset 0x%02X", (unsigned)offset);
        return 0;
    }
}

static void write_register(struct board *board, unsigned unit, uint32_t offset, uint32_t value)
{
    (void)unit;
    struct iwdg *iwdg = self(board);
    switch (offset) {
    case KR:
        write_key(board, value & 0xFFFF);
        break;
    case PR: /* taken only if unlocked, and after the last update has ended */
        if (iwdg->unlocked && !iwdg->pr_waits) {
            iwdg->pr = value & 7;
            iwdg->pr_waits = true;
            update_begins(board);
        }
        break;
    case RLR:
        if (iwdg->unlocked && !iwdg->rlr_waits) {
            iwdg->rlr = value & RLR_MAX;
            iwdg->rlr_waits = true;
            update_begins(board);
        }
        break;
    case SR:
        break;
    default:
        chip_unknown(board, "IWDG: write of 0x%X at offset 0x%02X", (unsigned)value,
                     (unsigned)offset);
        break;
    }
}

static void reset(struct board *board, unsigned unit)
{
    (void)unit;
    *self(board) = (struct iwdg){
        .rlr = RLR_MAX,
        .rlr_now = RLR_MAX,
        .count = RLR_MAX,
        .pr_ready = CHIP_NEVER,
        .rlr_ready = CHIP_NEVER,
    };
    announce(board);
}

bool iwdg_is_started(const struct board *board)
{
    return self(board)->started;
}

const struct chip_peripheral iwdg_peripheral = {
    .units = {{"IWDG", 0x40003000, GATE_NONE, 0}},
    .unit_count = 1,
    .state_size = sizeof(struct iwdg),
    .narrow = NARROW_ALL_LANES,
    .event_count = 1,
    .reset = reset,
    .read = read_register,
    .write = write_register,
    .due = due,
    .signal = signal,
};
