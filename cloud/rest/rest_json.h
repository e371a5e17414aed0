/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_REST_JSON_H
#define CLOUD_REST_JSON_H

#include <jansson.h>
#include "cloud/fleet/fleet.h"

/* Records as JSON. A time is RFC 3339 text, or null for never; a kind, state, mode or role is a
 * word; a text that is not known is "". Each returns NULL without memory. The record's struct
 * is behind the `const void *`, as visitors have it.
 */
json_t *rest_json_product(const void *record);
json_t *rest_json_firmware(const void *record);
json_t *rest_json_deployment(const void *record);
json_t *rest_json_group(const void *record, bool is_proven); /* is_proven: its firmware */
json_t *rest_json_action(const void *record);
json_t *rest_json_token(const void *record); /* without hash */
json_t *rest_json_event(const void *record);
json_t *rest_json_audit(const void *record);
/* The address may be a secret by itself: `sees_url` is for admins. The key nobody sees. */
json_t *rest_json_settings(const struct fleet_settings *settings, bool sees_url);
json_t *rest_json_counts(const struct fleet_counts *counts);

/* {"queued": 3, ...}: every state, so that a reader need not guess. */
json_t *rest_json_states(const int64_t counts[ACTION_STATES]);

json_t *rest_json_time(int64_t ms);
/* An id, or null for 0. */
json_t *rest_json_id(int64_t id);

/* Words of the interface; "unknown" for a number that is none. */
const char *rest_role_name(int64_t role);
const char *rest_registration_name(enum fleet_registration registration);
const char *rest_token_kind_name(int64_t kind);

#endif
