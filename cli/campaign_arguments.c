/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/campaign_arguments.h"

#include <string.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "host/number.h"

enum { LIMIT_S = 120, LIMIT_128_S = 300, SLICE_MS = 20, JOBS_MAX = 256, COMPARE_EVERY = 50 };

enum {
    OPT_BOOT = 256,
    OPT_APP,
    OPT_UPDATE,
    OPT_RESCUE,
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
    OPT_LENIENT,
    OPT_VERSIONS,
    OPT_FLASH_SIZE,
    OPT_MAP,
    OPT_REPEAT,
    OPT_GDB,
    OPT_MAX_FAILURES,
    OPT_JSON,
    OPT_COMMIT,
};

static const struct argp_option options[] = {
    {"boot", OPT_BOOT, "FILE", 0, "The bootloader (.bin or .elf)", 1},
    {"app", OPT_APP, "FILE", 0, "The application in the device (.bin)", 1},
    {"update", OPT_UPDATE, "FILE", 0, "The application it is updated to (.bin)", 1},
    {"rescue", OPT_RESCUE, "FILE", 0,
     "The application that comes after an update that does not work (recovery-bad, "
     "revert-rescue)",
     1},
    {"versions", OPT_VERSIONS, "LIST", 0,
     "The versions of --app, --update, --rescue, with commas: for .bin without a trailer", 1},
    {"scenario", OPT_SCENARIO, "NAME", 0,
     "update (default); revert: the update never confirms; revert-rescue: and then --rescue "
     "is taken; recovery: there is no --app; "
     "recovery-bad: and the update never confirms; watchdog-loop: --app crashes; refused: the "
     "update is forged; repeated: the update is offered twice",
     1},
    {"mcu-only", OPT_MCU_ONLY, NULL, 0, "Cut the MCU alone: the module keeps its power", 1},
    {"protect", OPT_PROTECT, NULL, 0, "Write-protect the bootloader's pages by option bytes",
     1},
    {"lenient", OPT_LENIENT, NULL, 0,
     "Go on where PCLK1 is above its limit, as generated projects have it", 1},
    {"flash-size", OPT_FLASH_SIZE, "KB", 0, "Of the chip: 64 or 128 (default: as --map)", 1},
    {"map", OPT_MAP, "KB", 0,
     "The flash that the firmware was built for: 64 (default) or 128, with slots of 58 KB", 1},
    {"every", OPT_EVERY, "N", 0, "Cut every N-th flash operation (default 1: all)", 2},
    {"offset", OPT_OFFSET, "N", 0, "... from the N-th on (default: by the seed)", 2},
    {"tears", OPT_TEARS, "LIST", 0,
     "How operations fail: not-done, done, torn, half-erased, weak, with commas (default: all)",
     2},
    {"second", OPT_SECOND, "N", 0, "N more cases with a second cut in the recovery (default 0)",
     2},
    {"seed", OPT_SEED, "N", 0, "Seed of everything random (default 1)", 2},
    {"remember", OPT_REMEMBER, NULL, 0,
     "Let the bootloader (.elf) verify the same image in the same place only once", 3},
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

static error_t unknown_scenario(const char *name)
{
    char names[160] = "not ";
    for (unsigned i = 0; i < scenario_kind_count; i++) {
        size_t len = strlen(names);
        (void)snprintf(names + len, sizeof names - len, "%s%s", i == 0 ? "" : ", ",
                       scenario_kinds[i].name);
    }
    return cmd_bad_value("--scenario", name, "%s", names);
}

static error_t parse_tears(struct campaign_arguments *args, const char *text)
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

static error_t parse_repeat(struct campaign_arguments *args, const char *text)
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

/* --versions: one of 8 characters for each of the files that there are. */
static bool read_versions(struct campaign_arguments *args)
{
    const struct campaign_report *report = &args->report;
    struct scenario *scenario = &args->scenario;
    const struct {
        const char *path;
        uint8_t *version;
    } files[] = {{report->app, scenario->old_version},
                 {report->update, scenario->new_version},
                 {report->rescue, scenario->rescue_version}};
    const char *at = report->versions;
    for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (files[i].path == NULL) {
            continue;
        }
        if ((at != report->versions && *at++ != ',') ||
            strcspn(at, ",") != sizeof scenario->old_version) {
            return false;
        }
        memcpy(files[i].version, at, sizeof scenario->old_version);
        at += sizeof scenario->old_version;
    }
    return *at == '\0';
}

static error_t take_versions(struct campaign_arguments *args)
{
    const char *versions = args->report.versions;
    return versions == NULL || read_versions(args)
               ? 0
               : cmd_bad_value("--versions", versions,
                               "not 8 characters for each of --app, --update, --rescue");
}

