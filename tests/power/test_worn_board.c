/* SPDX-License-Identifier: Apache-2.0 */
/* power_worn_board: flash that fails, on the real binaries: one cell that is dead for good,
 * anywhere, from some flash operation on; programs, erases or both refused for a while.
 *
 *    power_worn_board FIRMWARE [--cases N] [--seed S] [--json FILE]
 *    power_worn_board FIRMWARE --repeat CASE      one case, as a failure has printed it
 *
 * FIRMWARE is the firmware's build folder; N cases of each of the scenarios below. Whatever
 * fails, the board is not dead: an app runs that is whole, or, where no app can, the bootloader
 * waits for one and is heard; an app that never confirms does not stay; and the page of the
 * journal's newest entry is not erased. Exit 0 if that holds. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lab/campaign/boot_image.h"
#include "lab/flash_view.h"
#include "port/stm32f103/layout.h"
#include "port/stm32f103/partitions.h"
#include "support/case_options.h"
#include "support/rng.h"

enum {
    LIMIT_MS = 600000, /* of virtual time, from the fault to the scenario's end */
    SLICE_MS = 20,     /* of the run without a fault, between two copies */
    START_MS = 40000,  /* a start with a swap, or a trial that a watchdog of 26 s ends */
    STARTS = 5,        /* the trials, the way back, and one more */
    REFUSALS_MAX = 24,
    JOURNAL_OPS_MAX = 1024,
    NEAR_OPS = 8, /* half of the faults begin so soon before the journal is written */
    FAILURES_SHOWN = 10,
    PATH_SIZE = 1024,
};

enum loss { LOSS_NONE, LOSS_DEAD_BOARD, LOSS_REVERT, LOSS_UNVERIFIED, LOSS_NEWEST, LOSSES };

static const struct row {
    const char *scenario, *update;
} rows[] = {{"update", "app/app_v3/pethouse_03010103.bin"},
            {"revert", "app/app_no_confirm/app_no_confirm.bin"},
            {"recovery", "app/app_v3/pethouse_03010103.bin"}};
enum { ROWS = sizeof rows / sizeof rows[0] };

struct worn_case {
    unsigned row;
    struct board_flash_fault fault;
};

static struct {
    struct scenario scenario;
    struct campaign_device device;
    void *reference, *before, *branch;
    uint64_t operations;                   /* of the run without a fault */
    uint64_t journal_ops[JOURNAL_OPS_MAX]; /* of these */
    unsigned journal_op_count;
    bool newest_erased; /* in this branch */
    uint64_t cases, losses[LOSSES], waits;
} bench;

/* ---- the verdict ---- */

static struct scenario_run *branch(void)
{
    return bench.branch;
}

static bool is_in_journal(uint32_t addr)
{
    return addr - OTTER_JOURNAL_ADDR < OTTER_JOURNAL_SIZE ||
           addr - OTTER_FLAG_ADDR < OTTER_FLAG_SIZE_MAX;
}

static void watch(void *ctx, uint64_t op, bool erase, uint32_t addr)
{
    (void)ctx;
    (void)op;
    if (erase && is_in_journal(addr)) {
        const struct otter_port port = flash_view_port(testbed_board(branch()->bed));
        struct otter_journal journal;
        otter_journal_read(&port, &stm32f103_layout, &journal);
        bench.newest_erased |= journal.addr - addr < OTTER_PAGE_SIZE;
    }
}

/* What has been said last in the log from `from` on. */
enum said { SAID_NOTHING, SAID_APP, SAID_BAD_APP, SAID_RECOVERY };

static enum said last_said(size_t from)
{
    static const struct {
        const char *text;
        enum said what;
    } texts[] = {
        {"SoftVersion = ", SAID_APP}, {"Mute", SAID_BAD_APP}, {"Recover [", SAID_RECOVERY}};
    enum said last = SAID_NOTHING;
    const char *log = testbed_log(branch()->bed) + from, *last_at = log;
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (const char *at = strstr(log, texts[i].text); at != NULL;
             at = strstr(at + 1, texts[i].text)) {
            if (at >= last_at) {
                last_at = at;
                last = texts[i].what;
            }
        }
    }
    return last;
}

