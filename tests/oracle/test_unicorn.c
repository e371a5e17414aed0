/* SPDX-License-Identifier: Apache-2.0 */
/* oracle_unicorn [--count N] [--seed S] [--first I]: random instructions on board/cpu and on
 * libunicorn (QEMU 5.0.1's Cortex-M3), from the same registers, flags and memory; both must
 * come out the same. A failure prints the case and the line that repeats it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/oracle/unicorn_cases.h"
#include "tests/oracle/unicorn_compare.h"

/* Where ARMv7-M leaves open what happens the model stops instead of guessing, and there is
 * nothing to compare. Each reason it may give has its line here; any other is a failure. */
static struct filter {
    const char *text; /* end of the model's message */
    const char *section;
    uint64_t count;
} filters[] = {
    {"data processing with these registers", "SP or PC as operand; should-be-zero bits", 0},
    {"modified immediate of zero", "A5.3.2: 00XY patterns of a zero byte", 0},
    {"plain immediate with these registers", "SP or PC as destination", 0},
    {"plain immediate with these operands", "SP or PC; bit fields that do not fit", 0},
    {"shift with these registers", "SP or PC as operand", 0},
    {"extension with these operands", "SP or PC; should-be-zero bits", 0},
    {"bit operation with these registers", "SP or PC; Rm twice, and different", 0},
    {"multiplication with these registers", "SP or PC as operand", 0},
    {"long multiplication with these registers", "SP or PC; RdLo = RdHi; should-be-ones", 0},
    {"load or store with these operands", "base in the list, Rt = Rn, PC to odd words ...", 0},
    {"control instruction with these operands", "special registers that do not exist", 0},
    {"unaligned access to device memory", "A3.2.1", 0},
    {"PUSH of nothing", "A7.7.101", 0},
    {"POP of nothing", "A7.7.99", 0},
    {"STM with this list", "A7.7.159", 0},
    {"LDM of nothing", "A7.7.41", 0},
    {"ADD PC, PC", "A7.7.4", 0},
    {"CMP with these registers", "A7.7.28", 0},
    {"BX or BLX", "A7.7.19, A7.7.20: PC, should-be-zero bits", 0},
    {"conditional branch in an IT block", "A7.7.12", 0},
    {"CPS", "B5.2.1", 0},
    {"IT", "A7.7.38: IT in IT, condition 15", 0},
    {"branch in the middle of an IT block", "A7.3.2", 0},
    {"of system register", "the random address is one of the system space", 0},
};
enum { FILTERS = sizeof filters / sizeof filters[0] };

/* Where Unicorn 2.0.1 is known to be wrong. */
enum known {
    KNOWN_NONE,
    KNOWN_UNDEFINED, /* executes what a Cortex-M3 does not have */
    KNOWN_ALIGNMENT, /* LDM, STM, LDRD, STRD, PUSH, POP, LDREX do not look at bits 1..0 */
    KNOWN_SYSTEM,    /* has no system control space */
    KNOWN_STACK,     /* keeps bits 1..0 of a stack pointer, which are always 0, B1.4.7 */
    KNOWN_COUNT,
};
static const char *const known_text[KNOWN_COUNT] = {
    [KNOWN_NONE] = "",
    [KNOWN_UNDEFINED] = "Unicorn executes an instruction that the Cortex-M3 does not have",
    [KNOWN_ALIGNMENT] = "Unicorn does not fault on an unaligned multiple or exclusive access",
    [KNOWN_SYSTEM] = "Unicorn has no system control space",
    [KNOWN_STACK] = "Unicorn keeps bits 1..0 of a stack pointer",
};
static uint64_t known_count[KNOWN_COUNT];
static uint64_t faults; /* on both */

enum { CFSR_STKERR = 1 << 12, CFSR_UNDEFINSTR = 1 << 16, CFSR_UNALIGNED = 1 << 24 };

