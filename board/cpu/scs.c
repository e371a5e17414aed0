/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "board/cpu/internal.h"

/* The system control space, B3.2 and B3.4: NVIC and system control block; the timers on the
 * same bus are in timers.c. An access by unprivileged code is a fault. A register that is not
 * modelled stops the run. */

#define ICTR         0xE000E004u
#define NVIC_ISER    0xE000E100u
#define NVIC_ICER    0xE000E180u
#define NVIC_ISPR    0xE000E200u
#define NVIC_ICPR    0xE000E280u
#define NVIC_IABR    0xE000E300u
#define NVIC_END     0xE000E380u
#define NVIC_BANK    0x80u /* from one of these to the next */
#define NVIC_IPR     0xE000E400u
#define NVIC_IPR_END (NVIC_IPR + 240u)
#define SCB_CPUID    0xE000ED00u
#define SCB_ICSR     0xE000ED04u
#define SCB_VTOR     0xE000ED08u
#define SCB_AIRCR    0xE000ED0Cu
#define SCB_SCR      0xE000ED10u
#define SCB_CCR      0xE000ED14u
#define SCB_SHPR1    0xE000ED18u
#define SCB_SHPR3    0xE000ED20u
#define SCB_SHCSR    0xE000ED24u
#define SCB_CFSR     0xE000ED28u
#define SCB_HFSR     0xE000ED2Cu
#define SCB_DFSR     0xE000ED30u
#define SCB_MMFAR    0xE000ED34u
#define SCB_BFAR     0xE000ED38u
#define MPU_TYPE     0xE000ED90u
#define DEMCR        0xE000EDFCu
#define STIR         0xE000EF00u

/* STM32F1 implements the upper four bits of a priority (PM0056). */
#define PRIORITY_MASK 0xF0u
#define CPUID_F103    0x411FC231u
#define AIRCR_KEY     0x05FA0000u
#define ALL_IRQS      (((uint64_t)1 << CPU_IRQ_COUNT) - 1u)

/* ---- registers, as words ---- */

static uint32_t read_icsr(const struct cpu *cpu)
{
    uint64_t irqs = cpu->irq_pending & cpu->irq_enabled;
    uint32_t value = cpu->ipsr;
    uint32_t active = (uint32_t)(__builtin_popcount(cpu->system_active) +
                                 __builtin_popcountll(cpu->irq_active));
    unsigned best = 0;
    int best_priority = 256;
    for (unsigned n = EXC_NMI; n < EXC_IRQ0; n++) {
        int priority = n == EXC_NMI ? -2 : n == EXC_HARD ? -1 : cpu->system_priority[n];
        if ((cpu->system_pending >> n & 1u) != 0 && priority < best_priority) {
            best = n;
            best_priority = priority;
        }
    }
    for (unsigned irq = 0; irq < CPU_IRQ_COUNT; irq++) {
        if ((irqs >> irq & 1u) != 0 && cpu->irq_priority[irq] < best_priority) {
            best = irq + EXC_IRQ0;
            best_priority = cpu->irq_priority[irq];
        }
    }
    value |= best << 12;
    value |= active <= 1 ? 1u << 11 : 0; /* RETTOBASE */
    value |= irqs != 0 ? 1u << 22 : 0;   /* ISRPENDING */
    value |= (cpu->system_pending >> EXC_SYSTICK & 1u) << 26;
    value |= (cpu->system_pending >> EXC_PENDSV & 1u) << 28;
    value |= (cpu->system_pending >> EXC_NMI & 1u) << 31;
    return value;
}

static void write_icsr(struct cpu *cpu, uint32_t value)
{
    cpu->system_pending |= (value >> 31 & 1u) << EXC_NMI;
    cpu->system_pending |= (value >> 28 & 1u) << EXC_PENDSV;
    cpu->system_pending |= (value >> 26 & 1u) << EXC_SYSTICK;
    cpu->system_pending &= ~((value >> 27 & 1u) << EXC_PENDSV);
    cpu->system_pending &= ~((value >> 25 & 1u) << EXC_SYSTICK);
}

/* Bits of SHCSR and their exceptions: active ones in the low half, pending ones above. */
static uint32_t read_shcsr(const struct cpu *cpu)
{
    uint32_t a = cpu->system_active;
    uint32_t p = cpu->system_pending;
    return (a >> EXC_MEM & 1u) | (a >> EXC_BUS & 1u) << 1 | (a >> EXC_USAGE & 1u) << 3 |
           (a >> EXC_SVC & 1u) << 7 | (a >> EXC_PENDSV & 1u) << 10 |
           (a >> EXC_SYSTICK & 1u) << 11 | (p >> EXC_USAGE & 1u) << 12 |
           (p >> EXC_MEM & 1u) << 13 | (p >> EXC_BUS & 1u) << 14 | (p >> EXC_SVC & 1u) << 15 |
           (cpu->shcsr & 0x70000u);
}

