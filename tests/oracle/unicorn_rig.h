/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNICORN_RIG_H
#define TESTS_UNICORN_RIG_H

#include <stdbool.h>
#include <stdint.h>

/* One case of the differential test: an instruction (perhaps behind an IT) and the state it starts
 * from, executed by board/cpu and by libunicorn.
 */
enum {
    RIG_FLASH = 0x08000000, /* also seen at 0 */
    RIG_FLASH_SIZE = 0x10000,
    RIG_RAM = 0x20000000,
    RIG_RAM_SIZE = 0x2000,
    RIG_HALFWORDS = 3,
};

struct rig_case {
    uint16_t code[RIG_HALFWORDS];
    unsigned halfwords;
    bool it; /* code[0] is IT with one instruction behind it */
    uint32_t at;
    uint32_t r[15];
    uint32_t psp, apsr, primask, basepri;
};

enum rig_end {
    RIG_NEXT,    /* done, both know where to go on */
    RIG_FAULT,   /* fault, supervisor call or breakpoint */
    RIG_UNKNOWN, /* the model does not guess: `why` */
};

struct rig_state {
    enum rig_end end;
    uint32_t r[16], apsr, primask, basepri, faultmask, control, psp;
    uint32_t cfsr;   /* model only: why it faulted */
    bool kept;       /* model only: a fault left the registers alone and names its place */
    const char *why; /* model only */
    uint32_t invalid_addr; /* unicorn only: of the access that failed */
    int error;             /* unicorn only: uc_err */
};

/* Memory contents, and the engine; open again after RIG_REOPEN cases: Unicorn 2.0.1 crashes after some
 * 100,000 starts with invalidated code (its issue 1946). */
enum { RIG_REOPEN = 20000 };
void rig_fill(uint64_t seed);
bool rig_open(void);
void rig_close(void);

/* Execute on both, from the same state. Memory is set back by rig_restore(). */
void rig_run(const struct rig_case *in, struct rig_state *out_model,
             struct rig_state *out_unicorn);
bool rig_ram_equal(void);
void rig_restore(void);

#endif
