/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GIZWITS_OTA_FLASH_H
#define GIZWITS_OTA_FLASH_H

#include <stdint.h>
#include "otter/err.h"

/* For gizwits_ota.c only: the receiving slot, with errors. */

/* Program data[len] at APPBAK + off, erasing each page when its first byte is reached, and add to
 * romUpdate.ctx what is read back. An odd end is filled up with 0xFF. Before anything else a record
 * that is still pending is voided if off is 0.
 * Returns 0, OTTER_ERR_RANGE, or the port's error. */
OTTER_MUST_CHECK int otter_dropin_store(uint32_t off, const uint8_t data[], uint32_t len);

/* Does APPBAK hold a program for the app's slot? Returns 0, OTTER_ERR_FORMAT or the port's error. */
OTTER_MUST_CHECK int otter_dropin_check(uint32_t image_size);

#endif
