/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_REPORT_H
#define CLOUD_FLEET_REPORT_H

#include "cloud/fleet/fleet_change.h"

/* Is it told, in timeline and webhook, that this device runs another version than before? One
 * that goes to and fro, out of spite or as two boards with one id do, is told of so often a
 * day: what it says is kept, its lines are not. */
bool fleet_turn_is_told(const struct fleet_slot *slot);

/* A device that reports no version runs what it says it has installed, until it says otherwise:
 * so that it does not get the same again. Only for the files fleet_*.c. */
enum fleet_result fleet_keep_version_by_word(struct fleet_change *change,
                                             const struct record_action *action);

#endif
