/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_OFFER_H
#define CLOUD_FLEET_OFFER_H

#include "cloud/fleet/fleet_change.h"

/* Which device gets which deployment's action. Only for the files fleet_*.c. */

/* May links of this deployment be given now: active, begun, in its window, not over? */
bool fleet_is_offering(const struct fleet *fleet, const struct fleet_deployment *deployment);

/* A person has looked at a first device that failed: another one may be first. */
void fleet_allow_first_again(struct fleet_change *change, int64_t deployment);

/* Make the actions that active deployments want, some hundreds at a time. */
void fleet_sweep(struct fleet *fleet);

#endif
