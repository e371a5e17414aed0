#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_snippets.sh DOC SOURCE...: each line of C that DOC shows stands so in one of the sources.
set -eu
doc=$1
shift
missing=$(awk '/^```c$/ { on = 1; next } /^```/ { on = 0 } on && NF' "$doc" |
    while IFS= read -r line; do
        cat "$@" | grep -qxF -- "$line" || printf '%s\n' "$line"
    done)
if [ -n "$missing" ]; then
    printf '%s: not in the sources:\n%s\n' "$doc" "$missing" >&2
    exit 1
fi
