/* SPDX-License-Identifier: Apache-2.0 */
#include "support/cpu_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

enum { SCRATCH = 0x0800F000, STEPS_MAX = 100000 };

struct cpu h_cpu;
uint8_t h_flash[65536], h_ram[20480];
uint32_t h_device[16];

static bool bus_read(void *ctx, uint32_t addr, unsigned size, uint32_t *out_value)
{
    (void)ctx;
    if (addr < H_DEVICE || addr - H_DEVICE >= sizeof h_device) {
        return false;
    }
    uint32_t word = h_device[(addr - H_DEVICE) / 4] >> 8 * (addr % 4);
    *out_value = size == 4 ? word : word & ((1U << 8 * size) - 1);
    return true;
}

static bool bus_write(void *ctx, uint32_t addr, unsigned size, uint32_t value)
{
    (void)ctx;
    if (addr < H_DEVICE || addr - H_DEVICE >= sizeof h_device) {
        return false;
    }
    uint32_t mask = size == 4 ? UINT32_MAX : (1U << 8 * size) - 1;
    uint32_t *word = &h_device[(addr - H_DEVICE) / 4];
    unsigned shift = 8 * (addr % 4);
    *word = (*word & ~(mask << shift)) | (value & mask) << shift;
    return true;
}

static uint64_t bus_service(void *ctx, uint64_t now)
{
    (void)ctx, (void)now;
    return UINT64_MAX;
}

static void bus_reset_request(void *ctx)
{
    (void)ctx;
}

static uint8_t *memory(uint32_t addr)
{
    if (addr >= H_FLASH && addr - H_FLASH <= sizeof h_flash - 4) {
        return h_flash + (addr - H_FLASH);
    }
    if (addr >= H_RAM && addr - H_RAM <= sizeof h_ram - 4) {
        return h_ram + (addr - H_RAM);
    }
    fail_msg("harness: no memory at 0x%08" PRIx32, addr);
    return h_ram;
}

uint32_t h_get32(uint32_t addr)
{
    const uint8_t *in = memory(addr);
    return in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

void h_put32(uint32_t addr, uint32_t value)
{
    uint8_t *out = memory(addr);
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> 8 * i);
    }
}

void h_load(uint32_t addr, const uint16_t *halfwords, size_t count)
{
    uint8_t *out = memory(addr);
    for (size_t i = 0; i < count; i++) {
        out[2 * i] = (uint8_t)halfwords[i];
        out[2 * i + 1] = (uint8_t)(halfwords[i] >> 8);
    }
}

uint32_t h_handler(unsigned exception)
{
    return H_HANDLERS + 0x40 * exception;
}

void h_start(void)
{
    static const struct cpu_bus bus = {.read = bus_read,
                                       .write = bus_write,
                                       .service = bus_service,
                                       .reset_request = bus_reset_request};

    memset(h_flash, 0xFF, sizeof h_flash);
    memset(h_ram, 0, sizeof h_ram);
    memset(h_device, 0, sizeof h_device);
    h_put32(H_FLASH, H_STACK);
    h_put32(H_FLASH + 4, H_CODE | 1);
    for (unsigned n = 2; n < 16 + CPU_IRQ_COUNT; n++) {
        const uint16_t bkpt = (uint16_t)(0xBE00 | n);
        h_put32(H_FLASH + 4 * n, h_handler(n) | 1);
        h_load(h_handler(n), &bkpt, 1);
    }
    cpu_init(&h_cpu, &bus);
    cpu_map(&h_cpu, h_flash, H_FLASH, sizeof h_flash, h_ram, H_RAM, sizeof h_ram);
    cpu_set_clock(&h_cpu, H_TICKS_PER_CYCLE, 0);
    cpu_reset(&h_cpu);
    for (unsigned n = 0; n < 13; n++) {
        h_cpu.r[n] = 0x10101010 * n;
    }
}

enum board_stop h_run(unsigned limit)
{
    for (unsigned i = 0; i < limit; i++) {
        enum board_stop stop = cpu_step(&h_cpu);
        if (stop != BOARD_STOP_TIME) {
            return stop;
        }
    }
    return BOARD_STOP_TIME;
}

/* What the steps write is counted (cpu.h). */
static void expect_counted(const uint8_t ram_before[], uint64_t writes_before)
{
    if (h_cpu.sram_writes == writes_before && memcmp(h_ram, ram_before, sizeof h_ram) != 0) {
        fail_msg("at 0x%08" PRIx32 ": a write to the SRAM was not counted", h_cpu.r[15]);
    }
}

static void fail_stop(enum board_stop stop)
{
    fail_msg("stop %d at 0x%08" PRIx32 ", ipsr %" PRIu32 ", cfsr 0x%08" PRIx32 ": %s",
             (int)stop, h_cpu.r[15], h_cpu.ipsr, h_cpu.cfsr, h_cpu.why);
}

void h_steps(unsigned count)
{
    static uint8_t before[sizeof h_ram];
    uint64_t writes = h_cpu.sram_writes;
    memcpy(before, h_ram, sizeof before);
    enum board_stop stop = h_run(count);
    expect_counted(before, writes);
    if (stop != BOARD_STOP_TIME) {
        fail_stop(stop);
    }
}

