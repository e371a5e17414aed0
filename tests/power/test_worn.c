/* SPDX-License-Identifier: Apache-2.0 */
/* power_worn: flash that fails, in the life of a device, natively: one cell that is dead for
 * good, anywhere, from some operation on; programs, erases or both refused for a while.
 *
 *    power_worn [--cases N] [--seed S] [--json FILE]
 *    power_worn --repeat CASE           one case, as a failure has printed it
 *
 * Exit 0 if no promise was broken (power/device_life.h). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "power/device_life.h"
#include "power/life_plans.h"
#include "support/rng.h"

enum { RUNS_MAX = 60 /* beside the refused */, FAILURES_SHOWN = 10, REFUSALS_MAX = 400 };

/* What fails, from operation `at` of the plan's life on. */
struct worn_case {
    unsigned plan, wear, at;
    uint32_t addr;          /* of the dead cell's byte */
    unsigned bit, one;      /* its bit, and what that reads */
    unsigned fails, refuse; /* which operations are refused, and how many */
};

struct totals {
    uint64_t cases, failures, waits, breaches[LIFE_BREACHES];
};

static struct device_life life;

/* ---- cases ---- */

/* A byte of the part of flash that otter writes, each of its regions as often as the others. */
static uint32_t random_addr(uint64_t *random, enum life_wear wear)
{
    const struct otter_layout *layout = &ram_flash_layout;
    const struct otter_region *others[] = {&layout->journal, &layout->flag, &layout->spare,
                                           &layout->backup};
    const struct otter_region *region =
        wear == LIFE_DEAD_APP_CELL ? &layout->app : others[rng_below(random, 4)];
    uint32_t size = region->size;

    if (size > 4 * RAM_FLASH_PAGE && rng_below(random, 4) != 0) {
        size = 4 * RAM_FLASH_PAGE; /* the images are small */
    }
    return region->addr + rng_below(random, size);
}

static struct worn_case random_case(uint64_t *random)
{
    static const enum life_wear wears[] = {LIFE_DEAD_CELL, LIFE_DEAD_CELL, LIFE_DEAD_APP_CELL,
                                           LIFE_REFUSALS};
    struct worn_case c = {.plan = LIFE_FIRST_SMALL +
                                  rng_below(random, LIFE_PLANS - LIFE_FIRST_SMALL),
                          .wear = wears[rng_below(random, 4)]};
    uint32_t operations = (uint32_t)life_reference_of(c.plan)->operations;

    c.at = rng_below(random, 4) == 0 ? 1 : 1 + rng_below(random, operations);
    c.addr = random_addr(random, (enum life_wear)c.wear);
    c.bit = rng_below(random, 8);
    c.one = rng_below(random, 2);
    c.fails = rng_below(random, 3);
    c.refuse = 1 + rng_below(random, rng_below(random, 2) != 0 ? 24 : REFUSALS_MAX);
    return c;
}

static void print_case(const struct worn_case *c)
{
    printf("%u,%u,%u,%08" PRIx32 ",%u,%u,%u,%u", c->plan, c->wear, c->at, c->addr, c->bit,
           c->one, c->fails, c->refuse);
}

static bool parse_case(const char *text, struct worn_case *c)
{
    return sscanf(text, "%u,%u,%u,%" SCNx32 ",%u,%u,%u,%u", &c->plan, &c->wear, &c->at,
                  &c->addr, &c->bit, &c->one, &c->fails, &c->refuse) == 8 &&
           c->plan < LIFE_PLANS && c->wear <= LIFE_REFUSALS && c->bit < 8 && c->fails < 3 &&
           c->addr - RAM_FLASH_ADDR < RAM_FLASH_SIZE;
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
        ram_flash_stick(&life.flash, c->addr, c->bit, c->one != 0);
    }
}

static bool run_case(const struct worn_case *c, struct totals *totals)
{
    const struct life_snapshot *snapshot = life_snapshot_before(c->plan, c->at);

    life.plan = &life_plans[c->plan];
    life_load(&life, snapshot);
    life.runs = life.lost_requests = 0;
    spoil(c, (uint32_t)(c->at - snapshot->state.operations));
    while (!life_is_over(&life)) {
        if (life.runs == RUNS_MAX + (c->wear == LIFE_REFUSALS ? c->refuse : 0)) {
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
        printf("FAILED %s: %s\n  repeat: power_worn --repeat ", life_plans[c->plan].name,
               life.failure);
        print_case(c);
        printf("\n");
    }
}

static bool write_json(const char *path, const struct totals *totals)
{
    FILE *file = fopen(path, "w");

    if (file == NULL) {
        perror(path);
        return false;
    }
    fprintf(file,
            "{\n  \"worn_flash_cases\": %" PRIu64 ",\n  \"worn_flash_dead_boards\": %" PRIu64
            ",\n  \"worn_flash_lost_reverts\": %" PRIu64
            ",\n  \"worn_flash_lost_confirms\": %" PRIu64
            ",\n  \"worn_flash_unverified_starts\": %" PRIu64
            ",\n  \"worn_flash_endless\": %" PRIu64
            ",\n  \"worn_flash_newest_erased\": %" PRIu64 ",\n  \"worn_flash_waits\": %" PRIu64
            "\n}\n",
            totals->cases, totals->breaches[LIFE_BRICK], totals->breaches[LIFE_LOST_REVERT],
            totals->breaches[LIFE_LOST_CONFIRM], totals->breaches[LIFE_UNVERIFIED],
            totals->breaches[LIFE_ENDLESS], totals->breaches[LIFE_WORN], totals->waits);
    return fclose(file) == 0;
}

int main(int argc, char **argv)
{
    uint64_t cases = 0, random = 1;
    const char *json = NULL;
    struct totals totals = {0};
    struct worn_case repeat = {0};
    bool good = argc % 2 == 1, repeats = false;

    for (int i = 1; i + 1 < argc && good; i += 2) {
        if (strcmp(argv[i], "--cases") == 0) {
            cases = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0) {
            random = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--json") == 0) {
            json = argv[i + 1];
        } else {
            repeats = good =
                strcmp(argv[i], "--repeat") == 0 && parse_case(argv[i + 1], &repeat);
        }
    }
    if (!good) {
        fprintf(stderr,
                "usage: power_worn [--cases N] [--seed S] [--json FILE] | --repeat CASE\n");
        return 2;
    }
    if (!life_references_run(&life)) {
        return 1;
    }
    if (repeats) {
        life.tells = true;
        run_and_tell(&repeat, &totals);
    }
    for (uint64_t i = 0; i < cases; i++) {
        struct worn_case c = random_case(&random);

        run_and_tell(&c, &totals);
    }
    printf("worn flash: %" PRIu64 " cases: %" PRIu64 " failures; %" PRIu64
           " times in recovery as flash that fails allows\n",
           totals.cases, totals.failures, totals.waits);
    if (json != NULL && !write_json(json, &totals)) {
        return 1;
    }
    return totals.failures != 0;
}
