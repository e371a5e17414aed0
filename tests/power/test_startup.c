/* SPDX-License-Identifier: Apache-2.0 */
/* power_startup: power cuts in the life of a device, natively: updates that are confirmed,
 * late, or never, and devices that recover. Single cuts at every Nth flash operation in every
 * way; random double and triple cuts.
 *
 *    power_startup [--every N] [--multi N] [--seed S] [--json FILE]
 *    power_startup --repeat CASE        one case, as a failure has printed it
 *
 * Exit 0 if no promise was broken (power/device_life.h). */
#define _POSIX_C_SOURCE 199309L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "power/device_life.h"
#include "power/life_plans.h"
#include "support/rng.h"

enum { CUTS_MAX = 3, RUNS_MAX = 60, FAILURES_SHOWN = 10 };
enum { WAYS = 2 * RAM_FLASH_READS }; /* for a weak bit to read, times to heal */

struct cut {
    uint32_t at; /* the first: operations since the beginning; others: since the cut before */
    uint32_t tear;
    uint64_t seed;
};

struct power_case {
    unsigned plan, reads, heals_by_erase, cuts;
    struct cut cut[CUTS_MAX];
};

struct totals {
    uint64_t cases, failures, runs, lost_requests, breaches[LIFE_BREACHES];
};

static struct device_life life;

