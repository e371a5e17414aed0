#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# startup.sh [CASES]: the whole native campaign of the bootloader, an hour of processor time. Every flash operation of
# each life in every way, with the C8T6's flash; CASES (100,000) random single, double and triple cuts of each life,
# with each map of flash; flash that fails; as many cuts in the life of a project with the drop-in. Kept in
# bench/startup.json, bench/maps.json, bench/worn.json and bench/dropin.json; with CASES, and if something was lost, the
# figures stay in build/startup. A run that was stopped goes on with the map at which it was, as long as programs and
# CASES are the same.
set -eu
cd "$(dirname "$0")/.."
tests=build/host/tests
programs="$tests/power/power_startup $tests/power/power_worn $tests/unit/test_dropin_life"
cases=${1:-100000}
# shellcheck disable=SC2086 # a list of words
out=build/startup/$({ cat $programs; echo "$cases"; } | sha256sum | cut -c 1-12)
mkdir -p "$out"
# shellcheck disable=SC2086
cp -f $programs "$out" # the tree can be worked on meanwhile

run() { # figures, program, option...
    figures=$out/$1
    program=$out/$2
    shift 2
    [ ! -e "$figures.json" ] || return 0
    "$program" --json "$figures.new" "$@"
    mv "$figures.new" "$figures.json"
}
run startup power_startup --every 1 --cases $((cases / 2)) --seed 1
# The C8T6's lives are the quickest: with three times as many, the double and triple cuts are over ten million.
run map-26x1 power_startup --map 26x1 --cases $((cases * 3)) --seed 11
for map in 58x1 60x2 122x2; do
    run map-$map power_startup --map $map --cases "$cases" --seed 11
done
for map in 26x1 60x2; do
    run worn-$map power_worn --map $map --cases $((cases / 10)) --seed 21
done
run dropin test_dropin_life --every $((3700000 / cases)) --seed 1
scripts/startup-sums.sh "$out"
[ $# -eq 0 ] || exit 0
for part in startup maps worn dropin; do
    scripts/keep.sh "$out/$part.json" bench/$part.json core gizwits-dropin tests/power tests/support tests/unit/test_dropin_life.c
done
