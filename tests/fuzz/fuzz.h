/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "otter/frame.h"

/* The fuzzer's bytes, taken from the front; zeros when they are used up. */
struct fuzz_input {
    const uint8_t *bytes;
    size_t len;
};

static inline uint8_t fuzz_u8(struct fuzz_input *input)
{
    if (input->len == 0) {
        return 0;
    }
    input->len--;
    return *input->bytes++;
}

static inline uint16_t fuzz_u16(struct fuzz_input *input)
{
    unsigned high = fuzz_u8(input);
    return (uint16_t)(high << 8 | fuzz_u8(input));
}

/* Up to max bytes as they stand. Returns where, and how many through io_len. */
static inline const uint8_t *fuzz_take(struct fuzz_input *input, size_t *io_len)
{
    const uint8_t *bytes = input->bytes;
    if (*io_len > input->len) {
        *io_len = input->len;
    }
    input->bytes += *io_len;
    input->len -= *io_len;
    return bytes;
}

/* Any frame: its fields and up to 255 bytes of payload, which stay the input's. */
static inline struct otter_frame fuzz_frame(struct fuzz_input *input)
{
    struct otter_frame frame = {.cmd = fuzz_u8(input)};

    frame.sn = fuzz_u8(input);
    frame.flags = fuzz_u8(input);
    size_t len = fuzz_u8(input);
    frame.payload = fuzz_take(input, &len);
    frame.payload_len = (uint16_t)len;
    return frame;
}

/* A promise of the code under test; broken ones are reported like a crash. */
#define FUZZ_CHECK(condition)                                                                  \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);            \
            abort();                                                                           \
        }                                                                                      \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
