#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run-tests.sh BUILD_DIR [ctest options]: run all tests; the last line is "N passed, M failed".
set -eu
dir=$1
shift
log=$dir/tests.log
jobs=$(($(nproc) + 2)) # some do nothing but wait, for a serial line at 9600 baud
status=0
ctest --test-dir "$dir" --output-on-failure -j "$jobs" "$@" >"$log" 2>&1 || status=$?
grep -vE '^(Internal ctest|Test project| +Start)' "$log" || true
# ctest's summary: "99% tests passed, 1 tests failed out of 100"
summary=$(grep -E 'tests passed, [0-9]+ tests failed out of [0-9]+' "$log" | tail -n 1)
if [ -z "$summary" ]; then
    echo "run-tests.sh: $dir: ctest ran nothing (see $log)" >&2
    exit 1
fi
failed=$(echo "$summary" | sed -E 's/.*passed, ([0-9]+) tests failed.*/\1/')
total=$(echo "$summary" | sed -E 's/.*out of ([0-9]+).*/\1/')
echo "$((total - failed)) passed, $failed failed"
exit "$status"
