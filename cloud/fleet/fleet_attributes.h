/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_ATTRIBUTES_H
#define CLOUD_FLEET_ATTRIBUTES_H

#include "cloud/fleet/fleet_state.h"

/* What devices say of themselves in configData, as one JSON object of strings. Only for the
 * files fleet_*.c. */

/* Merge, replace or remove; device->attributes is freed and replaced. INVALID if it would be
 * more than DDI_ATTRIBUTES_MAX, FAILED without memory; then nothing is changed. */
enum fleet_result fleet_merge_attributes(const struct ddi_config *config,
                                         struct record_device *io_device);

/* The product that a device of this product key or hardware belongs to, if there is exactly
 * one; else 0. */
int64_t fleet_guess_product(struct fleet *fleet, const struct record_device *device);

/* One value of a device's attributes as they are stored ("" or NULL = none), cut off to the
 * size. False if it is not there. */
bool fleet_attribute(const char *attributes, const char *name, char out_value[DDI_VALUE_SIZE]);

#endif
