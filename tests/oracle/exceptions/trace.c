/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

extern uint32_t ld_bss_start[], ld_bss_end[], ld_stack_top[];
void reset_handler(void);
void any_handler(void);
void dispatch(uint32_t *frame, uint32_t exc_return);

on_exception *handlers[EXCEPTIONS];

#define USART1_SR  REG32(0x40013800u)
#define USART1_DR  REG32(0x40013804u)
#define USART1_BRR REG32(0x40013808u)
#define USART1_CR1 REG32(0x4001380Cu)

enum { LINE_MAX = 256 };
static char text[LINE_MAX];
static volatile unsigned used;

void mark(char letter)
{
    if (used < LINE_MAX - 1) {
        text[used] = letter;
        used = used + 1;
    }
}

static void put(const char *string)
{
    while (*string != '\0') {
        mark(*string++);
    }
}

void line(const char *name)
{
    used = 0;
    for (unsigned n = 0; n < EXCEPTIONS; n++) {
        handlers[n] = 0;
    }
    put(name);
    put(": ");
}

void value(const char *name, uint32_t number)
{
    mark(' ');
    put(name);
    mark('=');
    for (unsigned shift = 32; shift != 0; shift -= 4) {
        mark("0123456789abcdef"[number >> (shift - 4) & 15u]);
    }
}

/* The UART is busy for a while: not inside of what is traced. */
void line_end(void)
{
    mark('\n');
    for (unsigned i = 0; i < used; i++) {
        while ((USART1_SR & 0x80u) == 0) {
        }
        USART1_DR = (uint8_t)text[i];
    }
}

void barrier(void)
{
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

void pend(unsigned irq)
{
    ISPR0 = 1u << irq;
    barrier();
}

/* Small letters on entry, capitals on exit: a..d the interrupts, h m b u the faults, v SVC, p
 * PendSV. */
void dispatch(uint32_t *frame, uint32_t exc_return)
{
    static const char letters[] = "rrnhmbu....v..pt";
    uint32_t number;
    __asm__ volatile("mrs %0, ipsr" : "=r"(number));
    char letter = number < IRQ ? letters[number] : (char)('a' + (number - IRQ - A));
    mark(letter);
    if (handlers[number] != 0) {
        handlers[number](frame, exc_return);
    }
    mark((char)(letter - 'a' + 'A'));
}

/* Hands on the frame; r4 only keeps the stack aligned. Caller-saved registers and flags are
 * spoilt on purpose: hardware must bring them back. */
__attribute__((naked)) void any_handler(void)
{
    __asm__ volatile("tst lr, #4\n\t"
                     "ite eq\n\t"
                     "mrseq r0, msp\n\t"
                     "mrsne r0, psp\n\t"
                     "mov r1, lr\n\t"
                     "push {r4, lr}\n\t"
                     "bl dispatch\n\t"
                     "mvn r0, #0\n\t"
                     "mvn r1, #1\n\t"
                     "mvn r2, #2\n\t"
                     "mvn r3, #3\n\t"
                     "mvn r12, #4\n\t"
                     "msr apsr_nzcvq, r0\n\t"
                     "pop {r4, pc}");
}

void reset_handler(void)
{
    for (uint32_t *word = ld_bss_start; word < ld_bss_end; word++) {
        *word = 0;
    }
    REG32(0x40021018u) = 1u << 14 | 1u << 2; /* RCC_APB2ENR: USART1, GPIOA; QEMU has none */
    REG32(0x40010804u) = 0x444444B4u;        /* GPIOA_CRH: PA9 */
    USART1_BRR = 69;                         /* 115200 from 8 MHz; QEMU does not care */
    USART1_CR1 = 0x200Cu;
    all_cases();
    line("end");
    line_end();
    while ((USART1_SR & 0x40u) == 0) {
    }
    AIRCR = 0x05FA0004u; /* qemu -no-reboot ends here */
    for (;;) {
    }
}

struct vectors {
    uint32_t *stack;
    void (*handler[EXCEPTIONS - 1])(void);
};

#define H4  any_handler, any_handler, any_handler, any_handler
#define H16 H4, H4, H4, H4
__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
    ld_stack_top,
    {reset_handler, any_handler, any_handler, H4, H4, H4, H16, H16},
};
