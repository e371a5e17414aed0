/* SPDX-License-Identifier: Apache-2.0 */
/* Whole updates over a noisy line: how many finish, how long they take, and never a wrong
 * image. The bars are those of the project's release list: bit error rate 1e-5: 99 %, 1e-4: 90
 * %.
 *
 *    e2e_noise                                   a bounded slice, for ctest
 *    e2e_noise --runs 2000 --jobs 2 --json FILE  the whole figure
 *    e2e_noise --kind ber --rate 1e-4 --seed 17  one run, with what was said on both sides
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/e2e/noise_run.h"

enum { SLICE_RUNS = 46, JOBS_MAX = 64, ONE = 1000000000 };

struct line {
    const char *kind;
    const char *rate;
    unsigned parts;   /* its share of the runs */
    unsigned percent; /* of the runs must finish */
};

static const struct line lines[] = {
    {"ber", "1e-6", 2, 99},   {"ber", "1e-5", 4, 99},    {"ber", "1e-4", 4, 90},
    {"ber", "1e-3", 1, 0},    {"drop", "1e-5", 1, 99},   {"drop", "1e-4", 1, 90},
    {"drop", "1e-3", 1, 0},   {"twice", "1e-5", 1, 99},  {"twice", "1e-4", 1, 90},
    {"twice", "1e-3", 1, 0},  {"insert", "1e-5", 1, 99}, {"insert", "1e-4", 1, 90},
    {"insert", "1e-3", 1, 0}, {"burst", "1e-5", 1, 99},  {"burst", "1e-4", 1, 90},
    {"burst", "1e-3", 1, 0},
};
enum { LINES = sizeof lines / sizeof lines[0] };

struct sum {
    unsigned runs, updated, failed, unclean, wrong;
    uint64_t updated_ms, faults, asked;
};

struct record { /* from a worker to the one who counts */
    unsigned line;
    uint64_t seed;
    struct noise_result result;
};

static int set_rate(struct line_noise_rates *rates, const char *kind, const char *rate)
{
    static const struct {
        const char *name;
        size_t offset;
    } kinds[] = {
        {"ber", offsetof(struct line_noise_rates, bit_error)},
        {"drop", offsetof(struct line_noise_rates, drop)},
        {"twice", offsetof(struct line_noise_rates, twice)},
        {"insert", offsetof(struct line_noise_rates, insert)},
        {"burst", offsetof(struct line_noise_rates, burst)},
    };
    double value = strtod(rate, NULL);
    memset(rates, 0, sizeof *rates);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kind, kinds[i].name) == 0 && value >= 0 && value <= 1) {
            uint32_t scaled = (uint32_t)(value * ONE + 0.5);
            memcpy((char *)rates + kinds[i].offset, &scaled, sizeof scaled);
            return 0;
        }
    }
    fprintf(stderr, "e2e_noise: no such kind or rate: %s %s\n", kind, rate);
    return -1;
}

static const char *end_name(enum noise_end end)
{
    static const char *const names[] = {"updated", "failed", "UNCLEAN", "WRONG IMAGE"};
    return names[end];
}

static int run_one(const char *kind, const char *rate, uint64_t seed)
{
    struct line_noise_rates rates;
    struct noise_result result;

    if (set_rate(&rates, kind, rate) != 0) {
        return 2;
    }
    noise_run(&rates, seed, true, &result);
    printf("\n%s (%s) after %.1f s, %u bytes hit, %u READY\n", end_name(result.end), result.why,
           result.ms / 1000.0, result.faults, result.asked);
    return result.end == NOISE_UPDATED || result.end == NOISE_FAILED ? 0 : 1;
}

/* Every `jobs`-th run, beginning with number `first`; results through the pipe `out`. */
static void work(unsigned runs, unsigned first, unsigned jobs, int out)
{
    unsigned parts = 0, number = 0;
    for (unsigned i = 0; i < LINES; i++) {
        parts += lines[i].parts;
    }
    for (unsigned i = 0; i < LINES; i++) {
        struct line_noise_rates rates;
        if (set_rate(&rates, lines[i].kind, lines[i].rate) != 0) {
            _exit(2);
        }
        unsigned count = (runs * lines[i].parts + parts - 1) / parts;
        for (unsigned seed = 1; seed <= count; seed++) {
            struct record record = {.line = i, .seed = seed};
            if (number++ % jobs != first) {
                continue;
            }
            noise_run(&rates, seed, false, &record.result);
            if (write(out, &record, sizeof record) != (ssize_t)sizeof record) {
                _exit(2);
            }
        }
    }
    _exit(0);
}

static void count(struct sum *sum, const struct record *record)
{
    const struct noise_result *result = &record->result;
    const struct line *line = &lines[record->line];

    sum->runs++;
    sum->faults += result->faults;
    sum->asked += result->asked;
    sum->updated += result->end == NOISE_UPDATED;
    sum->failed += result->end == NOISE_FAILED;
    sum->unclean += result->end == NOISE_UNCLEAN;
    sum->wrong += result->end == NOISE_WRONG_IMAGE;
    if (result->end == NOISE_UPDATED) {
        sum->updated_ms += result->ms;
    } else if (result->end != NOISE_FAILED || line->percent != 0) {
        printf("%s (%s): repeat with: e2e_noise --kind %s --rate %s --seed %llu\n",
               end_name(result->end), result->why, line->kind, line->rate,
               (unsigned long long)record->seed);
        fflush(stdout);
    }
}

