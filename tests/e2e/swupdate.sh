#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# swupdate.sh OTTER_CLOUD CUT_PROXY: devices that know nothing of otter update from otter-cloud:
# Debian's swupdate, with its own client of hawkBit's DDI and its own signature.
#
# swupdate writes an image into a file, and reports success only when it is started again with
# -c 2, as after a reboot. It reports no version, so success is by its word.
set -eu
cloud=$1
cut_proxy=$2
dir=$(mktemp -d)
pids=
: >"$dir/answer"
cleanup() {
    code=$?
    trap - EXIT
    # shellcheck disable=SC2086 # a list
    [ -z "$pids" ] || kill $pids 2>/dev/null || true
    wait
    [ "$code" -eq 0 ] || show
    rm -rf "$dir"
    exit "$code"
}
# What there is to see after a failure: what everybody has printed, and what the server knows.
show() {
    echo "---- the last answer of the server"
    jq . "$dir/answer" || cat "$dir/answer"
    for log in "$dir"/*.log "$dir"/*/before.log "$dir"/*/log; do
        [ -s "$log" ] || continue
        echo "---- the end of ${log#"$dir/"}"
        tail -n 60 "$log"
    done
} >&2
trap cleanup EXIT
trap 'exit 1' INT TERM

fail() {
    echo "swupdate: $*" >&2
    exit 1
}

step() {
    echo "swupdate: $*"
}

# until_true WHAT COMMAND...: wait for it; the guard is for what never comes
until_true() {
    what=$1
    shift
    tries=0
    while ! "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || fail "$what: waited in vain"
        sleep 0.1
    done
}

# stop PID: end it, and be told its exit code
stop() {
    kill "$1"
    pids=$(echo "$pids" | sed "s/\<$1\>//")
    wait "$1"
}

for tool in swupdate cpio curl python3; do
    if ! command -v "$tool" >/dev/null 2>&1; then
        echo "skipped: $tool is not installed (scripts/need.sh cloud installs it)"
        exit 77
    fi
done

# ---- the server ----
"$cloud" --db "$dir/otter.db" --listen 127.0.0.1:0 --listen-devices 127.0.0.1:0 \
    >"$dir/cloud.log" 2>&1 &
server=$!
pids=$server
has_started() {
    kill -0 "$server" 2>/dev/null || fail "otter-cloud ended"
    grep -q '#setup=' "$dir/cloud.log"
}
until_true "otter-cloud's set-up link" has_started
devices=$(sed -n 's/^devices: //p' "$dir/cloud.log")
console=$(sed -n 's,^console: \(.*\)/$,\1,p' "$dir/cloud.log")
setup=$(sed -n 's/.*#setup=//p' "$dir/cloud.log")
admin=

# rest STATUS METHOD PATH [JSON]: the answer is in $dir/answer
rest() {
    want=$1 method=$2 path=$3
    shift 3
    set -- ${1+--data "$1" --header "Content-Type: application/json"}
    [ -z "$admin" ] || set -- "$@" --header "Authorization: Bearer $admin"
    got=$(curl --silent --show-error --output "$dir/answer" --write-out '%{http_code}' \
        --request "$method" "$@" "$console/api/v1$path")
    [ "$got" = "$want" ] || fail "$method $path: $got instead of $want"
}
# get FILTER: of the last answer
get() {
    jq -re "$1" "$dir/answer"
}
# is PATH FILTER: does the server say so?
is() {
    rest 200 GET "$1"
    get "$2" >/dev/null
}
must() {
    is "$1" "$2" || fail "$1: not so: $2"
}

# ---- files that swupdate takes ----
for key in key other; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -subj "/CN=$key" -addext extendedKeyUsage=emailProtection \
        -keyout "$dir/$key.pem" -out "$dir/$key.cert.pem" 2>"$dir/openssl.log"
done

IMAGE_SIZE=300000
# make_swu VERSION [KEY]: $dir/VERSION.swu with an image of its own, $dir/VERSION.bin. Each
# device writes into a file of its own: fw.bin where it runs.
make_swu() {
    work=$dir/make
    mkdir "$work"
    openssl rand -out "$work/fw.bin" "$IMAGE_SIZE"
    cp "$work/fw.bin" "$dir/$1.bin"
    cat >"$work/sw-description" <<END
software = {
    version = "$1";
    hardware-compatibility: [ "1.0" ];
    stable: { main: { images: ({
        filename = "fw.bin"; type = "raw"; device = "target.bin";
        sha256 = "$(sha256sum "$work/fw.bin" | cut -d ' ' -f 1)";
    }); }; };
}
END
    openssl cms -sign -in "$work/sw-description" -out "$work/sw-description.sig" \
        -signer "$dir/${2:-key}.cert.pem" -inkey "$dir/${2:-key}.pem" \
        -outform DER -nosmimecap -binary
    (cd "$work" && printf '%s\n' sw-description sw-description.sig fw.bin |
        cpio --quiet -o -H crc) >"$dir/$1.swu"
    rm -r "$work"
}

# ---- devices ----
# device_new NAME: a folder that plays its disk
device_new() {
    mkdir "$dir/$1" "$dir/$1/tmp"
    truncate -s "$IMAGE_SIZE" "$dir/$1/target.bin"
    : >"$dir/$1/log"
    cat >"$dir/$1/swupdate.cfg" <<END
globals: { public-key-file = "$dir/key.cert.pem"; };
identify: ({ name = "product_key"; value = "swu"; });
END
}

# device_start NAME URL OPTION...: its swupdate runs until device_stop
device_start() {
    name=$1 url=$2
    shift 2
    cat "$dir/$name/log" >>"$dir/$name/before.log"
    (cd "$dir/$name" && TMPDIR=$dir/$name/tmp exec swupdate -v -f swupdate.cfg -H board:1.0 \
        -e stable,main -u "-t DEFAULT -u $url -i $name -p 1 -r 5 -w 1 $*") \
        >"$dir/$name/log" 2>&1 &
    echo $! >"$dir/$name/pid"
    pids="$pids $!"
}

device_stop() {
    pid=$(cat "$dir/$1/pid")
    stop "$pid" || true
}

# said NAME TEXT: did its swupdate print that since its last start?
said() {
    grep -qF "$2" "$dir/$1/log"
}

# has_polled NAME N: N times since its last start?
has_polled() {
    polls=$(grep -c "effective URL resolved to .*/controller/v1/$1\$" "$dir/$1/log") || true
    [ "$polls" -ge "$2" ]
}

