# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# on_board.sh: to be sourced by a test with a device of its own: a folder `dir`, which is gone at the end, as is the
# process `board` (empty: there is none).
dir=$(mktemp -d)
board=
cleanup() {
    [ -z "$board" ] || kill "$board" 2>/dev/null || true
    rm -rf "$dir"
}
trap cleanup EXIT
