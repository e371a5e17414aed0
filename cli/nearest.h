/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_NEAREST_H
#define CLI_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

/* "Did you mean ...?": the best of several words that are offered one after the other. */
struct nearest {
    const char *typed;
    const char *word; /* the nearest so far; NULL = none is near */
    size_t distance;  /* of that */
};

/* `typed` must stay. */
void nearest_init(struct nearest *nearest, const char *typed);

/* Is `word`, which must stay, nearer than those before? A letter left out, added, changed or
 * swapped with its neighbour counts 1; a third of the letters may be wrong. */
void nearest_offer(struct nearest *nearest, const char *word);

#endif
