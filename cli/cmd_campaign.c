/* SPDX-License-Identifier: Apache-2.0 */
/* `otter board campaign`: power failures in a whole update; see docs/man/otter-board.1. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/campaign/boot_image.h"
#include "lab/campaign/workers.h"
#include "cli/campaign_report.h"
#include "cli/cmd.h"
#include "cli/debugger.h"
#include "cli/report.h"
#include "lab/scenario.h"
#include "host/number.h"
#include "port/stm32f103/partitions.h"

enum { LIMIT_S = 120, SLICE_MS = 20, JOBS_MAX = 256, COMPARE_EVERY = 50 };

enum {
    OPT_BOOT = 256,
    OPT_APP,
    OPT_UPDATE,
    OPT_SCENARIO,
    OPT_REMEMBER,
    OPT_COMPARE,
    OPT_EVERY,
    OPT_OFFSET,
    OPT_SEED,
    OPT_TEARS,
    OPT_SECOND,
    OPT_JOBS,
    OPT_MCU_ONLY,
    OPT_PROTECT,
    OPT_FLASH_SIZE,
    OPT_REPEAT,
    OPT_GDB,
    OPT_MAX_FAILURES,
    OPT_JSON,
    OPT_COMMIT,
};

struct arguments {
    struct campaign_report report;
    const char *json;
    struct scenario scenario;
    struct campaign_options options;
    bool has_offset, repeats, gdb, remembers;
    uint32_t compare_every;
    struct campaign_case which;
    unsigned gdb_port;
};

static const struct argp_option options[] = {
    {"boot", OPT_BOOT, "FILE", 0, "The bootloader (.bin or .elf)", 1},
    {"app", OPT_APP, "FILE", 0, "The application in the device (.bin with trailer)", 1},
    {"update", OPT_UPDATE, "FILE", 0, "The application it is updated to (.bin with trailer)",
     1},
    {"scenario", OPT_SCENARIO, "NAME", 0,
     "update (default); revert: the update never confirms; recovery: there is no --app", 1},
    {"mcu-only", OPT_MCU_ONLY, NULL, 0, "Cut the MCU alone: the module keeps its power", 1},
    {"protect", OPT_PROTECT, NULL, 0, "Write-protect the bootloader's pages by option bytes",
     1},
    {"flash-size", OPT_FLASH_SIZE, "KB", 0, "Of the chip: 64 (default) or 128", 1},
    {"every", OPT_EVERY, "N", 0, "Cut every N-th flash operation (default 1: all)", 2},
    {"offset", OPT_OFFSET, "N", 0, "... from the N-th on (default: by the seed)", 2},
    {"tears", OPT_TEARS, "LIST", 0,
     "How operations fail: not-done, done, torn, half-erased, weak, with commas (default: all)",
     2},
    {"second", OPT_SECOND, "N", 0, "N more cases with a second cut in the recovery (default 0)",
     2},
    {"seed", OPT_SEED, "N", 0, "Seed of everything random (default 1)", 2},
    {"remember", OPT_REMEMBER, NULL, 0,
     "Let the bootloader (.elf) judge the same image in the same place only once", 3},
    {"compare", OPT_COMPARE, "N", 0,
     "... but every N-th time again, to compare (default 50; 0: never)", 3},
    {"jobs", OPT_JOBS, "N", 0, "Run N processes (default: one per processor)", 3},
    {"max-failures", OPT_MAX_FAILURES, "N", 0,
     "End after N failures in a process (default 10; 0: never)", 3},
    {"repeat", OPT_REPEAT, "OP:TEAR[:OP:TEAR]", 0, "Run this one case", 3},
    {"gdb", OPT_GDB, "PORT", 0,
     "... and wait for a gdb on this TCP port of 127.0.0.1 before the first instruction; 0 "
     "takes a free port and prints it",
     3},
    {"json", OPT_JSON, "FILE", 0, "Write the figures to FILE", 3},
    {"commit", OPT_COMMIT, "TEXT", 0, "... and which source they are of", 3},
    {0},
};

/* ---- the command line ---- */

