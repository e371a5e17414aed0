/* SPDX-License-Identifier: Apache-2.0 */
/* power_worn: flash that fails, in the life of a device, natively: one cell that is dead for
 * good, anywhere, from some operation on; programs, erases or both refused for a while.
 *
 *    power_worn [--map MAP] [--plan NAME] [--cases N] [--seed S] [--json FILE]
 *    power_worn --map MAP --repeat CASE         one case, as a failure has printed it
 *
 * --cases: so many of each plan but those of whole slots. Exit 0 if no promise was broken
 * (power/device_life.h). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "power/device_life.h"
#include "power/life_plans.h"
#include "support/case_options.h"
#include "support/rng.h"

enum { RUNS_MORE = 60, FAILURES_SHOWN = 10, REFUSALS_MAX = 400 };
/* An app that crashes comes to the recovery, where flash refuses, in every ninth start. */
enum { RUNS_PER_REFUSAL = 9 };

/* What fails, from operation `at` of the plan's life on. */
struct worn_case {
    unsigned plan, pages, wear, at;
    uint32_t addr;          /* of the dead cell's byte */
    unsigned bit, one;      /* its bit, and what that reads */
    unsigned fails, refuse; /* which operations are refused, and how many */
};

struct totals {
    uint64_t cases, failures, waits, breaches[LIFE_BREACHES];
};

static struct device_life life;
static const struct life_reference *reference; /* of the plan that is run */

/* ---- cases ---- */

/* A byte of the part of flash that otter writes, each of its regions as often as the others. */
static uint32_t random_addr(uint64_t *random, enum life_wear wear)
{
    const struct otter_layout *layout = reference->map->layout;
    const struct otter_region *others[] = {&layout->journal, &layout->flag, &layout->spare,
                                           &layout->backup};
    const struct otter_region *region =
        wear == LIFE_DEAD_APP_CELL ? &layout->app : others[rng_below(random, 4)];
    uint32_t size = region->size, used = 0;

    for (unsigned i = 0; i < LIFE_IMAGES; i++) {
        used = life.size[i] > used ? life.size[i] : used;
    }
    used += reference->map->page_size;
    if (size > used && rng_below(random, 8) != 0) {
        size = used; /* the images are small */
    }
    return region->addr + rng_below(random, size);
}

static struct worn_case random_case(uint64_t *random)
{
    static const enum life_wear wears[] = {LIFE_DEAD_CELL, LIFE_DEAD_CELL, LIFE_DEAD_APP_CELL,
                                           LIFE_REFUSALS};
    struct worn_case c = {.plan = reference->plan,
                          .pages = reference->pages,
                          .wear = wears[rng_below(random, 4)]};
    uint32_t kind = rng_below(random, 4);

    c.at = kind == 0   ? 1
           : kind == 1 ? reference->journal_ops[rng_below(random, reference->journal_op_count)]
                       : 1 + rng_below(random, (uint32_t)reference->operations);
    c.addr = random_addr(random, (enum life_wear)c.wear);
    c.bit = rng_below(random, 8);
    c.one = rng_below(random, 2);
    c.fails = rng_below(random, 3);
    c.refuse = 1 + rng_below(random, rng_below(random, 2) != 0 ? 24 : REFUSALS_MAX);
    return c;
}

static void print_case(const struct worn_case *c)
{
    printf("%u,%u,%u,%u,%08" PRIx32 ",%u,%u,%u,%u", c->plan, c->pages, c->wear, c->at, c->addr,
           c->bit, c->one, c->fails, c->refuse);
}

static bool parse_case(const char *text, struct worn_case *c)
{
    return sscanf(text, "%u,%u,%u,%u,%" SCNx32 ",%u,%u,%u,%u", &c->plan, &c->pages, &c->wear,
                  &c->at, &c->addr, &c->bit, &c->one, &c->fails, &c->refuse) == 9 &&
           c->plan < LIFE_PLANS && c->wear <= LIFE_REFUSALS && c->bit < 8 && c->fails < 3 &&
           c->addr - RAM_FLASH_ADDR < RAM_FLASH_SIZE_MAX;
}

/* ---- running one ---- */

/* The cell dies, or flash begins to refuse, in this run: `next` operations from its start. */
static void spoil(const struct worn_case *c, uint32_t next)
{
    life.wear = (enum life_wear)c->wear;
    if (c->wear == LIFE_REFUSALS) {
        life.flash.fails = (enum ram_flash_fails)c->fails;
        life.flash.fail_at = next;
        life.flash.fail_count = life.refusals = c->refuse;
    } else {
        ram_flash_stick(&life.flash, next, c->addr, c->bit, c->one != 0);
    }
}

