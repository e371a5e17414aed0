#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bench.sh: measure what the README quotes; writes build/bench/results.json (one flat object of
# name: number) and build/bench/results.md.
set -eu
out=build/bench
build=build/host
firmware=build/firmware
mkdir -p "$out"

mips=$("$build/bench/model_mips" "$firmware/bench/cpu/bench_cpu.bin" | awk '$1 == "model_mips" { print $2 }')
boot=$(wc -c <"$firmware/boot/boot.bin")
app=$(wc -c <"$firmware/app/pethouse/pethouse_03010101.bin")
demo=$("$build/cli/otter" demo --quiet --boot "$firmware/boot/boot.bin" \
    --app "$firmware/app/pethouse/pethouse_03010101.bin" \
    --update "$firmware/app/pethouse/pethouse_03010102.bin" |
    sed -nE 's/^demo: device [0-9A-F]+ updated .* in ([0-9.]+) s$/\1/p')
for value in "$mips" "$boot" "$app" "$demo"; do
    [ -n "$value" ] || { echo "bench.sh: a measurement is missing" >&2; exit 1; }
done

# numbers: lines "NAME NUMBER" as one object
numbers() {
    jq -nR '[inputs / " " | {(.[0]): (.[1] | tonumber)}] | add // {}'
}
# kept RUN NAME...: these numbers of the result of a long run, as far as there is one
kept() {
    file=bench/$1.json
    shift
    [ ! -s "$file" ] || jq '. as $all | reduce $ARGS.positional[] as $name ({}; .[$name] = $all[$name])' \
        "$file" --args "$@"
}
# no WHAT...: say what is missing in the results
no() {
    echo "bench.sh: $*" >&2
}

# Counts, and times of the model's own clock: two go on side by side.
: >"$out/ed25519.txt"
ed25519=
if [ -x "$build/tests/oracle/oracle_ed25519" ]; then
    "$build/tests/oracle/oracle_ed25519" --count 100000 >"$out/ed25519.txt" &
    ed25519=$!
else
    no "libsodium is not installed (scripts/need.sh oracle): no signatures compared"
fi
"$build/bench/boot_bench" "$firmware" >"$out/boot.txt"
[ -s "$out/boot.txt" ] || { no "nothing measured of the bootloader"; exit 1; }
numbers <"$out/boot.txt" >"$out/boot.json"
"$build/bench/wire_ratio" "$firmware" >"$out/wire.txt"
numbers <"$out/wire.txt" >"$out/wire.json"
: >"$out/unicorn.txt"
if [ -x "$build/bench/unicorn_mips" ]; then
    "$build/tests/oracle/oracle_unicorn" --count 1200000 |
        sed 's/^instructions\|^mismatches/model_vs_unicorn_&/' >"$out/unicorn.txt"
else
    no "libunicorn is not installed (scripts/need.sh oracle): nothing to compare with"
fi
"$build/tests/unit/test_action_life" 1000000 >"$out/action.txt" 2>&1
sequences=$(sed -n 's/^\([0-9]*\) sequences of .*/\1/p' "$out/action.txt")
"$build/tests/unit/test_receiver_refusal" >"$out/refusal.txt" 2>&1
erases=$(sed -n 's/^1000 offers of an installed file: \([0-9]*\) erases$/\1/p' "$out/refusal.txt")
[ -z "$ed25519" ] || wait "$ed25519"

# Times of this machine's clock: one after the other.
[ ! -x "$build/bench/unicorn_mips" ] ||
    "$build/bench/unicorn_mips" "$firmware/bench/cpu/bench_cpu.bin" >>"$out/unicorn.txt"
scripts/cloud-bench.sh "$build" >"$out/cloud.txt"
numbers <"$out/cloud.txt" >"$out/cloud.json"
tests=$build/tests.json
[ -s "$tests" ] || { no "no make test has been here: tests_skipped is missing"; tests=; }

