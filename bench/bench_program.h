/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_BENCH_PROGRAM_H
#define BENCH_BENCH_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* bench_cpu.bin, the memory it runs in, and its run on the model: what the programs that
 * measure the model's speed have in common. CPU time only: what else runs on the host does not
 * count. Mistakes are told on stderr.
 */
enum { BENCH_FLASH_ADDR = 0x08000000, BENCH_FLASH_SIZE = 65536 };
enum { BENCH_RAM_ADDR = 0x20000000, BENCH_RAM_SIZE = 20480 };

struct bench_program {
    const char *prog;                /* who tells mistakes */
    uint8_t image[BENCH_FLASH_SIZE]; /* as loaded */
    uint8_t flash[BENCH_FLASH_SIZE], ram[BENCH_RAM_SIZE];
    uint32_t expected; /* the result, computed natively */

    /* of the model's run */
    uint32_t end_addr;     /* of the BKPT, and */
    uint64_t instructions; /* executed up to it */
};

/* Load the file and compute the result natively. False if it is not a program. */
bool bench_load(struct bench_program *program, const char *prog, const char *path);

/* Flash as loaded, RAM full of rubbish. */
void bench_fresh_memory(struct bench_program *program);

double bench_seconds(void); /* of CPU time */

/* A run is over: million instructions per second, or a negative number if the result in RAM is
 * not the native one. The model's run must come first: it counts the instructions. */
double bench_mips(const struct bench_program *program, const char *who, double elapsed_s);

/* One run on the model from a fresh state. Returns as bench_mips() does. */
double bench_run_model(struct bench_program *program);

/* Sorts the values. */
double bench_median(double values[], size_t count);

#endif
