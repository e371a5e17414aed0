/* SPDX-License-Identifier: Apache-2.0 */
/* fw_glitch: one instruction is passed over while the bootloader verifies a bad image. Does any
 * of it run?
 *
 *    fw_glitch [--every N] [--inside N] [--image K] [--seed S] [--only FUNCTION] [--json FILE]
 *    fw_glitch --image K --position P      one case, as a failure has printed it
 *
 * For each bad image (glitch/device.h): every Nth instruction outside of the loops of hash and
 * curve (1 = all), of the loops every Nth address at its first and last execution, and
 * `--inside` executions drawn at random, shared among the images. `--only` leaves out what is
 * in no function of that name. Exit 0 if nothing was accepted. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "glitch/aftermath.h"
#include "glitch/boot_symbols.h"
#include "glitch/survey.h"
#include "support/rng.h"

enum { NO_IMAGE = -1 };
#define NO_POSITION UINT64_MAX

struct options {
    uint64_t every, inside, seed, position;
    int image;
    const char *only, *json;
};

struct totals {
    uint64_t cases, inside, strayed, ends[START_ENDS], verdicts[AFTERMATH_VERDICTS];
};

/* What does not end with the good app: by the address of the instruction
 * that was passed over. */
static struct blame {
    uint64_t count, first; /* cases; position of the first */
} blames[AFTERMATH_VERDICTS][OTTER_BOOT_SIZE / 2];

/* The cases of one image. */
struct plan {
    const struct options *options;
    uint64_t *draws; /* which of the executions inside, ascending */
    size_t draw_count, next_draw;
    uint64_t outside, inside;      /* seen so far */
    bool is_inside;                /* the case chosen */
    const struct elf_symbol *only; /* NULL = all functions */
};

/* ---- which ---- */

