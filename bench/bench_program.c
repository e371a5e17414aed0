/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/bench_program.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "bench/cpu/workload.h"
#include "board/cpu/cpu.h"
#include "otter/bytes.h"

enum { LIMIT_S = 60 };

bool bench_load(struct bench_program *program, const char *prog, const char *path)
{
    FILE *file = fopen(path, "rb");
    program->prog = prog;
    if (file == NULL) {
        perror(path);
        return false;
    }
    memset(program->image, 0xFF, sizeof program->image);
    size_t size = fread(program->image, 1, sizeof program->image, file);
    bool fits = size >= 8 && fgetc(file) == EOF && ferror(file) == 0;
    fclose(file);
    if (!fits) {
        fprintf(stderr, "%s: %s: not a program of 8 to %d bytes\n", prog, path,
                BENCH_FLASH_SIZE);
        return false;
    }
    program->expected = workload_run();
    return true;
}

void bench_fresh_memory(struct bench_program *program)
{
    memcpy(program->flash, program->image, sizeof program->flash);
    memset(program->ram, 0xA5, sizeof program->ram);
}

double bench_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double bench_mips(const struct bench_program *program, const char *who, double elapsed_s)
{
    uint32_t result = otter_get_le32(program->ram);
    if (result != program->expected) {
        fprintf(stderr, "%s: %s: result 0x%08" PRIx32 ", natively 0x%08" PRIx32 "\n",
                program->prog, who, result, program->expected);
        return -1;
    }
    return (double)program->instructions / elapsed_s / 1e6;
}

/* ---- the model: a core with memory and nothing else ---- */

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

double bench_run_model(struct bench_program *program)
{
    static const struct cpu_bus bus = {
        .read = no_read, .write = no_write, .service = no_service, .reset_request = no_reset};
    static struct cpu cpu;

    bench_fresh_memory(program);
    cpu_init(&cpu, &bus);
    cpu_map(&cpu, program->flash, BENCH_FLASH_ADDR, BENCH_FLASH_SIZE, program->ram,
            BENCH_RAM_ADDR, BENCH_RAM_SIZE);
    cpu_set_clock(&cpu, 8, 2); /* 72 MHz, two wait states */
    cpu_reset(&cpu);

    double start_s = bench_seconds();
    enum board_stop stop = cpu_run(&cpu, (uint64_t)LIMIT_S * 1000000 * CPU_TICKS_PER_US);
    double elapsed_s = bench_seconds() - start_s;
    if (stop != BOARD_STOP_BKPT) {
        fprintf(stderr, "%s: model: stop %d at 0x%08" PRIx32 " %s\n", program->prog, (int)stop,
                cpu.r[15], cpu.why);
        return -1;
    }
    program->end_addr = cpu.r[15];
    program->instructions = cpu.instructions;
    return bench_mips(program, "model", elapsed_s);
}

/* ---- figures ---- */

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double bench_median(double values[], size_t count)
{
    qsort(values, count, sizeof values[0], compare);
    return values[count / 2];
}
