/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_REPLAY_H
#define LAB_REPLAY_H

#include <stdbool.h>
#include <stdint.h>
#include "board/board.h"
#include "lab/replay/call_cache.h"

/* What a campaign need not execute, because thousands of its cases do the same: the calls of
 * one long function (call_cache.h), and the rounds of loops that wait (idle_skip.h): of those
 * that are named here, and of one that is known by its instructions (poll_loop.h). The board
 * goes the same way as without, tick by tick; only the RAM below the stack pointer keeps what
 * it had.
 *
 * One replay serves all boards of a process, of which one runs at a time: it is their hook
 * (board/hook.h). With a debugger nothing is answered from memory.
 */
enum { REPLAY_LOOPS = 2 };

struct replay_options {
    struct call_function function; /* whose calls are remembered; addr 0 = none */
    uint32_t loops[REPLAY_LOOPS];  /* where rounds of loops begin (idle_skip.h); 0 = none */

    /* One in so many answers that are known is not given but executed, and compared; and so is
     * one in so many waits. 0 = none. A difference stops the board with BOARD_STOP_UNKNOWN. */
    uint32_t compare_every;
};

struct replay_counts {
    uint64_t remembered; /* calls that were answered from memory */
    uint64_t executed;   /* and are remembered since */
    uint64_t compared;   /* executed although they were remembered */
    uint64_t others;     /* executed: they do not fit, or the memory is full */
    uint64_t rounds;     /* of waiting loops that were skipped */
    uint64_t compared_waits;
    uint64_t differences; /* of all that were compared */
};

struct replay;

/* Returns NULL if memory is short. */
struct replay *replay_new(const struct replay_options *options);

/* No board may have it any more. NULL is allowed. */
void replay_free(struct replay *replay);

/* Make it the board's hook; NULL takes the board's hook away. All boards that are copied to
 * each other have the same one. Returns false if memory is short. */
__attribute__((warn_unused_result)) bool replay_attach(struct replay *replay,
                                                       struct board *board);

/* Since it was made, or since the counts were forgotten; the answers stay. */
struct replay_counts replay_counts(const struct replay *replay);
void replay_forget_counts(struct replay *replay);

#endif
