/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/boot_figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host/image_file.h"
#include "lab/flash_view.h"
#include "lab/testbed.h"
#include "otter/update.h"
#include "port/stm32f103/layout.h"

#define BOOT                 "boot/boot.bin"
#define BOOT_EVERY_START_BIN "boot/boot_every_start.bin"

enum {
    PAGES = OTTER_FLASH_SIZE / OTTER_PAGE_SIZE,
    SWAP_ERASES = 2 * (OTTER_APP_SIZE / OTTER_PAGE_SIZE),
    SWAP_HALF_WORDS = 2 * (OTTER_APP_SIZE / 2),
    CONFIRM_MS = 5000,  /* the app has talked to the module and confirmed */
    REVERT_MS = 90000,  /* three trials, each ended by the bootloader's watchdog of 26 s */
    RECOVER_MS = 20000, /* until the module has offered, and what it sends is installed */
};

struct binaries {
    struct file boot, boot_every_start, pethouse, mute, old, new, full_mute;
};

/* A device under the meter. */
struct device {
    struct testbed *bed;
    struct boot_meter meter;
    unsigned erases[PAGES]; /* as device_mark() found them */
    const char *wrong;      /* the first thing that was */
};

static double ms(uint64_t ticks)
{
    return (double)ticks / (BOARD_TICKS_PER_US * 1000.0);
}

double boot_ms(const struct boot_stay *stay)
{
    return ms(stay->end - stay->start);
}

const char *boot_case_name(enum boot_case which)
{
    static const char *const names[BOOT_CASES] = {
        [BOOT_CLEAN] = "clean",
        [BOOT_CLEAN_26K] = "clean_26k",
        [BOOT_EVERY_START] = "every_start",
        [BOOT_FIRST] = "first",
        [BOOT_UNCLEAN] = "unclean",
        [BOOT_INSTALL] = "install",
        [BOOT_TRIAL] = "trial",
        [BOOT_REVERT] = "revert",
        [BOOT_REFUSE] = "refuse",
        [BOOT_RECOVERY] = "recovery",
    };
    return names[which];
}

/* ---- a device ---- */

static void check(struct device *device, bool holds, const char *what)
{
    if (!holds && device->wrong == NULL) {
        device->wrong = what;
    }
}

static void run_ms(struct device *device, uint32_t ms)
{
    check(device, testbed_run_ms(device->bed, ms) == BOARD_STOP_TIME, "the board stopped");
}

static void start(struct device *device)
{
    device->meter.count = 0;
    testbed_power_on(device->bed);
}

/* With `app`; if that is NULL, without one, and the module offers `mute`. Returns NULL, with a
 * message, if there can be no such device. */
static struct device *device_new(const struct binaries *bin, const struct file *boot,
                                 const struct file *app)
{
    struct device *device = calloc(1, sizeof *device);
    if (device == NULL) {
        return NULL;
    }
    struct testbed_load loads[2] = {{OTTER_BOOT_ADDR, boot->data, boot->len}};
    struct testbed_config config = {.board = {.seed = 1},
                                    .loads = loads,
                                    .load_count = 1,
                                    .runner = {&device->meter, boot_meter_run}};
    if (app != NULL) {
        loads[config.load_count++] = (struct testbed_load){OTTER_APP_ADDR, app->data, app->len};
    } else {
        config.module.file = image_file_offer(&bin->mute);
        memcpy(config.module.version, "03010103", sizeof config.module.version);
    }
    struct host_error error;
    device->bed = testbed_new(&config, &error);
    if (device->bed == NULL) {
        fprintf(stderr, "boot figures: %s: %s\n", error.thing, error.reason);
        free(device);
        return NULL;
    }
    return device;
}

/* Returns what was wrong. */
static const char *device_free(struct device *device)
{
    const char *wrong = device->wrong;
    testbed_free(device->bed);
    free(device);
    return wrong;
}

static uint8_t *flash_at(struct device *device, uint32_t addr)
{
    return flash_view_at(testbed_board(device->bed), addr);
}

