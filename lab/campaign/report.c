/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/campaign/report.h"
#include <inttypes.h>
#include <stdio.h>
#include "host/json.h"

/* By enum scenario_failure: words for people, and the name of the figure. */
static const struct {
    const char *text, *figure;
} kinds[] = {
    [SCENARIO_OTHER] = {"others", "power_arm_others"},
    [SCENARIO_BRICK] = {"bricks", "power_arm_bricks"},
    [SCENARIO_LOST_REVERT] = {"lost reverts", "power_arm_lost_reverts"},
    [SCENARIO_LOST_CONFIRM] = {"lost confirms", "power_arm_lost_confirms"},
    [SCENARIO_UNVERIFIED_START] = {"unverified starts", "power_arm_unverified_starts"},
    [SCENARIO_UNREACHABLE] = {"unreachable boards", "power_arm_unreachable_boards"},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

void campaign_format_case(const struct campaign_case *which, char out_text[CAMPAIGN_CASE_SIZE])
{
    int len = snprintf(out_text, CAMPAIGN_CASE_SIZE, "%" PRIu64 ":%s", which->first.op,
                       campaign_tear_name(which->first.tear));
    if (which->has_second && len > 0 && len < CAMPAIGN_CASE_SIZE) {
        (void)snprintf(out_text + len, CAMPAIGN_CASE_SIZE - (size_t)len, ":%" PRIu64 ":%s",
                       which->second.op, campaign_tear_name(which->second.tear));
    }
}

const char *campaign_failure_name(unsigned kind)
{
    return kind < KINDS ? kinds[kind].text : NULL;
}

json_t *campaign_figures(const struct campaign_sums *sums, const struct scenario *scenario,
                         const struct campaign_options *options, unsigned jobs)
{
    const struct campaign_counts *counts = &sums->counts;
    json_t *all = json_object();
    json_add(&all, "power_arm_cases", json_count(counts->cases));
    json_add(&all, "power_arm_second_cuts", json_count(counts->seconds));
    json_add(&all, "power_failures", json_count(counts->failures));
    for (unsigned i = 0; i < KINDS; i++) {
        json_add(&all, kinds[i].figure, json_count(counts->kinds[i]));
    }
    json_add(&all, "power_arm_remembered", json_count(sums->replayed.remembered));
    json_add(&all, "power_arm_compared", json_count(sums->replayed.compared));
    json_add(&all, "power_arm_seconds", json_fixed(sums->took_s, 1));
    json_add(&all, "power_arm_cuts_per_s", json_fixed((double)counts->cases / sums->took_s, 1));
    json_add(&all, "operations", json_count(sums->operations));
    json_add(&all, "every", json_count(options->every));
    json_add(&all, "mcu_only", json_count(scenario->mcu_only));
    json_add(&all, "jobs", json_count(jobs));
    json_add(&all, "seed", json_count(options->seed));
    json_add(&all, "scenario", json_text(scenario->kind->name));
    return all;
}