/* A register of the NVIC's banks: eight words, a bit for each of 240 interrupts. */
static bool is_in_bank(uint32_t addr)
{
    return addr >= NVIC_ISER && addr < NVIC_END && addr % NVIC_BANK < 8 * 4;
}

/* The bits of interrupts that the chip has not are zero, and take nothing (B3.4): all those of
 * words 2 to 7, which programs write, too, before they jump into another one. */
static uint32_t word_of(uint64_t irqs, uint32_t addr)
{
    uint32_t word = addr % NVIC_BANK / 4;
    return word < 2 ? (uint32_t)(irqs >> (32 * word)) : 0;
}

static uint64_t irqs_of(uint32_t value, uint32_t addr)
{
    uint32_t word = addr % NVIC_BANK / 4;
    return word < 2 ? (uint64_t)value << (32 * word) & ALL_IRQS : 0;
}

static bool read_nvic(const struct cpu *cpu, uint32_t addr, uint32_t *out_value)
{
    if (addr == ICTR) {
        *out_value = (CPU_IRQ_COUNT - 1) / 32;
        return true;
    }
    if (!is_in_bank(addr)) {
        return false;
    }
    uint32_t bank = addr - addr % NVIC_BANK;
    uint64_t irqs = bank == NVIC_ISER || bank == NVIC_ICER   ? cpu->irq_enabled
                    : bank == NVIC_ISPR || bank == NVIC_ICPR ? cpu->irq_pending
                                                             : cpu->irq_active;
    *out_value = word_of(irqs, addr);
    return true;
}

static bool read_scb(const struct cpu *cpu, uint32_t addr, uint32_t *out_value)
{
    switch (addr) {
    case SCB_CPUID:
        *out_value = CPUID_F103;
        return true;
    case SCB_ICSR:
        *out_value = read_icsr(cpu);
        return true;
    case SCB_VTOR:
        *out_value = cpu->vtor;
        return true;
    case SCB_AIRCR:
        *out_value = 0xFA050000u | cpu->aircr_prigroup << 8;
        return true;
    case SCB_SCR:
        *out_value = cpu->scr;
        return true;
    case SCB_CCR:
        *out_value = cpu->ccr;
        return true;
    case SCB_SHCSR:
        *out_value = read_shcsr(cpu);
        return true;
    case SCB_CFSR:
        *out_value = cpu->cfsr;
        return true;
    case SCB_HFSR:
        *out_value = cpu->hfsr;
        return true;
    case SCB_MMFAR:
        *out_value = cpu->mmfar;
        return true;
    case SCB_BFAR:
        *out_value = cpu->bfar;
        return true;
    case DEMCR:
        *out_value = cpu->demcr;
        return true;
    case SCB_DFSR:
    case MPU_TYPE: /* there is no MPU */
        *out_value = 0;
        return true;
    default:
        return false;
    }
}

static bool read_word(struct cpu *cpu, uint32_t addr, uint32_t *out_value)
{
    return timers_read(cpu, addr, out_value) || read_nvic(cpu, addr, out_value) ||
           read_scb(cpu, addr, out_value);
}

static void write_aircr(struct cpu *cpu, uint32_t value)
{
    if ((value & 0xFFFF0000u) != AIRCR_KEY) {
        return;
    }
    cpu->aircr_prigroup = value >> 8 & 7u;
    if ((value & 4u) != 0) {
        cpu->bus.reset_request(cpu->bus.ctx);
    }
    if ((value & 3u) != 0) {
        stop_unknown(cpu, value, "AIRCR: VECTRESET or VECTCLRACTIVE");
    }
}

static bool write_nvic(struct cpu *cpu, uint32_t addr, uint32_t value)
{
    uint64_t bits = irqs_of(value, addr);
    if (addr == STIR) {
        if ((value & 0x1FFu) < CPU_IRQ_COUNT) {
            cpu->irq_pending |= (uint64_t)1 << (value & 0x1FFu);
        }
        request_slow_path(cpu);
        return true;
    }
    switch (is_in_bank(addr) ? addr - addr % NVIC_BANK : 0) {
    case NVIC_ISER:
        cpu->irq_enabled |= bits;
        break;
    case NVIC_ICER:
        cpu->irq_enabled &= ~bits;
        break;
    case NVIC_ISPR:
        cpu->irq_pending |= bits;
        break;
    case NVIC_ICPR: /* a line that is still high pends again, unless it is being served */
        cpu->irq_pending &= ~bits | (cpu->irq_line & ~cpu->irq_active);
        break;
    default:
        return false;
    }
    request_slow_path(cpu);
    return true;
}

