/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/campaign_report.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "host/json.h"

enum { LINE_EVERY_S = 10 };

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
    char text[CAMPAIGN_CASE_SIZE];
    campaign_format_case(which, text);
    fputs(text, stdout);
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
    if (report->rescue != NULL) {
        printf(" --rescue %s", report->rescue);
    }
    if (report->versions != NULL) {
        printf(" --versions %s", report->versions);
    }
    if (scenario->layout != scenario_layout(BOARD_FLASH_SIZE)) {
        printf(" --map %d", BOARD_FLASH_MAX / 1024);
    }
    printf(" --update %s --seed %" PRIu64 "%s%s%s --repeat ", report->update,
           report->options->seed, scenario->mcu_only ? " --mcu-only" : "",
           scenario->protect ? " --protect" : "", scenario->lenient ? " --lenient" : "");
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
    for (unsigned i = 0; campaign_failure_name(i) != NULL; i++) {
        if (counts->kinds[i] != 0) {
            printf("%s%" PRIu64 " %s", separator, counts->kinds[i], campaign_failure_name(i));
            separator = ", ";
        }
    }
    printf("%s; %.0f s, %.1f cuts/s on %u processes\n", counts->failures != 0 ? ")" : "",
           sums->took_s, (double)counts->cases / sums->took_s, report->jobs);
    if (report->scenario->replay != NULL) {
        printf("campaign: verifications: %" PRIu64 " remembered, %" PRIu64 " made; %" PRIu64
               " rounds of waiting passed over; %" PRIu64 " verifications and %" PRIu64
               " waits compared: %" PRIu64 " differ\n",
               replayed->remembered, replayed->executed + replayed->others, replayed->rounds,
               replayed->compared, replayed->compared_waits, replayed->differences);
    }
    fflush(stdout);
}

/* As of today, and of report->commit. */
static json_t *figures(const struct campaign_report *report, const struct campaign_sums *sums)
{
    char date[32] = "";
    time_t now = time(NULL);
    struct tm utc;
    json_t *all = campaign_figures(sums, report->scenario, report->options, report->jobs);
    if (gmtime_r(&now, &utc) != NULL) {
        (void)strftime(date, sizeof date, "%Y-%m-%d", &utc);
    }
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