static bool app_is(const struct file *image)
{
    const uint8_t *app = flash_view_at(testbed_board(branch()->bed), OTTER_APP_ADDR);
    return image->len != 0 && memcmp(app, image->data, image->len) == 0;
}

/* A cell of the running program, which then does what nobody knows; the model stops there. What
 * counts is the next start, which sees it. */
static bool runs_on_it(const struct worn_case *c)
{
    return c->fault.wear == BOARD_WEAR_CELL && c->fault.addr - OTTER_APP_ADDR < OTTER_APP_SIZE;
}

/* No app can be expected: flash refuses, or the cell is where the only one would be. What is
 * taken back comes from the swap area. */
static bool may_wait(const struct worn_case *c)
{
    uint32_t addr = c->fault.addr;
    bool is_in_area = addr - OTTER_SPARE_ADDR < OTTER_SPARE_SIZE ||
                      addr - OTTER_BACKUP_ADDR < OTTER_BACKUP_SIZE;
    return c->fault.wear != BOARD_WEAR_CELL || runs_on_it(c) ||
           (is_in_area && strcmp(rows[c->row].scenario, "update") != 0);
}

static enum loss judge(const struct worn_case *c)
{
    enum said said = SAID_NOTHING;
    for (unsigned i = 0; i < STARTS && said != SAID_APP && said != SAID_RECOVERY; i++) {
        size_t from = testbed_log_len(branch()->bed);
        bench.device.power_on(bench.branch);
        for (unsigned ms = 0; ms < START_MS; ms += 1000) {
            if (bench.device.run_ms(bench.branch, 1000) != BOARD_STOP_TIME) {
                return LOSS_DEAD_BOARD;
            }
        }
        said = last_said(from);
    }
    if (bench.newest_erased) {
        return LOSS_NEWEST;
    }
    switch (said) {
    case SAID_APP:
        return app_is(&bench.scenario.app) || app_is(&bench.scenario.update) ? LOSS_NONE
                                                                             : LOSS_UNVERIFIED;
    case SAID_RECOVERY:
        bench.waits++;
        return may_wait(c) && testbed_told(branch()->bed).by_recovery ? LOSS_NONE
                                                                      : LOSS_DEAD_BOARD;
    case SAID_BAD_APP:
        return LOSS_REVERT;
    case SAID_NOTHING:
        break;
    }
    return LOSS_DEAD_BOARD;
}

/* ---- cases ---- */

/* A byte of what otter writes, each region as often as the others. */
static uint32_t random_addr(uint64_t *random)
{
    static const struct otter_region *const regions[] = {
        &stm32f103_layout.journal, &stm32f103_layout.flag, &stm32f103_layout.spare,
        &stm32f103_layout.backup, &stm32f103_layout.app};
    const struct otter_region *region = regions[rng_below(random, 5)];
    uint32_t used = (uint32_t)bench.scenario.update.len + OTTER_PAGE_SIZE;
    return region->addr + rng_below(random, region->size < used ? region->size : used);
}

static struct worn_case random_case(unsigned row, uint64_t *random)
{
    static const enum board_wear wears[] = {BOARD_WEAR_CELL,   BOARD_WEAR_CELL,
                                            BOARD_WEAR_CELL,   BOARD_WEAR_PROGRAMS,
                                            BOARD_WEAR_ERASES, BOARD_WEAR_ALL};
    struct worn_case c = {.row = row};
    c.fault.wear = wears[rng_below(random, 6)];
    c.fault.from = rng_below(random, (uint32_t)bench.operations);
    if (rng_below(random, 2) != 0) {
        uint64_t op = bench.journal_ops[rng_below(random, bench.journal_op_count)];
        uint32_t back = rng_below(random, NEAR_OPS);
        c.fault.from = op > back ? op - back : 0;
    }
    c.fault.addr = random_addr(random);
    c.fault.mask = (uint8_t)(1u << rng_below(random, 8));
    c.fault.reads_one = rng_below(random, 2) != 0;
    c.fault.count = 1 + rng_below(random, REFUSALS_MAX);
    return c;
}