static bool app_is(struct device *device, const struct file *image)
{
    return memcmp(flash_at(device, OTTER_APP_ADDR), image->data, image->len) == 0;
}

/* From here on erases are counted. */
static void device_mark(struct device *device)
{
    for (unsigned page = 0; page < PAGES; page++) {
        device->erases[page] = board_flash_erases(testbed_board(device->bed), page);
    }
}

/* Of the page most often erased since device_mark(), among those of a region. */
static unsigned erases_max(struct device *device, uint32_t addr, uint32_t size, unsigned most)
{
    unsigned first = (addr - OTTER_FLASH_ADDR) / OTTER_PAGE_SIZE;
    for (unsigned page = first; page < first + size / OTTER_PAGE_SIZE; page++) {
        unsigned erases =
            board_flash_erases(testbed_board(device->bed), page) - device->erases[page];
        most = erases > most ? erases : most;
    }
    return most;
}

/* ---- the app's part, as core does it, on the board's flash ---- */

static void request(struct device *device, const struct file *image)
{
    const struct otter_port port = flash_view_writer(testbed_board(device->bed));
    const struct otter_flag file = {.image_size = (uint32_t)image->len};

    memset(flash_at(device, OTTER_BACKUP_ADDR), 0xFF, OTTER_BACKUP_SIZE);
    memcpy(flash_at(device, OTTER_BACKUP_ADDR), image->data, image->len);
    check(device, otter_update_request(&port, &stm32f103_layout, &file) == 0,
          "the update could not be requested");
}

static void expect_confirmed(struct device *device, const struct file *image)
{
    const struct otter_port port = flash_view_writer(testbed_board(device->bed));
    check(device, app_is(device, image), "the update was not installed");
    check(device, otter_update_is_allowed(&port, &stm32f103_layout),
          "the update was not confirmed");
}

/* Put together the stays since start(), from number `first` on, up to the start of the app. */
static void take(struct device *device, unsigned first, struct boot_stay *out_stay)
{
    const struct boot_meter *meter = &device->meter;
    struct boot_stay sum = meter->stays[first];
    for (unsigned i = first + 1; !sum.started_app && i < meter->count && i < BOOT_METER_STAYS;
         i++) {
        const struct boot_stay *next = &meter->stays[i];
        sum.end = next->end;
        sum.stack = next->stack > sum.stack ? next->stack : sum.stack;
        sum.statics = next->statics > sum.statics ? next->statics : sum.statics;
        sum.erases += next->erases;
        sum.programs += next->programs;
        sum.erase_ticks += next->erase_ticks;
        sum.program_ticks += next->program_ticks;
        sum.started_app = next->started_app;
    }
    check(device, first < meter->count && sum.started_app, "no app was started");
    *out_stay = sum;
}

/* ---- the cases: each on a device of its own, confirmed and idle after its first start ---- */

static void measure_clean_start(struct device *device, struct boot_stay *out_stay)
{
    size_t log_len = testbed_log_len(device->bed);
    start(device);
    run_ms(device, CONFIRM_MS);
    take(device, 0, out_stay);
    check(device, strchr(testbed_log(device->bed) + log_len, '[') == NULL,
          "the bootloader prints on a clean start");
    check(device, device->meter.count == 1, "a clean start restarts");
    check(device, out_stay->erases + out_stay->programs == 0, "a clean start writes flash");
}

static void measure_clean(struct device *device, const struct binaries *bin,
                          struct boot_figures *figures)
{
    (void)bin;
    measure_clean_start(device, &figures->stays[BOOT_CLEAN]);
}

static void measure_clean_26k(struct device *device, const struct binaries *bin,
                              struct boot_figures *figures)
{
    (void)bin;
    take(device, 0, &figures->stays[BOOT_FIRST]);
    measure_clean_start(device, &figures->stays[BOOT_CLEAN_26K]);
}

static void measure_every_start(struct device *device, const struct binaries *bin,
                                struct boot_figures *figures)
{
    (void)bin;
    start(device);
    run_ms(device, CONFIRM_MS);
    take(device, 0, &figures->stays[BOOT_EVERY_START]);
}

