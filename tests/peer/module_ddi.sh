#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# module_ddi.sh OTTER OTTER_MODULE FIRMWARE_DIR STUB SCHEMA: `otter-module` between a DDI server that shares no code
# with otter (ddi_stub.py) and the modelled board, at 115200 baud in real time.
set -eu
otter=$1
module=$2
firmware=$3
stub=$4
schema=$5
old=$firmware/bench/fast_app/pethouse_115200.bin
new=$firmware/bench/fast_app/pethouse_115200_03010102.bin
dir=$(mktemp -d)
board=
server=
daemon=
cleanup() {
    for pid in $board $server $daemon; do
        kill "$pid" 2>/dev/null || true
    done
    rm -rf "$dir"
}
trap cleanup EXIT
mkdir "$dir/srv"
log=$dir/srv/log
: >"$log"

fail() {
    echo "module_ddi: $*" >&2
    tail -n 40 "$log" "$dir/daemon.err" >&2
    exit 1
}

# await TEXT COMMAND...: until the command succeeds; it fails if a process has ended or a minute is over
await() {
    text=$1
    shift
    tries=600
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "waited in vain: $text"
        for pid in $board $server $daemon; do
            kill -0 "$pid" 2>/dev/null || fail "a process ended: $text"
        done
        sleep 0.1
    done
}

# seen FILTER: the stub has logged a line of which jq says so
seen() {
    jq -es "any(.[]; $1)" "$log"
}

board_start() {
    rm -f "$dir/mcu" "$dir/flash.bin"
    "$otter" board run --strict --load "$firmware/boot/boot.bin@0x08000000" --load "$old@0x08003000" \
        --flash "$dir/flash.bin" --uart1 "file:$dir/board.log" --uart2 "pty:$dir/mcu" --uart2-baud 115200 \
        --realtime 2>"$dir/board.err" &
    board=$!
    await "the board's pty" test -e "$dir/mcu"
}

board_stop() {
    kill -INT "$board"
    wait "$board" || fail "board: $(cat "$dir/board.err")"
    board=
}

# daemon_start [OPTION...]
daemon_start() {
    "$module" --config "$dir/module.conf" "$@" 2>>"$dir/daemon.err" &
    daemon=$!
}

daemon_stop() {
    kill -TERM "$daemon"
    wait "$daemon" || fail "the daemon did not end well"
    daemon=
}

# status_is FILTER: jq says so of the daemon's status
status_is() {
    "$module" status --json --state-dir "$dir/state" >"$dir/status" && jq -e "$1" "$dir/status"
}

# offer ID FILE VERSION
offer() {
    jq -n --arg id "$1" --arg file "$2" --arg version "$3" '{id: $id, file: $file, version: $version}' \
        >"$dir/srv/action.new"
    mv "$dir/srv/action.new" "$dir/srv/action.json"
}

# ended ID RESULT CODE
ended() {
    seen ".id == \"$1\" and .execution == \"closed\" and .finished == \"$2\" and .code == $3"
}

cp "$new" "$dir/srv/new.bin"
# One bit of the signature, which is the end of the file.
size=$(wc -c <"$new")
last=$(tail -c 1 "$new" | od -An -tu1 | tr -d ' ')
{
    head -c $((size - 1)) "$new"
    printf '%b' "\\0$(printf '%o' $((last ^ 1)))"
} >"$dir/srv/forged.bin"
printf 'secret-of-the-stub\n' >"$dir/token"

python3 "$stub" "$dir/srv" "$schema" &
server=$!
: >"$dir/daemon.err"
await "the stub's port" test -e "$dir/srv/port"
cat >"$dir/module.conf" <<END
# settings of this test
port = $dir/mcu
baud = 115200
cloud = http://127.0.0.1:$(cat "$dir/srv/port")
id = dev1
token-file = $dir/token
state-dir = $dir/state
poll = 1
END

# The server is busy at first: the daemon waits as it is told.
echo 2 >"$dir/srv/busy"
daemon_start
await "503 obeyed" status_is '.server == "up" and .failures == 0'
seen 'has("busy")' >/dev/null || fail "nobody was told to wait"
seen 'has("config")' >/dev/null && fail "attributes without an MCU"
board_start
await "attributes" seen '.config.sw_ver == "03010101" and .config.hw_ver == "03010100"'
echo "module_ddi: without an MCU it polls; with one it reports attributes"

# A forged image, which only the MCU can tell: the reason is the MCU's.
offer 6 forged.bin 03010102
await "forged image refused" ended 6 failure 7
echo "module_ddi: forged image: closed/failure with the MCU's reason"

# A download that breaks off, then a daemon that is killed while pieces run.
echo 5000 >"$dir/srv/cut"
offer 7 new.bin 03010102
await "pieces" status_is '.activity == "sends" and .piece > 2'
seen '.range == "bytes=5000-" and .if_match != null' >/dev/null || fail "not resumed by Range"
kill -KILL "$daemon"
wait "$daemon" || true
daemon_start
await "success" ended 7 success 0
await "the new version" seen '.config.sw_ver == "03010102"'
seen '.id == "7" and .execution == "downloaded"' >/dev/null || fail "never said: downloaded"
seen '.id == "7" and .progress.cnt == .progress.of and .progress.of > 0' >/dev/null || fail "no last progress"
await "idle" status_is '.activity == "idle" and .last.success and .mcu.version == "03010102"'
echo "module_ddi: cut download resumed, killed daemon went on: closed/success"

# A cancellation before the MCU has anything.
daemon_stop
board_stop
echo 100 >"$dir/srv/cut"
daemon_start
offer 8 new.bin 03010102
await "accepted" seen '.id == "8" and .execution == "proceeding"'
echo 8 >"$dir/srv/cancel"
await "cancelled" seen '.feedback == "cancelAction" and .id == "8" and .execution == "closed"'
await "idle" status_is '.activity == "idle" and .action == ""'
daemon_stop

# TLS: a certificate that nobody has signed is taken with --ca only.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>"$dir/openssl.err"
kill "$server"
wait "$server" || true
rm "$dir/srv/port"
python3 "$stub" "$dir/srv" "$schema" "$dir/cert.pem" "$dir/key.pem" 2>"$dir/stub.err" &
server=$!
await "the stub's port" test -e "$dir/srv/port"
daemon_start --cloud "https://127.0.0.1:$(cat "$dir/srv/port")"
await "unknown certificate refused" status_is '.server == "down" and (.error | test("certificate"))'
daemon_stop
daemon_start --cloud "https://127.0.0.1:$(cat "$dir/srv/port")" --ca "$dir/cert.pem"
await "certificate of --ca" status_is '.server == "up"'
daemon_stop

seen 'has("broken")' >/dev/null && fail "a body that breaks the schema"
seen 'has("denied")' >/dev/null && fail "a request without its token"
# APP lies at 0x3000 of the flash image that the board has saved.
tail -c +12289 "$dir/flash.bin" | head -c "$size" | cmp - "$new" || fail "APP is not the new image"
times=$(jq -s '[.[] | select(.id == "7" and .execution == "closed")] | length' "$log")
[ "$times" = 1 ] || fail "action 7 was closed $times times"
echo "module_ddi: cancelled in time; TLS by --ca; every body kept the schema"
