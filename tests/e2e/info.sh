#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# info.sh OTTER FIRMWARE_DIR PTY_PEER: what `otter info` shows of an MCU, and what `otter push` says before it sends:
# the pet house and its bootloader on the modelled board, then MCUs whose answers are made up.
set -eu
otter=$1
firmware=$2
pty_peer=$3
app=$firmware/app/pethouse/pethouse_03010102.bin
# shellcheck source=tests/e2e/on_board.sh
. "$(dirname "$0")/on_board.sh"

fail() {
    echo "e2e_info: $1" >&2
    cat "$dir/out" "$dir/err" >&2
    exit 1
}
await_pty() {
    while [ ! -e "$dir/mcu" ]; do
        kill -0 "$board" 2>/dev/null || fail 'no pty appeared'
        sleep 0.1
    done
}
# board_start LOAD...: a new board with these in flash
board_start() {
    rm -f "$dir/flash.bin" "$dir/mcu"
    "$otter" board run --strict "$@" --flash "$dir/flash.bin" --uart1 "file:$dir/log" \
        --uart2 "pty:$dir/mcu" --realtime 2>"$dir/board.err" &
    board=$!
    await_pty
}
board_stop() {
    kill -INT "$board"
    wait "$board" || { cat "$dir/board.err" >&2; exit 1; }
    board=
}
# peer_start HOW: an MCU with version 03010101
peer_start() {
    rm -f "$dir/mcu"
    "$pty_peer" "$dir/mcu" 03010101 "$1" >"$dir/peer" &
    board=$!
    await_pty
}
peer_stop() {
    wait "$board" || fail 'the peer failed'
    board=
}

# run CODE COMMAND ARG...
run() {
    want=$1
    command=$2
    shift 2
    code=0
    "$otter" "$command" "$@" --port "$dir/mcu" >"$dir/out" 2>"$dir/err" || code=$?
    [ "$code" -eq "$want" ] || fail "otter $command $*: exit code $code instead of $want"
}
said() {
    grep -qF "$2" "$dir/$1" || fail "nobody said: $2"
}
is() {
    jq -e "$1" "$dir/out" >/dev/null || fail "not so: $1"
}
# refuses WHY NUMBER TEXT ARG...: before anything is offered, with this reason and number
refuses() {
    why=$1
    number=$2
    text=$3
    shift 3
    run 1 push "$@" --json
    said err "not sent: the file was $text"
    is ".result == \"failed\" and .reason == \"refused\" and .pieces == 0 and .seconds < 10"
    is ".update.why == \"$why\" and .update.number == $number"
}

"$otter" key new "$dir/foreign.pem" >"$dir/out" 2>"$dir/err"
head -c $(($(wc -c <"$app") - 112)) "$app" >"$dir/plain.bin"
image() { # image COMMAND OUT VERSION ARG...
    command=$1
    out=$2
    version=$3
    shift 3
    "$otter" image "$command" "$dir/plain.bin" -o "$dir/$out" --hardware 03010100 --version "$version" "$@" \
        >"$dir/out" 2>"$dir/err" || fail "$out cannot be made"
}
image make unsigned.bin 03010102
image sign foreign.bin 03010102 --key "$dir/foreign.pem"
image sign foreign_older.bin 03010100 --key "$dir/foreign.pem"
own=$("$otter" image inspect "$app" --json | jq .trailer.key_id)
other=$("$otter" image inspect "$dir/foreign.bin" --json | jq .trailer.key_id)

# ---- the pet house ----
board_start --load "$firmware/app/pethouse/factory.hex"
run 0 info
said out 'version      03010101, number 0x03010101 (50397441)'
said out 'state        running, not on trial'
said out 'last update  installed, or there was none'
said out 'floor        0x03010101 (50397441): lower numbers are refused as older'
said out 'slot         26624 bytes'
said out 'verifies signatures'
said out "$(printf 'keys         0x%08x' "$own")"
said out 'can          judge, force'
run 0 info --json
is '.answers == "otter" and .hardware == "03010100" and .version == "03010101" and .recovery == null'
is '.on_trial == false and .last_update == null'
is '.about.number == 50397441 and .about.floor == 50397441 and .about.slot == 26624'
is '.about.takes_hardware == "03010100" and .about.can == ["judge", "force"]'
is ".about.bootloader.verifies and .about.bootloader.keys == [\"$(printf '0x%08x' "$own")\"]"
refuses no-image 4 'refused: the file has no trailer, or it does not fit' "$dir/plain.bin" --version 03010102
refuses unsigned 5 'refused: the image is not signed' "$dir/unsigned.bin"
refuses unknown-key 6 "$(printf 'refused: it is signed with a key the device does not know, 0x%08x; known: 0x%08x' \
    "$other" "$own")" "$dir/foreign.bin"
