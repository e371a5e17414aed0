/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

/* One line each. Where ARMv7-M lets an interrupt be taken a little later, the program waits
 * with barrier(): what is compared is the architecture, not the moment. */

static volatile uint32_t seen; /* by a handler */

static void prio(unsigned irq, unsigned priority)
{
    IPR(irq) = (uint8_t)priority;
    ISER0 = 1u << irq;
}

static void prio4(unsigned a, unsigned b, unsigned c, unsigned d)
{
    prio(A, a);
    prio(B, b);
    prio(C, c);
    prio(D, d);
}

static void pend_b(uint32_t *frame, uint32_t exc_return)
{
    (void)frame;
    value("lr", exc_return);
    value("icsr", ICSR & 0x801u);
    pend(B);
}

static void show(uint32_t *frame, uint32_t exc_return)
{
    (void)frame;
    value("lr", exc_return);
    value("icsr", ICSR & 0x7FF9FFu); /* VECTACTIVE, RETTOBASE, VECTPENDING, ISRPENDING */
    value("iabr", IABR0);
}

static void case_nesting(void)
{
    line("nesting");
    prio4(0x80, 0x40, 0xC0, 0xC0);
    handlers[IRQ + A] = pend_b;
    handlers[IRQ + B] = show;
    pend(A);
    line_end();

    line("tail-chain of equal priority");
    prio4(0x80, 0x80, 0xC0, 0xC0);
    handlers[IRQ + A] = pend_b;
    handlers[IRQ + B] = show;
    pend(A);
    line_end();
}

static void case_order(void)
{
    static const uint32_t all = 1u << A | 1u << B | 1u << C | 1u << D;
    line("equal priorities");
    prio4(0x60, 0x60, 0x60, 0x60);
    __asm__ volatile("cpsid i");
    ISPR0 = all;
    barrier();
    mark('-');
    value("vectpending", ICSR >> 12 & 0x3FFu);
    __asm__ volatile("cpsie i");
    barrier();
    line_end();

    line("different priorities");
    prio4(0x80, 0x20, 0x60, 0x40);
    __asm__ volatile("cpsid i");
    ISPR0 = all;
    barrier();
    __asm__ volatile("cpsie i");
    barrier();
    line_end();

    line("clear pending");
    __asm__ volatile("cpsid i");
    ISPR0 = all;
    ICPR0 = 1u << B | 1u << D;
    __asm__ volatile("cpsie i");
    barrier();
    line_end();
}

static void pend_all(uint32_t *frame, uint32_t exc_return)
{
    (void)frame, (void)exc_return;
    ISPR0 = 1u << B | 1u << C | 1u << D;
    barrier();
}

static void case_prigroup(void)
{
    for (uint32_t group = 3; group < 8; group++) {
        line("prigroup");
        mark((char)('0' + group));
        mark(' ');
        AIRCR = 0x05FA0000u | group << 8;
        prio4(0xA0, 0x90, 0x70, 0x30);
        handlers[IRQ + A] = pend_all;
        pend(A);
        value("aircr", AIRCR & 0x700u);
        line_end();
    }
    AIRCR = 0x05FA0000u;
}

static uint32_t get_basepri(void)
{
    uint32_t now;
    __asm__ volatile("mrs %0, basepri" : "=r"(now));
    return now;
}

static void case_masks(void)
{
    uint32_t mask;
    line("basepri");
    prio4(0x80, 0x40, 0x60, 0x50);
    __asm__ volatile("msr basepri, %0" ::"r"(0x60u));
    pend(A);
    pend(C);
    pend(B);
    mark('-');
    __asm__ volatile("msr basepri_max, %0" ::"r"(0x80u));
    value("max80", get_basepri());
    __asm__ volatile("msr basepri_max, %0" ::"r"(0x40u));
    value("max40", get_basepri());
    __asm__ volatile("msr basepri_max, %0" ::"r"(0u));
    value("max0", get_basepri());
    pend(D);
    mark('-');
    __asm__ volatile("msr basepri, %0" ::"r"(0u));
    barrier();
    line_end();

    line("faultmask");
    __asm__ volatile("cpsid f");
    pend(A);
    __asm__ volatile("mrs %0, faultmask" : "=r"(mask));
    value("faultmask", mask);
    mark('-');
    __asm__ volatile("cpsie f");
    barrier();
    line_end();

    line("primask and wfi");
    __asm__ volatile("cpsid i");
    pend(A);
    __asm__ volatile("wfi");
    mark('w');
    __asm__ volatile("cpsie i");
    barrier();
    line_end();
}

