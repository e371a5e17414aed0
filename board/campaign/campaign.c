/* SPDX-License-Identifier: Apache-2.0 */
#include "board/campaign/campaign.h"

static const enum board_tear tears[] = {BOARD_TEAR_NOT_DONE, BOARD_TEAR_DONE, BOARD_TEAR_TORN};
enum { TEAR_COUNT = sizeof tears / sizeof tears[0] };

/* The seed of one case: differs per operation, and is the same whether the case runs in a campaign
 * or alone (the multiplier is the golden ratio's, as in splitmix64). */
static uint64_t case_seed(uint64_t seed, uint64_t op)
{
    return seed + op * 0x9E3779B97F4A7C15u;
}

/* From a state before `op`: let the power fail there, restore it, and go on to the end. */
static const char *run_branch(const struct campaign_world *world, void *branch,
                              const struct campaign_options *options, uint64_t op,
                              enum board_tear tear)
{
    struct board *board = world->board(branch);
    board_cut_at(board, op, tear, case_seed(options->seed, op));
    uint32_t slice_ms = options->slice_ms;
    uint64_t limit =
        board_now(board) + (uint64_t)options->limit_s * 1000000u * BOARD_TICKS_PER_US;
    bool cut = false;
    while (!world->is_done(branch) && board_now(board) < limit) {
        world->run_ms(branch, slice_ms);
        if (!cut && board_flash_ops(board) > op) {
            cut = true;
            world->power_on(branch);
        }
    }
    if (!cut) {
        return "the power cut never came: the run before it differs from the reference run";
    }
    return world->judge(branch, world->is_done(branch));
}

int campaign_run(const struct campaign_world *world, const struct campaign_options *options,
                 struct campaign_counts *out_counts)
{
    struct campaign_counts counts = {0};
    void *reference = world->make(world->ctx);
    void *before = world->make(world->ctx);
    void *branch = world->make(world->ctx);
    int result = -1;
    if (reference == NULL || before == NULL || branch == NULL) {
        goto out;
    }

    struct board *board = world->board(reference);
    uint64_t limit =
        board_now(board) + (uint64_t)options->limit_s * 1000000u * BOARD_TICKS_PER_US;
    uint64_t op = options->offset;
    while (!world->is_done(reference) && board_now(board) < limit) {
        world->copy(before, reference);
        world->run_ms(reference, options->slice_ms);
        for (; op < board_flash_ops(board); op += options->every) {
            for (unsigned i = 0; i < TEAR_COUNT; i++) {
                world->copy(branch, before);
                const char *why = run_branch(world, branch, options, op, tears[i]);
                counts.cases++;
                if (why != NULL) {
                    counts.failures++;
                    options->failed(options->ctx, op, tears[i], options->seed, why);
                }
            }
            if (options->progress != NULL) {
                options->progress(options->ctx, op, counts.cases, counts.failures);
            }
        }
    }
    counts.operations = board_flash_ops(board);
    const char *why = world->judge(reference, world->is_done(reference));
    if (why != NULL) {
        options->failed(options->ctx, UINT64_MAX, BOARD_TEAR_NOT_DONE, options->seed, why);
        goto out;
    }
    result = 0;
out:
    world->free(reference);
    world->free(before);
    world->free(branch);
    *out_counts = counts;
    return result;
}

const char *campaign_repeat(const struct campaign_world *world,
                            const struct campaign_options *options, uint64_t op,
                            enum board_tear tear)
{
    void *branch = world->make(world->ctx);
    if (branch == NULL) {
        return "out of memory";
    }
    const char *why = run_branch(world, branch, options, op, tear);
    world->free(branch);
    return why;
}