static double flash_ratio(const struct boot_stay *stay)
{
    double erase_ticks = (double)stay->erase_ticks / (double)stay->erases;
    double program_ticks = (double)stay->program_ticks / (double)stay->programs;
    return (double)(stay->erase_ticks + stay->program_ticks) /
           (SWAP_ERASES * erase_ticks + SWAP_HALF_WORDS * program_ticks);
}

static void measure_install(struct device *device, const struct binaries *bin,
                            struct boot_figures *figures)
{
    device_mark(device);
    request(device, &bin->new);
    start(device);
    run_ms(device, 2 * CONFIRM_MS);
    take(device, 0, &figures->stays[BOOT_INSTALL]);
    expect_confirmed(device, &bin->new);
    figures->install_flash_ratio = flash_ratio(&figures->stays[BOOT_INSTALL]);
    figures->install_erases_max =
        erases_max(device, OTTER_SPARE_ADDR, OTTER_SPARE_SIZE,
                   erases_max(device, OTTER_APP_ADDR, OTTER_APP_SIZE + OTTER_BACKUP_SIZE, 0));
}

/* The power fails in the second of the marks with which the app confirms. */
static void measure_unclean(struct device *device, const struct binaries *bin,
                            struct boot_figures *figures)
{
    struct board *board = testbed_board(device->bed);
    request(device, &bin->new);
    start(device);
    for (unsigned ms = 0; device->meter.count == 0 && ms < CONFIRM_MS; ms++) {
        run_ms(device, 1);
    }
    board_cut_at(board, board_flash_ops(board) + 1, BOARD_TEAR_TORN, 1);
    check(device, testbed_run_ms(device->bed, CONFIRM_MS) == BOARD_STOP_POWER,
          "the app did not confirm");
    start(device);
    run_ms(device, CONFIRM_MS);
    take(device, 0, &figures->stays[BOOT_UNCLEAN]);
    check(device, figures->stays[BOOT_UNCLEAN].programs > 0, "nothing was in doubt");
    expect_confirmed(device, &bin->new);
}

static void measure_revert(struct device *device, const struct binaries *bin,
                           struct boot_figures *figures)
{
    device_mark(device);
    request(device, &bin->full_mute);
    start(device);
    run_ms(device, REVERT_MS);
    take(device, 1, &figures->stays[BOOT_TRIAL]);
    take(device, OTTER_JOURNAL_TRIALS, &figures->stays[BOOT_REVERT]);
    check(device, app_is(device, &bin->old), "the old image is not back");
    check(device,
          board_resets(testbed_board(device->bed), BOARD_RESET_WATCHDOG) ==
              OTTER_JOURNAL_TRIALS,
          "not three trials and a revert");
    figures->revert_app_erases_max = erases_max(device, OTTER_APP_ADDR, OTTER_APP_SIZE, 0);
    figures->revert_area_erases_max =
        erases_max(device, OTTER_SPARE_ADDR, OTTER_SPARE_SIZE,
                   erases_max(device, OTTER_BACKUP_ADDR, OTTER_BACKUP_SIZE, 0));
}

static void measure_refuse(struct device *device, const struct binaries *bin,
                           struct boot_figures *figures)
{
    request(device, &bin->new);
    *flash_at(device, OTTER_BACKUP_ADDR + 5000) ^= 1;
    start(device);
    run_ms(device, CONFIRM_MS);
    take(device, 0, &figures->stays[BOOT_REFUSE]);
    check(device, strstr(testbed_log(device->bed), "Refuse") != NULL, "it was not refused");
    check(device, app_is(device, &bin->old), "the old image was touched");
}

/* The device has come so far with its first start alone. */
static void measure_recovery(struct device *device, const struct binaries *bin,
                             struct boot_figures *figures)
{
    check(device, device->meter.count >= 2 && !device->meter.stays[0].started_app,
          "nothing was received");
    check(device, app_is(device, &bin->mute), "what was received was not installed");
    figures->stays[BOOT_RECOVERY] = device->meter.stays[0];
}

