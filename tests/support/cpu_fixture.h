/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_CPU_FIXTURE_H
#define TESTS_SUPPORT_CPU_FIXTURE_H

#include <stddef.h>
#include <stdint.h>
#include "board/cpu/cpu.h"

/* A processor with nothing around it, for tests that hand it single instructions: 64 KB of
 * flash, 20 KB of RAM, 16 words of device memory. Encodings in the tests are what GNU as 2.40
 * made of the text beside them; expectations are read from ARM DDI 0403E (ARMv7-M), whose
 * sections they name.
 */
enum {
    H_FLASH = 0x08000000,
    H_CODE = 0x08000200,     /* where the program starts */
    H_HANDLERS = 0x08004000, /* exception n: H_HANDLERS + 0x40 * n, see h_handler() */
    H_RAM = 0x20000000,
    H_DATA = 0x20001000,
    H_STACK = 0x20004000,   /* initial main stack pointer */
    H_DEVICE = 0x40000000,  /* 16 words that hold what is written */
    H_NOTHING = 0x60000000, /* bus fault */
    H_TICKS_PER_CYCLE = 8,
};

/* System control space, B3.2.2, B3.3.2, B3.4.3. */
#define H_SYST_CSR   0xE000E010U
#define H_SYST_RVR   0xE000E014U
#define H_SYST_CVR   0xE000E018U
#define H_NVIC_ISER0 0xE000E100U
#define H_NVIC_ICER0 0xE000E180U
#define H_NVIC_ISPR0 0xE000E200U
#define H_NVIC_ICPR0 0xE000E280U
#define H_NVIC_IABR0 0xE000E300U
#define H_NVIC_IPR   0xE000E400U
#define H_ICSR       0xE000ED04U
#define H_VTOR       0xE000ED08U
#define H_AIRCR      0xE000ED0CU
#define H_SCR        0xE000ED10U
#define H_CCR        0xE000ED14U
#define H_SHPR1      0xE000ED18U
#define H_SHPR2      0xE000ED1CU
#define H_SHPR3      0xE000ED20U
#define H_SHCSR      0xE000ED24U
#define H_CFSR       0xE000ED28U
#define H_HFSR       0xE000ED2CU
#define H_MMFAR      0xE000ED34U
#define H_BFAR       0xE000ED38U
#define H_STIR       0xE000EF00U

/* Exception numbers, B1.5.2. */
enum {
    H_NMI = 2,
    H_HARDFAULT = 3,
    H_MEMMANAGE = 4,
    H_BUSFAULT = 5,
    H_USAGEFAULT = 6,
    H_SVC = 11,
    H_PENDSV = 14,
    H_SYSTICK = 15,
    H_IRQ0 = 16,
};

/* Flags as the tests write them: APSR bits 31..27 (A2.3.2). */
enum { N = 16, Z = 8, C = 4, V = 2, Q = 1 };

extern struct cpu h_cpu;
extern uint8_t h_flash[65536], h_ram[20480];
extern uint32_t h_device[16];

/* Reset with an empty program. Handlers stop with BKPT; registers r0..r12
 * are 0x10101010 * n. */
void h_start(void);

/* Put halfwords into flash. */
void h_load(uint32_t addr, const uint16_t *halfwords, size_t count);
#define H_LOAD(addr, halfwords)                                                                \
    h_load(addr, halfwords, sizeof(halfwords) / sizeof(halfwords)[0])

/* h_start() and a program at H_CODE. */
#define H_START(program) (h_start(), H_LOAD(H_CODE, program))

uint32_t h_handler(unsigned exception);

uint32_t h_get32(uint32_t addr); /* flash or RAM, not through the processor */
void h_put32(uint32_t addr, uint32_t value);

/* Load or store a word as the privileged program could, leaving the program's registers alone.
 * No interrupt is taken meanwhile. */
uint32_t h_peek(uint32_t addr);
void h_poke(uint32_t addr, uint32_t value);

void h_enable_irq(unsigned irq, uint8_t priority);
void h_pulse_irq(unsigned irq); /* high and low again: pends once */

unsigned h_flags(void);
void h_set_flags(unsigned flags);

/* Steps that must not stop. */
void h_steps(unsigned count);

/* Step until the instruction at addr is next. */
void h_run_to(uint32_t addr);

/* Step until the first instruction of a handler is next. Unless the test has replaced it, that
 * is a BKPT, and the processor has stopped on it. */
void h_enter(unsigned exception);

/* Execute "bx lr" in place of the handler's first instruction. */
void h_return(unsigned exception);

/* Step until the processor stops, and expect BKPT. */
void h_run_to_bkpt(void);

/* Step until it stops, at most `limit` steps; returns why. */
enum board_stop h_run(unsigned limit);

/* One instruction each: r0, r1, r2 and flags before; r0 and flags after. All else must stay. */
struct h_case {
    uint16_t op[2];
    const char *text;
    uint32_t r0, r1, r2;
    unsigned flags;
    uint32_t result;
    unsigned flags_after;
};
void h_check(const struct h_case *cases, size_t count);
#define H_CHECK(cases) h_check(cases, sizeof(cases) / sizeof(cases)[0])

#endif
