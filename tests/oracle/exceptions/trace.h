/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_EXCEPTION_TRACE_H
#define TESTS_EXCEPTION_TRACE_H

#include <stdint.h>

/* A program that makes exceptions happen and prints what it saw on USART1, the same on any
 * ARMv7-M with that UART: tests/oracle/exceptions.sh compares QEMU's lines with the board
 * model's. */

#define REG32(addr) (*(volatile uint32_t *)(addr))
#define REG8(addr)  (*(volatile uint8_t *)(addr))
#define ICSR        REG32(0xE000ED04u)
#define AIRCR       REG32(0xE000ED0Cu)
#define CCR         REG32(0xE000ED14u)
#define SHPR(n)     REG8(0xE000ED14u + (n)) /* n = 4..15 */
#define SHCSR       REG32(0xE000ED24u)
#define CFSR        REG32(0xE000ED28u)
#define HFSR        REG32(0xE000ED2Cu)
#define BFAR        REG32(0xE000ED38u)
#define ISER0       REG32(0xE000E100u)
#define ISPR0       REG32(0xE000E200u)
#define ICPR0       REG32(0xE000E280u)
#define IABR0       REG32(0xE000E300u)
#define IPR(irq)    REG8(0xE000E400u + (irq))
#define STIR        REG32(0xE000EF00u)

enum { A = 20, B = 21, C = 22, D = 23 }; /* interrupts, pended by software only */
enum {
    HARD = 3,
    MEM = 4,
    BUS = 5,
    USAGE = 6,
    SVC = 11,
    PENDSV = 14,
    IRQ = 16,
    EXCEPTIONS = 48
};

/* r0..r3, r12, lr, pc, xpsr */
typedef void on_exception(uint32_t frame[8], uint32_t exc_return);

/* What the next exceptions do; NULL: nothing but a letter in the trace. */
extern on_exception *handlers[EXCEPTIONS];

/* A line: begin, then marks and values, then end. */
void line(const char *name);
void mark(char letter);
void value(const char *name, uint32_t value);
void line_end(void);

void barrier(void); /* DSB, ISB: what is pending is taken */
void pend(unsigned irq);
void all_cases(void);

#endif
