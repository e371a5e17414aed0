/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FIRMWARE_SIGNATURE_H
#define CLOUD_FIRMWARE_SIGNATURE_H

#include "cloud/store/record.h"
#include "host/error.h"
#include "otter/err.h"

/* Larger than any microcontroller's slot: a signature is over the whole image at once, and so
 * the image is read into memory. */
enum { FIRMWARE_IMAGE_MAX = 16 * 1024 * 1024 };

/* If the file behind `fd`, whose size is known already, ends in otter's trailer: kind,
 * hardware, version, number and key id go to `out_firmware`, and what its signature is worth by
 * the keys of `product`. Without a trailer nothing is changed but number, key id (0) and
 * signature (none). A damaged trailer is an error, and so is an image that is too large, and a
 * key of the product that is none. */
OTTER_MUST_CHECK int firmware_read_trailer(int fd, const struct record_product *product,
                                           struct record_firmware *out_firmware,
                                           struct host_error *out_error);

#endif
