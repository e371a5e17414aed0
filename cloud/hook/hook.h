/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_HOOK_H
#define CLOUD_HOOK_H

#include "cloud/fleet/fleet.h"

/* Sends the fleet's messages to the webhook, on a thread of its own: one request at a time, so
 * that a receiver that hangs holds up nothing else. A message goes out at least once; it is
 * gone from the outbox when the receiver has answered 2xx, or when it is given up. Where to,
 * and what with, are settings of the fleet, which may change at any time.
 */
struct hook;

/* Start sending. `fleet` and `clock` must outlive the hook. */
OTTER_MUST_CHECK int hook_start(struct fleet *fleet, const struct fleet_clock *clock,
                                struct hook **out_hook, struct host_error *out_error);

/* Stop, while the store still answers. A request under way is broken off within a second; its
 * message is sent again after the next start. */
void hook_stop(struct hook *hook);

#endif
