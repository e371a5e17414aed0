#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# startup.sh [CASES]: the whole native campaign of the bootloader, an hour of processor time. Every flash operation of
# each life in every way, with the C8T6's flash; CASES (100,000) random single, double and triple cuts of each life,
# with each map of flash; flash that fails. Kept in bench/startup.json, bench/maps.json and bench/worn.json; with
# CASES, and if something was lost, the figures stay in build/startup.
set -eu
cd "$(dirname "$0")/.."
program=build/host/tests/power
out=build/startup
rm -rf $out
mkdir -p $out
cases=${1:-100000}

$program/power_startup --every 1 --cases $((cases / 2)) --seed 1 --json $out/startup.json
for map in 26x1 58x1 60x2 122x2; do
    $program/power_startup --map $map --cases "$cases" --seed 11 --json $out/map-$map.json
done
for map in 26x1 60x2; do
    $program/power_worn --map $map --cases $((cases / 10)) --seed 21 --json $out/worn-$map.json
done
scripts/startup-sums.sh $out
[ $# -eq 0 ] || exit 0
for part in startup maps worn; do
    scripts/keep.sh $out/$part.json bench/$part.json core tests/power tests/support
done
