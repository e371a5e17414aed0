#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_snippets.sh DOC: each line of C that DOC shows stands so in one of the sources here.
set -eu
doc=$1
cd "$(dirname "$0")"
missing=$(awk '/^```c$/ { on = 1; next } /^```/ { on = 0 } on && NF' "$doc" |
    while IFS= read -r line; do
        cat main.c gizwits_product.c gizwits_protocol.c gizwits_protocol.h | grep -qxF -- "$line" || printf '%s\n' "$line"
    done)
if [ -n "$missing" ]; then
    printf '%s: not in the sources:\n%s\n' "$doc" "$missing" >&2
    exit 1
fi
