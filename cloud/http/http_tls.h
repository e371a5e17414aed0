/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_HTTP_TLS_H
#define CLOUD_HTTP_TLS_H

#include "host/error.h"
#include "otter/err.h"

/* Read a certificate and its key from PEM files, and see that they are these and belong
 * together: libmicrohttpd says only that it cannot start. The texts are the caller's to free,
 * also after an error. Returns 0, or -1: the error names the file. */
OTTER_MUST_CHECK int http_read_tls(const char *cert_path, const char *key_path, char **out_cert,
                                   char **out_key, struct host_error *out_error);

#endif
