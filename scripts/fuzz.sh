#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh SECONDS [TARGET...]: build the libFuzzer targets and run each that long, two at a time, from
# the corpus in the tree (which stays as it is). A crash is printed with the line that repeats it.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:?usage: fuzz.sh SECONDS [TARGET...]}
shift
dir=${FUZZ_DIR:-build/fuzz} # inputs that crash stay in DIR/crashes
mkdir -p "$dir/crashes"
log=$dir/build.log
[ $# -gt 0 ] || set -- frame message trailer startup recovery device module loader gdb image_file ed25519 \
    rule ddi http_range agent
# shellcheck disable=SC2046 # names without spaces
{ cmake --preset fuzz -B "$dir" &&
    cmake --build "$dir" -j "$(nproc)" --target $(printf 'fuzz_%s ' "$@"); } >"$log" 2>&1 || {
    cat "$log"
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/one" <<'END'
set -eu
name=$1
program=$DIR/tests/fuzz/fuzz_$name
cp -r "tests/fuzz/corpus/$name" "$WORK/$name"
if "$program" -max_total_time="$SECONDS_EACH" -timeout=600 -max_len=4096 -print_final_stats=1 \
    -dict=tests/fuzz/gizwits.dict -artifact_prefix="$DIR/crashes/$name-" "$WORK/$name" \
    >"$WORK/$name.log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$WORK/$name.log")
    echo "fuzz_$name: $runs runs in $SECONDS_EACH s, no crash"
else
    grep -vE '^#[0-9]+|^stat::' "$WORK/$name.log" | tail -n 40
    file=$(sed -nE 's/.*Test unit written to (.*)$/\1/p' "$WORK/$name.log" | head -n 1)
    echo "fuzz_$name: FAILED; repeat with: $program $file"
    exit 1
fi
END
export DIR="$dir" WORK="$work" SECONDS_EACH="$seconds"
printf '%s\n' "$@" | xargs -P 2 -n 1 sh "$work/one"
