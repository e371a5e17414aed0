/* SPDX-License-Identifier: Apache-2.0 */
/* power_startup: power cuts in the life of a device, natively: updates that are confirmed,
 * late, or never, files that are refused, and devices that recover; with the flash of several
 * chips. Single cuts at every Nth flash operation in every way; random single, double and
 * triple cuts, half of them where the journal is written.
 *
 *    power_startup [--map MAP] [--plan NAME] [--every N] [--cases N] [--seed S] [--json FILE]
 *    power_startup --map MAP --repeat CASE      one case, as a failure has printed it
 *
 * --every: with a plan of every size, every Nth operation of one size or another.
 * --cases: so many random ones of each plan, of which three quarters have two or three cuts.
 * Exit 0 if no promise was broken (power/device_life.h). */
#define _POSIX_C_SOURCE 199309L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "power/device_life.h"
#include "power/life_plans.h"
#include "support/case_options.h"
#include "support/rng.h"

enum { CUTS_MAX = 3, RUNS_MORE = 60, FAILURES_SHOWN = 10, LONG_OPERATIONS = 50000 };
enum { WAYS = 2 * RAM_FLASH_READS }; /* for a weak bit to read, times to heal */

struct cut {
    uint32_t at; /* the first: operations since the beginning; others: since the cut before */
    uint32_t tear;
    uint64_t seed;
};

struct power_case {
    unsigned plan, pages, reads, heals_by_erase, cuts;
    struct cut cut[CUTS_MAX];
};

struct totals {
    uint64_t cases, failures, runs, lost_requests, breaches[LIFE_BREACHES];
    uint64_t multi;             /* of the cases: with two or three cuts */
    uint64_t plans[LIFE_PLANS]; /* cases of each */
};

static struct device_life life;
static const struct life_reference *reference; /* of the plan that is run */

static bool run_case(const struct power_case *c, struct totals *totals)
{
    const struct life_snapshot *snapshot = life_snapshot_before(reference, c->cut[0].at);
    uint64_t next = c->cut[0].at - snapshot->state.operations;
    unsigned cut = 0;

    life_load(&life, snapshot);
    life.flash.weak_reads = (enum ram_flash_reads)c->reads;
    life.flash.heals_by_erase = c->heals_by_erase != 0;
    life.runs = life.lost_requests = 0;
    while (!life_is_over(&life)) {
        uint64_t before = life.state.operations;

        if (life.runs == reference->count + RUNS_MORE) {
            life.breach = LIFE_ENDLESS;
            (void)snprintf(life.failure, sizeof life.failure, "never ends");
            break;
        }
        if (cut < c->cuts) {
            life.flash.tear = (enum ram_flash_tear)c->cut[cut].tear;
            life.flash.seed = c->cut[cut].seed;
        }
        if (life_run(&life, cut < c->cuts ? (uint32_t)next : 0)) {
            cut++;
            next = cut < c->cuts ? c->cut[cut].at : 0;
        } else {
            next -= cut < c->cuts ? life.state.operations - before : 0;
        }
    }
    totals->cases++;
    totals->multi += c->cuts > 1;
    totals->plans[c->plan]++;
    totals->runs += life.runs;
    totals->lost_requests += life.lost_requests;
    totals->breaches[life.breach]++;
    return life.breach == LIFE_KEPT;
}

static void print_case(const struct power_case *c)
{
    printf("%u,%u,%u,%u", c->plan, c->pages, c->reads, c->heals_by_erase);
    for (unsigned i = 0; i < c->cuts; i++) {
        printf(",%" PRIu32 ":%" PRIu32 ":%" PRIu64, c->cut[i].at, c->cut[i].tear,
               c->cut[i].seed);
    }
}

