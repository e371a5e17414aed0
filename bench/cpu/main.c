/* SPDX-License-Identifier: Apache-2.0 */
/* The workload as a program without anything around it: no clock setup, no
 * peripherals. Its result is the first word of RAM when BKPT is reached; 0 there means
 * that it did not finish. */
#include <stdint.h>
#include "workload.h"

/* From bench_cpu.ld. */
extern uint32_t ld_data_load[], ld_data_start[], ld_data_end[], ld_bss_start[], ld_bss_end[];
extern uint32_t ld_stack_top[];

void reset_handler(void);

__attribute__((section(".result"), used)) static volatile uint32_t result;

static void stop(void)
{
    for (;;) {
        __asm__ volatile("bkpt 0");
    }
}

void reset_handler(void)
{
    const uint32_t *from = ld_data_load;
    for (uint32_t *to = ld_data_start; to < ld_data_end; to++) {
        *to = *from++;
    }
    for (uint32_t *to = ld_bss_start; to < ld_bss_end; to++) {
        *to = 0;
    }
    result = workload_run();
    stop();
}

/* ARM DDI 0403E B1.5.3. Any exception is a failure: the program stops with result 0. */
struct vectors {
    uint32_t *stack;
    void (*handlers[15])(void);
};

__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
    ld_stack_top,
    {reset_handler, stop, stop, stop, stop, stop, stop, stop, stop, stop, stop, stop, stop,
     stop, stop},
};