static bool run_case(const struct power_case *c, struct totals *totals)
{
    const struct life_snapshot *snapshot = life_snapshot_before(c->plan, c->cut[0].at);
    uint64_t next = c->cut[0].at - snapshot->state.operations;
    unsigned cut = 0;

    life.plan = &life_plans[c->plan];
    life_load(&life, snapshot);
    life.flash.weak_reads = (enum ram_flash_reads)c->reads;
    life.flash.heals_by_erase = c->heals_by_erase != 0;
    life.runs = life.lost_requests = 0;
    while (!life_is_over(&life)) {
        uint64_t before = life.state.operations;

        if (life.runs == RUNS_MAX) {
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
    totals->runs += life.runs;
    totals->lost_requests += life.lost_requests;
    totals->breaches[life.breach]++;
    return life.breach == LIFE_KEPT;
}

static void print_case(const struct power_case *c)
{
    printf("%u,%u,%u", c->plan, c->reads, c->heals_by_erase);
    for (unsigned i = 0; i < c->cuts; i++) {
        printf(",%" PRIu32 ":%" PRIu32 ":%" PRIu64, c->cut[i].at, c->cut[i].tear,
               c->cut[i].seed);
    }
}

static bool parse_case(const char *text, struct power_case *c)
{
    int used = 0;

    if (sscanf(text, "%u,%u,%u%n", &c->plan, &c->reads, &c->heals_by_erase, &used) != 3 ||
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
        printf("FAILED %s: %s\n  repeat: power_startup --repeat ", life_plans[c->plan].name,
               life.failure);
        print_case(c);
        printf("\n");
    }
}

static bool is_weak(uint32_t tear)
{
    return tear == RAM_FLASH_WEAK || tear == RAM_FLASH_TORN_WEAK ||
           tear == RAM_FLASH_ONE_WEAK || tear == RAM_FLASH_ALL_BUT_ONE_WEAK;
}

/* One cut. What is weak reads in every way and heals in both; in the large plans, one way each
 * in turn. */
static void run_single(unsigned plan, struct cut cut, struct totals *totals)
{
    bool all_ways = is_weak(cut.tear) && plan >= LIFE_FIRST_SMALL;

    for (unsigned way = 0; way < WAYS; way++) {
        if (all_ways || way == (cut.at + cut.tear) % WAYS) {
            struct power_case c = {plan, way / 2, way % 2, 1, {cut}};

            count(&c, run_case(&c, totals), totals);
        }
    }
}

/* Every Nth operation, every tear. */
static void run_singles(uint32_t every, uint64_t seed, struct totals *totals)
{
    for (unsigned plan = 0; plan < LIFE_PLANS; plan++) {
        uint64_t random = seed;

        for (uint64_t at = 1 + rng_below(&random, every);
             at <= life_reference_of(plan)->operations; at += every) {
            for (uint32_t tear = 0; tear < RAM_FLASH_TEARS; tear++) {
                run_single(plan, (struct cut){(uint32_t)at, tear, seed}, totals);
            }
        }
    }
}

/* Two or three cuts, the later ones mostly soon after the one before. */
static void run_multi(uint32_t cases, uint64_t seed, struct totals *totals)
{
    uint64_t random = seed ^ 0x6D756C7469U;

    for (uint32_t i = 0; i < cases; i++) {
        struct power_case c = {.plan = LIFE_FIRST_SMALL +
                                       rng_below(&random, LIFE_PLANS - LIFE_FIRST_SMALL),
                               .reads = rng_below(&random, RAM_FLASH_READS),
                               .heals_by_erase = rng_below(&random, 2),
                               .cuts = 2 + rng_below(&random, 2)};

        for (unsigned cut = 0; cut < c.cuts; cut++) {
            uint32_t range = rng_below(&random, 2) != 0   ? 30
                             : rng_below(&random, 2) != 0 ? 600
                                                          : 4000;

            c.cut[cut].at =
                1 + rng_below(&random, cut == 0
                                           ? (uint32_t)life_reference_of(c.plan)->operations
                                           : range);
            c.cut[cut].tear = rng_below(&random, RAM_FLASH_TEARS);
            c.cut[cut].seed = rng_next(&random);
        }
        count(&c, run_case(&c, totals), totals);
    }
}

static bool write_json(const char *path, const struct totals *totals, uint64_t multi,
                       double cases_per_s)
{
    FILE *file = fopen(path, "w");

    if (file == NULL) {
        perror(path);
        return false;
    }
    fprintf(file,
            "{\n  \"power_native_cases\": %" PRIu64 ",\n  \"power_native_cuts_per_s\": %.0f,\n"
            "  \"power_multi_cases\": %" PRIu64 ",\n  \"power_bricks\": %" PRIu64 ",\n"
            "  \"power_lost_reverts\": %" PRIu64 ",\n  \"power_lost_confirms\": %" PRIu64 ",\n"
            "  \"power_unverified_starts\": %" PRIu64 ",\n  \"power_endless\": %" PRIu64
            ",\n  \"power_worn\": %" PRIu64 "\n}\n",
            totals->cases, cases_per_s, multi, totals->breaches[LIFE_BRICK],
            totals->breaches[LIFE_LOST_REVERT], totals->breaches[LIFE_LOST_CONFIRM],
            totals->breaches[LIFE_UNVERIFIED], totals->breaches[LIFE_ENDLESS],
            totals->breaches[LIFE_WORN]);
    return fclose(file) == 0;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
    uint32_t every = 0, multi = 0;
    uint64_t seed = 1;
    const char *json = NULL;
    struct totals totals = {0};
    struct power_case repeat = {0};
    bool good = true;
    double start;

    for (int i = 1; i + 1 < argc && good; i += 2) {
        if (strcmp(argv[i], "--every") == 0) {
            every = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--multi") == 0) {
            multi = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0) {
            seed = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--json") == 0) {
            json = argv[i + 1];
        } else {
            good = strcmp(argv[i], "--repeat") == 0 && parse_case(argv[i + 1], &repeat);
        }
    }
    if (!good || argc % 2 == 0) {
        fprintf(stderr, "usage: power_startup [--every N] [--multi N] [--seed S] [--json FILE] "
                        "| --repeat CASE\n");
        return 2;
    }
    if (!life_references_run(&life)) {
        return 1;
    }
    start = seconds();
    if (repeat.cuts != 0) {
        life.tells = true;
        count(&repeat, run_case(&repeat, &totals), &totals);
    }
    if (every != 0) {
        run_singles(every, seed, &totals);
    }
    if (multi != 0) {
        run_multi(multi, seed, &totals);
    }
    double cases_per_s = (double)totals.cases / (seconds() - start + 1e-9);
    printf("startup power: %" PRIu64 " cases, %" PRIu64
           " of them with two or three cuts: %" PRIu64 " failures; %" PRIu64
           " requests had to be made again; %.0f cases/s\n",
           totals.cases, (uint64_t)multi, totals.failures, totals.lost_requests, cases_per_s);
    if (json != NULL && !write_json(json, &totals, multi, cases_per_s)) {
        return 1;
    }
    return totals.failures != 0;
}
