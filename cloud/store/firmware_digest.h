/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FIRMWARE_DIGEST_H
#define CLOUD_FIRMWARE_DIGEST_H

#include "cloud/store/record.h"
#include "host/error.h"
#include "otter/err.h"

/* Read the whole file behind `fd` once: size, SHA-256, SHA-1 and MD5, which are the digests
 * that DDI names, go to `out_firmware`. An empty one is an error. */
OTTER_MUST_CHECK int firmware_digest(int fd, struct record_firmware *out_firmware,
                                     struct host_error *out_error);

#endif
