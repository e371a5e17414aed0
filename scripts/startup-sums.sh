#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# startup-sums.sh FOLDER: of what startup.sh has measured there, maps.json (how many maps are proved: 100,000 cases or
# more of each life, and nothing lost; all double and triple cuts, startup.json's too) and worn.json (all maps together).
set -eu
cd "$1"
# shellcheck disable=SC2016 # the $ are jq's
jq -s --slurpfile startup startup.json '
    ["bricks", "lost_reverts", "lost_confirms", "unverified_starts", "unreachable_boards", "endless", "worn"] as $losses
    | map(. + {fewest: ([.plans[]] | min), lost: ([.["power_" + $losses[]]] | add)})
    | {maps_proved: (map(select(.lost == 0 and .fewest >= 100000)) | length),
       power_map_cases: (map(.power_native_cases) | add),
       journal_triple_cuts: (map(.power_multi_cases) + [$startup[].power_multi_cases] | add)}
    + (. as $maps | reduce $losses[] as $name ({}; .["power_map_" + $name] = ($maps | map(.["power_" + $name]) | add)))
    + {maps: (map({(.map): {cases: .power_native_cases, fewest_of_a_life: .fewest}}) | add)}
    ' map-*.json >maps.json
jq -s 'reduce (.[] | to_entries[] | select(.value | type == "number")) as $one ({}; .[$one.key] += $one.value)' \
    worn-*.json >worn.json
