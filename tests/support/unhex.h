/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_UNHEX_H
#define TEST_UNHEX_H

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The bytes of a hex text. Ends the program when there are not exactly len of them. */
static inline void unhex(const char *text, uint8_t out[], size_t len)
{
    const char *at = text;

    for (size_t i = 0; i < len; i++, at += 2) {
        char digits[3] = {at[0], at[0] ? at[1] : 0, 0};

        if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1])) {
            break;
        }
        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    if (at != text + 2 * len || *at != 0) {
        fprintf(stderr, "unhex: not %zu bytes: %s\n", len, text);
        abort();
    }
}

#endif