static error_t unknown_scenario(const char *name)
{
    char names[128] = "not ";
    for (unsigned i = 0; i < scenario_kind_count; i++) {
        size_t len = strlen(names);
        (void)snprintf(names + len, sizeof names - len, "%s%s", i == 0 ? "" : ", ",
                       scenario_kinds[i].name);
    }
    return cmd_bad_value("--scenario", name, "%s", names);
}

static error_t parse_tears(struct arguments *args, const char *text)
{
    memset(args->options.tears, 0, sizeof args->options.tears);
    for (const char *at = text;; at++) {
        size_t len = strcspn(at, ",");
        enum board_tear tear;
        if (!campaign_find_tear(at, len, &tear)) {
            return cmd_bad_value("--tears", text,
                                 "not a list of not-done, done, torn, half-erased, weak");
        }
        args->options.tears[tear] = true;
        at += len;
        if (*at == '\0') {
            return 0;
        }
    }
}

/* OP:TEAR; returns what follows, or NULL. */
static const char *parse_cut(const char *text, struct campaign_cut *out_cut,
                             struct host_error *out_error)
{
    size_t op_len = strcspn(text, ":");
    const char *tear = text + op_len + 1;
    if (text[op_len] != ':' ||
        number_parse_part(NULL, text, op_len, 0, UINT64_MAX, &out_cut->op, out_error) != 0) {
        return NULL;
    }
    size_t len = strcspn(tear, ":");
    return campaign_find_tear(tear, len, &out_cut->tear) ? tear + len : NULL;
}

static error_t parse_repeat(struct arguments *args, const char *text)
{
    struct host_error error = {.reason = "not OP:TEAR[:OP:TEAR]"};
    const char *rest = parse_cut(text, &args->which.first, &error);
    if (rest != NULL && *rest == ':') {
        args->which.has_second = true;
        rest = parse_cut(rest + 1, &args->which.second, &error);
    }
    if (rest == NULL || *rest != '\0') {
        return cmd_bad_value("--repeat", text, "%s", error.reason);
    }
    args->repeats = true;
    return 0;
}