static bool run_case(const struct worn_case *c, struct totals *totals)
{
    const struct life_snapshot *snapshot = life_snapshot_before(reference, c->at);

    life_load(&life, snapshot);
    life.runs = life.lost_requests = 0;
    spoil(c, (uint32_t)(c->at - snapshot->state.operations));
    while (!life_is_over(&life)) {
        if (life.runs == reference->count + RUNS_MORE +
                             (c->wear == LIFE_REFUSALS ? RUNS_PER_REFUSAL * c->refuse : 0)) {
            life.breach = LIFE_ENDLESS;
            (void)snprintf(life.failure, sizeof life.failure, "never ends");
            break;
        }
        (void)life_run(&life, 0);
        life.flash.fails = (enum ram_flash_fails)c->fails;
    }
    totals->cases++;
    totals->waits += life.waits;
    totals->breaches[life.breach]++;
    return life.breach == LIFE_KEPT;
}

static void run_and_tell(const struct worn_case *c, struct totals *totals)
{
    if (run_case(c, totals)) {
        return;
    }
    if (totals->failures++ < FAILURES_SHOWN) {
        printf("FAILED %s: %s\n  repeat: power_worn --map %s --repeat ",
               life_plans[c->plan].name, life.failure, reference->map->name);
        print_case(c);
        printf("\n");
    }
}

static bool write_json(const char *path, const struct ram_flash_map *map,
                       const struct totals *totals)
{
    static const char *const names[LIFE_BREACHES] = {
        NULL,          "dead_boards", "lost_reverts", "lost_confirms", "unverified_starts",
        "unreachable", "endless",     "newest_erased"};
    FILE *file = fopen(path, "w");

    if (file == NULL) {
        perror(path);
        return false;
    }
    fprintf(file, "{\n  \"map\": \"%s\",\n  \"worn_flash_cases\": %" PRIu64, map->name,
            totals->cases);
    for (unsigned i = LIFE_KEPT + 1; i < LIFE_BREACHES; i++) {
        fprintf(file, ",\n  \"worn_flash_%s\": %" PRIu64, names[i], totals->breaches[i]);
    }
    fprintf(file, ",\n  \"worn_flash_waits\": %" PRIu64 "\n}\n", totals->waits);
    return fclose(file) == 0;
}

/* Returns false if the plan does not even work with sound flash. */
static bool run_plan(const struct ram_flash_map *map, unsigned plan, uint64_t cases,
                     uint64_t seed, struct totals *totals)
{
    uint32_t variants = life_plan_variants(map, plan);
    uint64_t random = seed ^ (uint64_t)plan << 32;

    for (uint32_t pages = 1; pages <= variants; pages++) {
        reference = life_reference_make(&life, map, plan, pages);
        if (reference == NULL) {
            return false;
        }
        for (uint64_t i = 0; i < (cases + variants - 1) / variants; i++) {
            struct worn_case c = random_case(&random);

            run_and_tell(&c, totals);
        }
    }
    return true;
}

static int usage(void)
{
    fprintf(stderr, "usage: power_worn [--map MAP] [--plan NAME] [--cases N] [--seed S] "
                    "[--json FILE] | [--map MAP] --repeat CASE\n");
    return 2;
}

static int repeat(const struct ram_flash_map *map, const struct worn_case *c)
{
    struct totals totals = {0};

    reference = life_reference_make(&life, map, c->plan, c->pages);
    if (reference == NULL) {
        return 1;
    }
    life.tells = true;
    run_and_tell(c, &totals);
    return totals.failures != 0;
}

int main(int argc, char **argv)
{
    struct case_options options = {.seed = 1, .map = ram_flash_maps[0].name};
    struct totals totals = {0};
    struct worn_case repeated = {0};

    if (!case_options_parse(&options, argc, argv, 1,
                            "--map --plan --cases --seed --json --repeat") ||
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
    for (unsigned plan = LIFE_FIRST_SMALL; plan < LIFE_PLANS; plan++) {
        if ((options.plan == NULL || strcmp(options.plan, life_plans[plan].name) == 0) &&
            !run_plan(map, plan, options.cases, options.seed, &totals)) {
            return 1;
        }
    }
    printf("worn flash, %s: %" PRIu64 " cases: %" PRIu64 " failures; %" PRIu64
           " times in recovery as flash that fails allows\n",
           map->name, totals.cases, totals.failures, totals.waits);
    if (options.json != NULL && !write_json(options.json, map, &totals)) {
        return 1;
    }
    return totals.failures != 0 || (totals.cases == 0 && options.cases != 0);
}