static int compare(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

static void draw(struct plan *plan, const struct survey *survey, uint64_t count)
{
    uint64_t random = plan->options->seed;

    plan->draws = calloc(count + 1, sizeof plan->draws[0]);
    if (plan->draws == NULL) {
        fprintf(stderr, "fw_glitch: out of memory\n");
        exit(EXIT_FAILURE);
    }
    for (plan->draw_count = 0; plan->draw_count < count && survey->inside != 0;
         plan->draw_count++) {
        uint64_t high = rng_next(&random);

        plan->draws[plan->draw_count] = (high << 32 | rng_next(&random)) % survey->inside;
    }
    qsort(plan->draws, plan->draw_count, sizeof plan->draws[0], compare);
}

static bool is_drawn(struct plan *plan)
{
    bool drawn = false;

    while (plan->next_draw < plan->draw_count && plan->draws[plan->next_draw] == plan->inside) {
        plan->next_draw++;
        drawn = true;
    }
    plan->inside++;
    return drawn;
}

static bool chooses(void *ctx, const struct survey *survey, bool inside)
{
    struct plan *plan = ctx;
    uint64_t every = plan->options->every;

    if (plan->options->position != NO_POSITION) {
        return survey->position == plan->options->position;
    }
    plan->is_inside = inside;
    if (plan->only != NULL && survey->pc - plan->only->value >= plan->only->size) {
        return false;
    }
    if (inside) {
        return is_drawn(plan) || (survey_is_edge(survey) && survey->pc / 2 % every == 0);
    }
    return plan->outside++ % every == plan->options->seed % every;
}

/* ---- one ---- */

static void print_starts(const struct aftermath *after)
{
    for (unsigned i = 0; i < after->count; i++) {
        printf("  start %u: %s\n", i + 1, aftermath_end_name(after->ends[i]));
    }
    printf("  last address: 0x%08" PRIx32 "\n", after->left_at);
}

static void run_case(struct aftermath *after, const struct survey *survey,
                     struct totals *totals)
{
    enum aftermath_verdict verdict;
    struct blame *blame;

    board_copy(after->board, survey->board);
    debug_skip(after->board);
    verdict = aftermath_run(after);
    totals->cases++;
    totals->ends[after->ends[0]]++;
    totals->verdicts[verdict]++;
    totals->strayed += after->strayed;
    blame = &blames[verdict][(survey->pc - OTTER_BOOT_ADDR) / 2];
    blame->first = blame->count++ == 0 ? survey->position : blame->first;
}

/* ---- all ---- */

static void print_blames(enum device_image image)
{
    for (unsigned verdict = AFTERMATH_GOOD + 1; verdict < AFTERMATH_VERDICTS; verdict++) {
        for (uint32_t i = 0; i < OTTER_BOOT_SIZE / 2; i++) {
            const struct blame *blame = &blames[verdict][i];
            uint32_t addr = OTTER_BOOT_ADDR + 2 * i;
            const struct elf_symbol *symbol = elf_symbols_at(boot_symbols(), addr);

            if (blame->count != 0 && symbol != NULL) {
                printf("  %s: 0x%08" PRIx32 " %s+0x%" PRIx32 ", %" PRIu64
                       " cases; repeat: fw_glitch --image %d --position %" PRIu64 "\n",
                       aftermath_verdict_name((enum aftermath_verdict)verdict), addr,
                       symbol->name, addr - symbol->value, blame->count, (int)image,
                       blame->first);
            }
        }
    }
}

static void run_image(enum device_image image, const struct options *options,
                      struct totals *totals)
{
    struct survey *survey = survey_new(image);
    struct aftermath *after = aftermath_new(image, survey->board, 2 * survey->positions);
    struct plan plan = {.options = options};
    unsigned images = options->image == NO_IMAGE ? DEVICE_IMAGES : 1;
    struct totals before = *totals;

    memset(blames, 0, sizeof blames);
    board_copy(after->board, survey->board);
    if (aftermath_run(after) !=
        AFTERMATH_GOOD) { /* what is passed without a glitch is known from now on */
        fprintf(stderr, "fw_glitch: %s: never quiet without a glitch\n",
                device_image_name(image));
        exit(EXIT_FAILURE);
    }
    if (options->only != NULL) {
        plan.only = elf_symbols_find(boot_symbols(), ELF_FUNCTION, options->only);
        if (plan.only == NULL) {
            fprintf(stderr, "fw_glitch: the bootloader has no function %s\n", options->only);
            exit(EXIT_FAILURE);
        }
    }
    draw(&plan, survey, options->position == NO_POSITION ? options->inside / images : 0);
    survey->chooses = chooses;
    survey->ctx = &plan;
    while (survey_next(survey)) {
        run_case(after, survey, totals);
        totals->inside += plan.is_inside;
        if (options->position != NO_POSITION) {
            print_starts(after);
            break;
        }
    }
    printf("%s: %" PRIu64 " instructions, %" PRIu64 " outside of the loops; %" PRIu64
           " cases, %" PRIu64 " of them inside: %" PRIu64 " accepted\n",
           device_image_name(image), survey->positions, survey->outside,
           totals->cases - before.cases, totals->inside - before.inside,
           totals->verdicts[AFTERMATH_ACCEPTED] - before.verdicts[AFTERMATH_ACCEPTED]);
    print_blames(image);
    fflush(stdout);
    free(plan.draws);
    aftermath_free(after);
    survey_free(survey);
}

static bool write_json(const char *path, const struct totals *totals)
{
    FILE *file = fopen(path, "w");

    if (file == NULL) {
        perror(path);
        return false;
    }
    fprintf(file,
            "{\n  \"glitch_positions\": %" PRIu64 ",\n  \"glitch_inside\": %" PRIu64
            ",\n  \"glitch_accepted\": %" PRIu64 ",\n  \"glitch_recoveries\": %" PRIu64 "\n}\n",
            totals->cases, totals->inside, totals->verdicts[AFTERMATH_ACCEPTED],
            totals->verdicts[AFTERMATH_RECOVERY]);
    return fclose(file) == 0;
}

static bool parse(struct options *options, const char *name, const char *value)
{
    static const char *const names[] = {"--every", "--inside", "--seed", "--position",
                                        "--image"};
    uint64_t *const values[] = {&options->every, &options->inside, &options->seed,
                                &options->position};
    char *end;
    uint64_t number = strtoull(value, &end, 10);

    if (strcmp(name, "--json") == 0 || strcmp(name, "--only") == 0) {
        *(name[2] == 'j' ? &options->json : &options->only) = value;
        return true;
    }
    for (unsigned i = 0; i < 4 && *end == '\0'; i++) {
        if (strcmp(name, names[i]) == 0) {
            *values[i] = number;
            return true;
        }
    }
    options->image = (int)number;
    return *end == '\0' && strcmp(name, names[4]) == 0 && number < DEVICE_IMAGES;
}

int main(int argc, char **argv)
{
    struct options options = {
        .every = 1, .inside = 2000, .seed = 1, .position = NO_POSITION, .image = NO_IMAGE};
    struct totals totals = {0};
    bool good = argc % 2 == 1;

    for (int i = 1; i + 1 < argc && good; i += 2) {
        good = parse(&options, argv[i], argv[i + 1]);
    }
    if (!good || options.every == 0 ||
        (options.position != NO_POSITION && options.image == NO_IMAGE)) {
        fprintf(stderr, "usage: fw_glitch [--every N] [--inside N] [--image K] [--seed S] "
                        "[--only FUNCTION] [--json FILE] "
                        "[--position P]\n");
        return 2;
    }
    for (int image = 0; image < DEVICE_IMAGES; image++) {
        if (options.image == NO_IMAGE || options.image == image) {
            run_image((enum device_image)image, &options, &totals);
        }
    }
    printf("glitches: %" PRIu64 " cases, %" PRIu64 " of them inside the loops\n", totals.cases,
           totals.inside);
    for (unsigned i = 0; i < START_ENDS; i++) {
        printf("  %" PRIu64 " first starts: %s\n", totals.ends[i],
               aftermath_end_name((enum start_end)i));
    }
    printf("  %" PRIu64 " stray jumps into RAM\n", totals.strayed);
    for (unsigned i = 0; i < AFTERMATH_VERDICTS; i++) {
        printf("  %" PRIu64 " in the end: %s\n", totals.verdicts[i],
               aftermath_verdict_name((enum aftermath_verdict)i));
    }
    if (options.json != NULL && !write_json(options.json, &totals)) {
        return 1;
    }
    return totals.verdicts[AFTERMATH_ACCEPTED] + totals.verdicts[AFTERMATH_ENDLESS] != 0;
}
