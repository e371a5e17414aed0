#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# glitch.sh [EVERY]: pass over each EVERYth (1st) instruction that the bootloader executes outside of the loops
# of hash and curve while it verifies one of four bad images, and over 600 inside for each image. About half an
# hour of processor time, in two processes. All of them (EVERY is 1) are kept in bench/glitch.json; exit 1 if
# one was accepted.
set -eu
cd "$(dirname "$0")/.."
every=${1:-1}
out=build/glitch
mkdir -p "$out"

run() { # image...
    for image; do
        build/host/tests/glitch/fw_glitch --every "$every" --inside 600 --image "$image" \
            --json "$out/$image.json" >"$out/$image.txt" || touch "$out/failed"
    done
}
rm -f "$out"/*
run 0 1 &
run 2 3
wait
cat "$out"/*.txt

jq -s 'reduce (.[] | to_entries[] | select(.key | startswith("glitch_"))) as $one ({}; .[$one.key] += $one.value)' \
    "$out"/*.json >build/glitch.json
[ "$every" -ne 1 ] || scripts/keep.sh build/glitch.json bench/glitch.json core boot port board lab tests/glitch
[ ! -e "$out/failed" ]