/* 32-bit encodings of the ARMv7E-M and ARMv7-A instruction sets that 2.0.1 executes on
 * "Cortex-M3": SXTAB and its like, SMLAxy and its like, SMLALxy, SSAT16, USAT16, BLX to ARM
 * state, preloads and stores with reserved bits. */
static bool is_foreign(uint32_t first, uint32_t second)
{
    (void)second;
    return (first & 0xFF80) == 0xFA00 || (first & 0xFF80) == 0xFA80 ||
           (first & 0xFF80) == 0xFB00 || (first & 0xFF80) == 0xFB80 ||
           (first & 0xFFD0) == 0xF300 || (first & 0xFFD0) == 0xF380 ||
           (first & 0xF800) == 0xF000 || (first & 0xFE00) == 0xF800 ||
           (first & 0xFE00) == 0xE800;
}

/* Both have ended: did they end the same way? */
static bool is_equal(const struct compare_state *model, const struct compare_state *unicorn)
{
    if (model->end == COMPARE_FAULT) {
        return unicorn->end == COMPARE_FAULT && model->kept;
    }
    if (unicorn->end == COMPARE_FAULT && model->r[15] != unicorn->r[15]) {
        return false; /* a failed fetch at the place both went to is another instruction's */
    }
    if (((model->r[13] | model->psp) & 3u) != 0) { /* B1.4.7, whatever Unicorn does */
        return false;
    }
    if (memcmp(model->r, unicorn->r, sizeof model->r) != 0 || model->apsr != unicorn->apsr ||
        model->control != unicorn->control || !compare_ram_equal()) {
        return false;
    }
    /* Unicorn's interface reads the others as the program itself would: unprivileged, as
     * zero. */
    return (model->control & 1u) != 0 ||
           (model->primask == unicorn->primask &&
            model->basepri == (unicorn->basepri & 0xF0u) &&
            model->faultmask == unicorn->faultmask && model->psp == unicorn->psp);
}

static enum known known_fault(const struct compare_case *in, const struct compare_state *model,
                              const struct compare_state *unicorn)
{
    const uint16_t *code = in->code + (in->it ? 1 : 0);
    uint32_t fault = model->cfsr & ~(uint32_t)CFSR_STKERR;
    if (model->end == COMPARE_FAULT && unicorn->end == COMPARE_NEXT) {
        if (fault == CFSR_UNALIGNED) {
            return KNOWN_ALIGNMENT;
        }
        if (fault == CFSR_UNDEFINSTR && code[0] >= 0xE800 && is_foreign(code[0], code[1])) {
            return KNOWN_UNDEFINED;
        }
    }
    if (unicorn->end == COMPARE_FAULT && unicorn->invalid_addr >> 20 == 0xE00) {
        return KNOWN_SYSTEM;
    }
    if (model->end == COMPARE_NEXT && ((unicorn->r[13] | unicorn->psp) & 3u) != 0) {
        struct compare_state rounded = *unicorn;
        rounded.r[13] &= ~3u;
        rounded.psp &= ~3u;
        return is_equal(model, &rounded) ? KNOWN_STACK : KNOWN_NONE;
    }
    return KNOWN_NONE;
}

static bool is_filtered(const char *why)
{
    for (struct filter *filter = filters; filter < filters + FILTERS; filter++) {
        const char *found = strstr(why, filter->text);
        if (found != NULL) {
            filter->count++;
            return true;
        }
    }
    return false;
}

static void print_state(const char *who, const struct compare_state *state)
{
    printf("  %-8s end %d", who, (int)state->end);
    for (unsigned n = 0; n < 16; n++) {
        printf(" %08" PRIx32, state->r[n]);
    }
    printf(" apsr %08" PRIx32 " masks %" PRIx32 " %" PRIx32 " %" PRIx32 " control %" PRIx32
           " psp %08" PRIx32 " cfsr %" PRIx32 " err %d kept %d\n",
           state->apsr, state->primask, state->basepri, state->faultmask, state->control,
           state->psp, state->cfsr, state->error, state->kept);
}

