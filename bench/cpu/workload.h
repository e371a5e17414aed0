/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <stdint.h>

/* What the board model's speed is measured with: MD5 and CRC-32 of pseudo-random bytes, and a
 * heap sort, so that arithmetic, memory and unpredictable branches all have their share. Pure
 * C, the same on any machine: its result, computed natively, also proves the model's run right.
 * About 8.5 KB of RAM; 53 M instructions on a Cortex-M3 (gcc 12, -O2).
 */

/* Do it all and return the checksum of what came out. */
uint32_t workload_run(void);

#endif
