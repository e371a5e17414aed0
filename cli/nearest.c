/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/nearest.h"

#include <string.h>

enum { LENGTH_MAX = 24 }; /* of what people type for a command or an option */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance. */
static size_t distance_of(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t d[LENGTH_MAX + 1][LENGTH_MAX + 1];

    for (size_t i = 0; i <= a_len; i++) {
        for (size_t j = 0; j <= b_len; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            size_t changed = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            d[i][j] = least(changed, least(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
            }
        }
    }
    return d[a_len][b_len];
}

void nearest_init(struct nearest *nearest, const char *typed)
{
    *nearest = (struct nearest){.typed = typed, .distance = (strlen(typed) + 2) / 3 + 1};
}

void nearest_offer(struct nearest *nearest, const char *word)
{
    size_t typed_len = strlen(nearest->typed), len = strlen(word);

    if (typed_len > LENGTH_MAX || len > LENGTH_MAX) {
        return;
    }
    size_t distance = distance_of(nearest->typed, typed_len, word, len);
    if (distance < nearest->distance) {
        nearest->word = word;
        nearest->distance = distance;
    }
}