/* Registers of the system control block that decide which exception comes next. */
static bool write_control(struct cpu *cpu, uint32_t addr, uint32_t value)
{
    switch (addr) {
    case SCB_ICSR:
        write_icsr(cpu, value);
        break;
    case SCB_AIRCR:
        write_aircr(cpu, value);
        break;
    case SCB_CCR:
        cpu->ccr = value & 0x31Bu;
        break;
    case SCB_SHCSR:
        if ((value & 0xFFFFu) != (read_shcsr(cpu) & 0xFFFFu)) {
            stop_unknown(cpu, value, "SHCSR: active or pending bits changed by hand");
        }
        cpu->shcsr = value & 0x70000u;
        break;
    default:
        return false;
    }
    request_slow_path(cpu);
    return true;
}

/* The others. */
static bool write_scb(struct cpu *cpu, uint32_t addr, uint32_t value)
{
    switch (addr) {
    case SCB_VTOR:
        cpu->vtor = value & 0x3FFFFF80u;
        return true;
    case SCB_SCR:
        if ((value & 0x1Eu) != 0) {
            stop_unknown(cpu, value, "SCR: deep sleep, sleep on exit or SEVONPEND");
        }
        cpu->scr = value & 0x1Eu;
        return true;
    case SCB_CFSR:
        cpu->cfsr &= ~value;
        return true;
    case SCB_HFSR:
        cpu->hfsr &= ~value;
        return true;
    case SCB_DFSR:
        return true;
    case SCB_MMFAR:
        cpu->mmfar = value;
        return true;
    case SCB_BFAR:
        cpu->bfar = value;
        return true;
    case DEMCR:
        cpu->demcr = value & 0x01000000u; /* TRCENA; no debugger is modelled */
        return true;
    default:
        return false;
    }
}

static bool write_word(struct cpu *cpu, uint32_t addr, uint32_t value)
{
    return timers_write(cpu, addr, value) || write_nvic(cpu, addr, value) ||
           write_control(cpu, addr, value) || write_scb(cpu, addr, value);
}

/* ---- priorities: registers of bytes, any size ---- */

/* The byte that holds the priority at `addr`; NULL if it is none. */
static uint8_t *priority_byte(struct cpu *cpu, uint32_t addr)
{
    if (addr >= SCB_SHPR1 && addr < SCB_SHPR3 + 4u) {
        return &cpu->system_priority[addr - SCB_SHPR1 + 4u];
    }
    if (addr >= NVIC_IPR && addr < NVIC_IPR + CPU_IRQ_COUNT) {
        return &cpu->irq_priority[addr - NVIC_IPR];
    }
    return NULL;
}

static bool not_modelled(struct cpu *cpu, const char *what, uint32_t addr)
{
    char text[64];
    snprintf(text, sizeof text, "%s of system register 0x%08X", what, (unsigned)addr);
    stop_unknown(cpu, addr, text);
    return true;
}

bool scs_read(struct cpu *cpu, uint32_t addr, unsigned size, uint32_t *out_value)
{
    uint32_t word;
    *out_value = 0;
    if (!is_privileged(cpu)) {
        return false;
    }
    if (priority_byte(cpu, addr) != NULL || (addr >= NVIC_IPR && addr < NVIC_IPR_END)) {
        for (unsigned i = 0; i < size; i++) {
            const uint8_t *byte = priority_byte(cpu, addr + i);
            *out_value |= (byte == NULL ? 0u : (uint32_t)*byte) << (8 * i);
        }
        return true;
    }
    if (!read_word(cpu, addr & ~3u, &word)) {
        return not_modelled(cpu, "read", addr);
    }
    word >>= (addr & 3u) * 8u;
    *out_value = size == 4 ? word : word & ((1u << (8 * size)) - 1u);
    return true;
}

bool scs_write(struct cpu *cpu, uint32_t addr, unsigned size, uint32_t value)
{
    if (!is_privileged(cpu)) {
        return false;
    }
    if (priority_byte(cpu, addr) != NULL || (addr >= NVIC_IPR && addr < NVIC_IPR_END)) {
        for (unsigned i = 0; i < size; i++) {
            uint8_t *byte = priority_byte(cpu, addr + i);
            if (byte != NULL) {
                *byte = (uint8_t)(value >> (8 * i) & PRIORITY_MASK);
            }
        }
        request_slow_path(cpu);
        return true;
    }
    /* CFSR is cleared by ones, so that a part of it may be written alone. */
    bool is_cfsr = (addr & ~3u) == SCB_CFSR;
    if (size != 4 && !is_cfsr) {
        return not_modelled(cpu, "partial write", addr);
    }
    if (!write_word(cpu, addr & ~3u, value << ((addr & 3u) * 8u))) {
        return not_modelled(cpu, "write", addr);
    }
    return true;
}
