/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_RESULT_STATUS_H
#define CLOUD_RESULT_STATUS_H

#include "cloud/fleet/fleet.h"

/* HTTP's status for what the fleet answers: the same for devices and for people. */
unsigned status_of_result(enum fleet_result result);

#endif
