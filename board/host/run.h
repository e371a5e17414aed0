/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOST_RUN_H
#define BOARD_HOST_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/board.h"
#include "board/host/endpoint.h"
#include "board/host/gdb_server.h"
#include "board/host/loader.h"

/* One run of the modelled board between its endpoints, until its time is over, a stop is
 * requested, or the program on it cannot go on. `otter board run` is made of it;
 * docs/man/otter-board.1 is its manual.
 */
enum { RUN_LINE_COUNT = 2, RUN_PENDING_SIZE = 1024 };

struct run_cut { /* the power fails in this flash operation and comes back at once */
    uint64_t op;
    enum board_tear tear;
    uint64_t seed;
};

enum run_input_kind {
    RUN_KEY, /* number 1..3, value 0 or 1 */
    RUN_CELSIUS,
    RUN_HUMIDITY,
    RUN_CLIMATE_BROKEN,
    RUN_OBSTACLE,
    RUN_RESET, /* the reset pin */
    RUN_POWER, /* off and on again, outside of any flash operation in particular */
};

struct run_input {
    uint64_t at; /* ticks */
    enum run_input_kind kind;
    unsigned number;
    int value;
};

struct run_options {
    uint64_t until; /* ticks; UINT64_MAX = no end */
    bool realtime;
    const char *state_path; /* NULL = the flash is forgotten */
    bool state_sync;        /* save it after each change, too */
    bool view;              /* tell view_line() whenever it changes */
    uint32_t baud[RUN_LINE_COUNT];
    const struct run_cut *cuts; /* in ascending order of op */
    size_t cut_count;
    const struct run_input *inputs; /* in ascending order of time */
    size_t input_count;
    struct gdb_server *gdb;            /* open, or NULL for none */
    const volatile sig_atomic_t *stop; /* not 0 = end the run */
    /* events, the view, and board_warning() once */
    void (*tell)(const char *format, ...) __attribute__((format(printf, 1, 2)));
};

struct run_line {
    struct endpoint end;
    bool has_times;                    /* each line begins with the board's time, in seconds */
    bool is_in_line;                   /* private */
    uint8_t pending[RUN_PENDING_SIZE]; /* received, not yet on the chip's wire */
    size_t pending_len;
};

struct run_result {
    enum board_stop stop;
    char why[256];        /* one line, unless TIME or ASKED */
    size_t cuts;          /* that happened */
    uint64_t given_up_ns; /* real time that the model could not keep up with */
};

/* Power the board on and run it. Its flash is loaded; lines[i] is the open far end of USART i +
 * 1. */
void run_board(struct board *board, struct run_line lines[RUN_LINE_COUNT],
               const struct run_options *options, struct run_result *out_result);

/* Did the run end well? Every reason but TIME and ASKED is a failure. */
bool run_is_good(const struct run_result *result);

#endif