/* Start the workers and add up what they tell. Returns 0, or -1 if one of them died. */
static int run_all(unsigned runs, unsigned jobs, struct sum sums[LINES])
{
    int ends[2], status = 0;
    struct record record;

    fflush(stdout);
    if (pipe(ends) != 0) {
        return -1;
    }
    for (unsigned i = 0; i < jobs; i++) {
        pid_t pid = fork();
        if (pid < 0) {
            return -1;
        }
        if (pid == 0) {
            close(ends[0]);
            work(runs, i, jobs, ends[1]);
        }
    }
    close(ends[1]);
    while (read(ends[0], &record, sizeof record) == (ssize_t)sizeof record) {
        count(&sums[record.line], &record);
    }
    close(ends[0]);
    for (unsigned i = 0; i < jobs; i++) {
        int one = 0;
        if (wait(&one) < 0 || !WIFEXITED(one) || WEXITSTATUS(one) != 0) {
            status = -1;
        }
    }
    return status;
}

static int write_json(const char *path, unsigned runs, unsigned wrong, unsigned unclean)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        return -1;
    }
    fprintf(file, "{\n  \"noise_runs\": %u,\n  \"noise_wrong_images\": %u,\n", runs, wrong);
    fprintf(file, "  \"noise_unclean_ends\": %u\n}\n", unclean);
    return fclose(file);
}

static int report(const struct sum sums[LINES], const char *json)
{
    unsigned runs = 0, wrong = 0, unclean = 0, below = 0;

    printf("%-7s %6s %6s %9s %7s %8s %6s %9s %9s\n", "kind", "rate", "runs", "finished",
           "failed", "unclean", "wrong", "mean s", "READYs");
    for (unsigned i = 0; i < LINES; i++) {
        const struct sum *sum = &sums[i];
        unsigned base = sum->runs != 0 ? sum->runs : 1;
        double mean = sum->updated != 0 ? (double)sum->updated_ms / sum->updated / 1000.0 : 0.0;
        printf("%-7s %6s %6u %8.1f%% %7u %8u %6u %9.1f %9.2f\n", lines[i].kind, lines[i].rate,
               sum->runs, 100.0 * sum->updated / base, sum->failed, sum->unclean, sum->wrong,
               mean, (double)sum->asked / base);
        runs += sum->runs;
        wrong += sum->wrong;
        unclean += sum->unclean;
        /* one failure is allowed where there are too few runs to tell a rate */
        unsigned allowed = sum->runs * (100 - lines[i].percent) / 100;
        if (sum->runs - sum->updated > (allowed != 0 ? allowed : 1)) {
            printf("%s %s: fewer than %u %% finished\n", lines[i].kind, lines[i].rate,
                   lines[i].percent);
            below++;
        }
    }
    printf("noise_runs %u noise_wrong_images %u unclean %u\n", runs, wrong, unclean);
    if (json != NULL && write_json(json, runs, wrong, unclean) != 0) {
        return 2;
    }
    return runs == 0 || wrong != 0 || unclean != 0 || below != 0;
}

int main(int argc, char **argv)
{
    const char *kind = NULL, *rate = NULL, *json = NULL;
    unsigned long seed = 1, runs = SLICE_RUNS, jobs = 1;

    for (int i = 1; i + 1 < argc; i += 2) {
        const char *value = argv[i + 1];
        if (strcmp(argv[i], "--kind") == 0) {
            kind = value;
        } else if (strcmp(argv[i], "--rate") == 0) {
            rate = value;
        } else if (strcmp(argv[i], "--json") == 0) {
            json = value;
        } else if (strcmp(argv[i], "--seed") == 0) {
            seed = strtoul(value, NULL, 10);
        } else if (strcmp(argv[i], "--runs") == 0) {
            runs = strtoul(value, NULL, 10);
        } else if (strcmp(argv[i], "--jobs") == 0) {
            jobs = strtoul(value, NULL, 10);
        }
    }
    if (argc % 2 == 0 || (kind == NULL) != (rate == NULL) || jobs < 1 || jobs > JOBS_MAX) {
        fprintf(stderr, "usage: e2e_noise [--runs N] [--jobs N] [--json FILE]\n"
                        "       e2e_noise --kind KIND --rate RATE --seed N\n");
        return 2;
    }
    if (kind != NULL) {
        return run_one(kind, rate, seed);
    }
    static struct sum sums[LINES];
    if (run_all((unsigned)runs, (unsigned)jobs, sums) != 0) {
        fprintf(stderr, "e2e_noise: a worker failed\n");
        return 2;
    }
    return report(sums, json);
}
