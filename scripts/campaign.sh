#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# campaign.sh [ROW...]: the whole power campaign on the real binaries, 395,000 cases, 100,000 of them with a second
# cut: some eleven hours of processor time. An update, one that is taken back, and a recovery, cut in every flash
# operation, not done and torn; samples of them in every way and with a second cut, and with a module that keeps its
# power; samples of the ways in beside an update, of slots of 58 pages, all of them full, and of generated projects
# with the drop-in under boot and under boot_unsigned. Each row is kept in bench/campaign.json when it is through, with
# its date, its commit and the bootloader's hash, and is not run again with the same bootloader unless it is named, or
# has failed. Rows of another bootloader are dropped.
set -eu
cd "$(dirname "$0")/.."
work=build/bench/campaign
keep=bench/campaign.json
only=" $* "
rm -rf "$work"
mkdir -p "$work"

commit=$(git rev-parse --short HEAD 2>/dev/null || true)
[ -z "$(git status --porcelain --untracked-files=no -- . ":!$keep" 2>/dev/null)" ] || commit=$commit+
# What runs is a copy: the tree can be worked on meanwhile.
firmware=build/firmware
cp build/host/cli/otter $firmware/boot/boot.elf $firmware/boot/boot_unsigned.elf \
    $firmware/tests/dropin/dropin_*.bin $firmware/app/pethouse/pethouse_03010101.bin \
    $firmware/app/app_v3/pethouse_03010103.bin $firmware/app/app_no_confirm/app_no_confirm.bin \
    $firmware/app/app_crashes/app_crashes.bin "$work"
map_128=build/firmware-128
cmake --preset firmware-128 >/dev/null
cmake --build --preset firmware-128 -j "$(nproc)" --target boot app_full_slot >/dev/null
cp $map_128/boot/boot.elf "$work/boot_128.elf"
cp $map_128/app/app_full_slot/full_*.bin "$work"

# The hash of a bootloader of 64 KB, without its keys, of which every tree has its own.
at() { # symbol, bootloader
    arm-none-eabi-nm $firmware/boot/"$2".elf | sed -n "s/^0800\(....\) . $1\$/0x\1/p"
}
hash_of() { # bootloader
    {
        head -c "$(($(at ld_keys "$1")))" $firmware/boot/"$1".bin
        tail -c "+$(($(at ld_ids_end "$1") + 1))" $firmware/boot/"$1".bin
    } | sha256sum | cut -c 1-12
}
hash_boot=$(hash_of boot)
hash_unsigned=$(hash_of boot_unsigned)
# Which of them a row runs, its name says; so do the filters below.
ran_by() { # row
    case $1 in *-unsigned) echo "$hash_unsigned" ;; *) echo "$hash_boot" ;; esac
}
of_64="--boot $work/boot.elf"
of_128="--map 128 --boot $work/boot_128.elf --app $work/full_03010101.bin"
old="--app $work/pethouse_03010101.bin"
new="--update $work/pethouse_03010103.bin"
mute="--update $work/app_no_confirm.bin"
crash="--update $work/app_crashes.bin"
rescue="--rescue $work/pethouse_03010103.bin"

is_wanted() { # row
    if [ "$only" != '  ' ]; then
        case $only in *" $1 "*) ;; *) return 1 ;; esac
    else
        [ ! -s "$keep" ] || jq -e --arg row "$1" --arg boot "$(ran_by "$1")" \
            '.rows[$row] | (.boot == $boot and .power_failures == 0) | not' "$keep" >/dev/null
    fi
}

# One row into the file, and the sums of all; with what the drop-in has to do, again. A brick is unreachable, too.
keep_row() { # row
    [ -s "$keep" ] || echo '{}' >"$keep"
    jq --arg row "$1" --arg boot "$hash_boot" --arg unsigned "$hash_unsigned" --slurpfile new "$work/$1.json" '
        def ran_by: if endswith("-unsigned") then $unsigned else $boot end;
        .rows[$row] = $new[0] + {boot: ($row | ran_by)}
        | .rows |= with_entries(select(.value.boot == (.key | ran_by)))
        | .rows as $rows
        | (reduce ($rows[] | to_entries[] | select(.key | startswith("power_") and (endswith("per_s") | not))) as $one
            ({}; .[$one.key] += $one.value)) as $sums
        | reduce ($rows | to_entries[] | select(.key | startswith("dropin-")).value) as $one ($sums;
            .dropin_arm_cases += $one.power_arm_cases
            | .dropin_arm_unsigned_cases += if $one.boot == $unsigned then $one.power_arm_cases else 0 end
            | .dropin_arm_failures += $one.power_failures
            | .dropin_arm_unreachable_boards += $one.power_arm_bricks + $one.power_arm_unreachable_boards)
        | . + {power_arm_cuts_per_s: (10 * $sums.power_arm_cases / $sums.power_arm_seconds | round / 10),
               date: $new[0].date, commit: $new[0].commit, $rows}' "$keep" >"$work/kept.json"
    mv "$work/kept.json" "$keep"
}