# ---- what people do ----
# upload VERSION: its id in $firmware
upload() {
    got=$(curl --silent --show-error --output "$dir/answer" --write-out '%{http_code}' \
        --upload-file "$dir/$1.swu" --header "Content-Type: application/octet-stream" \
        --header "Authorization: Bearer $admin" \
        "$console/api/v1/firmware?product=$product&name=$1.swu&kind=opaque&version=$1")
    [ "$got" = 201 ] || fail "upload of $1: $got"
    firmware=$(get .id)
}

# enter NAME: a device that is known before it polls; its id in $device, its token in $token
enter() {
    device_new "$1"
    rest 201 POST /devices "{\"controller_id\": \"$1\", \"product\": $product}"
    device=$(get .id)
    rest 201 POST "/devices/$device/tokens" '{}'
    token=$(get .token)
}

# deploy FIRMWARE NAME...: its id in $deployment
deploy() {
    list=$1
    shift
    list=$(printf '%s\n' "$@" | jq -Rn --argjson firmware "$list" \
        '{firmware: $firmware, devices: [inputs], mode: "silent", attempts: 2}')
    rest 201 POST /deployments "$list"
    deployment=$(get .id)
}

# find NAME: its id in $device
find_device() {
    rest 200 GET "/devices?limit=100"
    device=$(jq -r ".items[] | select(.controller_id == \"$1\") | .id" "$dir/answer")
    [ -n "$device" ]
}

# poll STATUS NAME HEADER: what a device with this header is told
poll() {
    got=$(curl --silent --show-error --output "$dir/answer" --write-out '%{http_code}' \
        --header "$3" "$devices/default/controller/v1/$2")
    [ "$got" = "$1" ] || fail "poll of $2: $got instead of $1"
}

# ---- what must come of it ----
# installed NAME VERSION: it is in place, and the action waits for the word after the restart
installed() {
    until_true "$1: installation of $2" said "$1" "pending testing"
    cmp "$dir/$1/target.bin" "$dir/$2.bin" || fail "$1: $2 is not what was written"
    find_device "$1"
    must "/devices/$device/actions" '.items[0] | .open and .state == "transferring"'
}