static int by_operation(const void *a, const void *b)
{
    const struct worn_case *left = a, *right = b;
    return left->fault.from < right->fault.from ? -1 : left->fault.from > right->fault.from;
}

static void print_case(const struct worn_case *c)
{
    printf("%u,%d,%" PRIu64 ",%08" PRIx32 ",%u,%d,%" PRIu32, c->row, (int)c->fault.wear,
           c->fault.from, c->fault.addr, c->fault.mask, c->fault.reads_one, c->fault.count);
}

static bool parse_case(const char *text, struct worn_case *c)
{
    unsigned wear, mask, one;
    bool whole = sscanf(text, "%u,%u,%" SCNu64 ",%" SCNx32 ",%u,%u,%" SCNu32, &c->row, &wear,
                        &c->fault.from, &c->fault.addr, &mask, &one, &c->fault.count) == 7;
    c->fault.wear = (enum board_wear)wear;
    c->fault.mask = (uint8_t)mask;
    c->fault.reads_one = one != 0;
    return whole && c->row < ROWS && wear <= BOARD_WEAR_ALL && mask < 256 &&
           c->fault.addr - OTTER_FLASH_ADDR < OTTER_FLASH_SIZE;
}

/* ---- running ---- */

static void run_case(const struct worn_case *c)
{
    static const char *const names[LOSSES] = {NULL, "dead board", "lost revert",
                                              "unverified start", "newest entry erased"};
    enum board_stop stop = BOARD_STOP_TIME;
    bench.newest_erased = false;
    board_wear_flash(testbed_board(branch()->bed), &c->fault);
    for (unsigned ms = 0;
         ms < LIMIT_MS && stop == BOARD_STOP_TIME && !bench.device.is_done(bench.branch);
         ms += 100) {
        stop = bench.device.run_ms(bench.branch, 100);
    }
    enum loss loss = stop == BOARD_STOP_TIME || runs_on_it(c) ? judge(c) : LOSS_DEAD_BOARD;
    bench.cases++;
    bench.losses[loss]++;
    if (loss != LOSS_NONE && bench.cases - bench.losses[LOSS_NONE] <= FAILURES_SHOWN) {
        printf("FAILED %s: %s\n  repeat: power_worn_board FIRMWARE --repeat ",
               rows[c->row].scenario, names[loss]);
        print_case(c);
        printf("\n");
    }
}

static const char *file_path(const char *firmware, const char *name)
{
    static char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%s", firmware, name);
    return path;
}

static bool open_row(const char *firmware, unsigned row)
{
    struct scenario *scenario = &bench.scenario;
    struct host_error error = {.reason = "has no trailer"};
    const char *boot = file_path(firmware, "boot/boot.elf");
    *scenario = (struct scenario){
        .kind = scenario_find(rows[row].scenario), .layout = &stm32f103_layout, .seed = 1};
    if (boot_image_read(boot, scenario, &error) != 0 ||
        boot_image_remember(boot, 0, scenario, &error) != 0 ||
        (scenario->kind->has_app &&
         file_read(file_path(firmware, "app/pethouse/pethouse_03010101.bin"), OTTER_APP_SIZE,
                   &scenario->app, &error) != 0) ||
        file_read(file_path(firmware, rows[row].update), OTTER_APP_SIZE, &scenario->update,
                  &error) != 0 ||
        !scenario_prepare(scenario)) {
        fprintf(stderr, "power_worn_board: %s: %s\n", error.thing, error.reason);
        return false;
    }
    bench.device = scenario_device(scenario);
    bench.reference = bench.device.make(scenario);
    bench.before = bench.device.make(scenario);
    bench.branch = bench.device.make(scenario);
    if (bench.reference == NULL || bench.before == NULL || bench.branch == NULL) {
        return false;
    }
    board_watch_flash(testbed_board(branch()->bed),
                      &(struct board_flash_watch){.before = watch});
    return true;
}

static void close_row(void)
{
    bench.device.free(bench.reference);
    bench.device.free(bench.before);
    bench.device.free(bench.branch);
    file_free(&bench.scenario.boot);
    file_free(&bench.scenario.app);
    file_free(&bench.scenario.update);
    replay_free(bench.scenario.replay);
}

