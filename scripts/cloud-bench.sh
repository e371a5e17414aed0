#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cloud-bench.sh BUILD: what otter-cloud reaches, on this machine, with the load generator and nginx beside it, in
# one run. Prints a table on stderr, and on stdout "NAME NUMBER" lines for results.json. Everything listens on
# 127.0.0.1; what is started here is ended by its pid. DEVICES, MS: a smaller run.
set -eu
build=$1
devices=${DEVICES:-100000}
rollout=$((devices / 10))
ms=${MS:-4000}
size=26624
work=$(mktemp -d)
cloud_pid=
nginx_pid=
bench=$build/bench/cloud
cloud=$build/cloud/otter-cloud

stop() { # PID
    kill "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}
finish() {
    status=$?
    trap - EXIT INT TERM
    [ -z "$cloud_pid" ] || stop "$cloud_pid"
    [ -z "$nginx_pid" ] || stop "$nginx_pid"
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM
die() {
    echo "cloud-bench.sh: $*" >&2
    exit 1
}

# ---- the server ----
start_cloud() { # DB
    "$cloud" --db "$work/$1.db" --listen 127.0.0.1:0 --listen-devices 127.0.0.1:0 >"$work/cloud.out" &
    cloud_pid=$!
    tries=100
    until grep -q '^console: ' "$work/cloud.out"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || die "otter-cloud did not start"
        sleep 0.1
    done
    port=$(sed -n 's/^devices: .*://p' "$work/cloud.out")
    console=$(sed -n 's,^console: \(.*\)/$,\1,p' "$work/cloud.out")
}
stop_cloud() {
    stop "$cloud_pid"
    cloud_pid=
}
api() { # METHOD PATH [curl options]: the id in the answer
    method=$1
    path=$2
    shift 2
    answer=$(curl -sS -X "$method" -H "Authorization: Bearer $token" "$@" "$console/api/v1$path")
    echo "$answer" | jq -er '.id' || die "$path: $answer"
}
set_up() {
    setup=$(sed -n 's/.*#setup=//p' "$work/cloud.out")
    token=$(curl -sS -H 'Content-Type: application/json' -H "Origin: $console" -d "{\"setup\":\"$setup\"}" \
        "$console/api/v1/session" | jq -er .token)
}
deploy() { # WHOM, a member of JSON: the deployment's id
    api POST /deployments -H 'Content-Type: application/json' \
        -d "{\"firmware\":$firmware,\"name\":\"bench\",\"mode\":\"silent\",$1}"
}
cpu_ticks() { # PID: of user and system, with its children (nginx has workers)
    for pid in "$1" $(pgrep -P "$1"); do sed 's/.*) //' "/proc/$pid/stat"; done |
        awk '{ sum += $12 + $13 } END { print sum }'
}
tick_us=$((1000000 / $(getconf CLK_TCK)))

# load WHAT PID ARGUMENT...: run cloud_load; its numbers are in per_s, p50_ms, p99_ms and cpu_us, which is what one
# answer costs PID
load() {
    what=$1
    server=$2
    shift 2
    before=$(cpu_ticks "$server")
    begun_ms=$(date +%s%3N)
    "$bench/cloud_load" "$@" >"$work/load" || die "$what: $(cat "$work/load")"
    took_ms=$(($(date +%s%3N) - begun_ms))
    after=$(cpu_ticks "$server")
    per_s=$(awk '$1 == "per_s" { print $2 }' "$work/load")
    p50_ms=$(awk '$1 == "p50_ms" { print $2 }' "$work/load")
    p99_ms=$(awk '$1 == "p99_ms" { print $2 }' "$work/load")
    cpu_us=$(echo "$before $after $tick_us $per_s $took_ms" | awk '{ printf "%.1f", ($2 - $1) * $3 / ($4 * $5 / 1000) }')
    printf '%-34s %9s/s  p50 %6s ms  p99 %6s ms  %5s us of CPU each\n' "$what" "$per_s" "$p50_ms" "$p99_ms" \
        "$cpu_us" >&2
}

# ---- many devices ----
"$bench/cloud_fill" "$work/many.db" "$devices"
start_cloud many
load "polls, 100 kept connections" "$cloud_pid" polls "$port" "$devices" "$ms"
echo "ddi_polls_per_s $per_s"
echo "ddi_poll_p99_ms $p99_ms"
load "polls, a new connection each" "$cloud_pid" polls-new "$port" "$devices" "$ms"
echo "ddi_new_connection_polls_per_s $per_s"
rss=$(awk '$1 == "VmRSS:" { printf "%.1f", $2 / 1024 }' "/proc/$cloud_pid/status")
printf '%-34s %9s MB\n' "memory with $devices devices" "$rss" >&2
echo "rss_100k_devices_mb $rss"
stop_cloud
restart=$("$bench/cloud_start" "$devices" "$cloud" --db "$work/many.db" --listen 127.0.0.1:0 --listen-devices 127.0.0.1:0 |
    sed -n 's/^start_ms //p')
printf '%-34s %9s ms\n' "from exec to the first answer" "$restart" >&2
echo "restart_100k_ms $restart"

# ---- a file for all of them, from nginx and from the cloud ----
mkdir "$work/www"
{ printf '\000\120\000\040\011\061\000\010'; head -c $((size - 8)) /dev/urandom; } >"$work/www/firmware.bin" # with vectors
nginx_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$work/nginx.conf" <<END
daemon off;
worker_processes 2;
$([ "$(id -u)" != 0 ] || echo 'user root;')
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 1024; }
http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000000;
    open_file_cache max=10;
    client_body_temp_path $work/nginx-body;
    proxy_temp_path $work/nginx-proxy;
    fastcgi_temp_path $work/nginx-fastcgi;
    uwsgi_temp_path $work/nginx-uwsgi;
    scgi_temp_path $work/nginx-scgi;
    server { listen 127.0.0.1:$nginx_port; root $work/www; }
}
END
nginx -c "$work/nginx.conf" -e "$work/nginx.log" &
nginx_pid=$!
until curl -sf -o /dev/null "http://127.0.0.1:$nginx_port/firmware.bin"; do sleep 0.1; done
load "nginx: 26 KB file" "$nginx_pid" file "$nginx_port" 0 "$ms" /firmware.bin "$size"
echo "nginx_26k_per_s $per_s"
stop "$nginx_pid"
nginx_pid=