void h_run_to(uint32_t addr)
{
    for (unsigned i = 0; i < STEPS_MAX; i++) {
        h_steps(1);
        if (h_cpu.r[15] == addr) {
            return;
        }
    }
    fail_msg("never at 0x%08" PRIx32 ", now at 0x%08" PRIx32, addr, h_cpu.r[15]);
}

void h_enter(unsigned exception)
{
    for (unsigned i = 0; i < STEPS_MAX; i++) {
        enum board_stop stop = cpu_step(&h_cpu);
        if (h_cpu.r[15] == h_handler(exception) && h_cpu.ipsr == exception &&
            (stop == BOARD_STOP_TIME || stop == BOARD_STOP_BKPT)) {
            return;
        }
        if (stop != BOARD_STOP_TIME) {
            fail_stop(stop);
        }
    }
    fail_msg("exception %u is not taken, now at 0x%08" PRIx32, exception, h_cpu.r[15]);
}

void h_return(unsigned exception)
{
    const uint16_t bx_lr = 0x4770;
    uint32_t addr = h_handler(exception);
    uint32_t before = h_get32(addr);
    h_load(addr, &bx_lr, 1);
    h_cpu.r[15] = addr;
    h_steps(1);
    h_put32(addr, before);
}

void h_run_to_bkpt(void)
{
    enum board_stop stop = h_run(STEPS_MAX);
    /* A default handler's BKPT is an exception that nobody expected. */
    if (stop != BOARD_STOP_BKPT || h_cpu.r[15] >= H_HANDLERS) {
        fail_stop(stop);
    }
}

/* The instruction, alone, with the values in r0 and r1. */
static uint32_t access(uint16_t op, uint32_t addr, uint32_t value)
{
    uint32_t r0 = h_cpu.r[0], r1 = h_cpu.r[1], pc = h_cpu.r[15];
    uint32_t primask = h_cpu.primask, itstate = h_cpu.itstate;
    bool sleeping = h_cpu.sleeping;

    h_load(SCRATCH, &op, 1);
    h_cpu.r[0] = value;
    h_cpu.r[1] = addr;
    h_cpu.r[15] = SCRATCH;
    h_cpu.primask = 1;
    h_cpu.itstate = 0;
    h_cpu.sleeping = false;
    h_steps(1);
    value = h_cpu.r[0];
    if (h_cpu.r[15] != SCRATCH + 2) {
        fail_msg("harness: access to 0x%08" PRIx32 " faulted", addr);
    }
    h_cpu.r[0] = r0;
    h_cpu.r[1] = r1;
    h_cpu.r[15] = pc;
    h_cpu.primask = primask;
    h_cpu.itstate = itstate;
    h_cpu.sleeping = sleeping;
    h_cpu.next_event = 0;
    return value;
}

uint32_t h_peek(uint32_t addr)
{
    return access(0x6808 /* ldr r0, [r1] */, addr, 0);
}

void h_poke(uint32_t addr, uint32_t value)
{
    access(0x6008 /* str r0, [r1] */, addr, value);
}

void h_enable_irq(unsigned irq, uint8_t priority)
{
    uint32_t word = h_peek(H_NVIC_IPR + irq / 4 * 4);
    unsigned shift = irq % 4 * 8;
    h_poke(H_NVIC_IPR + irq / 4 * 4, (word & ~(0xFFU << shift)) | (uint32_t)priority << shift);
    h_poke(H_NVIC_ISER0 + irq / 32 * 4, 1U << irq % 32);
}

void h_pulse_irq(unsigned irq)
{
    cpu_set_irq(&h_cpu, irq, true);
    cpu_set_irq(&h_cpu, irq, false);
}

unsigned h_flags(void)
{
    return cpu_apsr(&h_cpu) >> 27;
}

void h_set_flags(unsigned flags)
{
    cpu_set_apsr(&h_cpu, (uint32_t)flags << 27);
}

void h_check(const struct h_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct h_case *c = &cases[i];
        uint32_t before[16];
        unsigned size = c->op[0] >> 11 >= 0x1D ? 4 : 2; /* A5.1 */

        h_start();
        h_load(H_CODE, c->op, size / 2);
        h_cpu.r[0] = c->r0;
        h_cpu.r[1] = c->r1;
        h_cpu.r[2] = c->r2;
        h_set_flags(c->flags);
        memcpy(before, h_cpu.r, sizeof before);
        before[0] = c->result;
        before[15] = H_CODE + size;
        h_steps(1);
        if (h_cpu.r[0] != c->result || h_flags() != c->flags_after) {
            fail_msg("row %zu: %s with 0x%08" PRIx32 " 0x%08" PRIx32 " 0x%08" PRIx32
                     " NZCVQ 0x%02x: 0x%08" PRIx32 " 0x%02x, expected 0x%08" PRIx32 " 0x%02x",
                     i, c->text, c->r0, c->r1, c->r2, c->flags, h_cpu.r[0], h_flags(),
                     c->result, c->flags_after);
        }
        for (unsigned n = 1; n < 16; n++) {
            if (h_cpu.r[n] != before[n]) {
                fail_msg("row %zu: %s: r%u is 0x%08" PRIx32 ", expected 0x%08" PRIx32, i,
                         c->text, n, h_cpu.r[n], before[n]);
            }
        }
    }
}