status=0
seed=0
run() { # row, option...
    row=$1
    shift
    seed=$((seed + 1))
    is_wanted "$row" || return 0
    echo "campaign: row $row"
    "$work/otter" board campaign --remember --compare 200 --seed $seed --commit "$commit" \
        --json "$work/$row.json" "$@" || status=1
    [ ! -s "$work/$row.json" ] || keep_row "$row"
}
# Generated projects of three kinds, over 20,000 cases with each bootloader: each of them updated by another, so that
# all pages differ; an update that hangs is taken back; after one that hears nothing, the next one is received. (That
# has a PCLK1 of 72 MHz for a moment.)
# The options are lists of words.
# shellcheck disable=SC2086
dropin() { # row's end, bootloader, images' end, every of: updates, reverts, rescue
    common="--boot $work/$2.elf --versions 03010101,03010102"
    run "dropin-2016$1" $common --app "$work/dropin_2016_03010101$3.bin" --update "$work/dropin_2017_03010102$3.bin" \
        --every "$4" --second 1000
    run "dropin-2017$1" $common --app "$work/dropin_2017_03010101$3.bin" --update "$work/dropin_odd_03010102$3.bin" \
        --every "$4" --second 1000
    run "dropin-odd$1" $common --app "$work/dropin_odd_03010101$3.bin" --update "$work/dropin_2016_03010102$3.bin" \
        --every "$4" --second 1000 --mcu-only
    run "dropin-revert$1" $common --scenario revert --app "$work/dropin_2016_03010101$3.bin" \
        --update "$work/dropin_hangs_03010102$3.bin" --every "$5" --second 2000
    run "dropin-rescue$1" $common,03010103 --scenario revert-rescue --app "$work/dropin_odd_03010101$3.bin" \
        --update "$work/dropin_deaf_03010102$3.bin" --rescue "$work/dropin_2017_03010103$3.bin" --lenient \
        --every "$6" --second 100
}
# shellcheck disable=SC2086
{
    run update --scenario update $of_64 $old $new --every 1 --tears not-done,torn
    run update-2 --scenario update $of_64 $old $new --every 10 --second 14000
    run update-mcu --scenario update $of_64 $old $new --every 15 --second 2000 --mcu-only
    run revert --scenario revert $of_64 $old $mute --every 1 --tears not-done,torn
    run revert-2 --scenario revert $of_64 $old $mute --every 20 --second 5000
    run recovery --scenario recovery $of_64 $new --every 1 --tears not-done,torn
    run recovery-2 --scenario recovery $of_64 $new --every 40 --second 1000
    # The ways in beside an update, 20,000 cases each: every tenth operation in every way, the rest with a second cut.
    run mute --scenario recovery-bad $of_64 $mute $rescue --every 10 --second 11000
    run crash --scenario recovery-bad $of_64 $crash $rescue --every 10 --second 11000
    run watchdog-loop --scenario watchdog-loop $of_64 --app "$work/app_crashes.bin" $new --every 10 --second 8000
    run refused --scenario refused $of_64 $old $mute --every 1 --second 17000
    run repeated --scenario repeated $of_64 $old $new --every 10 --second 8000
    # 58 pages of 1 KB, 20,000 cases each.
    run update-58 --scenario update $of_128 --update "$work/full_03010102.bin" --every 30 --second 6000
    run revert-58 --scenario revert $of_128 --update "$work/full_03010103.bin" --every 50 --second 8100
    dropin '' boot _signed 30 20 1600
    dropin -unsigned boot_unsigned '' 50 35 2800
}
jq 'del(.rows)' "$keep"
exit $status
