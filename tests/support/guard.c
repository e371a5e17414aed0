/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "support/guard.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guard guard_new(size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t usable = (len + page - 1) / page * page;
    struct guard guard = {.len = len, .map_len = usable + page};
    uint8_t *map =
        mmap(NULL, guard.map_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED || mprotect(map + usable, page, PROT_NONE) != 0) {
        perror("guard page");
        exit(1);
    }
    guard.map = map;
    guard.bytes = map + usable - len;
    memset(guard.bytes, 0xA5, len);
    return guard;
}

struct guard guard_copy(const uint8_t from[], size_t len)
{
    struct guard guard = guard_new(len);

    if (len != 0) {
        memcpy(guard.bytes, from, len);
    }
    return guard;
}

struct guard guard_end(const struct guard *guard, const uint8_t from[], size_t len)
{
    struct guard end = {.bytes = guard->bytes + (guard->len - len), .len = len};

    if (len > guard->len) {
        fprintf(stderr, "guard_end: %zu bytes of %zu\n", len, guard->len);
        exit(1);
    }
    if (len != 0) {
        memmove(end.bytes, from, len);
    }
    return end;
}

void guard_free(struct guard *guard)
{
    munmap(guard->map, guard->map_len);
    guard->bytes = NULL;
    guard->map = NULL;
}
