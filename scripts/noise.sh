#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# noise.sh [RUNS]: the whole figure of updates over noisy lines; kept in bench/noise.json. About 12
# minutes of processor time for 2,000 runs.
set -eu
cd "$(dirname "$0")/.."
build/host/tests/e2e/e2e_noise --runs "${1:-2000}" --jobs "$(nproc)" --json build/noise.json
scripts/keep.sh build/noise.json bench/noise.json core module board lab app boot port host cli
