#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# proof.sh: the table of the long runs that are kept in bench/: what was lost in them, when, and at which commit.
set -eu
cd "$(dirname "$0")/.."
# row NAME FILE CASES LOST [ROWS]: LOST is a pattern of all that must not be, ROWS of the file's rows that are meant
row() {
    [ -s "$2" ] || return 0
    jq -r --arg cases "$3" --arg lost "$4" --arg rows "${5:-}" '
        def commas: tostring | if length > 3 then (.[:-3] | commas) + "," + .[-3:] else . end;
        select(.[$cases] != null) |
        (if $rows == "" then . else [.rows | to_entries[] | select(.key | test($rows)).value] | max_by(.date) end) as $run |
        [(.[$cases] | commas), ([to_entries[] | select(.key | test($lost)).value] | add), $run.date, $run.commit] | @tsv
        ' "$2" | while read -r cases lost date commit; do
        printf '| %-58s | %10s | %4d | %-10s | %-8s |\n' "$1" "$cases" "$lost" "$date" "$commit"
    done
}
echo "| what fails, and where                                      |      cases | lost | when       | commit   |"
echo "|------------------------------------------------------------|-----------:|-----:|------------|----------|"
row 'power, in each flash operation; the core of the bootloader' bench/startup.json power_native_cases \
    '_(bricks|reverts|confirms|starts|boards|endless|worn)$'
row 'the same with slots of 26 to 122 pages of 1 and 2 KB' bench/maps.json power_map_cases \
    '_(bricks|reverts|confirms|starts|boards|endless|worn)$'
row 'the same under a generated project with the drop-in' bench/dropin.json dropin_power_cases \
    '^dropin_power_failures$'
row 'flash that fails, for good or for a while; the core' bench/worn.json worn_flash_cases \
    '_(boards|reverts|confirms|starts|unreachable|endless|erased)$'
row 'power, in each flash operation; the binaries on the model' bench/campaign.json power_arm_cases \
    '^power_failures$'
row 'of these: generated projects with the drop-in' bench/campaign.json dropin_arm_cases '^dropin_arm_failures$' \
    '^dropin-'
row 'flash that fails; the binaries on the model' bench/worn-board.json worn_board_cases \
    '_(boards|reverts|starts|erased)$'
row 'one instruction that is passed over, verifying a bad image' bench/glitch.json glitch_positions \
    '_(accepted|recoveries)$'
row 'the serial line: bytes lost, changed, added, in an update' bench/noise.json noise_runs '_(images|ends)$'
