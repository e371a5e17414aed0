#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# campaign.sh [OPTION...]: the whole power campaign on the real binaries, 290,000 cases, 76,000 of them with a
# second cut: some five hours of processor time. An update, one that is taken back, and a recovery, cut in every
# flash operation, not done and torn; samples of them in every way and with a second cut, and with a module
# that keeps its power; samples of the ways in beside an update. Keeps the figures in bench/campaign.json.
# OPTIONs go to every run of `otter board campaign`; with any, the figures stay in build/. A run that was stopped goes
# on with the row at which it was, as long as programs, rows and OPTIONs are the same.
set -eu
cd "$(dirname "$0")/.."
out=build/bench
keep=bench/campaign.json
[ $# -eq 0 ] || keep=$out/campaign.json

commit=$(git rev-parse --short HEAD 2>/dev/null || true)
[ -z "$(git status --porcelain --untracked-files=no 2>/dev/null)" ] || commit=$commit+
# What runs is a copy: the tree can be worked on meanwhile.
firmware=build/firmware
files="build/host/cli/otter $firmware/boot/boot.elf $firmware/app/pethouse/pethouse_03010101.bin
    $firmware/app/app_v3/pethouse_03010103.bin $firmware/app/app_no_confirm/app_no_confirm.bin
    $firmware/app/app_crashes/app_crashes.bin"
# shellcheck disable=SC2086 # a list of words
work=$out/campaign/$({ cat scripts/campaign.sh $files; echo "$@"; } | sha256sum | cut -c 1-12)
mkdir -p "$work"
# shellcheck disable=SC2086
cp $files "$work"
status=0
number=0
run() { # scenario, option...
    scenario=$1
    shift
    case $scenario in
    update) set -- --app "$work/pethouse_03010101.bin" --update "$work/pethouse_03010103.bin" "$@" ;;
    revert) set -- --app "$work/pethouse_03010101.bin" --update "$work/app_no_confirm.bin" "$@" ;;
    recovery) set -- --update "$work/pethouse_03010103.bin" "$@" ;;
    mute)
        scenario=recovery-bad
        set -- --update "$work/app_no_confirm.bin" --rescue "$work/pethouse_03010103.bin" "$@"
        ;;
    crash)
        scenario=recovery-bad
        set -- --update "$work/app_crashes.bin" --rescue "$work/pethouse_03010103.bin" "$@"
        ;;
    watchdog-loop) set -- --app "$work/app_crashes.bin" --update "$work/pethouse_03010103.bin" "$@" ;;
    refused) set -- --app "$work/pethouse_03010101.bin" --update "$work/app_no_confirm.bin" "$@" ;;
    repeated) set -- --app "$work/pethouse_03010101.bin" --update "$work/pethouse_03010103.bin" "$@" ;;
    esac
    number=$((number + 1))
    [ ! -e "$work/$number.json" ] || return 0
    "$work/otter" board campaign --scenario "$scenario" --boot "$work/boot.elf" --remember --compare 200 \
        --seed $number --commit "$commit" --json "$work/$number.new" "$@" || status=1
    [ $status -ne 0 ] || mv "$work/$number.new" "$work/$number.json"
}
run update --every 1 --tears not-done,torn "$@"
run update --every 10 --second 14000 "$@"
run update --every 15 --second 2000 --mcu-only "$@"
run revert --every 1 --tears not-done,torn "$@"
run revert --every 20 --second 5000 "$@"
run recovery --every 1 --tears not-done,torn "$@"
run recovery --every 40 --second 1000 "$@"
# The ways in beside an update, 20,000 cases each: every tenth operation in every way, the rest with a second cut.
run mute --every 10 --second 11000 "$@"
run crash --every 10 --second 11000 "$@"
run watchdog-loop --every 10 --second 8000 "$@"
run refused --every 1 --second 17000 "$@"
run repeated --every 10 --second 8000 "$@"
figures=$(find "$work" -name '[0-9]*.json' -o -name '[0-9]*.new')
[ "$(echo "$figures" | wc -l)" -eq $number ] || exit 1

# One object: the sums of all, and when and how they were made.
# shellcheck disable=SC2086
jq -s '(reduce (.[] | to_entries[] | select(.key | startswith("power_") and (endswith("per_s") | not))) as $one
        ({}; .[$one.key] += $one.value)) as $sums
    | $sums + {power_arm_cuts_per_s: (10 * $sums.power_arm_cases / $sums.power_arm_seconds | round / 10)}
        + (.[0] | {jobs, date, commit})' $figures >"$keep.new"
mv "$keep.new" "$keep"
cat "$keep"
exit $status
