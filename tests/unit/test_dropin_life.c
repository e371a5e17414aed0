/* SPDX-License-Identifier: Apache-2.0 */
/* Power cuts in the life of a generated project, natively: the drop-in under a generated
 * dispatcher takes an update, core's otter_startup_run() installs it, and the new version
 * confirms, or never does. One cut at every Nth flash operation, in every way, and as many
 * cases with a second cut.
 *
 *    test_dropin_life [--every N] [--seed S] [--json FILE]
 *    test_dropin_life --repeat PLAN:OP:TEAR:SEED[:OP:TEAR]    as a failure has printed it
 *
 * Promises: every start starts an app that is whole, without a weak bit; what works is there
 * in the end, and stays; what never confirms is started three times at most after it was
 * asked for, and in the end the old version runs, takes this file no more, and takes a good
 * one. Exit 0 if none was broken. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "otter/bytes.h"
#include "otter/flag.h"
#include "otter/startup.h"
#include "otter/swap.h"
#include "otter/update.h"
#include "otter/verify.h"
#include "support/case_options.h"
#include "support/dropin_fixture.h"
#include "support/rng.h"

enum {
    OLD_SIZE = 1500,
    NEW_SIZE = 2301,
    STARTS_MAX = 60,
    OFFERS_MAX = 12,
    CUTS_MAX = 2,
    FAILURES_SHOWN = 10,
};

/* Which bootloader, and does the new version work? */
static const struct plan {
    const char *name;
    bool is_signed, works;
} plans[] = {
    {"boot", true, true},
    {"boot-mute", true, false},
    {"boot_unsigned", false, true},
    {"boot_unsigned-mute", false, false},
};
enum { PLANS = sizeof plans / sizeof plans[0] };

struct cut {
    uint32_t at; /* operations since the factory */
    enum ram_flash_tear tear;
};

/* One life. */
static struct {
    const struct plan *plan;
    uint64_t seed;
    struct cut cuts[CUTS_MAX];
    unsigned cut_count;
    uint32_t operations; /* before this run */
    unsigned trials;     /* starts of the new version since it was asked for */
    bool is_over;
    const char *breach;  /* of a promise; NULL: none */
    bool is_unreachable; /* ... and no module can help */
} life;

static uint8_t old_image[OLD_SIZE];
static const struct otter_layout *const layout = &ram_flash_layout;

static bool is_at(enum otter_image_at place, const uint8_t image[], uint32_t size)
{
    for (uint32_t off = 0; off < size; off += RAM_FLASH_PAGE) {
        uint32_t addr = otter_swap_page_addr(layout, place, off / RAM_FLASH_PAGE);
        uint32_t len = size - off < RAM_FLASH_PAGE ? size - off : RAM_FLASH_PAGE;

        if (memcmp(ram_flash_peek(&dropin.flash, addr), image + off, len) != 0) {
            return false;
        }
    }
    return true;
}

/* Stands for a signature: whole images have one. */
static enum otter_reason verify_by_content(const void *ctx, enum otter_image_at place,
                                           uint32_t *size, uint32_t *out_number)
{
    bool is_new = is_at(place, dropin.image, dropin.size);
    uint32_t length = is_new ? dropin.size : OLD_SIZE;

    (void)ctx;
    if (!is_new && !is_at(place, old_image, OLD_SIZE)) {
        return OTTER_REASON_SIGNATURE;
    }
    if (*size != 0 && *size != length) {
        return OTTER_REASON_NO_IMAGE;
    }
    *size = length;
    *out_number = is_new ? 2 : 1;
    return OTTER_REASON_NONE;
}

static void breach(const char *what)
{
    if (life.breach == NULL) {
        life.breach = what;
    }
}

static void breach_unreachable(const char *what)
{
    life.is_unreachable |= life.breach == NULL;
    breach(what);
}

/* ---- one start ---- */

static bool is_on_trial(void)
{
    return !otter_update_is_allowed(&dropin.flash.port, layout);
}

/* The old version: it is offered the new one until it takes it, or never will. */
static void run_old(void)
{
    struct otter_flag file = {.image_size = dropin.size};
    enum otter_reason why;

    memcpy(file.md5, dropin.md5, sizeof file.md5);
    otter_dropin_answered(0x2A);
    why = otter_update_refusal(&dropin.flash.port, layout, &file, false);
    if (why != OTTER_REASON_NONE) {
        if (dropin_offer() == 0) {
            breach("a file that is refused was taken");
        }
        life.is_over = !life.plan->works && why == OTTER_REASON_TRIED;
        return;
    }
    if (dropin_update() == 0) {
        life.trials = 0;
    }
    dropin_wait(200);
}