"$bench/cloud_fill" "$work/some.db" "$rollout"
start_cloud some
set_up
firmware=$(api PUT "/firmware?product=1&name=firmware.bin&kind=plain&version=03010102&hardware=00000003" \
    -H 'Content-Type: application/octet-stream' --data-binary "@$work/www/firmware.bin")
deploy '"devices":["bench-000001"]' >/dev/null
until curl -sS -H 'Authorization: TargetToken bench000000000000000000000000001' \
    "http://127.0.0.1:$port/DEFAULT/controller/v1/bench-000001" | grep -q deploymentBase; do sleep 0.1; done
load "otter-cloud: 26 KB file" "$cloud_pid" file "$port" 1 "$ms" "softwaremodules/$firmware/artifacts/firmware.bin" "$size"
echo "cloud_26k_per_s $per_s"

# ---- the rollout: the first device has proved it, all others get it at once ----
"$bench/cloud_rollout" "$port" 1 1 "$size" 03010102 >/dev/null
before=$(cpu_ticks "$cloud_pid")
begun_ms=$(date +%s%3N)
deployment=$(deploy '"filter":""')
"$bench/cloud_rollout" "$port" 2 $((rollout - 1)) "$size" 03010102 >"$work/rollout"
seconds=$(($(date +%s%3N) - begun_ms))
seconds=$(echo "$seconds" | awk '{ printf "%.2f", $1 / 1000 }')
after=$(cpu_ticks "$cloud_pid")
curl -sS -H "Authorization: Bearer $token" "$console/api/v1/deployments/$deployment" >"$work/counts"
confirmed=$(jq -r '.actions.confirmed' "$work/counts")
[ "$confirmed" = $((rollout - 1)) ] || die "$confirmed of $((rollout - 1)) confirmed: $(cat "$work/counts")"
cpu_us=$(((after - before) * tick_us / (rollout - 1)))
printf '%-34s %9s s   %s requests, p99 %s ms  %s us of CPU a device\n' "rollout to $rollout devices" "$seconds" \
    "$(awk '$1 == "requests" { print $2 }' "$work/rollout")" "$(awk '$1 == "p99_ms" { print $2 }' "$work/rollout")" \
    "$cpu_us" >&2
echo "rollout_10k_s $seconds"
stop_cloud
