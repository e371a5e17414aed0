/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_CAMPAIGN_WORKERS_H
#define LAB_CAMPAIGN_WORKERS_H

#include "host/error.h"
#include "lab/campaign/campaign.h"
#include "lab/replay/replay.h"

/* A campaign's plan on several processors: `jobs` processes, each with every jobs-th case,
 * which tell their results through a pipe. The cases do not depend on how many there are.
 *
 * options: failed and progress are called in the calling process (progress with the sums over
 * all); part and parts are not used. replay is what the device's boards have, or NULL: each
 * process goes on from what it knows, *out_replayed are the sums; where it finds a difference
 * the process ends.
 * Returns 0, or -1 if a process could not be started or did not finish.
 */
int campaign_run_workers(const struct campaign_device *device,
                         const struct campaign_options *options,
                         const struct campaign_plan *plan, unsigned jobs, struct replay *replay,
                         struct campaign_counts *out_counts, struct replay_counts *out_replayed,
                         struct host_error *out_error);

#endif