static void print_case(const struct compare_case *in, uint64_t seed, uint64_t index,
                       const struct compare_state *model, const struct compare_state *unicorn)
{
    printf("unicorn: FAILED seed %" PRIu64 " case %" PRIu64 ": opcode bytes", seed, index);
    for (unsigned i = 0; i < in->halfwords; i++) {
        printf(" %02x %02x", in->code[i] & 0xFFu, in->code[i] >> 8);
    }
    printf(" at %08" PRIx32 "%s\n  before        ", in->at,
           compare_ram_equal() ? "" : " (memory differs)");
    for (unsigned n = 0; n < 15; n++) {
        printf(" %08" PRIx32, in->r[n]);
    }
    printf("          apsr %08" PRIx32 "\n", in->apsr);
    print_state("model", model);
    print_state("unicorn", unicorn);
    if (model->end == COMPARE_UNKNOWN) {
        printf("  model: %s\n", model->why);
    }
    printf("  repeat: oracle_unicorn --seed %" PRIu64 " --first %" PRIu64 " --count 1\n", seed,
           index);
}

/* One case; true = nothing to complain about. */
static bool run_case(uint64_t seed, uint64_t index, uint64_t *compared)
{
    struct compare_case in;
    struct compare_state model, unicorn;
    case_make(&in, seed, index);
    compare_run(&in, &model, &unicorn);
    bool fine;
    if (model.end == COMPARE_UNKNOWN) {
        fine = is_filtered(model.why);
    } else {
        enum known known = known_fault(&in, &model, &unicorn);
        known_count[known]++;
        fine = known != KNOWN_NONE || is_equal(&model, &unicorn);
        *compared += known == KNOWN_NONE;
        faults += known == KNOWN_NONE && model.end == COMPARE_FAULT;
    }
    if (!fine) {
        print_case(&in, seed, index, &model, &unicorn);
    }
    compare_restore();
    return fine;
}

static void print_summary(uint64_t count, uint64_t compared, uint64_t bad)
{
    uint64_t filtered = 0;
    for (const struct filter *filter = filters; filter < filters + FILTERS; filter++) {
        filtered += filter->count;
        if (filter->count != 0) {
            printf("%9" PRIu64 " filtered: %s (%s)\n", filter->count, filter->text,
                   filter->section);
        }
    }
    for (int known = KNOWN_NONE + 1; known < KNOWN_COUNT; known++) {
        printf("%9" PRIu64 " known: %s\n", known_count[known], known_text[known]);
    }
    printf("%9" PRIu64 " of those compared fault on both\n", faults);
    printf("cases %" PRIu64 "\nfiltered %" PRIu64 "\ninstructions %" PRIu64
           "\nmismatches %" PRIu64 "\n",
           count, filtered, compared, bad);
}

int main(int argc, char **argv)
{
    uint64_t count = 200000, seed = 1, first = 0, compared = 0, bad = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t value = strtoull(argv[i + 1], NULL, 0);
        if (strcmp(argv[i], "--count") == 0) {
            count = value;
        } else if (strcmp(argv[i], "--seed") == 0) {
            seed = value;
        } else if (strcmp(argv[i], "--first") == 0) {
            first = value;
        } else {
            fprintf(stderr, "usage: oracle_unicorn [--count N] [--seed S] [--first I]\n");
            return 2;
        }
    }
    compare_fill(seed);
    for (uint64_t i = 0; i < count && bad < 20; i++) {
        if (i % COMPARE_REOPEN == 0) {
            if (i != 0) {
                compare_close();
            }
            if (!compare_open()) {
                return 1;
            }
        }
        bad += !run_case(seed, first + i, &compared);
    }
    compare_close();
    print_summary(count, compared, bad);
    return bad == 0 ? 0 : 1;
}