static void note_journal(void *ctx, uint64_t op, bool erase, uint32_t addr)
{
    (void)ctx;
    (void)erase;
    if (is_in_journal(addr) && bench.journal_op_count < JOURNAL_OPS_MAX) {
        bench.journal_ops[bench.journal_op_count++] = op;
    }
}

/* Does it end well without a fault? Leaves the reference at its end. */
static bool survey(void)
{
    bench.journal_op_count = 0;
    board_watch_flash(bench.device.board(bench.reference),
                      &(struct board_flash_watch){.before = note_journal});
    while (!bench.device.is_done(bench.reference) &&
           bench.device.run_ms(bench.reference, SLICE_MS) == BOARD_STOP_TIME) {
    }
    bench.operations = board_flash_ops(bench.device.board(bench.reference));
    return bench.device.is_done(bench.reference) && bench.journal_op_count != 0;
}

static bool run_row(const char *firmware, unsigned row, size_t count, uint64_t seed)
{
    uint64_t random = seed ^ (uint64_t)row << 32;
    struct worn_case *cases = calloc(count, sizeof cases[0]);
    size_t next = 0;
    if (cases == NULL || !open_row(firmware, row) || !survey()) {
        free(cases);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        cases[i] = random_case(row, &random);
    }
    qsort(cases, count, sizeof cases[0], by_operation);
    close_row();
    if (!open_row(firmware, row)) {
        free(cases);
        return false;
    }
    while (next < count) {
        bench.device.copy(bench.before, bench.reference);
        (void)bench.device.run_ms(bench.reference, SLICE_MS);
        uint64_t ops = board_flash_ops(bench.device.board(bench.reference));
        for (; next < count && cases[next].fault.from < ops; next++) {
            bench.device.copy(bench.branch, bench.before);
            run_case(&cases[next]);
        }
    }
    close_row();
    free(cases);
    return true;
}

static bool repeat(const char *firmware, const struct worn_case *c)
{
    if (!open_row(firmware, c->row)) {
        return false;
    }
    run_case(c);
    printf("%s", testbed_log(branch()->bed));
    close_row();
    return true;
}

static bool write_json(const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        return false;
    }
    fprintf(file,
            "{\n  \"worn_board_cases\": %" PRIu64 ",\n  \"worn_board_dead_boards\": %" PRIu64
            ",\n  \"worn_board_lost_reverts\": %" PRIu64
            ",\n  \"worn_board_unverified_starts\": %" PRIu64
            ",\n  \"worn_board_newest_erased\": %" PRIu64 ",\n  \"worn_board_waits\": %" PRIu64
            "\n}\n",
            bench.cases, bench.losses[LOSS_DEAD_BOARD], bench.losses[LOSS_REVERT],
            bench.losses[LOSS_UNVERIFIED], bench.losses[LOSS_NEWEST], bench.waits);
    return fclose(file) == 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: power_worn_board FIRMWARE [--cases N] [--seed S] [--json FILE] | "
                    "FIRMWARE --repeat CASE\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct case_options options = {.seed = 1};
    struct worn_case repeated = {0};

    if (argc < 2 ||
        !case_options_parse(&options, argc, argv, 2, "--cases --seed --json --repeat") ||
        (options.repeat == NULL ? options.cases == 0
                                : !parse_case(options.repeat, &repeated))) {
        return usage();
    }
    if (options.repeat != NULL) {
        return repeat(argv[1], &repeated) && bench.losses[LOSS_NONE] == 1 ? 0 : 1;
    }
    for (unsigned row = 0; row < ROWS; row++) {
        if (!run_row(argv[1], row, options.cases, options.seed)) {
            fprintf(stderr, "power_worn_board: %s: does not even work with sound flash\n",
                    rows[row].scenario);
            return 1;
        }
    }
    printf("worn flash, the board: %" PRIu64 " cases: %" PRIu64 " failures; %" PRIu64
           " times in recovery\n",
           bench.cases, bench.cases - bench.losses[LOSS_NONE], bench.waits);
    if (options.json != NULL && !write_json(options.json)) {
        return 1;
    }
    return bench.cases != bench.losses[LOSS_NONE];
}
