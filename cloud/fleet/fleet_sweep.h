/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_SWEEP_H
#define CLOUD_FLEET_SWEEP_H

#include "cloud/fleet/fleet_state.h"

/* Which devices are to be looked at for a new action, and which deployments for their end.
 *
 * A device that changed, or whose action was closed, is looked at alone. All devices are looked
 * at, deployment by deployment, after a change that concerns all, and once a minute, because
 * windows open by the clock. Either is done in steps that hold the lock for FLEET_LOOKS_MAX
 * looks at most; a look is one question whether one deployment concerns one device. Only for
 * the files fleet_*.c; with the lock held. */

void fleet_sweep_device(struct fleet *fleet, struct fleet_slot *slot);
void fleet_sweep_all(struct fleet *fleet);

/* An action of it was closed: it may be over. */
void fleet_sweep_deployment(struct fleet *fleet, struct fleet_deployment *deployment);

/* The device with this id was deleted: lists wait for it no longer. */
void fleet_sweep_deleted(struct fleet *fleet, const char *controller_id);

void fleet_sweep_free(struct fleet_sweep *sweep);

#endif
