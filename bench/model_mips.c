/* SPDX-License-Identifier: Apache-2.0 */
/* model_mips bench_cpu.bin: how many million instructions per second the model executes.
 * Prints "model_mips <number>", the median of three runs, and "instructions <n>". The program's
 * result must be what the same source computes natively. */
#define _POSIX_C_SOURCE 199309L
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "bench/cpu/workload.h"
#include "board/cpu/cpu.h"
#include "otter/bytes.h"

enum { FLASH_ADDR = 0x08000000, RAM_ADDR = 0x20000000, FLASH_SIZE = 65536, RAM_SIZE = 20480 };
enum { RUNS = 3, LIMIT_S = 60 };

static uint8_t image[FLASH_SIZE]; /* as loaded */
static uint8_t flash[FLASH_SIZE], ram[RAM_SIZE];

static bool no_read(void *ctx, uint32_t addr, unsigned size, uint32_t *out_value)
{
    (void)ctx, (void)addr, (void)size, (void)out_value;
    return false;
}

static bool no_write(void *ctx, uint32_t addr, unsigned size, uint32_t value)
{
    (void)ctx, (void)addr, (void)size, (void)value;
    return false;
}

static uint64_t no_service(void *ctx, uint64_t now)
{
    (void)ctx, (void)now;
    return UINT64_MAX;
}

static void no_reset(void *ctx)
{
    (void)ctx;
}

static bool load(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return false;
    }
    memset(image, 0xFF, sizeof image);
    size_t size = fread(image, 1, sizeof image, file);
    bool fits = size >= 8 && fgetc(file) == EOF && ferror(file) == 0;
    fclose(file);
    if (!fits) {
        fprintf(stderr, "model_mips: %s: not a program of 8 to %d bytes\n", path, FLASH_SIZE);
    }
    return fits;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* what else runs must not count */
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* One run from a fresh state. Returns million instructions per second, or a negative number. */
static double run(uint32_t expected, uint64_t *out_instructions)
{
    static const struct cpu_bus bus = {
        .read = no_read, .write = no_write, .service = no_service, .reset_request = no_reset};
    static struct cpu cpu;

    memcpy(flash, image, sizeof flash);
    memset(ram, 0xA5, sizeof ram);
    cpu_init(&cpu, &bus);
    cpu_map(&cpu, flash, FLASH_ADDR, FLASH_SIZE, ram, RAM_ADDR, RAM_SIZE);
    cpu_set_clock(&cpu, 8, 2); /* 72 MHz, two wait states */
    cpu_reset(&cpu);

    double start = seconds();
    enum cpu_stop stop = cpu_run(&cpu, (uint64_t)LIMIT_S * 1000000 * CPU_TICKS_PER_US);
    double elapsed = seconds() - start;

    uint32_t result = otter_get_le32(ram);
    if (stop != CPU_STOP_BKPT) {
        fprintf(stderr, "model_mips: stop %d at 0x%08" PRIx32 " %s\n", (int)stop, cpu.r[15],
                cpu.why);
        return -1;
    }
    if (result != expected) {
        fprintf(stderr, "model_mips: result 0x%08" PRIx32 ", natively 0x%08" PRIx32 "\n",
                result, expected);
        return -1;
    }
    *out_instructions = cpu.instructions;
    return (double)cpu.instructions / elapsed / 1e6;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
    double mips[RUNS];
    uint64_t instructions = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: model_mips bench_cpu.bin\n");
        return 2;
    }
    if (!load(argv[1])) {
        return 1;
    }
    uint32_t expected = workload_run();
    for (int i = 0; i < RUNS; i++) {
        mips[i] = run(expected, &instructions);
        if (mips[i] < 0) {
            return 1;
        }
    }
    qsort(mips, RUNS, sizeof mips[0], compare);
    printf("model_mips %.0f\ninstructions %" PRIu64 "\n", mips[RUNS / 2], instructions);
    return 0;
}
