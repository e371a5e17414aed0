/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

/* The functions the compiler itself calls, small, for programs linked without a C library: the
 * bootloader. Built with -fno-builtin and -fno-tree-loop-distribute-patterns, so that they do
 * not become calls of themselves.
 */
void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    unsigned char *out = to;
    const unsigned char *in = from;

    while (len--) {
        *out++ = *in++;
    }
    return to;
}

void *memset(void *to, int value, size_t len)
{
    unsigned char *out = to;

    while (len--) {
        *out++ = (unsigned char)value;
    }
    return to;
}

int memcmp(const void *one, const void *other, size_t len)
{
    const unsigned char *a = one;
    const unsigned char *b = other;

    for (; len; len--, a++, b++) {
        if (*a != *b) {
            return *a - *b;
        }
    }
    return 0;
}