{
    numbers <<END
model_mips $mips
boot_bytes $boot
app_bytes $app
demo_device_s $demo
action_sequences $sequences
repeat_install_erases $erases
END
    kept campaign power_arm_cases power_arm_second_cuts power_arm_cuts_per_s power_failures
    kept noise noise_runs noise_wrong_images
    kept kill kill_rounds kill_losses
    kept glitch glitch_positions glitch_inside glitch_accepted glitch_recoveries
    kept startup power_native_cases power_native_cuts_per_s power_multi_cases power_worn
    kept maps maps_proved journal_triple_cuts power_map_cases
    kept worn worn_flash_cases worn_flash_dead_boards
    kept worn-board worn_board_cases worn_board_dead_boards
    # What must not happen: all campaigns together, the native ones and that of the real binaries.
    cat bench/startup.json bench/maps.json bench/campaign.json 2>/dev/null | jq -s 'add as $all |
        reduce ("bricks", "lost_reverts", "lost_confirms", "unverified_starts") as $name ({};
            .["power_" + $name] = ([$all["power_" + $name, "power_map_" + $name, "power_arm_" + $name]] | add)) |
        .unreachable_boards = ([$all["power_unreachable_boards", "power_map_unreachable_boards",
            "power_arm_unreachable_boards"]] | add)'
    # Lives with the drop-in: native ones, and those of the real binaries under two bootloaders.
    cat bench/dropin.json bench/campaign.json 2>/dev/null | jq -s 'add | {
        dropin_power_cases: (.dropin_power_cases + .dropin_arm_cases),
        dropin_unreachable_boards: (.dropin_unreachable_boards + .dropin_arm_unreachable_boards)}'
    cat "$out/boot.json" "$out/wire.json" "$out/cloud.json"
    grep -E '^model_vs_unicorn_(speed|instructions|mismatches) ' "$out/unicorn.txt" | numbers
    grep -E '^ed25519_(cases|mismatches) ' "$out/ed25519.txt" | numbers
    [ -z "$tests" ] || jq '{tests_skipped, bad_input_cases, cli_file_cases}' "$tests"
} | jq -s 'add | with_entries(select(.value != null))' >"$out/results.json"
# figure NAME: of what boot_bench, wire_ratio and cloud-bench.sh measured
figure() {
    jq -s "add.$1" "$out/boot.json" "$out/wire.json" "$out/cloud.json"
}

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
    echo "| journal_erases_in_32_updates: of each of its pages | $(figure journal_erases_in_32_updates) | limit 4 |"
    echo "| wire_ratio_9600_full_26k: READY to the last ACK / the time the bytes need | $(figure wire_ratio_9600_full_26k) | limit 1.06; bytes lost in the app's ring: $(figure ring_lost_bytes) |"
    echo "| app_bytes: pethouse 03010101 with trailer | $app | slot 26624, the tutorial's demo 23068 |"
    echo "| demo_device_s: otter demo, board time | $demo | the open GAgent alone needs 29.7 for 23068 bytes at the same 9600 baud |"
    echo "| ddi_polls_per_s: authenticated polls, 100 kept connections, 100,000 devices | $(figure ddi_polls_per_s) | wanted 60000 on two cores, load generator included |"
    echo "| ddi_poll_p99_ms: the slowest of a hundred of them | $(figure ddi_poll_p99_ms) | wanted 10 |"
    echo "| ddi_new_connection_polls_per_s: a new connection for each | $(figure ddi_new_connection_polls_per_s) | wanted 25000 |"
    echo "| cloud_26k_per_s: a file of 26 KB to devices | $(figure cloud_26k_per_s) | nginx in the same run: $(figure nginx_26k_per_s) |"
    echo "| rollout_10k_s: 10,000 devices, 26 KB, every status durable | $(figure rollout_10k_s) | wanted 2 |"
    echo "| rss_100k_devices_mb: memory with 100,000 devices | $(figure rss_100k_devices_mb) | wanted 64 |"
    echo "| restart_100k_ms: from exec to the first answer with them | $(figure restart_100k_ms) | wanted 200 |"
    echo
    scripts/proof.sh
} >"$out/results.md"
cat "$out/results.md"
