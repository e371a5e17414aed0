#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# startup.sh [MULTI]: the whole native campaign of the bootloader: every flash operation of
# eleven lives in every way, and MULTI (1,000,000) random double and triple cuts; kept in
# bench/startup.json. About 20 minutes of processor time.
set -eu
cd "$(dirname "$0")/.."
build/host/tests/power/power_startup --every 1 --multi "${1:-1000000}" --json build/startup.json
scripts/keep.sh build/startup.json bench/startup.json core tests/power tests/support
