/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_RNG_H
#define TEST_RNG_H

#include <stddef.h>
#include <stdint.h>

/* A generator that gives the same numbers everywhere for the same seed: SplitMix64. */
static inline uint32_t rng_next(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15U;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return (uint32_t)(z >> 32);
}

/* A number in 0..limit-1. */
static inline uint32_t rng_below(uint64_t *state, uint32_t limit)
{
    return (uint32_t)((uint64_t)rng_next(state) * limit >> 32);
}

static inline void rng_fill(uint64_t *state, uint8_t out[], size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)rng_next(state);
    }
}

#endif
