/* SPDX-License-Identifier: Apache-2.0 */
#include "host/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void set_thing(struct host_error *error, const char *thing)
{
    static const char cut[] = "...";
    size_t len = strlen(thing);

    if (len < sizeof error->thing) {
        memcpy(error->thing, thing, len + 1);
        return;
    }
    size_t kept = sizeof error->thing - sizeof cut;
    memcpy(error->thing, cut, sizeof cut - 1);
    memcpy(error->thing + sizeof cut - 1, thing + len - kept, kept + 1);
}

int host_error_set(struct host_error *out_error, const char *thing, const char *format, ...)
{
    va_list args;

    if (out_error == NULL) {
        return -1;
    }
    set_thing(out_error, thing != NULL ? thing : "");
    va_start(args, format);
    (void)vsnprintf(out_error->reason, sizeof out_error->reason, format, args);
    va_end(args);
    return -1;
}

int host_error_errno(struct host_error *out_error, const char *thing, int error_number)
{
    return host_error_set(out_error, thing, "%s", strerror(error_number));
}

bool host_error_means_full(int error_number)
{
    return error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
}
