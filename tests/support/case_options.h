/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_CASE_OPTIONS_H
#define TESTS_SUPPORT_CASE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* The options of programs that try many cases, and can repeat one: pairs of a name and a value.
 * What is not given stays as it was. */
struct case_options {
    uint64_t every, cases, seed;
    const char *map, *plan, *json, *repeat;
};

/* Take argv[first] and what follows. `known` names those that the program has, with blanks
 * between them. Returns false for any other, for one without a value, and for a number that is
 * none. */
bool case_options_parse(struct case_options *options, int argc, char **argv, int first,
                        const char *known);

#endif
