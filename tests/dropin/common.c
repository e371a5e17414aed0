/* SPDX-License-Identifier: Apache-2.0 */
#include "common.h"

#include <stddef.h>

uint8_t gizProtocolSum(uint8_t *buf, uint32_t len)
{
    uint8_t sum = 0;
    uint32_t i;

    if (buf == NULL || len <= 3) {
        return 0;
    }
    for (i = 2; i < len - 1; i++) {
        sum = (uint8_t)(sum + buf[i]);
    }
    return sum;
}

uint16_t exchangeBytes(uint16_t value)
{
    return (uint16_t)(value >> 8 | value << 8);
}
