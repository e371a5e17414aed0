/* SPDX-License-Identifier: Apache-2.0 */
/* `otter board campaign`: power failures in a whole update; see docs/man/otter-board.1. */
#include <inttypes.h>
#include <stdio.h>

#include "lab/campaign/boot_image.h"
#include "lab/campaign/workers.h"
#include "cli/campaign_arguments.h"
#include "cli/campaign_report.h"
#include "cli/cmd.h"
#include "cli/debugger.h"
#include "cli/report.h"
#include "host/file.h"
#include "lab/scenario.h"

static int repeat(struct campaign_arguments *args)
{
    struct gdb_server *server = NULL;
    struct host_error error;
    if (args->gdb) {
        server = debugger_open(args->gdb_port, &error);
        if (server == NULL) {
            return report_error(&error);
        }
        args->scenario.runner = (struct testbed_runner){server, debugger_run};
    }
    const struct campaign_device device = scenario_device(&args->scenario);
    const char *why = campaign_repeat(&device, &args->options, &args->which);
    debugger_close(server);
    printf("campaign: ");
    report_case(&args->which);
    printf(": %s\n", why == NULL ? "good" : why);
    return why == NULL ? CMD_OK : CMD_FAILED;
}

static int run(struct campaign_arguments *args, const struct campaign_device *device,
               const struct campaign_survey *survey, const struct campaign_plan *plan)
{
    struct campaign_report *report = &args->report;
    struct campaign_sums sums = {.operations = survey->operations};
    struct host_error error;
    report->planned = plan->count;
    report_begin(report);
    int status =
        campaign_run_workers(device, &args->options, plan, report->jobs, args->scenario.replay,
                             &sums.counts, &sums.replayed, &error);
    if (status != 0) {
        (void)report_error(&error);
    }
    report_end(report, &sums);
    if (sums.counts.cases != plan->count) {
        status = report_failure("ended early", "%zu cases planned, %" PRIu64 " run",
                                plan->count, sums.counts.cases);
    }
    if (args->json != NULL && status == 0) {
        status = report_json(report, &sums, args->json, &error);
        if (status != 0) {
            (void)report_error(&error);
        }
    }
    return status == 0 && sums.counts.failures == 0 && sums.counts.cases > 0 ? CMD_OK
                                                                             : CMD_FAILED;
}

static int survey_and_run(struct campaign_arguments *args)
{
    const struct campaign_device device = scenario_device(&args->scenario);
    struct campaign_survey survey;
    struct campaign_plan plan = {.cases = NULL};
    int code = CMD_FAILED;
    const char *why = campaign_survey(&device, &args->options, &survey);
    if (why != NULL) {
        (void)report_failure("the update without a power cut", "%s", why);
    } else if (campaign_plan(&args->options, &survey, &plan) != 0) {
        (void)report_failure(NULL, "out of memory");
    } else {
        code = run(args, &device, &survey, &plan);
    }
    campaign_free(&survey, &plan);
    return code;
}

static bool load(struct campaign_arguments *args)
{
    struct scenario *scenario = &args->scenario;
    const struct campaign_report *report = &args->report;
    struct host_error error;
    if (boot_image_read(report->boot, scenario, &error) != 0 ||
        (args->remembers &&
         boot_image_remember(report->boot, args->compare_every, scenario, &error) != 0) ||
        (report->app != NULL &&
         file_read(report->app, scenario->layout->app.size, &scenario->app, &error) != 0) ||
        file_read(report->update, scenario->layout->app.size, &scenario->update, &error) != 0 ||
        (report->rescue != NULL && file_read(report->rescue, scenario->layout->app.size,
                                             &scenario->rescue, &error) != 0)) {
        (void)report_error(&error);
        return false;
    }
    if (!scenario_prepare(scenario)) {
        (void)report_failure("--app, --update, --rescue",
                             "no trailer, and so no version in it: give --versions");
        return false;
    }
    return true;
}

/* Before the hours that a campaign takes. */
static bool can_write(const struct campaign_arguments *args)
{
    const struct campaign_report *report = &args->report;
    const char *const inputs[] = {report->boot, report->app, report->update, report->rescue};
    struct host_error error;

    if (args->json == NULL ||
        file_check_output(args->json, inputs, sizeof inputs / sizeof inputs[0], &error) == 0) {
        return true;
    }
    (void)report_error(&error);
    return false;
}

int cmd_board_campaign(int argc, char **argv)
{
    struct campaign_arguments args;
    int code = campaign_arguments_parse(&args, argc, argv);

    if (code != 0) {
        return code < 0 ? CMD_OK : code;
    }
    if (!can_write(&args) || !load(&args)) {
        code = CMD_FAILED;
    } else {
        code = args.repeats ? repeat(&args) : survey_and_run(&args);
    }
    file_free(&args.scenario.boot);
    file_free(&args.scenario.app);
    file_free(&args.scenario.update);
    file_free(&args.scenario.rescue);
    replay_free(args.scenario.replay);
    return code;
}