static void run_new(bool on_trial)
{
    if (on_trial && ++life.trials > 3) {
        breach("started four times on trial");
    }
    if (!life.plan->works) {
        if (!on_trial) {
            breach("never confirmed, and not on trial");
        }
        return; /* somebody resets it */
    }
    Pro_D2W_Ask_Module_Reboot();
    otter_dropin_answered(0x2A);
    if (is_on_trial()) {
        breach("not confirmed");
    }
    life.is_over = true;
}

/* From a reset to the next one. */
static void run(void *ctx)
{
    static const struct otter_verifier no_keys = {.layout = &ram_flash_layout,
                                                  .hardware = "03010100"};
    struct otter_verifier verifier = no_keys;
    struct otter_startup startup = {.port = &dropin.flash.port,
                                    .layout = layout,
                                    .verify = life.plan->is_signed ? verify_by_content
                                                                   : otter_verify_unsigned,
                                    .verify_ctx = &verifier};
    enum otter_startup_target target;

    (void)ctx;
    verifier.port = &dropin.flash.port;
    target = otter_startup_run(&startup, life.plan->is_signed ? NULL : &otter_flag_functions);
    if (target != OTTER_STARTUP_APP && target != OTTER_STARTUP_TRIAL) {
        breach_unreachable("in recovery");
        return;
    }
    dropin_start();
    if (is_at(OTTER_IMAGE_AT_APP, dropin.image, dropin.size)) {
        if (ram_flash_is_weak(&dropin.flash, layout->app.addr, dropin.size)) {
            breach("a weak app");
        }
        run_new(target == OTTER_STARTUP_TRIAL);
    } else if (is_at(OTTER_IMAGE_AT_APP, old_image, OLD_SIZE)) {
        if (ram_flash_is_weak(&dropin.flash, layout->app.addr, OLD_SIZE)) {
            breach("a weak app");
        }
        run_old();
    } else {
        breach_unreachable("no whole app");
    }
}

/* ---- one life ---- */

static void leave_the_factory(void)
{
    uint64_t random = 77;

    dropin_init(NEW_SIZE, 1);
    rng_fill(&random, old_image, sizeof old_image);
    otter_put_le32(old_image, layout->ram.addr + layout->ram.size);
    otter_put_le32(old_image + 4, layout->app.addr + 9);
    memset(dropin.flash.bytes, 0xFF, RAM_FLASH_SIZE);
    ram_flash_poke(&dropin.flash, layout->app.addr, old_image, sizeof old_image);
    life.operations = 0;
    life.trials = 0;
    life.is_over = false;
    life.breach = NULL;
    life.is_unreachable = false;
}

static void one_run(unsigned *cut)
{
    ram_flash_restart(&dropin.flash);
    if (*cut < life.cut_count && life.cuts[*cut].at > life.operations) {
        dropin.flash.cut_at = life.cuts[*cut].at - life.operations;
        dropin.flash.tear = life.cuts[*cut].tear;
    }
    dropin.flash.seed = life.seed + *cut;
    if (!ram_flash_run(&dropin.flash, run, NULL)) {
        (*cut)++;
        life.is_over = false;
    }
    life.operations += dropin.flash.operations;
    if (dropin.flash.refused != 0) {
        breach("an operation against flash's rules");
    }
}

static void check_end(void)
{
    static const struct plan works = {"", true, true}, works_unsigned = {"", false, true};
    unsigned none = CUTS_MAX;

    for (int i = 0; i < 3 && life.breach == NULL; i++) { /* what is there stays */
        one_run(&none);
    }
    if (life.breach == NULL &&
        (life.plan->works ? !is_at(OTTER_IMAGE_AT_APP, dropin.image, dropin.size)
                          : !is_at(OTTER_IMAGE_AT_APP, old_image, OLD_SIZE))) {
        breach("not what should be there in the end");
    }
    if (life.breach != NULL || life.plan->works) {
        return;
    }
    dropin.image[dropin.size - 1] ^= 1; /* another file, and that one works */
    dropin_update_offer();
    life.plan = life.plan->is_signed ? &works : &works_unsigned;
    life.is_over = false;
    for (int i = 0; i < 6 && !life.is_over && life.breach == NULL; i++) {
        one_run(&none);
    }
    if (life.breach == NULL && !life.is_over) {
        breach_unreachable("cannot be updated any more");
    }
}

