/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/replay/state_cache.h"
#include <stdlib.h>
#include <string.h>
#include "board/stm32f1/board_state.h"
#include "board/stm32f1/chip.h"
#include "board/stm32f1/crc.h"
#include "board/stm32f1/flash.h"
#include "board/stm32f1/gpio.h"
#include "board/stm32f1/iwdg.h"
#include "board/stm32f1/rcc.h"
#include "board/stm32f1/usart.h"

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
    const struct rcc *rcc = chip_state(board, CHIP_rcc);
    const struct fpec *fpec = &flash_state(board)->fpec;
    const struct usart_state *usarts = chip_state(board, CHIP_usart);
    const struct usart *log = &usarts->unit[0], *line = &usarts->unit[1];
    const struct gpio *port = chip_state(board, CHIP_gpio);
    const struct iwdg *iwdg = chip_state(board, CHIP_iwdg);
    const struct crc_unit *crc = chip_state(board, CHIP_crc);
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
                               iwdg->pr,
                               iwdg->rlr,
                               iwdg->started,
                               crc->dr,
                               board->cpu.vtor,
                               board->cpu.shcsr,
                               board->cpu.systick_ctrl,
                               board->cpu.systick_load,
                               board->reset_asked};

    return add_bytes(hash, values, sizeof values);
}

uint64_t state_cache_hash(const struct board *board, uint32_t ram_end)
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
    hash = add_bytes(hash, chip_flash(board), chip_flash_size(board));
    hash = add_peripherals(hash, board);
    return hash != 0 ? hash : 1;
}

/* ---- the set ---- */

static uint64_t *slot(const struct state_cache *cache, uint64_t state)
{
    size_t i = (size_t)state & (cache->size - 1);

    while (cache->states[i] != 0 && cache->states[i] != state) {
        i = (i + 1) & (cache->size - 1);
    }
    return &cache->states[i];
}

/* Returns false if memory is short. */
static bool grow(struct state_cache *cache)
{
    struct state_cache larger = {.size = cache->size != 0 ? 2 * cache->size : 1 << 16};

    larger.states = calloc(larger.size, sizeof larger.states[0]);
    if (larger.states == NULL) {
        return false;
    }
    for (size_t i = 0; i < cache->size; i++) {
        if (cache->states[i] != 0) {
            *slot(&larger, cache->states[i]) = cache->states[i];
        }
    }
    larger.count = cache->count;
    free(cache->states);
    *cache = larger;
    return true;
}

bool state_cache_has(const struct state_cache *cache, uint64_t state)
{
    return cache->size != 0 && *slot(cache, state) != 0;
}

bool state_cache_add(struct state_cache *cache, uint64_t state)
{
    if (2 * cache->count >= cache->size && !grow(cache)) {
        return false;
    }
    cache->count += !state_cache_has(cache, state);
    *slot(cache, state) = state;
    return true;
}

void state_cache_free(struct state_cache *cache)
{
    free(cache->states);
    *cache = (struct state_cache){NULL, 0, 0};
}
