/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_HTTP_LISTEN_H
#define CLOUD_HTTP_LISTEN_H

#include <stdint.h>
#include "host/error.h"
#include "otter/err.h"

/* Open a socket that listens on "127.0.0.1:8080" or "[::1]:0"; port 0 is any free one, and
 * *out_port is which. Returns 0 or -1. */
OTTER_MUST_CHECK int http_listen(const char *address, int *out_fd, uint16_t *out_port,
                                 struct host_error *out_error);

/* Is it such an address? Returns 0 or -1. */
OTTER_MUST_CHECK int http_check_address(const char *address, struct host_error *out_error);

#endif
