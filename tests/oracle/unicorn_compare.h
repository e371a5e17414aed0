/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNICORN_COMPARE_H
#define TESTS_UNICORN_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

/* One case of the differential test: an instruction (perhaps behind an IT) and the state it
 * starts from, executed by board/cpu and by libunicorn.
 */
enum {
    COMPARE_FLASH = 0x08000000, /* also seen at 0 */
    COMPARE_FLASH_SIZE = 0x10000,
    COMPARE_RAM = 0x20000000,
    COMPARE_RAM_SIZE = 0x2000,
    COMPARE_HALFWORDS = 3,
};

struct compare_case {
    uint16_t code[COMPARE_HALFWORDS];
    unsigned halfwords;
    bool it; /* code[0] is IT with one instruction behind it */
    uint32_t at;
    uint32_t r[15];
    uint32_t psp, apsr, primask, basepri;
};

enum compare_end {
    COMPARE_NEXT,    /* done, both know where to go on */
    COMPARE_FAULT,   /* fault, supervisor call or breakpoint */
    COMPARE_UNKNOWN, /* the model does not guess: `why` */
};

struct compare_state {
    enum compare_end end;
    uint32_t r[16], apsr, primask, basepri, faultmask, control, psp;
    uint32_t cfsr;   /* model only: why it faulted */
    bool kept;       /* model only: a fault left the registers alone and names its place */
    const char *why; /* model only */
    uint32_t invalid_addr; /* unicorn only: of the access that failed */
    int error;             /* unicorn only: uc_err */
};

/* Memory contents, and the engine; open again after COMPARE_REOPEN cases: Unicorn 2.0.1 crashes
 * after some 100,000 starts with invalidated code (its issue 1946). */
enum { COMPARE_REOPEN = 20000 };
void compare_fill(uint64_t seed);
bool compare_open(void);
void compare_close(void);

/* Execute on both, from the same state. Memory is set back by compare_restore(). */
void compare_run(const struct compare_case *in, struct compare_state *out_model,
                 struct compare_state *out_unicorn);
bool compare_ram_equal(void);
void compare_restore(void);

#endif
