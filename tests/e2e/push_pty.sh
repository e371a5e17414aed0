#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# push_pty.sh OTTER FIRMWARE_DIR: the modelled board and `otter push` as two processes on a pty, at
# 9600 baud in real time. The .hex is given; what must be in flash is the .bin.
set -eu
otter=$1
firmware=$2
# shellcheck source=tests/e2e/on_board.sh
. "$(dirname "$0")/on_board.sh"

"$otter" board run --strict --load "$firmware/app/pethouse/factory.hex" --flash "$dir/flash.bin" \
    --uart1 "file:$dir/log" --uart2 "pty:$dir/mcu" --realtime 2>"$dir/board.err" &
board=$!
while [ ! -e "$dir/mcu" ]; do
    if ! kill -0 "$board" 2>/dev/null; then
        cat "$dir/board.err" >&2
        echo "push_pty: board: no pty appeared" >&2
        exit 1
    fi
    sleep 0.1
done

"$otter" push "$firmware/app/pethouse/pethouse_03010102.hex" --port "$dir/mcu" --timeout 3600 | tee "$dir/push.out"
grep -q 'updated 03010101 -> 03010102' "$dir/push.out"
kill -INT "$board"
wait "$board" || { cat "$dir/board.err" >&2; exit 1; }
board=
grep -q 'SoftVersion = 03010102' "$dir/log"
# APP lies at 0x3000 of the flash image that the board has saved.
size=$(wc -c <"$firmware/app/pethouse/pethouse_03010102.bin")
tail -c +12289 "$dir/flash.bin" | head -c "$size" | cmp - "$firmware/app/pethouse/pethouse_03010102.bin"
echo "push_pty: APP is the new image, bit by bit"
