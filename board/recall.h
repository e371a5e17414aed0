/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_RECALL_H
#define BOARD_RECALL_H

#include <stdbool.h>
#include <stdint.h>
#include "board/board.h"

/* What a campaign need not execute, because thousands of its cases do the same: a long function of the firmware
 * is executed once for every question that it is asked, and the answer is given from memory when the same
 * question comes again; of a loop that waits, the rounds in which nothing happens are passed over
 * (board/polling.h).
 *
 * The function is one of four arguments, f(const void *context, word, word *, word *), that depends on
 * nothing but them, what they point to, and flash; on which of it, its second argument says. A question is
 * all of these, byte by byte, with the clock and the place of the call; the bytes of flash are those that
 * are read now, so weak cells are no exception. An answer is r0, both words, the time it took, and what was written to peripherals (a
 * watchdog that is fed) at which time; all of it happens again while nothing is executed. So what
 * runs before and after takes the same course as without this, tick by tick; only the RAM below the stack
 * pointer keeps what it had.
 *
 * Whatever does not fit is executed and not remembered: a call with interrupts on, one that reads a
 * peripheral, starts a flash operation, changes other RAM than its own stack and the two words, or
 * writes too often to peripherals. With a debugger nothing is answered from memory.
 *
 * A recall serves all boards of a process that it is attached to, one of which runs at a time.
 */
enum {
    RECALL_FLASH_MAX = 4,
    RECALL_POLLS = 2,
    RECALL_ANSWERS_MAX = 4096,
    RECALL_WRITES_MAX = 1024
};

struct recall_options {
    uint32_t function;     /* address of its first instruction; 0 = none */
    uint32_t context_size; /* bytes that r0 points to */
    uint32_t stack_size;   /* bytes below the caller's stack pointer that it may use */
    struct recall_flash {
        uint32_t addr, len;
        uint32_t seconds;      /* bit n: read when the second argument is n, of 0 to 31 */
    } flash[RECALL_FLASH_MAX]; /* all that it reads of it, its own code included */
    /* Addresses that a loop branches to in each of its rounds: a function's that it calls, or its own
     * beginning; 0 = none. While nothing happens to the chip, a round must do what the one before did: look at
     * flags, not at counters; write to nothing but memory and the watchdog. With interrupts on they are
     * executed. */
    uint32_t polls[RECALL_POLLS];
    /* Of so many answers that are known one is not given but found out again, and compared, and of so many
     * waits one is executed: 0 = none. A difference stops the board with BOARD_STOP_UNKNOWN. */
    uint32_t compare_every;
};

struct recall_counts {
    uint64_t remembered; /* calls that were answered from memory */
    uint64_t executed;   /* and are remembered since */
    uint64_t compared;   /* executed although they were remembered */
    uint64_t others;     /* executed: they do not fit, or the memory is full */
    uint64_t rounds;     /* of waiting loops that were passed over */
    uint64_t compared_waits;
    uint64_t differences; /* of those compared */
};

struct recall;

/* Returns NULL if memory is short. */
struct recall *recall_new(const struct recall_options *options);

/* No board may have it any more. */
void recall_free(struct recall *recall);

/* Makes it the board's hook (board/hook.h); NULL takes the hook away. Returns false if memory is short. */
__attribute__((warn_unused_result)) bool board_attach_recall(struct board *board,
                                                             struct recall *recall);

/* Since it was made, or since the counts were forgotten; the answers stay. */
struct recall_counts recall_counts(const struct recall *recall);
void recall_forget_counts(struct recall *recall);

#endif
