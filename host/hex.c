/* SPDX-License-Identifier: Apache-2.0 */
#include "host/hex.h"

enum { TYPE_DATA = 0, TYPE_END = 1, TYPE_LINEAR_ADDR = 4 };

static void record(FILE *out, uint16_t addr, unsigned type, const uint8_t data[], size_t len)
{
    unsigned sum = (unsigned)len + (addr >> 8) + (addr & 0xFFU) + type;

    fprintf(out, ":%02X%04X%02X", (unsigned)len, (unsigned)addr, type);
    for (size_t i = 0; i < len; i++) {
        fprintf(out, "%02X", (unsigned)data[i]);
        sum += data[i];
    }
    fprintf(out, "%02X\n", (0U - sum) & 0xFFU); /* all bytes of a record sum up to 0 */
}

static void linear_addr(FILE *out, uint32_t addr)
{
    uint8_t upper[2] = {(uint8_t)(addr >> 24), (uint8_t)(addr >> 16)};
    record(out, 0, TYPE_LINEAR_ADDR, upper, sizeof upper);
}

void hex_write(FILE *out, uint32_t addr, const uint8_t data[], size_t len)
{
    linear_addr(out, addr);
    while (len > 0) {
        size_t part = HEX_RECORD_BYTES - addr % HEX_RECORD_BYTES;
        if (part > len) {
            part = len;
        }
        record(out, (uint16_t)addr, TYPE_DATA, data, part);
        addr += (uint32_t)part;
        data += part;
        len -= part;
        if (len > 0 && (addr & 0xFFFFU) == 0) {
            linear_addr(out, addr);
        }
    }
}

void hex_write_end(FILE *out)
{
    record(out, 0, TYPE_END, NULL, 0);
}
