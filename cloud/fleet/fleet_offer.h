/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_OFFER_H
#define CLOUD_FLEET_OFFER_H

#include "cloud/fleet/fleet_change.h"

/* Which device gets which deployment's action. Only for the files fleet_*.c. */

/* May links of this deployment be given now: active, begun, in its window, not over? */
bool fleet_is_offering(const struct fleet *fleet, const struct fleet_deployment *deployment);

/* Why the device's action must not be offered to it, or NULL. Between the making of an action
 * and its offer there may be days: the device may be another product's by now, the firmware
 * archived, or a later version installed by hand. */
const char *fleet_objection(struct fleet *fleet, const struct fleet_slot *slot);

/* Is an action of this firmware open anywhere? */
bool fleet_is_on_its_way(struct fleet *fleet, int64_t firmware);

/* In a change that makes the first device's action: of two such changes at once one is a
 * conflict in the store, and is made again when the other one is there. */
void fleet_go_first(struct fleet_change *change, const struct record_firmware *firmware);

/* A person has looked at a first device that failed: another one may be first. */
void fleet_allow_first_again(struct fleet_change *change, int64_t deployment);

/* If the first device has failed, pause the deployment and return true. */
bool fleet_pause_if_failed(struct fleet_change *change,
                           const struct fleet_deployment *deployment);

/* The group of a deployment: its id, 0 = it has none. */
int64_t fleet_group_id(const struct fleet *fleet, int64_t deployment, int64_t ordinal);

/* ---- the end of a deployment ---- */
/* By the wall clock, for what is given or refused now. */
bool fleet_is_time_over(const struct fleet *fleet, const struct record_deployment *deployment);
/* By fleet_sure_ms(), for what stays closed. */
bool fleet_is_surely_over(const struct fleet *fleet,
                          const struct record_deployment *deployment);

/* "active", "paused", "cancelled", "ended". */
const char *fleet_deployment_state(int64_t state);

/* End it if no action of it is open, and its time is over or its rule is a list of which each
 * device is done. *io_left: how many devices may be looked at, and are left then. */
void fleet_end_if_over(struct fleet_change *change, const struct fleet_deployment *deployment,
                       size_t *io_left);

#endif
