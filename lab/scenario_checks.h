/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_SCENARIO_CHECKS_H
#define LAB_SCENARIO_CHECKS_H

#include "lab/scenario.h"

/* Where the scenarios of a power campaign end, and what is a good end. It is read from APP, from the log,
 * and from what the module was told; scenario_device.h says what is promised.
 */

/* Has the scenario reached its end? */
bool scenario_is_done(const struct scenario *scenario, const struct testbed *bed);

/* Judge a device that stopped because of `stop`, at its end or not; what its log says since the last
 * power-on begins at log_from. Starts it once more.
 * Returns NULL if good, else why not, and the kind of failure. */
const char *scenario_check(const struct scenario *scenario, struct testbed *bed,
                           size_t log_from, enum board_stop stop, bool done,
                           enum scenario_failure *out_kind);

#endif
