#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# push_reasons.sh OTTER FIRMWARE_DIR: what `otter push` says when the real bootloader refuses an image,
# takes one back, and has none. Modelled board and `otter push` are two processes on a pty.
set -eu
otter=$1
firmware=$2
factory=$firmware/app/pethouse/factory.hex
boot=$firmware/boot/boot.bin
old=$firmware/app/pethouse/pethouse_03010101.bin
mute=$firmware/app/app_no_confirm/app_no_confirm.bin
# shellcheck source=tests/e2e/on_board.sh
. "$(dirname "$0")/on_board.sh"

# board_start LOAD...: a new board with these in flash
board_start() {
    rm -f "$dir/flash.bin" "$dir/mcu"
    "$otter" board run --strict "$@" --flash "$dir/flash.bin" --uart1 "file:$dir/log" \
        --uart2 "pty:$dir/mcu" --realtime 2>"$dir/board.err" &
    board=$!
    while [ ! -e "$dir/mcu" ]; do
        if ! kill -0 "$board" 2>/dev/null; then
            cat "$dir/board.err" >&2
            echo "push_reasons: board: no pty appeared" >&2
            exit 1
        fi
        sleep 0.1
    done
}

board_stop() {
    kill -INT "$board"
    wait "$board" || { cat "$dir/board.err" >&2; exit 1; }
    board=
}

# push CODE ARG...
push() {
    want=$1
    shift
    code=0
    "$otter" push "$@" --port "$dir/mcu" --timeout 3600 >"$dir/out" 2>"$dir/err" || code=$?
    cat "$dir/out" "$dir/err"
    if [ "$code" -ne "$want" ]; then
        echo "push_reasons: exit code $code instead of $want" >&2
        cat "$dir/log" >&2
        exit 1
    fi
}

# said FILE TEXT, silent FILE TEXT: on stdout (out) or stderr (err) of the last push
said() {
    grep -qF "$2" "$dir/$1" || { echo "push_reasons: nobody said: $2" >&2; exit 1; }
}
# is FILTER: jq says so of the JSON object that the last push has printed
is() {
    jq -e "$1" "$dir/out" >/dev/null || { echo "push_reasons: not so: $1" >&2; exit 1; }
}
silent() {
    ! grep -qF "$2" "$dir/$1" || { echo "push_reasons: wrongly said: $2" >&2; exit 1; }
}

# One bit of the signature, which is the end of the file.
size=$(wc -c <"$mute")
last=$(tail -c 1 "$mute" | od -An -tu1 | tr -d ' ')
{
    head -c $((size - 1)) "$mute"
    printf '%b' "\\0$(printf '%o' $((last ^ 1)))"
} >"$dir/forged.bin"

board_start --load "$factory"
push 1 "$dir/forged.bin"
silent err "its last update"
said err "the MCU runs version 03010101; the update was refused: its signature is not right"
push 1 "$mute" --json
said err "its last update was refused: its signature is not right"
said err "the MCU runs version 03010101; the update was reverted: the new version did not confirm within 3 starts"
is '.result == "failed" and .reason == "not-installed"'
is '.last_update == {outcome: "refused", why: "signature", number: 7}'
is '.update == {outcome: "reverted", why: "unconfirmed", number: 2}'
board_stop

# Nothing but the bootloader.
board_start --load "$boot@0x08000000"
push 0 "$old" --json
said err "MCU hardware 03010100 is in recovery: its bootloader waits for an image"
said err "why: there is no image, or none with a trailer that fits (4)"
is '.result == "updated" and .to == "03010101" and .recovery and .last_update.why == "no-image"'
is '.update == {outcome: "repaired", why: "damaged", number: 12}'
board_stop
echo "push_reasons: refused, reverted and recovered, each said"