/* Do the options go together? */
static error_t check(const struct arguments *args)
{
    const struct campaign_report *report = &args->report;
    const struct scenario_kind *kind = args->scenario.kind;
    if (report->boot == NULL || report->update == NULL ||
        (report->app == NULL && kind->has_app)) {
        return cmd_misuse(NULL, "--boot, --app and --update are needed");
    }
    if (report->app != NULL && !kind->has_app) {
        return cmd_misuse("--app", "a %s begins without one", kind->name);
    }
    if (args->gdb && !args->repeats) {
        return cmd_misuse("--gdb", "one case at a time; give --repeat");
    }
    if (args->gdb && args->remembers) {
        return cmd_misuse("--gdb, --remember", "what is not executed cannot be looked at");
    }
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *args = state->input;
    uint64_t value = 0;
    error_t err = 0;
    switch (key) {
    case OPT_BOOT:
        args->report.boot = arg;
        return 0;
    case OPT_APP:
        args->report.app = arg;
        return 0;
    case OPT_UPDATE:
        args->report.update = arg;
        return 0;
    case OPT_SCENARIO:
        args->scenario.kind = scenario_find(arg);
        return args->scenario.kind != NULL ? 0 : unknown_scenario(arg);
    case OPT_REMEMBER:
        args->remembers = true;
        return 0;
    case OPT_COMPARE:
        err = cmd_number("--compare", arg, 0, UINT32_MAX, &value);
        args->compare_every = (uint32_t)value;
        return err;
    case OPT_MCU_ONLY:
        args->scenario.mcu_only = true;
        return 0;
    case OPT_PROTECT:
        args->scenario.protect = true;
        return 0;
    case OPT_FLASH_SIZE:
        return cmd_flash_size("--flash-size", arg, &args->scenario.flash_size);
    case OPT_EVERY:
        err = cmd_number("--every", arg, 1, UINT32_MAX, &value);
        args->options.every = (uint32_t)value;
        return err;
    case OPT_OFFSET:
        err = cmd_number("--offset", arg, 0, UINT32_MAX, &value);
        args->options.offset = (uint32_t)value;
        args->has_offset = true;
        return err;
    case OPT_TEARS:
        return parse_tears(args, arg);
    case OPT_SECOND:
        err = cmd_number("--second", arg, 0, 100000000, &value);
        args->options.second_count = (uint32_t)value;
        return err;
    case OPT_SEED:
        return cmd_number("--seed", arg, 0, UINT64_MAX, &args->options.seed);
    case OPT_JOBS:
        err = cmd_number("--jobs", arg, 1, JOBS_MAX, &value);
        args->report.jobs = (unsigned)value;
        return err;
    case OPT_MAX_FAILURES:
        err = cmd_number("--max-failures", arg, 0, UINT32_MAX, &value);
        args->options.max_failures = (uint32_t)value;
        return err;
    case OPT_REPEAT:
        return parse_repeat(args, arg);
    case OPT_GDB:
        err = cmd_number("--gdb", arg, 0, 65535, &value);
        args->gdb = true;
        args->gdb_port = (unsigned)value;
        return err;
    case OPT_JSON:
        args->json = arg;
        return 0;
    case OPT_COMMIT:
        args->report.commit = arg;
        return 0;
    case ARGP_KEY_ARG:
        return cmd_misuse(arg, "unexpected");
    case ARGP_KEY_END:
        return check(args);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- the run ---- */

static int repeat(struct arguments *args)
{
    struct gdb_server *server = NULL;
    if (args->gdb) {
        server = debugger_open(args->gdb_port);
        if (server == NULL) {
            return CMD_FAILED;
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

static int run(struct arguments *args, const struct campaign_device *device,
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

static int survey_and_run(struct arguments *args)
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

static bool load(struct arguments *args)
{
    struct scenario *scenario = &args->scenario;
    const struct campaign_report *report = &args->report;
    struct host_error error;
    if (boot_image_read(report->boot, scenario, &error) != 0 ||
        (args->remembers &&
         boot_image_remember(report->boot, args->compare_every, scenario, &error) != 0) ||
        (report->app != NULL &&
         file_read(report->app, OTTER_APP_SIZE, &scenario->app, &error) != 0) ||
        file_read(report->update, OTTER_APP_SIZE, &scenario->update, &error) != 0) {
        (void)report_error(&error);
        return false;
    }
    if (!scenario_read_versions(scenario)) {
        (void)report_failure("--app, --update",
                             "without otter's trailer their versions are not known");
        return false;
    }
    return true;
}

int cmd_board_campaign(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc =
            "Let the power fail in every flash operation of an update, in every way, and see "
            "that the device ends with the old or the new application, whole and running."};
    struct arguments args = {.options = {.every = 1,
                                         .tears = {true, true, true, true, true},
                                         .seed = 1,
                                         .limit_s = LIMIT_S,
                                         .slice_ms = SLICE_MS,
                                         .max_failures = 10,
                                         .parts = 1,
                                         .progress = report_progress,
                                         .failed = report_failed},
                             .scenario = {.kind = &scenario_kinds[0]},
                             .compare_every = COMPARE_EVERY};
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    args.report.jobs = processors < 1          ? 1
                       : processors > JOBS_MAX ? JOBS_MAX
                                               : (unsigned)processors;
    args.report.scenario = &args.scenario;
    args.report.options = &args.options;
    args.options.ctx = &args.report;
    int code = cmd_parse(&argp, "otter board campaign", argc, argv, &args);
    if (code != 0) {
        return code < 0 ? CMD_OK : code;
    }
    args.scenario.seed = args.options.seed;
    if (!args.has_offset) {
        args.options.offset =
            (uint32_t)((args.options.seed * 0x9E3779B97F4A7C15u >> 33) % args.options.every);
    }
    if (!load(&args)) {
        code = CMD_FAILED;
    } else {
        code = args.repeats ? repeat(&args) : survey_and_run(&args);
    }
    file_free(&args.scenario.boot);
    file_free(&args.scenario.app);
    file_free(&args.scenario.update);
    replay_free(args.scenario.replay);
    return code;
}
