#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# noise.sh [RUNS]: the whole figure of updates over noisy lines; kept in bench/noise.json with date and
# commit. About 12 minutes of processor time for 2,000 runs.
set -eu
cd "$(dirname "$0")/.."
kept=bench/noise.json
part=build/noise.json
build/host/tests/e2e/test_noise --runs "${1:-2000}" --jobs "$(nproc)" --json "$part"
commit=$(git rev-parse --short HEAD)
git diff --quiet HEAD -- core module board app boot port cli || commit=$commit+
{
    sed '$d' "$part" | sed '$s/$/,/'
    printf '  "date": "%s",\n  "commit": "%s"\n}\n' "$(date -u +%Y-%m-%d)" "$commit"
} >"$kept"
cat "$kept"