static void set_faultmask(uint32_t *frame, uint32_t exc_return)
{
    (void)frame, (void)exc_return;
    __asm__ volatile("cpsid f");
    pend(B);
    mark('-');
}

static void case_faultmask_return(void)
{
    uint32_t mask;
    line("faultmask ends with the handler");
    prio4(0x80, 0x40, 0x60, 0x50);
    handlers[IRQ + A] = set_faultmask;
    pend(A);
    __asm__ volatile("mrs %0, faultmask" : "=r"(mask));
    value("faultmask", mask);
    line_end();
}

static void answer_svc(uint32_t *frame, uint32_t exc_return)
{
    value("number", ((const uint16_t *)frame[6])[-1] & 0xFFu);
    value("lr", exc_return);
    value("control", REG32(0xE000ED04u) & 0x1FFu);
    frame[0] += frame[1];
}

static uint32_t call_svc(uint32_t a, uint32_t b)
{
    register uint32_t r0 __asm__("r0") = a;
    register uint32_t r1 __asm__("r1") = b;
    __asm__ volatile("svc 42" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void request_pendsv(uint32_t *frame, uint32_t exc_return)
{
    (void)frame, (void)exc_return;
    ICSR = 1u << 28;
    barrier();
    value("icsr", ICSR & 0x107FF9FFu);
}

static void case_calls(void)
{
    static uint32_t process_stack[64] __attribute__((aligned(8)));
    line("svc");
    SHPR(SVC) = 0x70;
    handlers[SVC] = answer_svc;
    value("result", call_svc(40, 2));
    line_end();

    line("pendsv");
    SHPR(PENDSV) = 0xF0;
    prio(A, 0x80);
    handlers[IRQ + A] = request_pendsv;
    handlers[PENDSV] = show;
    pend(A);
    line_end();

    line("psp");
    handlers[SVC] = answer_svc;
    uint32_t control, result, msp_before, msp_after, used;
    __asm__ volatile("mrs %0, msp" : "=r"(msp_before));
    __asm__ volatile("msr psp, %0" ::"r"(process_stack + 64));
    __asm__ volatile("mov r0, #2\n\tmsr control, r0\n\tisb\n\t"
                     "mov r0, #40\n\tmov r1, #3\n\tsvc 7\n\tmov %0, r0\n\t"
                     "mrs %1, control\n\tmov %2, sp\n\tmov r0, #0\n\tmsr control, r0\n\tisb"
                     : "=&r"(result), "=&r"(control), "=&r"(used)::"r0", "r1", "memory");
    __asm__ volatile("mrs %0, msp" : "=r"(msp_after));
    value("result", result);
    value("control", control);
    value("psp", used - (uint32_t)process_stack);
    value("moved", msp_after - msp_before);
    line_end();
}

static void keep_frame(uint32_t *frame, uint32_t exc_return)
{
    (void)exc_return;
    value("aligned", (uint32_t)frame & 7u);
    value("xpsr", frame[7] & 0x010003FFu);
}

static void case_stkalign(void)
{
    for (uint32_t on = 0; on < 2; on++) {
        for (uint32_t shift = 0; shift < 8; shift += 4) {
            line("stkalign");
            mark((char)('0' + on));
            mark((char)('0' + shift));
            mark(' ');
            CCR = (CCR & ~0x200u) | on << 9;
            prio(A, 0x80);
            handlers[IRQ + A] = keep_frame;
            uint32_t moved;
            __asm__ volatile("mov r4, sp\n\tbic r5, r4, #7\n\tsub r5, r5, %1\n\tmov sp, r5\n\t"
                             "str %2, [%3]\n\tdsb\n\tisb\n\tmov r5, sp\n\tmov sp, r4\n\t"
                             "bic r4, r4, #7\n\tsub %0, r4, r5"
                             : "=&r"(moved)
                             : "r"(shift), "r"(1u << A), "r"(&ISPR0)
                             : "r4", "r5", "memory");
            value("moved", moved);
            line_end();
        }
    }
    CCR |= 0x200u;
}

static void case_it(void)
{
    uint32_t count = 0, flags;
    line("interrupt inside it");
    prio(A, 0x80);
    __asm__ volatile("cmp %0, %0\n\t"
                     "ittet eq\n\t"
                     "streq %2, [%3]\n\t"
                     "addeq %0, %0, #1\n\t"
                     "addne %0, %0, #16\n\t"
                     "addeq %0, %0, #4\n\t"
                     "dsb\n\tisb\n\t"
                     "mrs %1, apsr"
                     : "+&r"(count), "=&r"(flags)
                     : "r"(1u << A), "r"(&ISPR0)
                     : "cc", "memory");
    value("count", count);
    value("apsr", flags & 0xF0000000u);
    line_end();
}

/* Show a fault and go on behind the instruction. */
static void skip_fault(uint32_t *frame, uint32_t exc_return)
{
    const uint16_t *at = (const uint16_t *)(frame[6] & ~1u);
    value("cfsr", CFSR);
    value("hfsr", HFSR);
    if ((CFSR & 0x8000u) != 0) {
        value("bfar", BFAR);
    }
    value("lr", exc_return);
    value("r0", frame[0]);
    value("r1", frame[1]);
    value("op", *at);
    CFSR = CFSR;
    HFSR = HFSR;
    frame[6] += *at >= 0xE800 ? 4u : 2u;
    frame[7] |= 1u << 24;
}

static void faults(const char *name)
{
    line(name);
    handlers[HARD] = handlers[BUS] = handlers[USAGE] = handlers[MEM] = skip_fault;
}

/* r0 = 8, r1 = `operand`; the instruction is to fault. */
#define TRY(name, code, operand)                                                               \
    do {                                                                                       \
        faults(name);                                                                          \
        register uint32_t r0 __asm__("r0") = 8;                                                \
        register uint32_t r1 __asm__("r1") = (operand);                                        \
        __asm__ volatile("isb\n\t" code : "+r"(r0), "+r"(r1)::"r2", "r3", "cc", "memory");     \
        value("result", r0);                                                                   \
        line_end();                                                                            \
    } while (0)

static void use_undefined(uint32_t *frame, uint32_t exc_return)
{
    (void)frame, (void)exc_return;
    __asm__ volatile("udf 1");
}

static void use_svc(uint32_t *frame, uint32_t exc_return)
{
    (void)frame, (void)exc_return;
    seen = 0;
    __asm__ volatile("mov r0, #8\n\tmov r1, #0\n\tudf 2" ::: "r0", "r1");
}

static void case_faults(void)
{
    static uint32_t words[4] = {0};
    for (unsigned enabled = 0; enabled < 2; enabled++) {
        SHCSR = enabled != 0 ? 0x70000u : 0;
        TRY("undefined", "udf 3", 0);
        TRY("no coprocessor", "mcr p1, 0, r0, c0, c0, 0", 0);
        TRY("no bus", "ldr r0, [r1]", 0x60000004u);
    }
    TRY("divide by zero without trap", "udiv r0, r0, r1", 0);
    CCR |= 0x10u;
    TRY("divide by zero", "udiv r0, r0, r1", 0);
    TRY("divide signed by zero", "sdiv r0, r0, r1", 0);
    CCR &= ~0x10u;
    TRY("unaligned without trap", "ldr r0, [r1]", (uint32_t)words + 1);
    CCR |= 0x8u;
    TRY("unaligned", "ldr r0, [r1]", (uint32_t)words + 1);
    TRY("unaligned half", "strh r0, [r1]", (uint32_t)words + 3);
    CCR &= ~0x8u;
    TRY("unaligned pair", "ldrd r2, r3, [r1]", (uint32_t)words + 2);
    TRY("unaligned multiple", "ldm r1, {r2, r3}", (uint32_t)words + 2);

    faults("usage fault inside a handler below it");
    prio(A, 0x80);
    SHPR(USAGE) = 0x40;
    handlers[IRQ + A] = use_undefined;
    pend(A);
    line_end();

    faults("usage fault inside a handler above it");
    prio(A, 0x20);
    handlers[IRQ + A] = use_svc;
    pend(A);
    line_end();
    SHPR(USAGE) = 0;

    faults("usage fault with primask");
    __asm__ volatile("cpsid i\n\tudf 4\n\tcpsie i");
    line_end();
    faults("usage fault with basepri");
    __asm__ volatile("msr basepri, %0\n\tudf 5\n\tmsr basepri, %1" ::"r"(0x10u), "r"(0u));
    line_end();
}

void all_cases(void)
{
    case_nesting();
    case_order();
    case_prigroup();
    case_masks();
    case_faultmask_return();
    case_calls();
    case_stkalign();
    case_it();
    case_faults();
}
