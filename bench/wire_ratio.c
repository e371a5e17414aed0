/* SPDX-License-Identifier: Apache-2.0 */
/* wire_ratio FIRMWARE_DIR: how much longer a transfer takes than its bytes need on the wire.
 * One line a figure, "name number":
 *
 *     wire_ratio_9600_full_26k    (last ACK - READY) / bytes x 10 bits / baud
 *     ring_lost_bytes             what the app lost in its ring of received bytes meanwhile
 *
 * and the same two at 115200. The transfer is that of a file that fills the slot
 * (app_full_slot) to the pet house. It begins at the last stop bit of the first READY, ends at
 * the last stop bit of the ACK of the last piece, and its bytes are all that either side sends
 * between: the answer to READY, pieces and ACKs, with their 55 escapes. The module answers at
 * once, so 1 would be an app that does, too, and all that is above is the app's. Of BOARDS
 * boards (their flash differs) the slowest is told, and all that all of them lost.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host/image_file.h"
#include "lab/testbed.h"
#include "port/stm32f103/partitions.h"

enum { BOARDS = 5, LIMIT_MS = 300000, FRAME_BITS = 10, ELF_SIZE_MAX = 16 << 20 };

/* One line speed, and the app that has it. */
struct line {
    uint32_t baud;
    const char *app; /* in FIRMWARE_DIR, without .bin or .elf */
    const char *ratio_name, *lost_name;
};

struct binaries {
    struct file boot, app, elf, update;
};

struct transfer {
    struct testbed *bed;
    bool has_begun, has_ended;
    uint64_t begin, end;             /* ticks */
    uint64_t begin_bytes, end_bytes; /* on the line so far */
};

static bool load(const char *dir, const char *name, const char *suffix, size_t max,
                 struct file *out_file)
{
    char path[1024];
    struct host_error error;
    (void)snprintf(path, sizeof path, "%s/%s%s", dir, name, suffix);
    if (file_read(path, max, out_file, &error) != 0) {
        fprintf(stderr, "wire_ratio: %s: %s\n", error.thing, error.reason);
        return false;
    }
    return true;
}

static void on_event(void *ctx, const struct module_event *event)
{
    struct transfer *transfer = ctx;
    struct testbed_line_bytes bytes = testbed_line_bytes(transfer->bed);
    if (event->kind == MODULE_EVENT_READY && !transfer->has_begun) {
        transfer->has_begun = true;
        transfer->begin = board_now(testbed_board(transfer->bed));
        transfer->begin_bytes = bytes.to_module + bytes.to_mcu;
    } else if (event->kind == MODULE_EVENT_PROGRESS && event->number == event->count) {
        transfer->has_ended = true;
        transfer->end = board_now(testbed_board(transfer->bed));
        transfer->end_bytes = bytes.to_module + bytes.to_mcu;
    }
}

/* Returns the ratio, or 0 if the transfer did not end. */
static double measure(const struct binaries *bin, uint32_t baud, uint64_t seed,
                      uint64_t *io_lost)
{
    struct transfer transfer = {.bed = NULL};
    const struct testbed_load loads[] = {{OTTER_BOOT_ADDR, bin->boot.data, bin->boot.len},
                                         {OTTER_APP_ADDR, bin->app.data, bin->app.len}};
    struct testbed_config config = {.board = {.seed = seed},
                                    .loads = loads,
                                    .load_count = 2,
                                    .baud = baud,
                                    .module = {.event = on_event,
                                               .ctx = &transfer,
                                               .file = image_file_offer(&bin->update),
                                               .version = "03010102"}};
    struct firmware_ring ring;
    char why[HOST_WHY_SIZE];
    if (!ring_meter_find(bin->elf.data, bin->elf.len, &ring, why)) {
        fprintf(stderr, "wire_ratio: %s\n", why);
        return 0;
    }
    struct host_error error;
    transfer.bed = testbed_new(&config, &error);
    if (transfer.bed == NULL) {
        fprintf(stderr, "wire_ratio: %s: %s\n", error.thing, error.reason);
        return 0;
    }
    testbed_watch_ring(transfer.bed, &ring);
    testbed_power_on(transfer.bed);
    enum board_stop stop = BOARD_STOP_TIME;
    for (unsigned ms = 0; !transfer.has_ended && ms < LIMIT_MS && stop == BOARD_STOP_TIME;
         ms += 10) {
        stop = testbed_run_ms(transfer.bed, 10);
    }
    *io_lost += testbed_ring_lost(transfer.bed);
    testbed_free(transfer.bed);
    if (!transfer.has_ended) {
        fprintf(stderr, "wire_ratio: %" PRIu32 " baud: the last piece was never acknowledged\n",
                baud);
        return 0;
    }
    double wire_s = (double)(transfer.end_bytes - transfer.begin_bytes) * FRAME_BITS / baud;
    return (double)(transfer.end - transfer.begin) / (BOARD_TICKS_PER_US * 1e6) / wire_s;
}

static bool measure_line(const char *dir, const struct line *line)
{
    struct binaries bin = {.boot = {.data = NULL}};
    double slowest = 0;
    uint64_t lost = 0;
    bool good =
        load(dir, "boot/boot", ".bin", OTTER_BOOT_SIZE, &bin.boot) &&
        load(dir, line->app, ".bin", OTTER_APP_SIZE, &bin.app) &&
        load(dir, line->app, ".elf", ELF_SIZE_MAX, &bin.elf) &&
        load(dir, "app/app_full_slot/full_03010102", ".bin", OTTER_APP_SIZE, &bin.update);
    for (uint64_t seed = 1; good && seed <= BOARDS; seed++) {
        double ratio = measure(&bin, line->baud, seed, &lost);
        good = ratio > 0;
        slowest = ratio > slowest ? ratio : slowest;
    }
    if (good) {
        printf("%s %.4f\n%s %" PRIu64 "\n", line->ratio_name, slowest, line->lost_name, lost);
    }
    file_free(&bin.boot);
    file_free(&bin.app);
    file_free(&bin.elf);
    file_free(&bin.update);
    return good;
}

int main(int argc, char **argv)
{
    static const struct line lines[] = {
        {9600, "app/pethouse/pethouse_03010101", "wire_ratio_9600_full_26k", "ring_lost_bytes"},
        {115200, "bench/fast_app/pethouse_115200", "wire_ratio_115200_full_26k",
         "ring_lost_bytes_115200"},
    };
    bool good = true;
    if (argc != 2) {
        fprintf(stderr, "usage: wire_ratio FIRMWARE_DIR\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        good = measure_line(argv[1], &lines[i]) && good;
    }
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
