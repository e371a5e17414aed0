/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_OUTBOX_H
#define CLOUD_FLEET_OUTBOX_H

#include "cloud/fleet/fleet_change.h"

/* What the webhook is told: a row of the outbox, added to the very change that it tells of. If
 * the webhook is off, or the event is not one of those that the settings name, nothing is
 * added. Only for the files fleet_*.c. */

/* An action was closed, corrected, or its version lost; `action` is as it becomes. */
void fleet_outbox_action(struct fleet_change *change, enum fleet_webhook_event event,
                         const struct fleet_slot *slot, const struct record_action *action);

/* `deployment` is as it becomes; `found` has its counts. `reason` may be NULL. */
void fleet_outbox_deployment(struct fleet_change *change, enum fleet_webhook_event event,
                             const struct fleet_deployment *found,
                             const struct record_deployment *deployment, const char *reason);

#endif
