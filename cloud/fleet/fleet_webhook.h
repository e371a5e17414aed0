/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_WEBHOOK_H
#define CLOUD_FLEET_WEBHOOK_H

#include "cloud/fleet/fleet.h"

/* The webhook's settings as texts. Pure. */

/* "action.failed,deployment.ended": a set of 1 << enum fleet_webhook_event. Returns false if
 * a word is none of them, or stands there twice. "" is the empty set. */
bool fleet_webhook_read_events(const char *list, uint32_t *out_events);

/* The same set as a text, in the order of the enum. */
void fleet_webhook_put_events(uint32_t events, char *out, size_t size);

/* Is it http:// or https:// with a host and maybe a port: printable ASCII, no user and
 * password, no fragment?
 * "" is good, too: off. What a password in it would be for, the signature is for. */
bool fleet_webhook_is_url(const char *url);

/* Is it "", or 16 to FLEET_WEBHOOK_SECRET_MAX printable characters? */
bool fleet_webhook_is_secret(const char *secret);

/* What is told unless the setting says otherwise: all but what people did themselves, and what
 * went well device by device. */
enum {
    FLEET_WEBHOOK_DEFAULT = ((1 << WEBHOOK_EVENTS) - 1) & ~(1 << WEBHOOK_ACTION_CANCELLED) &
                            ~(1 << WEBHOOK_ACTION_CONFIRMED)
};

#endif
