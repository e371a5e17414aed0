/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_REPLAY_CALL_CACHE_H
#define LAB_REPLAY_CALL_CACHE_H

#include <stdint.h>
#include "board/hook.h"

/* The answers of one long function of the firmware: it is executed once for every question that
 * it is asked, and the answer is given from memory when the same question comes again.
 *
 * It is a function of four arguments, f(const void *context, word, word *, word *), that
 * depends on nothing but them, what they point to, and flash; on which of it, its second
 * argument says. A question is all of these, byte by byte, with the clock and the place of the
 * call; the bytes of flash are those that are read now, so weak cells are no exception. An
 * answer is r0, both words, the time it took, and what was written to peripherals (a watchdog
 * that is fed) at which time; all of it happens again while nothing is executed.
 *
 * Whatever does not fit is executed and not remembered: a call with interrupts on, one that
 * reads a peripheral, starts a flash operation, changes other RAM than its own stack and the
 * two words, or writes too often to peripherals.
 *
 * For replay.c.
 */
enum { CALL_FLASH_MAX = 4 };

struct call_function {
    uint32_t addr;         /* of its first instruction */
    uint32_t context_size; /* bytes that r0 points to, in RAM or in flash */
    uint32_t stack_size;   /* bytes below the caller's stack pointer that it may use */

    /* All the flash that it reads, its own code included; bit n of `places`: it reads this when
     * its second argument is n, of 0 to 31. */
    struct call_flash {
        uint32_t addr, len;
        uint32_t places;
    } flash[CALL_FLASH_MAX];
};

struct call_counts {
    uint64_t remembered, executed, compared, others, differences; /* struct replay_counts */
};

/* How far a board is in the answer that it is being given. It belongs to the
 * board: a copy has the same. */
struct call_giving {
    const struct call_answer *answer; /* NULL = none */
    uint64_t start;
    unsigned writes;
};

struct call_cache;

/* One in compare_every known answers is found out again (0: none). Returns
 * NULL if memory is short. */
struct call_cache *call_cache_new(const struct call_function *function, uint32_t compare_every);
void call_cache_free(struct call_cache *cache);

const struct call_counts *call_cache_counts(const struct call_cache *cache);
void call_cache_forget_counts(struct call_cache *cache);

/* Where the core of the board must stop for it: at the function, or, in a call that is executed
 * and watched, where it returns. 0 = nowhere. */
uint32_t call_cache_trap(const struct call_cache *cache, const struct board *board);

/* The core has come there. Sets *out_giving if the answer is known; else
 * the call is executed. */
void call_cache_trapped(struct call_cache *cache, struct board *board,
                        struct call_giving *out_giving);

/* The core accesses a peripheral while a call is watched. */
void call_cache_access(struct call_cache *cache, const struct board *board,
                       const struct board_access *access);

/* The call under way on this board, if there is one, will not return. */
void call_cache_abandon(struct call_cache *cache, const struct board *board);

/* Let time pass, up to `until`, in an answer. At its end the function has returned, and
 * giving->answer is NULL. */
void call_cache_give(struct call_giving *giving, struct board *board, uint64_t until);

#endif
