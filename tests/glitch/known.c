/* SPDX-License-Identifier: Apache-2.0 */
#include "glitch/known.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "board/stm32f1/chip.h"

enum { R12 = 12, REGISTERS = 16 };

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

/* Four lanes, so that one multiplication need not wait for the one before. */
static uint64_t add_bytes(uint64_t hash, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    uint64_t lanes[4] = {hash, 1, 2, 3}, word;

    for (; len >= sizeof lanes; len -= sizeof lanes, at += sizeof lanes) {
        for (unsigned i = 0; i < 4; i++) {
            memcpy(&word, at + sizeof word * i, sizeof word);
            lanes[i] = mix(lanes[i], word);
        }
    }
    while (len-- != 0) {
        lanes[0] = mix(lanes[0], *at++);
    }
    return mix(mix(mix(lanes[0], lanes[1]), lanes[2]), lanes[3]);
}

static uint64_t add_peripherals(uint64_t hash, const struct board *board)
{
    const struct rcc *rcc = &board->rcc;
    const struct fpec *fpec = &board->fpec;
    const struct usart *log = &board->usart[0], *line = &board->usart[1];
    const struct gpio *port = &board->gpio[0];
    const uint32_t values[] = {rcc->cr,
                               rcc->cfgr,
                               rcc->cir,
                               rcc->ahbenr,
                               rcc->apb1enr,
                               rcc->apb2enr,
                               fpec->acr,
                               fpec->sr,
                               fpec->cr,
                               fpec->ar,
                               fpec->key_state,
                               log->brr,
                               log->cr1,
                               line->brr,
                               line->cr1,
                               port->crl,
                               port->crh,
                               port->odr,
                               board->iwdg.pr,
                               board->iwdg.rlr,
                               board->iwdg.started,
                               board->crc.dr,
                               board->cpu.vtor,
                               board->cpu.shcsr,
                               board->cpu.systick_ctrl,
                               board->cpu.systick_load,
                               board->reset_asked};

    return add_bytes(hash, values, sizeof values);
}

uint64_t known_state(const struct board *board, uint32_t ram_end)
{
    uint32_t sp = board->cpu.r[13] - BOARD_SRAM_BASE;
    uint64_t hash = 0;

    for (unsigned i = 0; i < REGISTERS; i++) {
        hash = mix(hash, i == R12 ? 0 : board->cpu.r[i]);
    }
    hash = mix(hash, board->cpu.primask << 9 | board->cpu.ipsr);
    hash = add_bytes(hash, board->sram, ram_end - BOARD_SRAM_BASE);
    if (sp < sizeof board->sram) {
        hash = add_bytes(hash, board->sram + sp, sizeof board->sram - sp);
    }
    hash = add_bytes(hash, board->flash.bytes, sizeof board->flash.bytes);
    hash = add_peripherals(hash, board);
    return hash != 0 ? hash : 1;
}

/* ---- the set ---- */

static uint64_t *slot(const struct known *known, uint64_t state)
{
    size_t i = (size_t)state & (known->size - 1);

    while (known->states[i] != 0 && known->states[i] != state) {
        i = (i + 1) & (known->size - 1);
    }
    return &known->states[i];
}

static void grow(struct known *known)
{
    struct known larger = {.size = known->size != 0 ? 2 * known->size : 1 << 16};

    larger.states = calloc(larger.size, sizeof larger.states[0]);
    if (larger.states == NULL) {
        fprintf(stderr, "test_glitch: out of memory\n");
        exit(EXIT_FAILURE);
    }
    for (size_t i = 0; i < known->size; i++) {
        if (known->states[i] != 0) {
            known_add(&larger, known->states[i]);
        }
    }
    free(known->states);
    *known = larger;
}

bool known_has(const struct known *known, uint64_t state)
{
    return known->size != 0 && *slot(known, state) != 0;
}

void known_add(struct known *known, uint64_t state)
{
    if (2 * known->count >= known->size) {
        grow(known);
    }
    known->count += !known_has(known, state);
    *slot(known, state) = state;
}

void known_free(struct known *known)
{
    free(known->states);
    *known = (struct known){NULL, 0, 0};
}