/* One small update after the other. */
static void measure_journal(struct device *device, const struct binaries *bin,
                            struct boot_figures *figures)
{
    device_mark(device);
    device->meter.paused = true;
    for (unsigned i = 0; i < BOOT_JOURNAL_UPDATES; i++) {
        request(device, &bin->pethouse);
        start(device);
        run_ms(device, CONFIRM_MS);
        expect_confirmed(device, &bin->pethouse);
    }
    check(device,
          erases_max(device, OTTER_APP_ADDR, OTTER_PAGE_SIZE, 0) >= BOOT_JOURNAL_UPDATES,
          "not every update was installed");
    figures->journal_erases_max =
        erases_max(device, OTTER_FLAG_ADDR, OTTER_FLAG_SIZE_MAX,
                   erases_max(device, OTTER_JOURNAL_ADDR, OTTER_JOURNAL_SIZE, 0));
}

/* ---- all of it ---- */

static bool load(const char *dir, const char *name, struct file *out_file)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    struct host_error error;
    if (file_read(path, OTTER_APP_SIZE, out_file, &error) != 0) {
        fprintf(stderr, "boot figures: %s: %s\n", error.thing, error.reason);
        return false;
    }
    return true;
}

static void sum_up(struct boot_figures *figures)
{
    const struct boot_stay *refuse = &figures->stays[BOOT_REFUSE];
    uint32_t statics = 0, stack = 0;
    for (unsigned i = 0; i < BOOT_CASES; i++) {
        statics = figures->stays[i].statics > statics ? figures->stays[i].statics : statics;
        stack = figures->stays[i].stack > stack ? figures->stays[i].stack : stack;
    }
    figures->ram_bytes = statics + stack;
    figures->verify_ms =
        ms(refuse->end - refuse->start - refuse->erase_ticks - refuse->program_ticks) / 2;
}

static const char *measure(const struct binaries *bin, struct boot_figures *figures)
{
    const struct {
        const struct file *boot, *app;
        void (*measure)(struct device *device, const struct binaries *bin,
                        struct boot_figures *figures);
    } cases[] = {
        {&bin->boot, &bin->pethouse, measure_clean},
        {&bin->boot, &bin->old, measure_clean_26k},
        {&bin->boot_every_start, &bin->old, measure_every_start},
        {&bin->boot, &bin->old, measure_unclean},
        {&bin->boot, &bin->old, measure_install},
        {&bin->boot, &bin->old, measure_revert},
        {&bin->boot, &bin->old, measure_refuse},
        {&bin->boot, NULL, measure_recovery},
        {&bin->boot, &bin->pethouse, measure_journal},
    };
    const char *wrong = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0] && wrong == NULL; i++) {
        struct device *device = device_new(bin, cases[i].boot, cases[i].app);
        if (device == NULL) {
            return "no device";
        }
        start(device);
        run_ms(device, cases[i].app != NULL ? CONFIRM_MS : RECOVER_MS);
        cases[i].measure(device, bin, figures);
        wrong = device_free(device);
    }
    sum_up(figures);
    return wrong;
}

const char *boot_figures_measure(const char *dir, struct boot_figures *out_figures)
{
    struct binaries bin = {.boot = {.data = NULL}};
    const char *wrong = "a binary is missing: make firmware";
    if (load(dir, BOOT, &bin.boot) && load(dir, BOOT_EVERY_START_BIN, &bin.boot_every_start) &&
        load(dir, "app/pethouse/pethouse_03010101.bin", &bin.pethouse) &&
        load(dir, "app/app_no_confirm/app_no_confirm.bin", &bin.mute) &&
        load(dir, "app/app_full_slot/full_03010101.bin", &bin.old) &&
        load(dir, "app/app_full_slot/full_03010102.bin", &bin.new) &&
        load(dir, "app/app_full_slot/full_03010103.bin", &bin.full_mute)) {
        wrong = measure(&bin, out_figures);
    }
    file_free(&bin.boot);
    file_free(&bin.boot_every_start);
    file_free(&bin.pethouse);
    file_free(&bin.mute);
    file_free(&bin.old);
    file_free(&bin.new);
    file_free(&bin.full_mute);
    return wrong;
}
