/* SPDX-License-Identifier: Apache-2.0 */
/* unicorn_mips bench_cpu.bin: the same program on the model and on libunicorn without any hook,
 * in turns, CPU time, nine times each. Prints the medians "model_mips", "unicorn_mips", and of
 * the ratios of neighbours, "model_vs_unicorn_speed": a host whose speed changes changes it for
 * both. Both must come to the result that the same source computes natively. */
#include <stdbool.h>
#include <stdio.h>
#include <unicorn/unicorn.h>
#include "bench/bench_program.h"
#include "otter/bytes.h"

enum { RUNS = 9 };

/* Behind bench_run_model(), which knows where the program ends. */
static double run_unicorn(struct bench_program *program)
{
    uc_engine *uc;
    uint32_t sp = otter_get_le32(program->image);
    uint32_t entry = otter_get_le32(program->image + 4);
    bench_fresh_memory(program);
    bool good = uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &uc) == UC_ERR_OK &&
                uc_ctl_set_cpu_model(uc, UC_CPU_ARM_CORTEX_M3) == UC_ERR_OK &&
                uc_mem_map_ptr(uc, BENCH_FLASH_ADDR, BENCH_FLASH_SIZE,
                               UC_PROT_READ | UC_PROT_EXEC, program->flash) == UC_ERR_OK &&
                uc_mem_map_ptr(uc, BENCH_RAM_ADDR, BENCH_RAM_SIZE, UC_PROT_ALL, program->ram) ==
                    UC_ERR_OK &&
                uc_reg_write(uc, UC_ARM_REG_SP, &sp) == UC_ERR_OK;
    if (!good) {
        fprintf(stderr, "unicorn_mips: libunicorn could not be set up\n");
        return -1;
    }
    double start_s = bench_seconds();
    uc_err err = uc_emu_start(uc, entry | 1u, program->end_addr, 0, 0);
    double elapsed_s = bench_seconds() - start_s;
    uc_close(uc);
    if (err != UC_ERR_OK) {
        fprintf(stderr, "unicorn_mips: %s\n", uc_strerror(err));
        return -1;
    }
    return bench_mips(program, "unicorn", elapsed_s);
}

int main(int argc, char **argv)
{
    static struct bench_program program;
    double model[RUNS], unicorn[RUNS], ratio[RUNS];

    if (argc != 2) {
        fprintf(stderr, "usage: unicorn_mips bench_cpu.bin\n");
        return 2;
    }
    if (!bench_load(&program, "unicorn_mips", argv[1])) {
        return 1;
    }
    for (int i = 0; i < RUNS; i++) {
        model[i] = bench_run_model(&program);
        if (model[i] < 0) {
            return 1;
        }
        unicorn[i] = run_unicorn(&program);
        if (unicorn[i] < 0) {
            return 1;
        }
        ratio[i] = model[i] / unicorn[i];
    }
    printf("model_mips %.0f\nunicorn_mips %.0f\nmodel_vs_unicorn_speed %.2f\n",
           bench_median(model, RUNS), bench_median(unicorn, RUNS), bench_median(ratio, RUNS));
    return 0;
}
