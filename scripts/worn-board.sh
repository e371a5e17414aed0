#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# worn-board.sh [CASES]: flash that fails, on the real binaries: CASES (700) of each scenario of power_worn_board, a
# quarter of an hour in two processes. Kept in bench/worn-board.json, but not with CASES, or if something was lost.
set -eu
cd "$(dirname "$0")/.."
out=build/worn-board
cases=${1:-700}
rm -rf $out
mkdir -p $out
# What runs is a copy: the tree can be worked on meanwhile.
cp build/host/tests/power/power_worn_board $out
for file in boot/boot.elf app/pethouse/pethouse_03010101.bin app/app_v3/pethouse_03010103.bin \
    app/app_no_confirm/app_no_confirm.bin; do
    mkdir -p "$out/$(dirname $file)"
    cp build/firmware/$file "$out/$file"
done
half() { # seed
    $out/power_worn_board $out --cases $(((cases + 1) / 2)) --seed "$1" --json "$out/$1.json" || touch $out/failed
}
half 31 &
half 32
wait
[ ! -e $out/failed ] || exit 1
jq -s 'reduce (.[] | to_entries[]) as $one ({}; .[$one.key] += $one.value)' $out/3?.json >$out/sums.json
[ $# -ne 0 ] || scripts/keep.sh $out/sums.json bench/worn-board.json core boot port board lab tests/power
