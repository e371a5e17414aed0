#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# demo.sh: from an uploaded .bin to the running device. The server, the daemon in the place of the Wi-Fi module,
# and the modelled board with the real firmware, as three programs; this script does what an operator does, by the
# calls that the console makes. The daemon and the board run on one clock that is SPEED times as fast as ours.
# KEEP=1: leave them running at the end, until Enter or Ctrl-C.
set -eu
cd "$(dirname "$0")/.."
speed=${SPEED:-5}
bin=$PWD/build/host
firmware=$PWD/build/firmware
app=$firmware/app/pethouse/pethouse_03010101.bin
update=$firmware/app/pethouse/pethouse_03010102.bin
bad=$firmware/app/app_no_confirm/app_no_confirm.bin
key=$firmware/otter-key.pub.pem
work=$(mktemp -d)
pids=

finish() {
    status=$?
    trap - EXIT INT TERM
    for pid in $pids; do kill "$pid" 2>/dev/null || true; done
    wait
    if [ "$status" -ne 0 ]; then
        for log in cloud module board; do
            echo "---- $log" >&2
            tail -n 15 "$work/$log.err" >&2 || true
        done
    fi
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

die() {
    echo "demo: $*" >&2
    exit 1
}

# fast COMMAND...: in the place of this shell, on the fast clock (libfaketime; its wrapper would be one more process)
faketime=$(ls /usr/lib/*/faketime/libfaketime.so.1)
fast() { LD_PRELOAD=$faketime FAKETIME="+0 x$speed" exec "$@"; }

say() { printf '%-8s  %s\n' "$1" "$2"; }

# until SECONDS COMMAND...: wait until it succeeds, or die
until_true() {
    end=$(($(date +%s) + $1))
    what=$2
    shift 2
    until "$@"; do
        [ "$(date +%s)" -lt "$end" ] || die "$what: did not happen"
        sleep 0.1
    done
}

# ---- the calls that the console makes ----
# api METHOD PATH [curl options]: the answer's body; a failure is said with the server's reason
api() {
    method=$1
    path=$2
    shift 2
    answer=$(curl -sS -X "$method" -H "Authorization: Bearer $token" "$@" "$console/api/v1$path")
    error=$(echo "$answer" | jq -r '.error? // empty')
    [ -z "$error" ] || { echo "$error" >&2; return 1; }
    echo "$answer"
}
json() { api "$1" "$2" -H 'Content-Type: application/json' -d "$3"; }
# what MEMBER COMMAND...: that member of its answer
what() {
    member=$1
    shift
    answer=$("$@") || return 1
    echo "$answer" | jq -r ".$member"
}
upload() { # FILE: the firmware's id
    what id api PUT "/firmware?product=$product&name=$(basename "$1")" \
        -H 'Content-Type: application/octet-stream' --data-binary "@$1"
}
deploy() { # FIRMWARE NAME: the deployment's id
    what id json POST /deployments "{\"firmware\":$1,\"name\":\"$2\",\"mode\":\"silent\",\"attempts\":1,
        \"devices\":[\"$id\"]}"
}

# Show the lines of the device's timeline that are new.
shown=0
show() {
    api GET "/devices/$device/timeline?limit=100" >"$work/timeline"
    jq -r --argjson shown "$shown" '.items | map(select(.id > $shown)) | reverse | .[] |
        (.text // .detail // "" | gsub("\n"; " ")) as $text |
        if .kind == "action.state" then "\(.state)" + (if $text == "" then "" else ": " + $text end)
        elif .kind == "action.note" then "the device says: " + $text
        elif .kind == "action.new" then "an update for this device: " + $text
        elif .kind == "device.new" then "a new device, with a claim code"
        else "\(.kind) \($text)" end' "$work/timeline" |
        while IFS= read -r line; do say cloud "$line"; done
    progress=$(jq -r '.action | select(. != null and .open and .of > 0) | "\(.count) of \(.of) pieces"' "$work/device")
    [ -z "$progress" ] || [ "$progress" = "${progress_seen:-}" ] || say cloud "transferring: $progress"
    progress_seen=$progress
    shown=$(jq -r --argjson shown "$shown" '[$shown, (.items[].id)] | max' "$work/timeline")
}

# Show what the board's firmware has logged since; the times are the board's.
board_shown=0
show_board() {
    tr -d '\r' <"$work/uart1.log" >"$work/board.log"
    lines=$(wc -l <"$work/board.log")
    tail -n +$((board_shown + 1)) "$work/board.log" | head -n $((lines - board_shown)) |
        grep -E 'OTA|Install|Trial|Refuse|Revert|SoftVersion' | while IFS= read -r line; do say board "$line"; done
    board_shown=$lines
}
is_over() {
    api GET "/devices/$device" >"$work/device"
    show_board
    show
    jq -e --argjson deployment "$deployment" \
        '.action != null and (.action.open | not) and .action.deployment == $deployment' "$work/device" >/dev/null
}

# ---- the three programs ----
for file in "$app" "$update" "$bad"; do [ -f "$file" ] || die "$file: missing; see make demo"; done
"$bin/cloud/otter-cloud" --db "$work/otter.db" --listen 127.0.0.1:0 --listen-devices 127.0.0.1:0 \
    >"$work/cloud.out" 2>"$work/cloud.err" &
pids="$pids $!"
until_true 30 "otter-cloud" grep -q '#setup=' "$work/cloud.out"
console=$(sed -n 's,^console: \(.*\)/$,\1,p' "$work/cloud.out")
devices=$(sed -n 's/^devices: //p' "$work/cloud.out")
setup=$(sed -n 's/.*#setup=//p' "$work/cloud.out")
token=$(curl -sS -H 'Content-Type: application/json' -H "Origin: $console" -d "{\"setup\":\"$setup\"}" \
    "$console/api/v1/session" | jq -r .token)

fast "$bin/cli/otter" board run --strict --load "$firmware/boot/boot.bin" --load "$app@0x08003000" \
    --uart1 "file:$work/uart1.log" --times --uart2 "pty:$work/mcu" --realtime \
    --cut=$(($(wc -c <"$update") * 5 / 6)) 2>"$work/board.err" &
pids="$pids $!"
until_true 30 "the board's start" grep -qs 'SoftVersion' "$work/uart1.log"
id=$(sed -n 's/.*Device ID *: *//p' "$work/uart1.log" | tr -d '\r' | head -n 1)

json PATCH /settings '{"poll_interval_s":10,"poll_fast_s":3}' >/dev/null
product=$(what id json POST /products '{"name":"Pet House","hardware":"03010100","unsigned_ok":true}')
claim=$(what token json POST /tokens '{"kind":"claim","name":"label","uses":1}')
fast "$bin/moduled/otter-module" --port "$work/mcu" --cloud "$devices" --id "$id" \
    --claim "$claim" --state-dir "$work/module" --poll 3 2>"$work/module.err" &
pids="$pids $!"

# ---- the story ----
echo "console: $console/"
is_online() {
    device=$(api GET "/devices" | jq -r --arg id "$id" '.items[] | select(.controller_id == $id and .version != "") | .id')
    [ -n "$device" ]
}
until_true 60 "the device's first poll" is_online
api GET "/devices/$device" >"$work/device"
show_board
show

update_id=$(upload "$update")
say operator "uploads $(basename "$update"): firmware $update_id; deploys it, silent"
deployment=$(deploy "$update_id" "the update")
until_true 120 "the update" is_over
[ "$(jq -r .version "$work/device")" = 03010102 ] || die "the device does not run 03010102"
[ "$(jq -r .action.state "$work/device")" = confirmed ] || die "the update was not confirmed"
grep -q 'power fails' "$work/board.err" || die "the power did not fail"
say board "(its power failed while the bootloader installed: $(sed -n 's/.*power fails in //p' "$work/board.err"))"

cp "$bad" "$work/forged.bin"
printf '\125' | dd of="$work/forged.bin" bs=1 seek=1000 conv=notrunc 2>/dev/null
cmp -s "$bad" "$work/forged.bin" && die "the forged image is the good one"
forged_id=$(upload "$work/forged.bin")
say operator "uploads a forged image: firmware $forged_id; the server does not know the product's key yet"
deployment=$(deploy "$forged_id" "forged")
until_true 120 "the forged image's end" is_over
[ "$(jq -r .action.state "$work/device")" = failed ] || die "the forged image was not refused"
[ "$(jq -r .action.code "$work/device")" = 7 ] || die "the forged image was refused for another reason"

api POST "/firmware/$forged_id/archive" >/dev/null
public=$(openssl pkey -pubin -in "$key" -outform DER | tail -c 32 | od -An -tx1 | tr -d ' \n')
api PATCH "/products/$product" -H 'Content-Type: application/json' -H "If-Match: \"1\"" \
    -d "{\"key1\":\"$public\",\"unsigned_ok\":false}" >/dev/null
forged_id=$(upload "$work/forged.bin")
if deploy "$forged_id" "forged again" >/dev/null 2>"$work/refusal"; then die "the server deployed a forged image"; fi
say operator "now it does, and the same image goes nowhere: $(cat "$work/refusal")"

api POST "/firmware/$forged_id/archive" >/dev/null
bad_id=$(upload "$bad")
say operator "uploads an image that never confirms: firmware $bad_id"
deployment=$(deploy "$bad_id" "does not work")
until_true 240 "the revert" is_over
[ "$(jq -r .action.state "$work/device")" = failed ] || die "the image that does not work was not taken back"
[ "$(jq -r .version "$work/device")" = 03010102 ] || die "the device does not run 03010102 again"

if [ -n "${KEEP:-}" ]; then
    echo "console: $console/"
    echo "token:   $token"
    echo "Enter ends it."
    read -r _ || sleep infinity
fi
awk -v id="$id" '/OTA Begin/ && !begun { begun = $1 } /SoftVersion = 03010102/ && !ended { ended = $1 }
    END { printf "demo: device %s updated 03010101 -> 03010102 in %.1f s\n", id, ended - begun }' "$work/board.log"
