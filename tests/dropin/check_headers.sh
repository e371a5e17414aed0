#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_headers.sh ROOT CC: each public header compiles alone as C99, C11 and C++17, and C++ calls its functions by
# their C names.
set -eu
root=$1
cc=$2
cd "$root"
command -v g++ >/dev/null || {
    echo "skipped: g++ is not installed"
    exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags="-Wall -Wextra -Wpedantic -Werror -I core/include -I gizwits-dropin"
bad=0
count=0
for header in core/include/otter/*.h gizwits-dropin/*.h; do
    # shellcheck disable=SC2086 # a list of words
    for language in 'c -std=c99' 'c -std=c11'; do
        $cc -x $language $flags -fsyntax-only "$header" || bad=1
    done
    # The functions it declares, in C++.
    {
        printf '#include "%s"\n' "$PWD/$header"
        $cc -fpreprocessed -dD -E -P -x c "$header" 2>/dev/null | tr '\n' ' ' |
            grep -oE '[ *](otter|Pro|flash|wFlash|rFlash|GAgent|giz|uart|mcu)[A-Za-z0-9_]*\([^;{]*\) *(__attribute__[^;]*)?[;{]' |
            sed -E 's/^[ *]([A-Za-z0-9_]+)\(.*/extern const void *const use_\1; const void *const use_\1 = (const void *)\&\1;/' | sort -u
    } >"$work/use.cc"
    # shellcheck disable=SC2086
    g++ -std=c++17 $flags -Wno-pedantic -c -o "$work/use.o" "$work/use.cc" || bad=1
    if nm "$work/use.o" | grep -E ' U _Z' >&2; then
        echo "$header: C++ names; extern \"C\" is missing" >&2
        bad=1
    fi
    count=$((count + $(grep -c use_ "$work/use.cc" || true)))
done
echo "$count functions"
[ "$count" -gt 100 ] && exit "$bad"
