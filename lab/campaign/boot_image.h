/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_CAMPAIGN_BOOT_IMAGE_H
#define LAB_CAMPAIGN_BOOT_IMAGE_H

#include <stdint.h>
#include "host/error.h"
#include "lab/scenario.h"

/* The bootloader of a power campaign, .bin or .elf, and what it says of images.
 */

/* Read the file into scenario->boot. 0 or -1. */
int boot_image_read(const char *path, struct scenario *scenario, struct host_error *out_error);

/* Let the campaign remember the answers of its otter_verify_image(), which an .elf is needed to
 * find; every compare_every-th is found out again (0: none). Sets scenario->replay. 0 or -1. */
int boot_image_remember(const char *path, uint32_t compare_every, struct scenario *scenario,
                        struct host_error *out_error);

#endif
