/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_TESTS_WIRE_CASES_H
#define OTTER_TESTS_WIRE_CASES_H

#include <stdint.h>

/* How each recording of tests/vectors/wire is replayed against the device, and every frame in
 * which the device is expected to differ from the recording, with the reason. Counts are exact:
 * one frame more or less fails the test.
 */
enum wire_op_kind {
    WIRE_END,   /* ends the list */
    WIRE_ASK,   /* make the device send the nth READY: the script's own decision */
    WIRE_STOP,  /* make the nth piece frame one the device refuses */
    WIRE_RESET, /* the MCU resets instead of receiving the nth piece frame; RAM is kept */
    WIRE_RESET_FORGET, /* same, and the retained RAM is lost */
    WIRE_SMALL_SLOT,   /* APPBAK is too small for the first offer */
};
struct wire_op {
    enum wire_op_kind kind;
    unsigned nth; /* counts READYs of the recording, or piece frames of the module, from 1 */
};

enum wire_difference_kind {
    WIRE_NONE,      /* ends the list */
    WIRE_EXTRA,     /* the device sends it, the recording has none */
    WIRE_MISSING,   /* the recording has it, the device does not send it */
    WIRE_DIFFERENT, /* both, but the bytes differ */
    WIRE_BROKEN,    /* the scripted MCU sent what no device may send: not replayed; any cmd */
};
struct wire_difference {
    enum wire_difference_kind kind;
    uint8_t cmd;
    unsigned count;
    const char *reason;
};

struct wire_case {
    const char *name;
    unsigned compared; /* frames of ours that must equal the recording: at least */
    unsigned finished; /* whole transfers verified and announced in FLAG */
    struct wire_op ops[8];
    struct wire_difference differences[14];
};

extern const struct wire_case wire_cases[];
extern const unsigned wire_case_count;

#endif
