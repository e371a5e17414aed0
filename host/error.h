/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_ERROR_H
#define HOST_ERROR_H

#include <stdbool.h>

/* Why something failed, as a value that is returned: what it is about, and one clause for a
 * person.
 *
 * The functions of host/ print nothing and know no command. One that can fail takes as its last
 * parameter `struct host_error *out_error`, which may be NULL, returns 0 or -1, and fills in
 * the error only if it returns -1. The caller decides whether it is printed (`thing: reason`),
 * logged or sent.
 */
enum { HOST_THING_SIZE = 160, HOST_REASON_SIZE = 320 };

struct host_error {
    char thing[HOST_THING_SIZE]; /* a file, a port, an option; "" = nothing in particular */
    char reason[HOST_REASON_SIZE];
};

/* Fill in `out_error`, which may be NULL. `thing` may be NULL; of one that is too long the end
 * is kept, since a path is known by its end. Always returns -1, so that a caller can return
 * it. */
int host_error_set(struct host_error *out_error, const char *thing, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with the text of `error_number`, a value of errno. */
int host_error_errno(struct host_error *out_error, const char *thing, int error_number);

/* Does this value of errno say that there is no room for a file: by the disk, a quota, or a
 * limit of its size? */
bool host_error_means_full(int error_number);

#endif
