#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run-tests.sh BUILD_DIR [ctest options]: run all tests; the last line is "N passed, M failed, K skipped". A skipped
# test is named with its reason. Without options the counts stay in BUILD_DIR/tests.json, for bench.sh.
set -eu
dir=$1
shift
log=$dir/tests.log
counts=$dir/tests.json
rm -f "$counts"
jobs=$(($(nproc) + 2)) # some do nothing but wait, for a serial line at 9600 baud
status=0
ctest --test-dir "$dir" --output-on-failure -j "$jobs" "$@" >"$log" 2>&1 || status=$?
grep -vE '^(Internal ctest|Test project| +Start)' "$log" || true
# ctest's summary: "99% tests passed, 1 tests failed out of 100"; it counts the skipped ones as passed.
summary=$(grep -E 'tests passed, [0-9]+ tests failed out of [0-9]+' "$log" | tail -n 1)
if [ -z "$summary" ]; then
    echo "run-tests.sh: $dir: ctest ran nothing (see $log)" >&2
    exit 1
fi
failed=$(echo "$summary" | sed -E 's/.*passed, ([0-9]+) tests failed.*/\1/')
total=$(echo "$summary" | sed -E 's/.*out of ([0-9]+).*/\1/')
skipped=$(grep -cE '^ *[0-9]+/[0-9]+ Test +#[0-9]+: .*\*\*\*Skipped' "$log" || true)
# Why: a test that skips says so in a line "skipped: REASON".
[ "$skipped" -eq 0 ] || sed -nE 's,^[0-9]+/[0-9]+ Test: (.*),name \1,p; s/^skipped: /reason /p' \
    "$dir/Testing/Temporary/LastTest.log" | awk '
        $1 == "name" { name = $2 }
        $1 == "reason" { sub(/^reason /, ""); print "skipped: " name ": " $0 }'
passed=$((total - failed - skipped))
bad_input=$(sed -n 's/^bad input: \([0-9]*\) cases$/\1/p' "$dir/Testing/Temporary/LastTest.log" | tail -n 1)
[ $# -gt 0 ] || printf '{\n  "tests_passed": %d,\n  "tests_failed": %d,\n  "tests_skipped": %d,\n  "bad_input_cases": %d\n}\n' \
    "$passed" "$failed" "$skipped" "${bad_input:-0}" >"$counts"
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
