#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# campaign.sh [OPTION...]: the whole power campaign, hours of processor time: every flash operation in
# every way and 20,000 second cuts with a supply that MCU and module share; then every 10th operation
# and 2,000 second cuts with a module that keeps its power. Keeps the figures in bench/campaign.json.
# OPTIONs go to both runs of `otter board campaign`; with any, the figures stay in build/.
set -eu
firmware=build/firmware
out=build/bench
keep=bench/campaign.json
mkdir -p "$out"
[ $# -eq 0 ] || keep=$out/campaign.json

commit=$(git rev-parse --short HEAD 2>/dev/null || true)
[ -z "$(git status --porcelain --untracked-files=no 2>/dev/null)" ] || commit=$commit+
run() { # json, option...
    json=$1
    shift
    build/host/cli/otter board campaign --boot "$firmware/boot/boot.bin" \
        --app "$firmware/app/pethouse/pethouse_03010101.bin" \
        --update "$firmware/tests/fw/nextapp/pethouse_03010103.bin" \
        --commit "$commit" --json "$json" "$@"
}
status=0
run "$out/campaign-1.json" --every 1 --second 20000 --seed 1 "$@" || status=1
run "$out/campaign-2.json" --every 10 --second 2000 --seed 2 --mcu-only "$@" || status=1

# One object: the sums of both; operations and speed are of the first.
awk -F'[:,]' '
    /"power_/ { name = $1; gsub(/[ "]/, "", name); sum[name] += $2 }
    FNR == NR && /"(cuts_per_s|operations|jobs|date|commit)"/ { rest[++count] = $0 }
    END {
        printf "{\n  \"power_cases\": %d,\n  \"power_second_cuts\": %d,\n  \"power_failures\": %d,\n",
            sum["power_cases"], sum["power_second_cuts"], sum["power_failures"]
        for (i = 1; i <= count; i++) {
            sub(/,$/, "", rest[i])
            print rest[i] (i < count ? "," : "")
        }
        print "}"
    }' "$out/campaign-1.json" "$out/campaign-2.json" >"$keep.new"
mv "$keep.new" "$keep"
cat "$keep"
exit $status
