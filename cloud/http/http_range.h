/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_HTTP_RANGE_H
#define CLOUD_HTTP_RANGE_H

#include <stdint.h>

/* Which part of a file answers a request: RFC 9110, sections 13 and 14, for GET and HEAD of a
 * file with a strong ETag and without date. Pure.
 */
struct http_conditions {
    const char *range, *if_range, *if_match, *if_none_match; /* headers as they came, or NULL */
};

struct http_part {
    unsigned status;  /* 200, 206, 304, 412 or 416 */
    int64_t off, len; /* 200, 206: of the file */
};

/* `etag` is without quotes. A Range that is no single range of bytes counts as none, as the RFC
 * lets a server do. */
struct http_part http_choose_part(const struct http_conditions *conditions, const char *etag,
                                  int64_t size);

#endif
