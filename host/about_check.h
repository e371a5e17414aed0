/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_ABOUT_CHECK_H
#define HOST_ABOUT_CHECK_H

#include <stdbool.h>
#include "host/image_file.h"
#include "otter/about.h"
#include "otter/reason.h"

/* What an otter device would say to a file, from what it tells of itself (otter/about.h): so
 * that it is said before a transfer instead of after it.
 *
 * Only what the device would certainly say. Whether the signature is right it finds out itself;
 * that it is on trial is over when a file is offered, or tells itself.
 */

/* Is the file larger than the device's slot? */
bool about_check_is_too_large(const struct otter_about *about, const struct image_file *file);

/* Why would it not take the file? What the bootloader would refuse comes first, in its order,
 * then what the app would not take. Returns OTTER_REASON_NONE if nothing is against it. */
enum otter_reason about_check(const struct otter_about *about, const struct image_file *file);

#endif