static bool live(const struct plan *plan)
{
    unsigned cut = 0, starts = 0;

    life.plan = plan;
    leave_the_factory();
    while (!life.is_over && life.breach == NULL) {
        if (++starts > STARTS_MAX) {
            breach_unreachable("no end");
        }
        one_run(&cut);
    }
    if (life.breach == NULL) {
        check_end();
    }
    return life.breach == NULL;
}

/* ---- many ---- */

static uint64_t cases, multi, failures, unreachable;

static void try(const struct plan *plan)
{
    uint64_t seed = life.seed;

    cases++;
    multi += life.cut_count > 1;
    if (live(plan)) {
        return;
    }
    unreachable += life.is_unreachable;
    if (failures++ < FAILURES_SHOWN) {
        fprintf(stderr, "%s; repeat: test_dropin_life --repeat %s:%u:%u:%" PRIu64, life.breach,
                plan->name, (unsigned)life.cuts[0].at, (unsigned)life.cuts[0].tear, seed);
        if (life.cut_count > 1) {
            fprintf(stderr, ":%u:%u", (unsigned)life.cuts[1].at, (unsigned)life.cuts[1].tear);
        }
        fputc('\n', stderr);
    }
}

static void campaign(const struct plan *plan, uint32_t every, uint64_t seed)
{
    uint64_t random = seed;
    uint32_t operations;

    life.cut_count = 0;
    if (!live(plan)) {
        fprintf(stderr, "%s: without a cut: %s\n", plan->name, life.breach);
        failures++;
        return;
    }
    operations = life.operations;
    for (uint32_t at = 1 + rng_below(&random, every); at <= operations; at += every) {
        for (unsigned tear = 0; tear < RAM_FLASH_TEARS; tear++) {
            life.seed = rng_below(&random, UINT32_MAX);
            life.cuts[0] = (struct cut){at, (enum ram_flash_tear)tear};
            life.cut_count = 1;
            try(plan);
            life.cuts[1] =
                (struct cut){at + 1 + rng_below(&random, 3000),
                             (enum ram_flash_tear)rng_below(&random, RAM_FLASH_TEARS)};
            life.cut_count = 2;
            try(plan);
        }
    }
    printf("%s: %u operations\n", plan->name, (unsigned)operations);
}

static int repeat(const char *text)
{
    char name[40];
    unsigned at[2], tear[2];
    int count = sscanf(text, "%39[^:]:%u:%u:%" SCNu64 ":%u:%u", name, &at[0], &tear[0],
                       &life.seed, &at[1], &tear[1]);

    for (unsigned i = 0; i < PLANS && (count == 4 || count == 6); i++) {
        if (strcmp(plans[i].name, name) == 0 && tear[0] < RAM_FLASH_TEARS) {
            life.cut_count = count == 6 ? 2 : 1;
            for (unsigned n = 0; n < life.cut_count; n++) {
                life.cuts[n] = (struct cut){at[n], (enum ram_flash_tear)tear[n]};
            }
            try(&plans[i]);
            return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
        }
    }
    fprintf(stderr, "test_dropin_life: no such case: %s\n", text);
    return 2;
}

static bool write_json(const char *path)
{
    FILE *file = fopen(path, "w");

    if (file == NULL) {
        perror(path);
        return false;
    }
    fprintf(file,
            "{\n  \"dropin_power_cases\": %" PRIu64 ",\n  \"dropin_power_failures\": %" PRIu64
            ",\n  \"dropin_unreachable_boards\": %" PRIu64 "\n}\n",
            cases, failures, unreachable);
    return fclose(file) == 0;
}

int main(int argc, char **argv)
{
    struct case_options options = {.every = 97, .seed = 1};

    if (!case_options_parse(&options, argc, argv, 1, "--every --seed --json --repeat") ||
        options.every == 0) {
        fprintf(stderr, "usage: test_dropin_life [--every N] [--seed S] [--json FILE] | "
                        "--repeat CASE\n");
        return 2;
    }
    if (options.repeat != NULL) {
        return repeat(options.repeat);
    }
    for (unsigned i = 0; i < PLANS; i++) {
        campaign(&plans[i], (uint32_t)options.every, options.seed + i);
    }
    printf("%" PRIu64 " cases, %" PRIu64 " with two cuts, %" PRIu64 " failures\n", cases, multi,
           failures);
    if (options.json != NULL && !write_json(options.json)) {
        return EXIT_FAILURE;
    }
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
