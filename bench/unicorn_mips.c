/* SPDX-License-Identifier: Apache-2.0 */
/* unicorn_mips bench_cpu.bin: the same program on the model and on libunicorn without any hook, in
 * turns, CPU time, the median of three each. Prints "model_mips", "unicorn_mips" and their ratio,
 * "model_vs_unicorn_speed". Both must come to the result that the same source computes natively. */
#define _POSIX_C_SOURCE 199309L
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unicorn/unicorn.h>
#include "bench/cpu/workload.h"
#include "board/cpu/cpu.h"
#include "otter/bytes.h"

enum { FLASH_ADDR = 0x08000000, RAM_ADDR = 0x20000000, FLASH_SIZE = 65536, RAM_SIZE = 20480 };
enum { RUNS = 3, LIMIT_S = 60 };

static uint8_t image[FLASH_SIZE], flash[FLASH_SIZE], ram[RAM_SIZE];
static uint32_t end_addr;     /* of the BKPT, and */
static uint64_t instructions; /* executed up to it: the model's run comes first */

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
    fclose(file);
    return size >= 8;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* what else runs must not count */
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void fresh_memory(void)
{
    memcpy(flash, image, sizeof flash);
    memset(ram, 0xA5, sizeof ram);
}

/* Million instructions per second, or a negative number. */
static double mips(const char *who, double elapsed, uint32_t expected)
{
    uint32_t result = otter_get_le32(ram);
    if (result != expected) {
        fprintf(stderr, "unicorn_mips: %s: 0x%08" PRIx32 ", natively 0x%08" PRIx32 "\n", who,
                result, expected);
        return -1;
    }
    return (double)instructions / elapsed / 1e6;
}

static double run_model(uint32_t expected)
{
    static const struct cpu_bus bus = {
        .read = no_read, .write = no_write, .service = no_service, .reset_request = no_reset};
    static struct cpu cpu;
    fresh_memory();
    cpu_init(&cpu, &bus);
    cpu_map(&cpu, flash, FLASH_ADDR, FLASH_SIZE, ram, RAM_ADDR, RAM_SIZE);
    cpu_set_clock(&cpu, 8, 2);
    cpu_reset(&cpu);
    double start = seconds();
    enum cpu_stop stop = cpu_run(&cpu, (uint64_t)LIMIT_S * 1000000 * CPU_TICKS_PER_US);
    double elapsed = seconds() - start;
    if (stop != CPU_STOP_BKPT) {
        fprintf(stderr, "unicorn_mips: the model stopped: %s\n", cpu.why);
        return -1;
    }
    end_addr = cpu.r[15];
    instructions = cpu.instructions;
    return mips("model", elapsed, expected);
}

static double run_unicorn(uint32_t expected)
{
    uc_engine *uc;
    uint32_t sp = otter_get_le32(image);
    uint32_t entry = otter_get_le32(image + 4);
    fresh_memory();
    bool good = uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &uc) == UC_ERR_OK &&
                uc_ctl_set_cpu_model(uc, UC_CPU_ARM_CORTEX_M3) == UC_ERR_OK &&
                uc_mem_map_ptr(uc, FLASH_ADDR, sizeof flash, UC_PROT_READ | UC_PROT_EXEC,
                               flash) == UC_ERR_OK &&
                uc_mem_map_ptr(uc, RAM_ADDR, sizeof ram, UC_PROT_ALL, ram) == UC_ERR_OK &&
                uc_reg_write(uc, UC_ARM_REG_SP, &sp) == UC_ERR_OK;
    if (!good) {
        fprintf(stderr, "unicorn_mips: libunicorn could not be set up\n");
        return -1;
    }
    double start = seconds();
    uc_err err = uc_emu_start(uc, entry | 1u, end_addr, 0, 0);
    double elapsed = seconds() - start;
    uc_close(uc);
    if (err != UC_ERR_OK) {
        fprintf(stderr, "unicorn_mips: %s\n", uc_strerror(err));
        return -1;
    }
    return mips("unicorn", elapsed, expected);
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
    double model[RUNS], unicorn[RUNS];
    if (argc != 2 || !load(argv[1])) {
        fprintf(stderr, "usage: unicorn_mips bench_cpu.bin\n");
        return 2;
    }
    uint32_t expected = workload_run();
    for (int i = 0; i < RUNS; i++) {
        model[i] = run_model(expected);
        if (model[i] < 0) {
            return 1;
        }
        unicorn[i] = run_unicorn(expected);
        if (unicorn[i] < 0) {
            return 1;
        }
    }
    qsort(model, RUNS, sizeof model[0], compare);
    qsort(unicorn, RUNS, sizeof unicorn[0], compare);
    printf("model_mips %.0f\nunicorn_mips %.0f\nmodel_vs_unicorn_speed %.2f\n", model[RUNS / 2],
           unicorn[RUNS / 2], model[RUNS / 2] / unicorn[RUNS / 2]);
    return 0;
}
