/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/schedule.h"

#include <ctype.h>
#include <stddef.h>
#include "agent/agent.h"

enum { JITTER_PARTS = 1000 };

/* The finaliser of SplitMix64. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

uint64_t schedule_seed(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325U;

    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3U;
    }
    return mix(hash);
}

uint64_t schedule_jitter_ms(uint64_t seed, uint64_t count, uint64_t period_ms)
{
    uint64_t parts = mix(seed + count * 0x9e3779b97f4a7c15U) % (JITTER_PARTS + 1);

    return period_ms - period_ms / 10 + period_ms / 5 * parts / JITTER_PARTS;
}

uint64_t schedule_place_ms(uint64_t seed, uint64_t span_ms)
{
    return span_ms == 0 ? 0 : mix(seed) % span_ms;
}

uint64_t schedule_backoff_ms(uint64_t seed, unsigned failures)
{
    uint64_t wait_ms = AGENT_T_BACKOFF_MS;

    for (unsigned i = 1; i < failures && wait_ms < AGENT_T_BACKOFF_MAX_MS; i++) {
        wait_ms *= 2;
    }
    if (wait_ms > AGENT_T_BACKOFF_MAX_MS) {
        wait_ms = AGENT_T_BACKOFF_MAX_MS;
    }
    return schedule_jitter_ms(seed, failures, wait_ms);
}

uint64_t schedule_retry_after_ms(const char *retry_after, uint64_t default_ms)
{
    uint64_t seconds = 0;

    if (retry_after == NULL || *retry_after == '\0') {
        return default_ms;
    }
    for (const char *c = retry_after; *c != '\0'; c++) {
        if (!isdigit((unsigned char)*c)) {
            return default_ms;
        }
        if (seconds < AGENT_T_RETRY_AFTER_MAX_MS) {
            seconds = seconds * 10 + (uint64_t)(*c - '0');
        }
    }
    if (seconds > AGENT_T_RETRY_AFTER_MAX_MS / 1000) {
        return AGENT_T_RETRY_AFTER_MAX_MS;
    }
    return seconds * 1000;
}
