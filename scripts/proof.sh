#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# proof.sh: the table of the long runs that are kept in bench/: what was lost in them, when, and at which commit.
set -eu
cd "$(dirname "$0")/.."
# row NAME FILE CASES LOST: LOST is a pattern of all that must not be
row() {
    awk -v what="$1" -v cases_name="$3" -v lost_name="$4" '
        match($0, /"[a-z_]+"/) {
            name = substr($0, RSTART + 1, RLENGTH - 2)
            value = $2 + 0
            if (name == cases_name) { cases = value } else if (name ~ lost_name) { lost += value }
            text = $2
            gsub(/[",]/, "", text)
            if (name == "date") { date = text } else if (name == "commit") { commit = text }
        }
        END {
            for (text = cases; match(text, /^[0-9]+[0-9][0-9][0-9]/); ) {
                head = substr(text, 1, RLENGTH - 3)
                tail = "," substr(text, RLENGTH - 2)
                text = head tail
            }
            printf "| %-58s | %9s | %4d | %-10s | %-7s |\n", what, text, lost, date, commit
        }' "$2"
}
echo "| what fails, and where                                      |     cases | lost | when       | commit  |"
echo "|------------------------------------------------------------|----------:|-----:|------------|---------|"
row 'power, in each flash operation; the core of the bootloader' bench/startup.json power_native_cases \
    '_(bricks|reverts|confirms|starts|endless|worn)$'
row 'power, in each flash operation; the binaries on the model' bench/campaign.json power_arm_cases \
    '^power_failures$'
row 'one instruction that is passed over, verifying a bad image' bench/glitch.json glitch_positions \
    '_(accepted|recoveries)$'
row 'the serial line: bytes lost, changed, added, in an update' bench/noise.json noise_runs '_(images|ends)$'