# confirmed NAME URL OPTION...: after the restart, and each step is in the timeline
confirmed() {
    name=$1
    device_stop "$name"
    device_start "$@" -c 2
    until_true "$name: confirmation" is "/devices/$device/actions" '.items[0].open | not'
    must "/devices/$device/actions" '.items[0] | .state == "confirmed" and .by_word
        and (.late | not) and .attempt == 1 and (.reason | test("client says that it succeeded"))'
    action=$(get '.items[0].id')
    must "/devices/$device/timeline" "[.items[] | select(.action == $action)] | reverse
        | [.[] | select(.kind != \"action.note\") | .state]
            == [\"queued\", \"offered\", \"downloading\", \"transferring\", \"confirmed\"]
        and (map(.detail) | contains([\"Installing Update Chunk Artifacts.\"])
            and contains([\"All Chunks Installed.\"]) and contains([\"Update Installed.\"]))"
    until_true "$name: an answer without an update" said "$name" "No pending action on server"
}

rest 201 POST /session "{\"setup\": \"$setup\"}"
admin=$(get .token)
rest 200 PATCH /settings '{"poll_interval_s": 1, "poll_fast_s": 1}'
rest 201 POST /products '{"name": "a product with swupdate", "product_key": "swu"}'
product=$(get .id)

step "a device that was entered, with its token"
make_swu 1.0
upload 1.0
v1=$firmware
enter entered
entered_token=$token
deploy "$v1" entered
device_start entered "$devices" -k "$token"
installed entered 1.0
confirmed entered "$devices" -k "$token"

step "the next version; whoever has it gets it no more"
make_swu 2.0
upload 2.0
v2=$firmware
deploy "$v2" entered
device_stop entered
device_start entered "$devices" -k "$token"
installed entered 2.0
confirmed entered "$devices" -k "$token"
rest 422 POST /deployments \
    "{\"firmware\": $v2, \"devices\": [\"entered\"], \"mode\": \"silent\"}"
device_stop entered

step "unknown devices, with a GatewayToken and with a claim code"
rest 201 POST /tokens '{"kind": "gateway"}'
gateway=$(get .token)
rest 201 POST /tokens '{"kind": "claim", "uses": 1}'
claim=$(get .token)
device_new unknown
device_new claimed
device_start unknown "$devices" -g "$gateway"
device_start claimed "$devices" -k "$claim"
is_ready() {
    find_device "$1" && is "/devices/$device" ".product == $product"
}
until_true "self-registration by GatewayToken" is_ready unknown
until_true "self-registration by claim code" is_ready claimed
poll 401 another "Authorization: TargetToken $claim"

# All from here on update at the same time.
enter cut
cut_token=$token
enter late
late_token=$token
enter early
early=$device early_token=$token
enter wrong
wrong=$device wrong_token=${token%?}-
deploy "$v1" unknown claimed cut late early wrong
until_true "the action of early" is "/devices/$early/actions" '.items[0].state == "queued"'
rest 200 POST "/actions/$(get '.items[0].id')/cancel"
"$cut_proxy" "${devices#http://}" $((IMAGE_SIZE / 2)) >"$dir/proxy.log" 2>&1 &
pids="$pids $!"
until_true "the proxy's port" test -s "$dir/proxy.log"
proxy=http://127.0.0.1:$(head -n 1 "$dir/proxy.log")
device_start cut "$proxy" -k "$cut_token"
device_start late "$devices" -k "$late_token"
device_start early "$devices" -k "$early_token"
device_start wrong "$devices" -k "$wrong_token"
installed unknown 1.0
confirmed unknown "$devices" -g "$gateway"
device_stop unknown
installed claimed 1.0
confirmed claimed "$devices" -k "$claim"
device_stop claimed

step "a download that is cut half-way"
installed cut 1.0
sed 1d "$dir/proxy.log"
[ "$(sed -n '2,$s/ .*//p' "$dir/proxy.log" | paste -s -d ' ')" = "GET GET" ] ||
    fail "not two downloads"
sed -n 3p "$dir/proxy.log" | grep -qx cut || fail "the first was not cut"
sed -n 4p "$dir/proxy.log" | grep -qiE 'range: bytes=[1-9][0-9]{4,5}-$' || fail "not resumed"
confirmed cut "$proxy" -k "$cut_token"
device_stop cut

step "an update that is cancelled while it waits for the restart"
installed late 1.0
action=$(get '.items[0].id')
rest 200 POST "/actions/$action/cancel"
until_true "the client's word" is "/actions/$action" '.open | not'
must "/actions/$action" '.state == "cancelled" and .reason == "cancelled, as the device says"'
device_stop late

step "an update that is cancelled before the device polls"
until_true "early: polls" has_polled early 3
must "/devices/$early" '.polls >= 2'
must "/devices/$early/actions" '.items | length == 1 and .[0].state == "cancelled"
    and .[0].reason == "cancelled before the device had it"'
! said early "Update action available" || fail "it was offered nevertheless"
device_stop early

step "a wrong token"
until_true "wrong: polls" has_polled wrong 3
said wrong "HTTP error code 401" || fail "no 401"
! said wrong "Update action available" || fail "it was offered nevertheless"
must "/devices/$wrong" '.polls == 0'
must "/devices/$wrong/actions" '.items[0].state == "queued"'
device_stop wrong
poll 200 entered "Authorization: TargetToken $entered_token"
poll 401 entered "Authorization: TargetToken $early_token"
poll 401 entered "Authorization: GatewayToken $entered_token"
poll 421 entered "Host: elsewhere.example"

step "a signature that is not of the device's key"
make_swu 3.0 other
upload 3.0
enter refusing
refusing=$device refusing_token=$token
enter second
second=$device
deploy "$firmware" refusing second
device_start refusing "$devices" -k "$refusing_token"
until_true "pause" is "/deployments/$deployment" '.state == "paused"'
must "/devices/$refusing/actions" '.items | length == 1
    and (.[0] | .state == "failed" and .attempt == 2
        and (.reason | test("No suitable .swu image found")))'
must "/devices/$refusing/timeline" '[.items[] | select(.kind == "action.state") | .state]
    == ["failed", "downloading", "offered", "queued", "downloading", "offered"]
    and ([.items[] | select(.detail | test("Authentication of all signatures failed")) | .attempt]
        | unique == [1, 2])'
must "/devices/$second/actions" '.items == []'
until_true "refusing: polls" said refusing "No pending action on server"
! cmp -s "$dir/refusing/target.bin" "$dir/3.0.bin" || fail "it was installed nevertheless"
device_stop refusing

stop "$server" || fail "otter-cloud ended with an error"
echo "swupdate: what was installed is what was uploaded, bit by bit"
