/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_CAMPAIGN_REPORT_H
#define LAB_CAMPAIGN_REPORT_H

#include <jansson.h>
#include "lab/campaign/campaign.h"
#include "lab/scenario.h"

/* What a campaign has come to, as text and as JSON. Prints nothing: for `otter board campaign`,
 * and whoever else runs one. docs/man/otter-board.1 says what the figures mean.
 */
struct campaign_sums {
    uint64_t operations; /* of the reference run */
    struct campaign_counts counts;
    struct replay_counts replayed;
    double took_s;
};

/* One case as --repeat takes it: OP:TEAR[:OP:TEAR]. */
enum { CAMPAIGN_CASE_SIZE = 80 };
void campaign_format_case(const struct campaign_case *which, char out_text[CAMPAIGN_CASE_SIZE]);

/* The failures of one kind of enum scenario_failure, in words: "bricks". NULL if there is no
 * such kind. */
const char *campaign_failure_name(unsigned kind);

/* All figures, by the names of bench/results.json; yours to add to, and to print
 * (host/json.h). */
json_t *campaign_figures(const struct campaign_sums *sums, const struct scenario *scenario,
                         const struct campaign_options *options, unsigned jobs);

#endif
