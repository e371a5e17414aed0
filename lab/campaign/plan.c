/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include "lab/campaign/campaign.h"

/* What the reference run has, and which cases are made of it. */

enum {
    NEAR_OPS = 12,    /* an operation so near to a change of the page is an edge */
    NEAR_SECOND = 40, /* half of the second cuts come within so many operations */
    PAGE_SIZE = 1024,
};

static const char *const tear_names[BOARD_TEARS] = {"not-done", "done", "torn", "half-erased",
                                                    "weak"};

const char *campaign_tear_name(enum board_tear tear)
{
    return tear_names[tear];
}

bool campaign_find_tear(const char *name, size_t len, enum board_tear *out_tear)
{
    for (unsigned i = 0; i < BOARD_TEARS; i++) {
        if (strlen(tear_names[i]) == len && memcmp(tear_names[i], name, len) == 0) {
            *out_tear = (enum board_tear)i;
            return true;
        }
    }
    return false;
}

/* ---- survey ---- */

struct watcher {
    uint64_t *edges;
    size_t edge_count, room;
    uint64_t next; /* the first operation not yet an edge */
    uint64_t edge_end;
    uint32_t page;
    bool out_of_memory;
};

static void add_edge(struct watcher *watcher, uint64_t op)
{
    if (watcher->edge_count == watcher->room) {
        size_t room = watcher->room == 0 ? 1024 : 2 * watcher->room;
        uint64_t *edges = realloc(watcher->edges, room * sizeof edges[0]);
        if (edges == NULL) {
            watcher->out_of_memory = true;
            return;
        }
        watcher->edges = edges;
        watcher->room = room;
    }
    watcher->edges[watcher->edge_count++] = op;
}

static void watch(void *ctx, uint64_t op, bool erase, uint32_t addr)
{
    struct watcher *watcher = ctx;
    (void)erase;
    if (addr / PAGE_SIZE != watcher->page) {
        watcher->page = addr / PAGE_SIZE;
        watcher->edge_end = op + NEAR_OPS;
        uint64_t from = op > NEAR_OPS ? op - NEAR_OPS : 0;
        for (uint64_t i = from > watcher->next ? from : watcher->next; i < op; i++) {
            add_edge(watcher, i);
        }
        watcher->next = op;
    }
    if (op < watcher->edge_end) {
        add_edge(watcher, op);
        watcher->next = op + 1;
    }
}

const char *campaign_survey(const struct campaign_device *device,
                            const struct campaign_options *options,
                            struct campaign_survey *out_survey)
{
    struct watcher watcher = {.edges = NULL};
    const char *why = "out of memory";
    void *reference = device->make(device->ctx);
    *out_survey = (struct campaign_survey){0};
    if (reference != NULL) {
        struct board *board = device->board(reference);
        board_watch_flash(board, &(struct board_flash_watch){&watcher, watch});
        uint64_t limit =
            board_now(board) + (uint64_t)options->limit_s * 1000000u * BOARD_TICKS_PER_US;
        enum board_stop stop = BOARD_STOP_TIME;
        while (stop == BOARD_STOP_TIME && !device->is_done(reference) &&
               board_now(board) < limit) {
            stop = device->run_ms(reference, options->slice_ms);
        }
        out_survey->operations = board_flash_ops(board);
        board_watch_flash(board, NULL); /* those of the check are behind the end */
        if (!watcher.out_of_memory) {
            why = device->check(reference, device->is_done(reference)).why;
        }
    }
    device->free(reference);
    out_survey->edges = watcher.edges;
    out_survey->edge_count = watcher.edge_count;
    return why;
}

/* ---- plan ---- */

static uint64_t mix(uint64_t *state) /* splitmix64 */
{
    *state += 0x9E3779B97F4A7C15u;
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static enum board_tear draw_tear(const struct campaign_options *options, uint64_t *random)
{
    for (;;) {
        unsigned tear = (unsigned)(mix(random) % BOARD_TEARS);
        if (options->tears[tear]) {
            return (enum board_tear)tear;
        }
    }
}

/* Half of the first cuts are at edges, half of the second ones soon after the first: there are
 * few such operations, and that is where records are written. */
static struct campaign_case draw_case(const struct campaign_options *options,
                                      const struct campaign_survey *survey, uint64_t *random)
{
    struct campaign_case one = {.has_second = true};
    one.first.op = survey->edge_count != 0 && mix(random) % 2 == 0
                       ? survey->edges[mix(random) % survey->edge_count]
                       : mix(random) % survey->operations;
    one.first.tear = draw_tear(options, random);
    one.second.op = mix(random) % (mix(random) % 2 == 0 ? NEAR_SECOND : survey->operations);
    one.second.tear = draw_tear(options, random);
    return one;
}

static int compare(const void *a, const void *b)
{
    const struct campaign_case *left = a, *right = b;
    if (left->first.op != right->first.op) {
        return left->first.op < right->first.op ? -1 : 1;
    }
    if (left->has_second != right->has_second) {
        return left->has_second ? 1 : -1;
    }
    if (left->first.tear != right->first.tear) {
        return left->first.tear < right->first.tear ? -1 : 1;
    }
    return left->second.op < right->second.op ? -1 : left->second.op > right->second.op;
}

int campaign_plan(const struct campaign_options *options, const struct campaign_survey *survey,
                  struct campaign_plan *out_plan)
{
    uint64_t first_ops = options->offset < survey->operations
                             ? (survey->operations - options->offset - 1) / options->every + 1
                             : 0;
    size_t room = (size_t)(first_ops * BOARD_TEARS + options->second_count);
    uint64_t random = options->seed;
    out_plan->count = 0;
    out_plan->cases = calloc(room + 1, sizeof out_plan->cases[0]);
    if (out_plan->cases == NULL) {
        return -1;
    }
    for (uint64_t op = options->offset; op < survey->operations; op += options->every) {
        for (unsigned tear = 0; tear < BOARD_TEARS; tear++) {
            if (options->tears[tear]) {
                out_plan->cases[out_plan->count++] =
                    (struct campaign_case){.first = {.op = op, .tear = (enum board_tear)tear}};
            }
        }
    }
    for (uint32_t i = 0; i < options->second_count && survey->operations != 0; i++) {
        out_plan->cases[out_plan->count++] = draw_case(options, survey, &random);
    }
    qsort(out_plan->cases, out_plan->count, sizeof out_plan->cases[0], compare);
    return 0;
}

void campaign_free(struct campaign_survey *survey, struct campaign_plan *plan)
{
    free(survey->edges);
    free(plan->cases);
    survey->edges = NULL;
    plan->cases = NULL;
}