static bool parse_case(const char *text, struct power_case *c)
{
    int used = 0;

    if (sscanf(text, "%u,%u,%u,%u%n", &c->plan, &c->pages, &c->reads, &c->heals_by_erase,
               &used) != 4 ||
        c->plan >= LIFE_PLANS || c->reads >= RAM_FLASH_READS) {
        return false;
    }
    for (c->cuts = 0; text[used] != '\0' && c->cuts < CUTS_MAX; c->cuts++) {
        struct cut *cut = &c->cut[c->cuts];
        int more = 0;

        if (sscanf(text + used, ",%" SCNu32 ":%" SCNu32 ":%" SCNu64 "%n", &cut->at, &cut->tear,
                   &cut->seed, &more) != 3 ||
            cut->at == 0 || cut->tear >= RAM_FLASH_TEARS) {
            return false;
        }
        used += more;
    }
    return text[used] == '\0' && c->cuts != 0;
}

static void count(const struct power_case *c, bool good, struct totals *totals)
{
    if (good) {
        return;
    }
    if (totals->failures++ < FAILURES_SHOWN) {
        printf("FAILED %s: %s\n  repeat: power_startup --map %s --repeat ",
               life_plans[c->plan].name, life.failure, reference->map->name);
        print_case(c);
        printf("\n");
    }
}

static bool is_weak(uint32_t tear)
{
    return tear == RAM_FLASH_WEAK || tear == RAM_FLASH_TORN_WEAK ||
           tear == RAM_FLASH_ONE_WEAK || tear == RAM_FLASH_ALL_BUT_ONE_WEAK;
}

/* One cut. What is weak reads in every way and heals in both; in long lives, one way each in
 * turn. */
static void run_single(struct cut cut, struct totals *totals)
{
    bool all_ways = is_weak(cut.tear) && reference->operations < LONG_OPERATIONS;

    for (unsigned way = 0; way < WAYS; way++) {
        if (all_ways || way == (cut.at + cut.tear) % WAYS) {
            struct power_case c = {
                reference->plan, reference->pages, way / 2, way % 2, 1, {cut}};

            count(&c, run_case(&c, totals), totals);
        }
    }
}

/* Every Nth operation, every tear. */
static void run_singles(uint32_t every, uint64_t seed, struct totals *totals)
{
    uint64_t random = seed + reference->pages;

    for (uint64_t at = 1 + rng_below(&random, every); at <= reference->operations;
         at += every) {
        for (uint32_t tear = 0; tear < RAM_FLASH_TEARS; tear++) {
            run_single((struct cut){(uint32_t)at, tear, seed}, totals);
        }
    }
}

/* Where the first cut is: anywhere, or where the journal is written. */
static uint32_t random_operation(uint64_t *random)
{
    return rng_below(random, 2) != 0
               ? reference->journal_ops[rng_below(random, reference->journal_op_count)]
               : 1 + rng_below(random, (uint32_t)reference->operations);
}

/* One, two or three cuts, the later ones mostly soon after the one before. */
static void run_random(uint64_t cases, uint64_t *random, struct totals *totals)
{
    for (uint64_t i = 0; i < cases; i++) {
        struct power_case c = {.plan = reference->plan,
                               .pages = reference->pages,
                               .reads = rng_below(random, RAM_FLASH_READS),
                               .heals_by_erase = rng_below(random, 2),
                               .cuts = 1 + (rng_below(random, 8) + 1) / 3};

        for (unsigned cut = 0; cut < c.cuts; cut++) {
            uint32_t range = rng_below(random, 2) != 0   ? 30
                             : rng_below(random, 2) != 0 ? 600
                                                         : 4000;

            c.cut[cut].at = cut == 0 ? random_operation(random) : 1 + rng_below(random, range);
            c.cut[cut].tear = rng_below(random, RAM_FLASH_TEARS);
            c.cut[cut].seed = rng_next(random);
        }
        count(&c, run_case(&c, totals), totals);
    }
}

/* All cases of one plan. Returns false if it does not even work without cuts. */
static bool run_plan(const struct ram_flash_map *map, unsigned plan, uint32_t every,
                     uint64_t cases, uint64_t seed, struct totals *totals)
{
    uint32_t variants = life_plan_variants(map, plan);
    uint64_t random = seed ^ (uint64_t)plan << 32 ^ 0x6D756C7469U;

    for (uint32_t pages = 1; pages <= variants; pages++) {
        reference = life_reference_make(&life, map, plan, pages);
        if (reference == NULL) {
            return false;
        }
        if (pages == variants) {
            printf("plan \"%s\": %" PRIu64 " operations, %u runs\n", life_plans[plan].name,
                   reference->operations, reference->count);
        }
        if (every != 0) {
            run_singles(every * variants, seed, totals);
        }
        run_random((cases + variants - 1) / variants, &random, totals);
    }
    return true;
}

