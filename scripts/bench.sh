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
# merge FILE NAME...: add these numbers of a kept result (one flat object, a line each)
merge() {
    kept=$1
    shift
    [ -f "$kept" ] || return 0
    sed '$d' "$out/results.json" | sed '$s/$/,/' >"$out/results.new"
    for name; do
        sed -n "s/^ *\(\"$name\": [0-9.]*\),*\$/  \1,/p" "$kept"
    done | sed '$s/,$//' >>"$out/results.new"
    echo '}' >>"$out/results.new"
    mv "$out/results.new" "$out/results.json"
}
merge bench/campaign.json power_cases power_failures cuts_per_s
merge bench/noise.json noise_runs noise_wrong_images
merge bench/startup.json power_native_cases power_native_cuts_per_s power_multi_cases power_bricks \
    power_lost_reverts power_lost_confirms power_unverified_starts
if [ -x build/host/bench/unicorn_mips ]; then
    {
        build/host/bench/unicorn_mips "$firmware/bench/cpu/bench_cpu.bin"
        build/host/tests/oracle/test_unicorn --count 1200000 | sed 's/^instructions\|^mismatches/model_vs_unicorn_&/'
    } | sed -n 's/^\(model_vs_unicorn_[a-z]*\) \([0-9.]*\)$/  "\1": \2,/p' >"$out/unicorn.json"
    merge "$out/unicorn.json" model_vs_unicorn_speed model_vs_unicorn_instructions \
        model_vs_unicorn_mismatches
else
    echo "bench.sh: libunicorn is not installed (scripts/need.sh oracle): nothing to compare with" >&2
fi

if [ -x build/host/tests/oracle/test_ed25519 ]; then
    build/host/tests/oracle/test_ed25519 --count 100000 |
        sed -n 's/^\(ed25519_[a-z]*\) \([0-9]*\)$/  "\1": \2,/p' >"$out/ed25519.json"
    merge "$out/ed25519.json" ed25519_cases ed25519_mismatches
else
    echo "bench.sh: libsodium is not installed (scripts/need.sh oracle): no signatures compared" >&2
fi

{
    echo '| what | measured | beside it |'
    echo '|---|---:|---|'
    echo "| model_mips: board model, MD5 + CRC + sort | $mips | prototype 213; libunicorn in the same run: model_vs_unicorn_speed in results.json |"
    echo "| boot_bytes: bootloader | $boot | limit 8192, the tutorial's partition 11264 |"
    echo "| app_bytes: pethouse 03010101 with trailer | $app | slot 26624, the tutorial's demo 23068 |"
    echo "| demo_device_s: make demo, board time | $demo | the open GAgent alone needs 29.7 for 23068 bytes at the same 9600 baud |"
} >"$out/results.md"
cat "$out/results.md"
