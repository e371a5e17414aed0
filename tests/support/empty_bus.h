/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_EMPTY_BUS_H
#define TEST_EMPTY_BUS_H

#include "board/cpu/cpu.h"

/* Nothing but the core's own flash and RAM: any other access is a bus
 * fault, nothing is ever due. */
static inline bool empty_bus_read(void *ctx, uint32_t addr, unsigned size, uint32_t *out_value)
{
    (void)ctx, (void)addr, (void)size, (void)out_value;
    return false;
}

static inline bool empty_bus_write(void *ctx, uint32_t addr, unsigned size, uint32_t value)
{
    (void)ctx, (void)addr, (void)size, (void)value;
    return false;
}

static inline uint64_t empty_bus_service(void *ctx, uint64_t now)
{
    (void)ctx, (void)now;
    return UINT64_MAX;
}

static inline void empty_bus_reset_request(void *ctx)
{
    (void)ctx;
}

static const struct cpu_bus empty_bus = {
    .read = empty_bus_read,
    .write = empty_bus_write,
    .service = empty_bus_service,
    .reset_request = empty_bus_reset_request,
};

#endif
