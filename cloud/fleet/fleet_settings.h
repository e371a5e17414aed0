/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_SETTINGS_H
#define CLOUD_FLEET_SETTINGS_H

#include "cloud/fleet/fleet.h"

/* The fleet's settings by name. Pure. */
void fleet_settings_default(struct fleet_settings *out_settings);

/* Set one. Returns false, and changes nothing, if there is no such setting or the value cannot
 * be. */
bool fleet_settings_read(struct fleet_settings *settings, const char *name, const char *value);

/* What may be set there, for a person. */
enum { FLEET_ALLOWED_SIZE = 180 };
void fleet_settings_allowed(const char *name, char *out, size_t size);

/* The text that fleet_settings_read() would take for the value that it has; "" = no such
 * setting. */
void fleet_settings_text(const struct fleet_settings *settings, const char *name, char *out,
                         size_t size);

#endif
