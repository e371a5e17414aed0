/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/campaign/campaign.h"
#include <stdlib.h>

/* The golden ratio's multiplier, as in splitmix64. */
#define GOLDEN 0x9E3779B97F4A7C15u

/* The seed of one cut: differs per operation, and is the same whether the case runs in a
 * campaign or alone. */
static uint64_t cut_seed(uint64_t seed, uint64_t op)
{
    return seed + op * GOLDEN;
}

static void arm(struct board *board, const struct campaign_options *options,
                const struct campaign_cut *cut)
{
    board_cut_at(board, cut->op, cut->tear, cut_seed(options->seed, cut->op));
}

static void disarm(struct board *board)
{
    board_cut_at(board, UINT64_MAX, BOARD_TEAR_NOT_DONE, 0);
}

/* Run until the power fails, or the scenario is stuck, or
 * (BOARD_STOP_TIME) its end or `limit`. */
static enum board_stop run_to_cut(const struct campaign_device *device, void *branch,
                                  uint64_t limit)
{
    struct board *board = device->board(branch);
    enum board_stop stop = BOARD_STOP_TIME;
    while (stop == BOARD_STOP_TIME && !device->is_done(branch) && board_now(board) < limit) {
        /* More than the reference run's slice costs nothing here, but the time
         * after the end. */
        stop = device->run_ms(branch, 10);
    }
    return stop;
}

static uint64_t limit_of(const struct board *board, const struct campaign_options *options)
{
    return board_now(board) + (uint64_t)options->limit_s * 1000000u * BOARD_TICKS_PER_US;
}

/* What became of a case. */
struct result {
    struct campaign_verdict verdict;
    bool second;      /* the second cut came */
    uint64_t end_ops; /* flash operations up to the end */
};

static struct result check(const struct campaign_device *device, void *branch)
{
    struct result result = {.end_ops = board_flash_ops(device->board(branch))};
    disarm(device->board(branch));
    result.verdict = device->check(branch, device->is_done(branch));
    return result;
}

/* From a state before the first cut: let the power fail there, restore it,
 * and go on to the end. */
static struct result run_branch(const struct campaign_device *device, void *branch,
                                const struct campaign_options *options,
                                const struct campaign_case *which)
{
    struct board *board = device->board(branch);
    uint64_t limit = limit_of(board, options);
    arm(board, options, &which->first);
    enum board_stop stop = run_to_cut(device, branch, limit);
    if (stop == BOARD_STOP_TIME) {
        return (struct result){.verdict.why = "the power cut never came: the run before it "
                                              "differs from the reference run"};
    }
    if (stop != BOARD_STOP_POWER) { /* stuck */
        return check(device, branch);
    }
    device->power_on(branch);
    if (which->has_second) {
        arm(board, options, &which->second);
    }
    bool second = run_to_cut(device, branch, limit) == BOARD_STOP_POWER;
    if (second) {
        device->power_on(branch);
        (void)run_to_cut(device, branch, limit);
    }
    struct result result = check(device, branch);
    result.second = second;
    return result;
}

struct run {
    const struct campaign_device *device;
    const struct campaign_options *options;
    void *reference, *before, *branch;
    struct campaign_counts counts;
};

/* The second operation lies among those that the recovery has: first as near as the draw says,
 * and if the recovery was over by then, within what it had. */
static void run_case(struct run *run, const struct campaign_case *planned)
{
    const struct campaign_device *device = run->device;
    struct campaign_case which = *planned;
    uint64_t draw = planned->second.op;
    device->copy(run->branch, run->before);
    which.second.op = which.first.op + 1 + draw;
    struct result result = run_branch(device, run->branch, run->options, &which);
    if (result.verdict.why == NULL && which.has_second && !result.second &&
        result.end_ops > which.first.op + 1) {
        which.second.op = which.first.op + 1 + draw % (result.end_ops - which.first.op - 1);
        device->copy(run->branch, run->before);
        result = run_branch(device, run->branch, run->options, &which);
    }
    which.has_second = result.second;
    run->counts.cases++;
    run->counts.seconds += result.second;
    if (result.verdict.why != NULL) {
        run->counts.failures++;
        run->counts.kinds[result.verdict.kind]++;
        run->options->failed(run->options->ctx, &which, result.verdict.why);
    }
    if (run->options->progress != NULL) {
        run->options->progress(run->options->ctx, run->counts.cases, run->counts.failures);
    }
}

static bool make_all(struct run *run)
{
    run->reference = run->device->make(run->device->ctx);
    run->before = run->device->make(run->device->ctx);
    run->branch = run->device->make(run->device->ctx);
    return run->reference != NULL && run->before != NULL && run->branch != NULL;
}

static void free_all(struct run *run)
{
    run->device->free(run->reference);
    run->device->free(run->before);
    run->device->free(run->branch);
}

static bool is_enough(const struct run *run)
{
    uint32_t max = run->options->max_failures;
    return max != 0 && run->counts.failures >= max;
}

int campaign_run(const struct campaign_device *device, const struct campaign_options *options,
                 const struct campaign_plan *plan, struct campaign_counts *out_counts)
{
    struct run run = {.device = device, .options = options};
    int result = -1;
    if (make_all(&run)) {
        struct board *board = device->board(run.reference);
        size_t next = options->part;
        while (next < plan->count && !device->is_done(run.reference) && !is_enough(&run)) {
            device->copy(run.before, run.reference);
            (void)device->run_ms(run.reference, options->slice_ms);
            uint64_t ops = board_flash_ops(board);
            for (; next < plan->count && plan->cases[next].first.op < ops && !is_enough(&run);
                 next += options->parts) {
                run_case(&run, &plan->cases[next]);
            }
        }
        result = 0;
    }
    free_all(&run);
    *out_counts = run.counts;
    return result;
}

const char *campaign_repeat(const struct campaign_device *device,
                            const struct campaign_options *options,
                            const struct campaign_case *which)
{
    void *branch = device->make(device->ctx);
    if (branch == NULL) {
        return "out of memory";
    }
    struct result result = run_branch(device, branch, options, which);
    if (result.verdict.why == NULL && which->has_second && !result.second) {
        result.verdict.why = "the second power cut never came";
    }
    device->free(branch);
    return result.verdict.why;
}
