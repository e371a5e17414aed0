#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# include-circles.sh FOLDER...: files that include each other in a circle, where x.h and x.c are one.
# Prints the includes that make the circles, and fails if there are any.
set -eu
cd "$(dirname "$0")/.."
find "$@" -name '*.[ch]' | sort | xargs grep -H '^#include "' | awk '
{
    from = $0; sub(/\.[ch]:.*/, "", from)
    to = $0; sub(/^[^"]*"/, "", to); sub(/\.h".*/, "", to)
    if (to !~ /\//) { # of the same folder
        folder = from; sub(/[^\/]*$/, "", folder); to = folder to
    }
    if (from != to && !((from, to) in arrow)) { arrow[from, to] = 1; first[++count] = from; last[count] = to }
}
END {
    # An arrow to a file that includes nothing, or from one that nobody includes, is in no circle.
    do {
        split("", leaves); split("", enters); left = 0
        for (i = 1; i <= count; i++) if (!gone[i]) { leaves[first[i]] = 1; enters[last[i]] = 1 }
        for (i = 1; i <= count; i++) if (!gone[i] && !((last[i] in leaves) && (first[i] in enters))) { gone[i] = 1; left = 1 }
    } while (left)
    for (i = 1; i <= count; i++) if (!gone[i]) { print first[i] " -> " last[i]; bad = 1 }
    exit bad
}' || { echo "include-circles: circles in $*" >&2; exit 1; }