/* Do the options go together? */
static error_t check(const struct campaign_arguments *args)
{
    const struct campaign_report *report = &args->report;
    const struct scenario_kind *kind = args->scenario.kind;
    if (report->boot == NULL || report->update == NULL ||
        (report->app == NULL && kind->has_app)) {
        return cmd_misuse(NULL, "--boot, --app and --update are needed");
    }
    if ((report->rescue != NULL) != (kind->next == SCENARIO_NEXT_RESCUE)) {
        return cmd_misuse("--rescue", "the scenario %s %s", kind->name,
                          report->rescue != NULL ? "has none" : "needs one");
    }
    if (report->app != NULL && !kind->has_app) {
        return cmd_misuse("--app", "a %s begins without one", kind->name);
    }
    if (args->scenario.flash_size != 0 && args->map_size > args->scenario.flash_size) {
        return cmd_misuse("--map", "needs a chip with as much flash");
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
    struct campaign_arguments *args = state->input;
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
    case OPT_RESCUE:
        args->report.rescue = arg;
        return 0;
    case OPT_SCENARIO:
        args->scenario.kind = scenario_find(arg);
        return args->scenario.kind != NULL ? 0 : unknown_scenario(arg);
    case OPT_REMEMBER:
        args->remembers = true;
        return 0;
    case OPT_COMPARE:
        return cmd_number32("--compare", arg, 0, UINT32_MAX, &args->compare_every);
    case OPT_MCU_ONLY:
        args->scenario.mcu_only = true;
        return 0;
    case OPT_PROTECT:
        args->scenario.protect = true;
        return 0;
    case OPT_LENIENT:
        args->scenario.lenient = true;
        return 0;
    case OPT_VERSIONS:
        args->report.versions = arg;
        return 0;
    case OPT_FLASH_SIZE:
        return cmd_flash_size("--flash-size", arg, &args->scenario.flash_size);
    case OPT_MAP:
        return cmd_flash_size("--map", arg, &args->map_size);
    case OPT_EVERY:
        return cmd_number32("--every", arg, 1, UINT32_MAX, &args->options.every);
    case OPT_OFFSET:
        args->has_offset = true;
        return cmd_number32("--offset", arg, 0, UINT32_MAX, &args->options.offset);
    case OPT_TEARS:
        return parse_tears(args, arg);
    case OPT_SECOND:
        return cmd_number32("--second", arg, 0, 100000000, &args->options.second_count);
    case OPT_SEED:
        return cmd_number("--seed", arg, 0, UINT64_MAX, &args->options.seed);
    case OPT_JOBS:
        return cmd_number32("--jobs", arg, 1, JOBS_MAX, &args->report.jobs);
    case OPT_MAX_FAILURES:
        return cmd_number32("--max-failures", arg, 0, UINT32_MAX, &args->options.max_failures);
    case OPT_REPEAT:
        return parse_repeat(args, arg);
    case OPT_GDB:
        args->gdb = true;
        return cmd_number32("--gdb", arg, 0, 65535, &args->gdb_port);
    case OPT_JSON:
        args->json = arg;
        return 0;
    case OPT_COMMIT:
        args->report.commit = arg;
        return 0;
    case ARGP_KEY_ARG:
        return cmd_misuse(arg, "unexpected");
    case ARGP_KEY_END: {
        error_t err = check(args);
        return err == 0 ? take_versions(args) : err;
    }
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int campaign_arguments_parse(struct campaign_arguments *args, int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc =
            "Let the power fail in every flash operation of an update, in every way, and see "
            "that the device ends with the old or the new application, whole and running."};

    *args = (struct campaign_arguments){.options = {.every = 1,
                                                    .tears = {true, true, true, true, true},
                                                    .seed = 1,
                                                    .limit_s = LIMIT_S,
                                                    .slice_ms = SLICE_MS,
                                                    .max_failures = 10,
                                                    .parts = 1,
                                                    .progress = report_progress,
                                                    .failed = report_failed},
                                        .scenario = {.kind = &scenario_kinds[0]},
                                        .map_size = BOARD_FLASH_SIZE,
                                        .compare_every = COMPARE_EVERY};
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    args->report.jobs = processors < 1          ? 1
                        : processors > JOBS_MAX ? JOBS_MAX
                                                : (unsigned)processors;
    args->report.scenario = &args->scenario;
    args->report.options = &args->options;
    args->options.ctx = &args->report;
    int code = cmd_parse(&argp, "otter board campaign", argc, argv, args);
    args->scenario.seed = args->options.seed;
    args->scenario.layout = scenario_layout(args->map_size);
    if (args->scenario.flash_size == 0) {
        args->scenario.flash_size = args->map_size;
    }
    if (code == 0 && args->scenario.kind->limit_s != 0) {
        args->options.limit_s = args->scenario.kind->limit_s;
    } else if (args->map_size == BOARD_FLASH_MAX) {
        args->options.limit_s = LIMIT_128_S;
    }
    if (!args->has_offset) {
        args->options.offset =
            (uint32_t)((args->options.seed * 0x9E3779B97F4A7C15u >> 33) % args->options.every);
    }
    return code;
}
