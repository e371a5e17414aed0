/* SPDX-License-Identifier: Apache-2.0 */
#include "hal.h"

/* The last source of the project, so that this lies above its other data. */
static struct {
    uint8_t heap[0x200];
    uint8_t stack[STACK_SIZE];
} top __attribute__((aligned(8)));

uint32_t *hal_stack_top(void)
{
    return (uint32_t *)(void *)(top.stack + sizeof top.stack);
}
