/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CAMPAIGN_REPORT_H
#define CLI_CAMPAIGN_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include "host/error.h"
#include "lab/campaign/report.h"

/* What `otter board campaign` prints: how far it is, a line that repeats each failure, the
 * sums; and the file of figures. What they are: lab/campaign/report.h.
 */
struct campaign_report {
    /* what was asked for */
    const char *boot, *app, *update, *rescue; /* paths */
    const char *versions;                     /* of files without a trailer; NULL = not given */
    const char *commit;                       /* NULL = not known */
    const struct scenario *scenario;
    const struct campaign_options *options;
    unsigned jobs;
    size_t planned; /* cases */

    /* while it runs; begin with 0 */
    bool terminal, bar_open;
    double start_s, last_s;
};

/* Note the time. */
void report_begin(struct campaign_report *report);

/* For struct campaign_options; ctx is the report. */
void report_progress(void *ctx, uint64_t cases, uint64_t failures);
void report_failed(void *ctx, const struct campaign_case *which, const char *why);

/* One case: OP:TEAR[:OP:TEAR]. */
void report_case(const struct campaign_case *which);

/* The end: the lines of sums; sets sums->took_s. */
void report_end(struct campaign_report *report, struct campaign_sums *sums);

/* Write the figures to a file. 0 or -1. */
int report_json(const struct campaign_report *report, const struct campaign_sums *sums,
                const char *path, struct host_error *out_error);

#endif
