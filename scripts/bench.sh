#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bench.sh: measure what the README quotes; writes build/bench/results.json (one flat object of
# name: number) and build/bench/results.md.
set -eu
out=build/bench
firmware=build/firmware
mkdir -p "$out"

mips=$(build/host/bench/model_mips "$firmware/bench/cpu/bench_cpu.bin" | awk '$1 == "model_mips" { print $2 }')
boot=$(wc -c <"$firmware/boot/boot.bin")
app=$(wc -c <"$firmware/app/pethouse/pethouse_03010101.bin")
demo=$(build/host/cli/otter demo --quiet --boot "$firmware/boot/boot.bin" \
    --app "$firmware/app/pethouse/pethouse_03010101.bin" \
    --update "$firmware/app/pethouse/pethouse_03010102.bin" |
    sed -nE 's/^demo: device [0-9A-F]+ updated .* in ([0-9.]+) s$/\1/p')
for value in "$mips" "$boot" "$app" "$demo"; do
    [ -n "$value" ] || { echo "bench.sh: a measurement is missing" >&2; exit 1; }
done

printf '{\n  "model_mips": %s,\n  "boot_bytes": %s,\n  "app_bytes": %s,\n  "demo_device_s": %s\n}\n' \
    "$mips" "$boot" "$app" "$demo" >"$out/results.json"
{
    echo '| what | measured | beside it |'
    echo '|---|---:|---|'
    echo "| model_mips: board model, MD5 + CRC + sort | $mips | prototype 213, Unicorn 2.0.1 82-128 |"
    echo "| boot_bytes: bootloader | $boot | limit 8192, the tutorial's partition 11264 |"
    echo "| app_bytes: pethouse 03010101 with trailer | $app | slot 26624, the tutorial's demo 23068 |"
    echo "| demo_device_s: make demo, board time | $demo | the open GAgent alone needs 29.7 for 23068 bytes at the same 9600 baud |"
} >"$out/results.md"
cat "$out/results.md"
