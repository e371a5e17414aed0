/* SPDX-License-Identifier: Apache-2.0 */
#include "board/host/run.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "board/gokit2/gokit2.h"
#include "board/host/pace.h"
#include "board/host/state.h"
#include "board/host/view.h"

/* How often the endpoints are polled. A byte takes 87 us at 115200 baud and 1 ms at 9600. */
#define SLICE_TICKS (UINT64_C(1000) * BOARD_TICKS_PER_US)
enum { LINE_QUEUE_SIZE = 4096 };

struct run {
    struct board *board;
    struct run_line *lines;
    const struct run_options *options;
    struct run_result *result;
    struct pace pace;
    size_t next_input, next_cut;
    uint8_t saved[BOARD_FLASH_MAX]; /* with state_sync: the content of the file */
    char view[VIEW_LINE_SIZE];
    bool warned;
};

static void send_time(struct run_line *line, uint64_t now)
{
    char text[32];
    uint64_t ms = now / BOARD_TICKS_PER_US / 1000;

    (void)snprintf(text, sizeof text, "%4llu.%03llu ", (unsigned long long)(ms / 1000),
                   (unsigned long long)(ms % 1000));
    for (const char *c = text; *c != '\0'; c++) {
        endpoint_send(&line->end, (uint8_t)*c);
    }
}

static void on_sent(void *ctx, uint8_t byte, uint64_t now)
{
    struct run_line *line = ctx;

    if (line->has_times && !line->is_in_line) {
        send_time(line, now);
    }
    line->is_in_line = byte != '\n';
    endpoint_send(&line->end, byte);
}

static void finish(struct run *run, enum board_stop stop, const char *why)
{
    run->result->stop = stop;
    (void)snprintf(run->result->why, sizeof run->result->why, "%s", why);
}

static bool cannot_save(struct run *run, const char *why)
{
    char text[sizeof run->result->why];
    (void)snprintf(text, sizeof text, "%.90s: %.150s", run->options->state_path, why);
    finish(run, BOARD_STOP_STATE, text);
    return false;
}

static bool save_state(struct run *run)
{
    const char *path = run->options->state_path;
    char why[HOST_WHY_SIZE];
    if (path == NULL ||
        state_save(path, board_flash(run->board), board_flash_size(run->board), why)) {
        return true;
    }
    return cannot_save(run, why);
}

/* Before what the chip has sent goes out: nobody hears of a change that a kill undoes. */
static bool sync_state(struct run *run)
{
    const uint8_t *flash = board_flash(run->board);
    uint32_t size = board_flash_size(run->board);
    char why[HOST_WHY_SIZE];
    if (run->options->state_path == NULL || !run->options->state_sync ||
        memcmp(run->saved, flash, size) == 0) {
        return true;
    }
    memcpy(run->saved, flash, size);
    return state_replace(run->options->state_path, flash, size, why) || cannot_save(run, why);
}

static void arm_cut(struct run *run)
{
    if (run->next_cut < run->options->cut_count) {
        const struct run_cut *cut = &run->options->cuts[run->next_cut];
        board_cut_at(run->board, cut->op, cut->tear, cut->seed);
    }
}

static bool power_comes_back(struct run *run)
{
    static const char *const tears[] = {[BOARD_TEAR_NOT_DONE] = "not done",
                                        [BOARD_TEAR_DONE] = "done",
                                        [BOARD_TEAR_TORN] = "torn",
                                        [BOARD_TEAR_HALF_ERASED] = "half-erased",
                                        [BOARD_TEAR_WEAK] = "weak"};
    if (run->next_cut < run->options->cut_count) {
        const struct run_cut *cut = &run->options->cuts[run->next_cut++];
        run->options->tell("power fails in flash operation %llu (%s)",
                           (unsigned long long)cut->op, tears[cut->tear]);
    }
    run->result->cuts++;
    if (!save_state(run)) {
        return false;
    }
    board_power_on(run->board);
    arm_cut(run);
    return true;
}

static void apply(struct run *run, const struct run_input *input)
{
    struct board *board = run->board;
    struct board_inputs inputs;
    board_inputs(board, &inputs);
    switch (input->kind) {
    case RUN_KEY:
        board_set_key(board, input->number, input->value != 0);
        break;
    case RUN_CELSIUS:
        board_set_climate(board, input->value, inputs.humidity_percent);
        break;
    case RUN_HUMIDITY:
        board_set_climate(board, inputs.celsius, input->value);
        break;
    case RUN_CLIMATE_BROKEN:
        board_set_climate_broken(board, input->value != 0);
        break;
    case RUN_OBSTACLE:
        board_set_obstacle(board, input->value != 0);
        break;
    case RUN_RESET:
        board_reset(board);
        break;
    case RUN_POWER:
        board_power_on(board);
        break;
    }
}

/* Do what is due. Returns the tick of the next thing to do: up to there the board may run. */
static uint64_t apply_inputs(struct run *run)
{
    const struct run_options *options = run->options;
    while (run->next_input < options->input_count &&
           options->inputs[run->next_input].at <= board_now(run->board)) {
        apply(run, &options->inputs[run->next_input++]);
    }
    uint64_t until = board_now(run->board) + SLICE_TICKS;
    if (run->next_input < options->input_count && options->inputs[run->next_input].at < until) {
        until = options->inputs[run->next_input].at;
    }
    return until < options->until ? until : options->until;
}

