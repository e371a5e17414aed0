/* SPDX-License-Identifier: Apache-2.0 */
/* model_mips bench_cpu.bin: how many million instructions per second the model executes.
 * Prints "model_mips <number>", the median of three runs, and "instructions <n>". The program's
 * result must be what the same source computes natively. */
#include <inttypes.h>
#include <stdio.h>
#include "bench/bench_program.h"

enum { RUNS = 3 };

int main(int argc, char **argv)
{
    static struct bench_program program;
    double mips[RUNS];

    if (argc != 2) {
        fprintf(stderr, "usage: model_mips bench_cpu.bin\n");
        return 2;
    }
    if (!bench_load(&program, "model_mips", argv[1])) {
        return 1;
    }
    for (int i = 0; i < RUNS; i++) {
        mips[i] = bench_run_model(&program);
        if (mips[i] < 0) {
            return 1;
        }
    }
    printf("model_mips %.0f\ninstructions %" PRIu64 "\n", bench_median(mips, RUNS),
           program.instructions);
    return 0;
}
