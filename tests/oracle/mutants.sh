#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mutants.sh SOURCE_DIR: put each fault of mutants.txt into a copy of board/cpu and expect one of the
# tests (tests/unit/test_cpu_*, then the differential test) to fail. A mutant that survives, or that
# no longer changes anything, is a failure.
set -eu
cd "$1"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cases=${CASES:-60000}
cc=${CC:-cc}
flags="-std=c11 -O1 -w -fvisibility=hidden"
unit="exceptions interrupts faults system branch shift alu memory multiple"

# Compile one file of the processor; a header means all of them.
compile() { # file
    case $1 in
    *.h) files=$(ls "$dir"/board/cpu/*.c) ;;
    *) files=$dir/board/cpu/$1 ;;
    esac
    for source in $files; do
        # shellcheck disable=SC2086
        $cc $flags -I"$dir" -c "$source" -o "$dir/mutant/$(basename "$source" .c).o" || return 1
    done
}

# fails ARG...: does "$dir/test" fail? One that does not end is no better than one that passes.
fails() {
    status=0
    timeout 900 "$dir/test" "$@" >/dev/null 2>&1 || status=$?
    [ "$status" -ne 124 ] || echo "mutants: a test does not end" >&2
    [ "$status" -ne 0 ] && [ "$status" -ne 124 ]
}

# Does any test fail with the objects in mutant/? Prints its name.
killer() {
    for test in $unit; do
        $cc "$dir/tests/test_cpu_$test.o" "$dir/tests/cpu_fixture.o" "$dir"/mutant/*.o -lcmocka \
            -o "$dir/test"
        ! fails || { echo "test_cpu_$test"; return; }
    done
    $cc "$dir/tests/test_unicorn.o" "$dir/tests/unicorn_cases.o" "$dir/tests/unicorn_compare.o" \
        "$dir"/mutant/*.o -lunicorn -o "$dir/test"
    ! fails --count "$cases" || { echo oracle_unicorn; return; }
}

mkdir -p "$dir/board/cpu" "$dir/mutant" "$dir/original" "$dir/tests"
cp board/cpu/*.[ch] "$dir/board/cpu/"
cp board/stop.h "$dir/board/"
for file in tests/support/cpu_fixture.c tests/oracle/test_unicorn.c tests/oracle/unicorn_cases.c \
    tests/oracle/unicorn_compare.c; do
    # shellcheck disable=SC2086
    $cc $flags -I. -Itests -c "$file" -o "$dir/tests/$(basename "$file" .c).o"
done
for test in $unit; do
    # shellcheck disable=SC2086
    $cc $flags -I. -Itests -c "tests/unit/test_cpu_$test.c" -o "$dir/tests/test_cpu_$test.o"
done
compile all.h
cp "$dir"/mutant/*.o "$dir/original/"
survivor=$(killer)
if [ -n "$survivor" ]; then
    echo "mutants: $survivor fails without any mutant" >&2
    exit 1
fi

total=0
bad=0
while IFS='|' read -r name file expression; do
    case $name in '#'* | '') continue ;; esac
    total=$((total + 1))
    sed "$expression" "board/cpu/$file" >"$dir/board/cpu/$file"
    if cmp -s "board/cpu/$file" "$dir/board/cpu/$file"; then
        echo "mutants: $name: changes nothing in board/cpu/$file any more"
        bad=$((bad + 1))
        continue
    fi
    if compile "$file"; then
        by=$(killer)
    else
        by=
        echo "mutants: $name: does not compile"
    fi
    [ -n "$by" ] || { echo "mutants: $name: SURVIVED"; bad=$((bad + 1)); }
    [ -z "$by" ] || echo "mutants: $name: killed by $by"
    cp "board/cpu/$file" "$dir/board/cpu/$file"
    cp "$dir"/original/*.o "$dir/mutant/"
done <tests/oracle/mutants.txt
echo "mutants: $((total - bad)) of $total killed"
[ "$bad" = 0 ]
