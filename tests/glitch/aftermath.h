/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GLITCH_AFTERMATH_H
#define GLITCH_AFTERMATH_H

#include "board/debug.h"
#include "glitch/device.h"
#include "lab/replay/native_crypto.h"
#include "lab/replay/state_cache.h"
#include "port/stm32f103/partitions.h"

/* A device that goes on after a glitch: start after start, every instruction watched, until it
 * is quiet.
 *
 * A start ends where the bootloader is left, where it waits for a recovery's bytes, or where it
 * hangs; the next one begins with a reset, as the watchdog or its owner would do it. Quiet is a
 * start after the first that leaves flash as it is.
 */
enum start_end {
    START_GOOD_APP, /* the first instruction of the good app is next, all of it in its slot */
    START_ACCEPTED, /* any other instruction in flash is, or one of the bad image in RAM */
    START_KNOWN,    /* a state was reached from which all is known to end well */
    START_RECOVERY,
    /* in the fault handler; or no function is entered any more, or the budget is used up */
    START_HANGS,
    START_UNKNOWN, /* it did what is not modelled, or UNPREDICTABLE */
    START_ENDS,
};

/* What it all comes to. */
enum aftermath_verdict {
    AFTERMATH_GOOD, /* quiet, with the good app */
    /* quiet, waiting for an image: it no longer accepts its app */
    AFTERMATH_RECOVERY,
    AFTERMATH_ACCEPTED, /* START_ACCEPTED, once */
    AFTERMATH_ENDLESS,  /* never quiet */
    AFTERMATH_VERDICTS,
};

enum { AFTERMATH_MAX = 20, AFTERMATH_PATH_MAX = 1 << 16 };

struct aftermath {
    struct board *board;
    struct board_debug debug;
    enum device_image image;
    uint8_t marks[OTTER_BOOT_SIZE / 2]; /* what begins at this half-word */
    uint32_t ram_end;                   /* of what is no stack */
    struct state_cache known;           /* to end well */
    struct native_crypto crypto;
    uint64_t budget; /* instructions that one start may take */

    /* of the case under way */
    enum start_end ends[AFTERMATH_MAX];
    unsigned count;
    uint32_t left_at; /* START_GOOD_APP, START_ACCEPTED: the first address of what starts */
    bool strayed;     /* it executed what is no program, in RAM */
    uint64_t path[AFTERMATH_PATH_MAX];
    unsigned path_len;
    bool ended;
    enum start_end end;
    uint64_t left, silent;
};

/* At the state of `board`; a start may take `budget` instructions. Ends the process with a
 * message if memory is short. */
struct aftermath *aftermath_new(enum device_image image, const struct board *board,
                                uint64_t budget);
void aftermath_free(struct aftermath *after);

/* From where after->board is, to quiet. What was passed is known from then on
 * if the good app starts. */
enum aftermath_verdict aftermath_run(struct aftermath *after);

const char *aftermath_end_name(enum start_end end);
const char *aftermath_verdict_name(enum aftermath_verdict verdict);

#endif
