/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_GUARD_H
#define TEST_GUARD_H

#include <stddef.h>
#include <stdint.h>

/* Memory that ends at an unreadable page: one byte read or written beyond it kills the test. */
struct guard {
    uint8_t *bytes; /* `len` bytes */
    size_t len;
    void *map;
    size_t map_len;
};

/* Reserve len bytes (0 is allowed), all 0xA5. Ends the program if the system refuses. */
struct guard guard_new(size_t len);

/* The same with a copy of from[len]. */
struct guard guard_copy(const uint8_t from[], size_t len);

/* A shorter area at the end of the same memory, filled anew: cheaper than a new one. Its
 * `bytes` live as long as those of `guard`; do not free it. */
struct guard guard_end(const struct guard *guard, const uint8_t from[], size_t len);

void guard_free(struct guard *guard);

#endif
