/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNICORN_CASES_H
#define TESTS_UNICORN_CASES_H

#include "tests/oracle/unicorn_compare.h"

/* Case `index` of `seed`: always the same one. Every row of op16_table and op32_table is as
 * likely as every other; what random operands seldom meet (special registers, table branches
 * ...) has a share of its own. */
void case_make(struct compare_case *out_case, uint64_t seed, uint64_t index);

#endif
