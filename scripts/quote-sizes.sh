#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# quote-sizes.sh: bring the sizes in READMEs and design.md up to the build's. A row is known by its name; new ones,
# and those that are gone, are the writer's: lint.sh tells.
set -eu
cd "$(dirname "$0")/.."
scripts/sizes.sh build/firmware >build/sizes.md
for file in README.md README.zh-CN.md docs/design.md; do
    awk -F '|' 'NR == FNR { if ($3 ~ /[0-9]/) row[$2] = $0; next }
        $2 in row { print row[$2]; next }
        { print }' build/sizes.md "$file" >build/quoted.md
    cat build/quoted.md >"$file"
done
