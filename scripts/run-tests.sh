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
jobs=$(($(nproc) + 3)) # the long ones, which begin first, do little but wait for a serial line at 9600 baud
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
# figure NAME: the N of the line "NAME: N cases" that a test has printed
figure() {
    sed -n "s/^$1: \([0-9]*\) cases\$/\1/p" "$dir/Testing/Temporary/LastTest.log" | tail -n 1
}
if [ $# -eq 0 ]; then
    bad_input=$(figure 'bad input')
    cli_files=$(figure 'cli files')
    cat >"$counts" <<END
{
  "tests_passed": $passed,
  "tests_failed": $failed,
  "tests_skipped": $skipped,
  "bad_input_cases": ${bad_input:-0},
  "cli_file_cases": ${cli_files:-0}
}
END
fi
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
