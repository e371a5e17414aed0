#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# exceptions.sh ON_MODEL TRACE_ELF TRACE_BIN: the exception trace program on qemu-system-arm and on
# the board model; the lines must be equal but for known.txt.
set -eu
on_model=$1
elf=$2
bin=$3
known=$(dirname "$0")/exceptions/known.txt
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if ! command -v qemu-system-arm >/dev/null 2>&1; then
    echo "skipped: qemu-system-arm is not installed (scripts/need.sh oracle installs it)"
    exit 77
fi
# The program ends with a system reset.
timeout 3600 qemu-system-arm -M stm32vldiscovery -nographic -monitor none -serial stdio -no-reboot \
    -kernel "$elf" </dev/null >"$dir/qemu.raw" 2>"$dir/qemu.err" || {
    cat "$dir/qemu.raw" "$dir/qemu.err"
    echo "exceptions: qemu-system-arm did not come to an end" >&2
    exit 1
}
"$on_model" "$bin" >"$dir/model"
cp "$dir/qemu.raw" "$dir/qemu"
grep -v '^#' "$known" | while IFS='|' read -r theirs right why; do
    awk -v a="$theirs" -v b="$right" '$0 == a { print b; next } { print }' "$dir/qemu" >"$dir/next"
    cmp -s "$dir/next" "$dir/qemu" || echo "known QEMU fault: $theirs ($why)"
    mv "$dir/next" "$dir/qemu"
done
if ! diff -u "$dir/qemu" "$dir/model"; then
    echo "exceptions: FAILED (- qemu, + model)"
    echo "  repeat: tests/oracle/exceptions.sh $on_model $elf $bin"
    exit 1
fi
lines=$(wc -l <"$dir/model")
[ "$lines" -ge 40 ] || { echo "exceptions: only $lines lines" >&2; exit 1; }
echo "exceptions: $lines lines equal"
