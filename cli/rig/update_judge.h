/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RIG_UPDATE_JUDGE_H
#define RIG_UPDATE_JUDGE_H

#include "cli/rig/update_world.h"

/* Where the scenarios of a power campaign end, and what is a good end. It is read from APP, from the log,
 * and from what the module was told; update_world.h says what is promised.
 */

/* Has the scenario reached its end? */
bool update_is_done(const struct update_world *update, const struct rig *rig);

/* Judge a device that stopped because of `stop`, at its end or not; what its log says since the last
 * power-on begins at log_from. Starts it once more.
 * Returns NULL if good, else why not, and the kind of failure. */
const char *update_judge(const struct update_world *update, struct rig *rig, size_t log_from,
                         enum board_stop stop, bool done, enum update_failure *out_kind);

#endif