refuses unknown-key 6 'refused: it is signed with a key the device does not know' "$dir/foreign_older.bin"
# The version that runs already is nothing to refuse.
run 0 push "$firmware/app/pethouse/pethouse_03010101.bin"
said out 'already has version 03010101'
{ cat "$dir/plain.bin"; head -c 20000 /dev/zero; } >"$dir/large.bin"
run 1 push "$dir/large.bin" --version 03010102 --slot 60000 --json
said err 'do not fit the MCU'
is '.reason == "too-large" and .pieces == 0 and .update == null'
# With --force the bootloader says it, after the transfer.
run 1 push "$dir/foreign.bin" --force --json --timeout 3600
is '.reason == "not-installed" and .pieces > 0 and .update.why == "unknown-key"'
run 0 info
said out 'last update  refused: it is signed with a key the device does not know (reason 6)'
# The history goes with the file: it is known that it was there once.
run 1 push "$dir/foreign.bin"
said err 'not sent: the file was refused: it is signed with a key'
board_stop

# ---- the next version, as a probe flashes it ----
board_start --load "$firmware/boot/boot.bin@0x08000000" --load "$app@0x08003000"
run 0 info --json
is '.version == "03010102" and .about.number == 50397442 and .about.floor == 50397442'
refuses older 9 'refused: it is older than what is installed; its number is 0x03010101, the lowest taken is 0x03010102' \
    "$firmware/app/pethouse/pethouse_03010101.bin"
board_stop

# ---- its bootloader ----
board_start --load "$firmware/boot/boot.bin@0x08000000"
run 0 info
said out 'state        in recovery: the bootloader answers, and waits for an image'
said out 'why          there is no image, or none with a trailer that fits (reason 4)'
run 0 info --json
is '.answers == "recovery" and .recovery == {why: "no-image", number: 4} and .about == null and .on_trial == null'
board_stop

# ---- MCUs of all kinds ----
peer_start good
run 0 info
said out 'otter        no'
peer_stop
# the program of the build in its other form, and one with a bootloader before it
peer_start good
run 0 push "${app%.bin}.elf" --json
is ".result == \"updated\" and .bytes == $(wc -c <"$app")"
peer_stop
run 1 push "$firmware/app/pethouse/factory.hex"
said err 'factory.hex: a factory image, with a bootloader; give the app alone'
peer_start old
run 0 info
said out 'does not answer the question 0x6F'
peer_stop
peer_start good
run 0 info --json
is '.answers == "other" and .about == null and .on_trial == null and .last_update == null'
peer_stop
peer_start deaf
run 1 info
said err 'otter: info: '
said err 'the MCU does not answer'
peer_stop
# those that restart the module in place of an answer
peer_start resets
run 1 info --timeout 5
said err 'the MCU has told nothing in 5 s: it restarts the module again and again'
peer_stop
peer_start restless
run 0 info --timeout 5
said out 'version      03010101'
peer_stop

never_offered() {
    peer_stop
    [ ! -s "$dir/peer" ] || fail 'the file was offered'
}
peer_start installed
refuses installed 18 'not taken: the device holds this very file already' "$app"
never_offered
peer_start tried
refuses tried 20 'not taken: the device has tried this file three times; the last time it was refused: its signature' "$app"
never_offered
peer_start small
run 1 push "$app" --json
said err 'bytes do not fit the MCU'
is '.reason == "too-large"'
never_offered
# What is no refusal: an app on trial, which confirms; one that says nothing; and a person who insists.
for how in trial old; do
    peer_start $how
    run 0 push "$app"
    peer_stop
    said peer 0x19
done
peer_start installed
run 0 push "$app" --force
peer_stop
said peer 0x19
echo "e2e_info: shown, and refused before a transfer"
