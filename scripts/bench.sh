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
    [ -s "$kept" ] || return 0
    sed '$d' "$out/results.json" | sed '$s/$/,/' >"$out/results.new"
    for name; do
        sed -n "s/^ *\(\"$name\": [0-9.]*\),*\$/  \1,/p" "$kept"
    done | sed '$s/,$//' >>"$out/results.new"
    echo '}' >>"$out/results.new"
    mv "$out/results.new" "$out/results.json"
}
merge bench/campaign.json power_arm_cases power_arm_second_cuts power_arm_cuts_per_s power_failures
merge bench/noise.json noise_runs noise_wrong_images
merge bench/glitch.json glitch_positions glitch_inside glitch_accepted glitch_recoveries
merge bench/startup.json power_native_cases power_native_cuts_per_s power_multi_cases power_worn
# What must not happen: both campaigns together, the native one and that of the real binaries.
for name in bricks lost_reverts lost_confirms unverified_starts; do
    cat bench/startup.json bench/campaign.json 2>/dev/null |
        sed -nE "s/^ *\"power_(arm_)?$name\": ([0-9]+),*\$/\2/p" |
        awk -v name="power_$name" '{ sum += $1 } END { if (NR) printf "  \"%s\": %d,\n", name, sum }'
done >"$out/power.json"
merge "$out/power.json" power_bricks power_lost_reverts power_lost_confirms power_unverified_starts
build/host/bench/boot_bench "$firmware" | sed 's/^\([^ ]*\) \([0-9.]*\)$/  "\1": \2,/' >"$out/boot.json"
[ -s "$out/boot.json" ] || { echo "bench.sh: nothing measured of the bootloader" >&2; exit 1; }
# shellcheck disable=SC2046 # a list of names
merge "$out/boot.json" $(sed 's/^ *"\([^"]*\)".*/\1/' "$out/boot.json")
# figure NAME: of what boot_bench measured
figure() {
    sed -n "s/^ *\"$1\": \([0-9.]*\),\$/\1/p" "$out/boot.json"
}
if [ -x build/host/bench/unicorn_mips ]; then
    {
        build/host/bench/unicorn_mips "$firmware/bench/cpu/bench_cpu.bin"
        build/host/tests/oracle/oracle_unicorn --count 1200000 | sed 's/^instructions\|^mismatches/model_vs_unicorn_&/'
    } | sed -n 's/^\(model_vs_unicorn_[a-z]*\) \([0-9.]*\)$/  "\1": \2,/p' >"$out/unicorn.json"
    merge "$out/unicorn.json" model_vs_unicorn_speed model_vs_unicorn_instructions \
        model_vs_unicorn_mismatches
else
    echo "bench.sh: libunicorn is not installed (scripts/need.sh oracle): nothing to compare with" >&2
fi

if [ -x build/host/tests/oracle/oracle_ed25519 ]; then
    build/host/tests/oracle/oracle_ed25519 --count 100000 |
        sed -n 's/^\(ed25519_[a-z]*\) \([0-9]*\)$/  "\1": \2,/p' >"$out/ed25519.json"
    merge "$out/ed25519.json" ed25519_cases ed25519_mismatches
else
    echo "bench.sh: libsodium is not installed (scripts/need.sh oracle): no signatures compared" >&2
fi

{
    echo '| what | measured | beside it |'
    echo '|---|---:|---|'
    echo "| model_mips: board model, MD5 + CRC + sort | $mips | prototype 213; libunicorn in the same run: model_vs_unicorn_speed in results.json |"
    echo "| boot_bytes: bootloader | $boot | limit 8192; the tutorial's partition 11264, MCUboot 9984 (swap-move, P-256), wolfBoot 12632 |"
    echo "| boot_ram_bytes: .data, .bss and deepest stack of it | $(figure boot_ram_bytes) | limit 3072; wolfBoot's Ed25519 alone has 1784 of stack |"
    echo "| boot_start_ms: clean start, image of 26 KB | $(figure boot_start_ms) | limit 5; wolfBoot on this chip about 6000 (its author), MCUboot with P-256 350 to 500 (estimated) |"
    echo "| boot_unclean_ms: the start after a power cut | $(figure boot_unclean_ms) | |"
    echo "| boot_verify_ms: hash and signature of 26 KB | $(figure boot_verify_ms) | wolfSSL's small Ed25519 1800 to 2600 (estimated) |"
    echo "| boot_install_ms: verify, swap, verify, start; 26 KB | $(figure boot_install_ms) | wolfBoot on this chip about 15000 (its author) |"
    echo "| boot_revert_ms: the old image of 26 KB back | $(figure boot_revert_ms) | |"
    echo "| install_26k_flash_ratio: its flash time / that of 52 erases and 26,624 half-words | $(figure install_26k_flash_ratio) | limit 1.10; MCUboot swap-offset 1.02, swap-move 1.52, wolfBoot 3.8 (21 pages, same rule) |"
    echo "| erases_per_slot_page_max: request to confirmation | $(figure erases_per_slot_page_max) | limit 1; MCUboot swap-move 2, its scratch page 22, wolfBoot's trailer pages 65 |"
    echo "| journal_erases_in_32_updates: of each of its pages | $(figure journal_erases_in_32_updates) | limit 2 |"
    echo "| app_bytes: pethouse 03010101 with trailer | $app | slot 26624, the tutorial's demo 23068 |"
    echo "| demo_device_s: make demo, board time | $demo | the open GAgent alone needs 29.7 for 23068 bytes at the same 9600 baud |"
    echo
    scripts/proof.sh
} >"$out/results.md"
cat "$out/results.md"
