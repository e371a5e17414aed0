#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kill.sh [ROUNDS [OPTION...]]: kill -9 of server, daemon and board at random moments, the whole count; kept in
# bench/kill.json. Some 20 minutes for 200 rounds. OPTIONs go to tests/e2e/kill/kill.py.
set -eu
cd "$(dirname "$0")/.."
rounds=${1:-200}
[ $# -eq 0 ] || shift
scripts/need.sh cloud
# What runs is a copy: the tree can be worked on meanwhile.
work=build/bench/kill
mkdir -p "$work/boot" "$work/bench/fast_app"
cp build/host/cli/otter build/host/cloud/otter-cloud build/host/moduled/otter-module "$work"
cp build/firmware/boot/boot.bin "$work/boot"
cp build/firmware/bench/fast_app/*.bin "$work/bench/fast_app"
tests/e2e/kill/kill.py "$work/otter" "$work/otter-cloud" "$work/otter-module" "$work" \
    --rounds "$rounds" --json build/kill.json "$@"
scripts/keep.sh build/kill.json bench/kill.json core module board agent moduled cloud app boot port host cli
