/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/campaign_report.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "host/json.h"

enum { LINE_EVERY_S = 10 };

/* By enum scenario_failure; what is printed, and the name of the figure. */
static const struct {
    const char *text, *name;
} kinds[] = {
    [SCENARIO_OTHER] = {"others", "power_arm_others"},
    [SCENARIO_BRICK] = {"bricks", "power_arm_bricks"},
    [SCENARIO_LOST_REVERT] = {"lost reverts", "power_arm_lost_reverts"},
    [SCENARIO_LOST_CONFIRM] = {"lost confirms", "power_arm_lost_confirms"},
    [SCENARIO_UNVERIFIED_START] = {"unverified starts", "power_arm_unverified_starts"},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void close_bar(struct campaign_report *report)
{
    if (report->bar_open) {
        putchar('\n');
    }
    report->bar_open = false;
}

void report_begin(struct campaign_report *report)
{
    report->terminal = isatty(STDOUT_FILENO) != 0;
    report->start_s = report->last_s = now_s();
}

void report_progress(void *ctx, uint64_t cases, uint64_t failures)
{
    struct campaign_report *report = ctx;
    double now = now_s();
    if (cases == 0 || now - report->last_s < (report->terminal ? 0.2 : LINE_EVERY_S)) {
        return;
    }
    report->last_s = now;
    double rate = (double)cases / (now - report->start_s);
    double left_s = (double)(report->planned - cases) / rate;
    printf("%scampaign: %" PRIu64 " of %zu cases, %" PRIu64
           " failures, %.0f cuts/s, %.0f min %02.0f s left%s",
           report->terminal ? "\r" : "", cases, report->planned, failures, rate,
           (double)(long)(left_s / 60), left_s - 60 * (double)(long)(left_s / 60),
           report->terminal ? "  " : "\n");
    report->bar_open = report->terminal;
    fflush(stdout);
}

void report_case(const struct campaign_case *which)
{
    printf("%" PRIu64 ":%s", which->first.op, campaign_tear_name(which->first.tear));
    if (which->has_second) {
        printf(":%" PRIu64 ":%s", which->second.op, campaign_tear_name(which->second.tear));
    }
}

void report_failed(void *ctx, const struct campaign_case *which, const char *why)
{
    struct campaign_report *report = ctx;
    const struct scenario *scenario = report->scenario;
    close_bar(report);
    printf("campaign: FAILED ");
    report_case(which);
    printf(" seed %" PRIu64 ": %s\n  repeat: otter board campaign --boot %s",
           report->options->seed, why, report->boot);
    if (scenario->kind != &scenario_kinds[0]) {
        printf(" --scenario %s", scenario->kind->name);
    }
    if (report->app != NULL) {
        printf(" --app %s", report->app);
    }
    printf(" --update %s --seed %" PRIu64 "%s%s --repeat ", report->update,
           report->options->seed, scenario->mcu_only ? " --mcu-only" : "",
           scenario->protect ? " --protect" : "");
    report_case(which);
    puts(" --gdb 0");
    fflush(stdout);
}

void report_end(struct campaign_report *report, struct campaign_sums *sums)
{
    const struct campaign_counts *counts = &sums->counts;
    const struct replay_counts *replayed = &sums->replayed;
    const char *separator = " (";
    sums->took_s = now_s() - report->start_s;
    close_bar(report);
    printf("campaign: %s: %" PRIu64 " flash operations, every %" PRIu32 " from %" PRIu32
           "%s: %" PRIu64 " cases, %" PRIu64 " of them with a second cut, %" PRIu64 " failures",
           report->scenario->kind->name, sums->operations, report->options->every,
           report->options->offset,
           report->scenario->mcu_only ? ", the module keeps its power" : "", counts->cases,
           counts->seconds, counts->failures);
    for (unsigned i = 0; i < KINDS; i++) {
        if (counts->kinds[i] != 0) {
            printf("%s%" PRIu64 " %s", separator, counts->kinds[i], kinds[i].text);
            separator = ", ";
        }
    }
    printf("%s; %.0f s, %.1f cuts/s on %u processes\n", counts->failures != 0 ? ")" : "",
           sums->took_s, (double)counts->cases / sums->took_s, report->jobs);
    if (report->scenario->replay != NULL) {
        printf("campaign: judgements: %" PRIu64 " remembered, %" PRIu64 " made; %" PRIu64
               " rounds of waiting passed over; %" PRIu64 " judgements and %" PRIu64
               " waits compared: %" PRIu64 " differ\n",
               replayed->remembered, replayed->executed + replayed->others, replayed->rounds,
               replayed->compared, replayed->compared_waits, replayed->differences);
    }
    fflush(stdout);
}

static json_t *figures(const struct campaign_report *report, const struct campaign_sums *sums)
{
    const struct campaign_counts *counts = &sums->counts;
    char date[32] = "";
    time_t now = time(NULL);
    struct tm utc;
    json_t *all = json_object();
    if (gmtime_r(&now, &utc) != NULL) {
        (void)strftime(date, sizeof date, "%Y-%m-%d", &utc);
    }
    json_add(&all, "power_arm_cases", json_count(counts->cases));
    json_add(&all, "power_arm_second_cuts", json_count(counts->seconds));
    json_add(&all, "power_failures", json_count(counts->failures));
    for (unsigned i = 0; i < KINDS; i++) {
        json_add(&all, kinds[i].name, json_count(counts->kinds[i]));
    }
    json_add(&all, "power_arm_remembered", json_count(sums->replayed.remembered));
    json_add(&all, "power_arm_compared", json_count(sums->replayed.compared));
    json_add(&all, "power_arm_seconds", json_fixed(sums->took_s, 1));
    json_add(&all, "power_arm_cuts_per_s", json_fixed((double)counts->cases / sums->took_s, 1));
    json_add(&all, "operations", json_count(sums->operations));
    json_add(&all, "every", json_count(report->options->every));
    json_add(&all, "mcu_only", json_count(report->scenario->mcu_only));
    json_add(&all, "jobs", json_count(report->jobs));
    json_add(&all, "seed", json_count(report->options->seed));
    json_add(&all, "scenario", json_text(report->scenario->kind->name));
    json_add(&all, "date", json_text(date));
    json_add(&all, "commit", json_text(report->commit != NULL ? report->commit : ""));
    return all;
}

int report_json(const struct campaign_report *report, const struct campaign_sums *sums,
                const char *path, struct host_error *out_error)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL) {
        return host_error_set(out_error, NULL, "out of memory");
    }
    bool good = json_print_lines(figures(report, sums), out) == 0;
    good = fclose(out) == 0 && good;
    int status = good ? file_write(path, text, len, out_error)
                      : host_error_set(out_error, NULL, "out of memory");
    free(text);
    return status;
}
