/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/replay/replay.h"

#include <stdlib.h>
#include "board/hook.h"
#include "board/stm32f1/board_state.h"
#include "board/stm32f1/chip.h"
#include "lab/replay/idle_skip.h"
#include "lab/replay/poll_loop.h"

enum { PC = 15 };

struct replay {
    struct replay_options options;
    struct call_cache *calls;
    struct idle_skip idle;
    uint32_t found_loop; /* one in which a run began; 0 = none yet */
    uint64_t compared_waits, different_waits;
};

/* A board that it is attached to. */
struct seat {
    struct replay *replay;
    struct board *board;
    struct call_giving giving; /* the answer that the board is getting */
};

struct replay *replay_new(const struct replay_options *options)
{
    struct replay *replay = calloc(1, sizeof *replay);
    if (replay == NULL) {
        return NULL;
    }
    replay->options = *options;
    replay->calls = call_cache_new(&options->function, options->compare_every);
    if (replay->calls == NULL) {
        free(replay);
        return NULL;
    }
    return replay;
}

void replay_free(struct replay *replay)
{
    if (replay != NULL) {
        call_cache_free(replay->calls);
        free(replay);
    }
}

struct replay_counts replay_counts(const struct replay *replay)
{
    const struct call_counts *calls = call_cache_counts(replay->calls);
    return (struct replay_counts){.remembered = calls->remembered,
                                  .executed = calls->executed,
                                  .compared = calls->compared,
                                  .others = calls->others,
                                  .rounds = replay->idle.rounds,
                                  .compared_waits = replay->compared_waits,
                                  .differences = calls->differences + replay->different_waits};
}

void replay_forget_counts(struct replay *replay)
{
    call_cache_forget_counts(replay->calls);
    replay->idle.rounds = 0;
    replay->compared_waits = replay->different_waits = 0;
}

/* ---- the hook ---- */

static unsigned traps(void *ctx, uint32_t out_addrs[BOARD_TRAPS_MAX])
{
    const struct seat *seat = ctx;
    const struct replay *replay = seat->replay;
    unsigned count = 0;
    out_addrs[count] = call_cache_trap(replay->calls, seat->board);
    count += out_addrs[count] != 0;
    out_addrs[count] = replay->found_loop;
    count += out_addrs[count] != 0;
    for (unsigned i = 0; i < REPLAY_LOOPS; i++) {
        out_addrs[count] = replay->options.loops[i];
        count += out_addrs[count] != 0;
    }
    return count;
}

static void begin(void *ctx, struct board *board)
{
    const struct seat *seat = ctx;
    uint32_t loop = poll_loop_find(board);
    if (loop != 0) {
        seat->replay->found_loop = loop;
    }
}

static void skip_rounds(struct replay *replay, struct board *board, uint64_t until)
{
    switch (idle_skip_round(&replay->idle, board, replay->options.compare_every, until)) {
    case IDLE_SKIP_GOES_ON:
        return;
    case IDLE_SKIP_DIFFERS:
        replay->different_waits++;
        chip_unknown(board, "a loop that waits does not do the same in each round");
        break;
    case IDLE_SKIP_COMPARED:
        break;
    }
    replay->compared_waits++;
}

static bool is_loop(const struct replay *replay, const struct board *board)
{
    uint32_t pc = board->cpu.r[PC];
    bool is = pc == replay->found_loop && poll_loop_begins(board, pc);
    for (unsigned i = 0; i < REPLAY_LOOPS; i++) {
        is = is || pc == replay->options.loops[i];
    }
    return is;
}

static bool trap(void *ctx, struct board *board, uint64_t until)
{
    struct seat *seat = ctx;
    struct replay *replay = seat->replay;
    if (seat->giving.answer != NULL) {
        call_cache_give(&seat->giving, board, until);
        return seat->giving.answer != NULL;
    }
    uint32_t pc = board->cpu.r[PC];
    if (is_loop(replay, board)) {
        skip_rounds(replay, board, until);
    }
    if (pc == call_cache_trap(replay->calls, board)) {
        call_cache_trapped(replay->calls, board, &seat->giving);
    }
    return seat->giving.answer != NULL;
}

static void access_peripheral(void *ctx, struct board *board, const struct board_access *access)
{
    const struct seat *seat = ctx;
    call_cache_access(seat->replay->calls, board, access);
}

/* What was under way on the board will not come to its end. */
static void abandon(struct seat *seat)
{
    seat->giving.answer = NULL;
    call_cache_abandon(seat->replay->calls, seat->board);
    idle_skip_abandon(&seat->replay->idle, seat->board);
}

static void has_reset(void *ctx, struct board *board)
{
    (void)board;
    abandon(ctx);
}

static void has_copied(void *ctx, struct board *board, const void *from)
{
    struct seat *seat = ctx;
    const struct seat *source = from;
    (void)board;
    abandon(seat);
    if (source != NULL) {
        seat->giving = source->giving;
    }
}

static void release(void *ctx, struct board *board)
{
    (void)board;
    abandon(ctx);
    free(ctx);
}

bool replay_attach(struct replay *replay, struct board *board)
{
    struct board_hook hook = {.traps = traps,
                              .begin = begin,
                              .trap = trap,
                              .access = access_peripheral,
                              .reset = has_reset,
                              .copy = has_copied,
                              .release = release};
    if (replay == NULL) {
        board_set_hook(board, NULL);
        return true;
    }
    struct seat *seat = calloc(1, sizeof *seat);
    if (seat == NULL) {
        return false;
    }
    seat->replay = replay;
    seat->board = board;
    hook.ctx = seat;
    board_set_hook(board, &hook);
    return true;
}