static bool write_json(const char *path, const struct ram_flash_map *map,
                       const struct totals *totals, double cases_per_s)
{
    static const char *const names[LIFE_BREACHES] = {NULL,
                                                     "bricks",
                                                     "lost_reverts",
                                                     "lost_confirms",
                                                     "unverified_starts",
                                                     "unreachable_boards",
                                                     "endless",
                                                     "worn"};
    FILE *file = fopen(path, "w");

    if (file == NULL) {
        perror(path);
        return false;
    }
    fprintf(file,
            "{\n  \"map\": \"%s\",\n  \"power_native_cases\": %" PRIu64
            ",\n  \"power_native_cuts_per_s\": %.0f,\n  \"power_multi_cases\": %" PRIu64 ",\n",
            map->name, totals->cases, cases_per_s, totals->multi);
    for (unsigned i = LIFE_KEPT + 1; i < LIFE_BREACHES; i++) {
        fprintf(file, "  \"power_%s\": %" PRIu64 ",\n", names[i], totals->breaches[i]);
    }
    fprintf(file, "  \"plans\": {");
    for (unsigned plan = 0; plan < LIFE_PLANS; plan++) {
        fprintf(file, "%s\n    \"%s\": %" PRIu64, plan == 0 ? "" : ",", life_plans[plan].name,
                totals->plans[plan]);
    }
    fprintf(file, "\n  }\n}\n");
    return fclose(file) == 0;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int usage(void)
{
    fprintf(stderr, "usage: power_startup [--map MAP] [--plan NAME] [--every N] [--cases N] "
                    "[--seed S] [--json FILE] | [--map MAP] --repeat CASE\n");
    return 2;
}

static int repeat(const struct ram_flash_map *map, const struct power_case *c)
{
    struct totals totals = {0};

    reference = life_reference_make(&life, map, c->plan, c->pages);
    if (reference == NULL) {
        return 1;
    }
    life.tells = true;
    count(c, run_case(c, &totals), &totals);
    return totals.failures != 0;
}

int main(int argc, char **argv)
{
    struct case_options options = {.seed = 1, .map = ram_flash_maps[0].name};
    struct totals totals = {0};
    struct power_case repeated = {0};
    double start = seconds();

    if (!case_options_parse(&options, argc, argv, 1,
                            "--map --plan --every --cases --seed --json --repeat") ||
        (options.repeat != NULL && !parse_case(options.repeat, &repeated))) {
        return usage();
    }
    const struct ram_flash_map *map = ram_flash_map_find(options.map);
    if (map == NULL) {
        return usage();
    }
    if (options.repeat != NULL) {
        return repeat(map, &repeated);
    }
    for (unsigned plan = 0; plan < LIFE_PLANS; plan++) {
        if ((options.plan == NULL || strcmp(options.plan, life_plans[plan].name) == 0) &&
            !run_plan(map, plan, (uint32_t)options.every, options.cases, options.seed,
                      &totals)) {
            return 1;
        }
    }
    double cases_per_s = (double)totals.cases / (seconds() - start + 1e-9);
    printf("startup power, %s: %" PRIu64 " cases, %" PRIu64
           " of them with two or three cuts: %" PRIu64 " failures; %" PRIu64
           " requests had to be made again; %.0f cases/s\n",
           map->name, totals.cases, totals.multi, totals.failures, totals.lost_requests,
           cases_per_s);
    if (options.json != NULL && !write_json(options.json, map, &totals, cases_per_s)) {
        return 1;
    }
    return totals.failures != 0 ||
           (totals.cases == 0 && (options.every != 0 || options.cases != 0));
}
