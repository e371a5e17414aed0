/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_TESTS_MODULE_CASES_H
#define OTTER_TESTS_MODULE_CASES_H

#include <stdint.h>

/* How much of each recording our module must repeat byte for byte, and every frame in which it
 * is expected to differ from the recorded one, with the reason. Counts are exact: one frame
 * more or less fails the test.
 */
enum module_difference_kind {
    MODULE_NO_DIFFERENCE, /* ends the list */
    MODULE_EXTRA,         /* ours sends it, the recording has none there */
    MODULE_MISSING,       /* the recording has it there, ours does not send it */
};
struct module_difference {
    enum module_difference_kind kind;
    uint8_t cmd;
    unsigned count;
    const char *reason;
};

struct module_case {
    const char *name;
    const char *recording; /* if it is not `name` */
    uint32_t without_ms;   /* the module's command of this millisecond was never there */
    unsigned compared;     /* frames that equal the recording */
    struct module_difference differences[10];
};

extern const struct module_case module_cases[];
extern const unsigned module_case_count;

#endif