/* Move what has come from outside onto the chip's wires. */
static void receive(struct run *run)
{
    for (unsigned i = 0; i < RUN_LINE_COUNT; i++) {
        struct run_line *line = &run->lines[i];
        unsigned usart = i + 1;
        /* Put no more on the wire than its queue holds: the rest waits in the host. */
        if (board_uart_waiting(run->board, usart) > LINE_QUEUE_SIZE - RUN_PENDING_SIZE) {
            continue;
        }
        line->pending_len += endpoint_receive(&line->end, line->pending + line->pending_len,
                                              RUN_PENDING_SIZE - line->pending_len);
        size_t put = board_uart_put(run->board, usart, line->pending, line->pending_len,
                                    run->options->baud[i]);
        memmove(line->pending, line->pending + put, line->pending_len - put);
        line->pending_len -= put;
    }
}

static bool flush(struct run *run)
{
    for (unsigned i = 0; i < RUN_LINE_COUNT; i++) {
        struct endpoint *end = &run->lines[i].end;
        if (!endpoint_flush(end)) {
            char text[HOST_WHY_SIZE];
            (void)snprintf(text, sizeof text, "uart%u: %s", i + 1, strerror(end->error));
            finish(run, BOARD_STOP_ENDPOINT, text);
            return false;
        }
    }
    return true;
}

static void tell_view(struct run *run)
{
    char line[VIEW_LINE_SIZE];
    view_line(run->board, line);
    if (strcmp(line, run->view) != 0) {
        (void)snprintf(run->view, sizeof run->view, "%s", line);
        run->options->tell("view: %s", line);
    }
}

static void tell_warning(struct run *run)
{
    const char *warning = board_warning(run->board);
    if (!run->warned && warning[0] != '\0') {
        run->warned = true;
        run->options->tell("warning: %s; chips bear it, so the run goes on", warning);
    }
}

/* Wait until the host's clock has reached the board's. What comes in meanwhile is taken at
 * once. */
static void wait_for_host(struct run *run)
{
    struct pollfd fds[RUN_LINE_COUNT];
    for (unsigned i = 0; i < RUN_LINE_COUNT; i++) {
        fds[i].fd = run->lines[i].pending_len == 0 ? run->lines[i].end.in_fd : -1;
        fds[i].events = POLLIN;
    }
    for (;;) {
        uint64_t ns = pace_ahead_ns(&run->pace, board_now(run->board));
        if (ns == 0 || *run->options->stop != 0) {
            return;
        }
        struct timespec wait = {.tv_sec = (time_t)(ns / 1000000000),
                                .tv_nsec = (long)(ns % 1000000000)};
        if (ppoll(fds, RUN_LINE_COUNT, &wait, NULL) <= 0) {
            continue; /* over, or a signal: the loop's condition decides */
        }
        receive(run);
        for (unsigned i = 0; i < RUN_LINE_COUNT; i++) {
            /* A pty that no peer has open, and an input that has ended, are always ready. */
            if ((fds[i].revents & ~POLLIN) != 0 || run->lines[i].end.in_fd < 0 ||
                run->lines[i].pending_len > 0) {
                fds[i].fd = -1;
            }
            fds[i].revents = 0;
        }
    }
}

/* One slice. Returns false when the run is over. */
static bool run_slice(struct run *run)
{
    if (*run->options->stop != 0) {
        finish(run, BOARD_STOP_ASKED, "");
        return false;
    }
    if (run->options->gdb != NULL &&
        !gdb_server_serve(run->options->gdb, run->board, run->options->stop)) {
        finish(run, BOARD_STOP_ASKED, "");
        return false;
    }
    uint64_t until = apply_inputs(run);
    if (board_now(run->board) >= run->options->until) {
        finish(run, BOARD_STOP_TIME, "");
        return false;
    }
    receive(run);
    enum board_stop stop = board_run(run->board, until);
    if (!sync_state(run) || !flush(run)) {
        return false;
    }
    tell_warning(run);
    if (run->options->view) {
        tell_view(run);
    }
    if (run->options->gdb != NULL && gdb_server_stopped(run->options->gdb, stop)) {
        return true;
    }
    if (stop == BOARD_STOP_POWER) {
        if (!power_comes_back(run)) {
            return false;
        }
    } else if (stop != BOARD_STOP_TIME && stop != BOARD_STOP_ASKED) {
        finish(run, stop, board_why(run->board));
        return false;
    }
    if (run->options->realtime) {
        wait_for_host(run);
    }
    return true;
}

void run_board(struct board *board, struct run_line lines[RUN_LINE_COUNT],
               const struct run_options *options, struct run_result *out_result)
{
    struct run run = {.board = board, .lines = lines, .options = options, .result = out_result};
    memset(out_result, 0, sizeof *out_result);
    for (unsigned i = 0; i < RUN_LINE_COUNT; i++) {
        struct board_uart_sink sink = {.ctx = &lines[i], .sent = on_sent};
        board_uart_connect(board, i + 1, &sink);
    }
    pace_start(&run.pace, board_now(board));
    board_power_on(board);
    arm_cut(&run);
    while (run_slice(&run)) {
    }
    out_result->given_up_ns = run.pace.lost_ns;
    for (; run.next_cut < options->cut_count; run.next_cut++) {
        options->tell("the power cut in flash operation %llu never came (%llu operations)",
                      (unsigned long long)options->cuts[run.next_cut].op,
                      (unsigned long long)board_flash_ops(board));
    }
    /* If saving fails too, the first reason stays. */
    struct run_result first = *out_result;
    if (!save_state(&run) && !run_is_good(&first)) {
        *out_result = first;
    }
}

bool run_is_good(const struct run_result *result)
{
    return result->stop == BOARD_STOP_TIME || result->stop == BOARD_STOP_ASKED;
}
