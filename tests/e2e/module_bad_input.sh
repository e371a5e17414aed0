#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# module_bad_input.sh OTTER_MODULE OTTER_CLOUD: what `otter-module` says to wrong settings, files and addresses: one
# clear line that names the thing, and the exit code of its man page.
set -u
program=$1
cloud=$2
dir=$(mktemp -d)
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"
server=
daemon=
cleanup() {
    for pid in $server $daemon; do
        kill "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    rm -rf "$dir"
}
trap cleanup EXIT
cd "$dir" || exit 1

# says TEXT ARG...: it runs, and says that sooner or later
says() {
    text=$1
    shift
    "$program" --port tty --id aabb --state-dir says "$@" >/dev/null 2>stderr.txt </dev/null &
    daemon=$!
    tries=600
    until grep -qF -- "$text" stderr.txt; do
        tries=$((tries - 1))
        if [ "$tries" -eq 0 ] || ! kill -0 "$daemon" 2>/dev/null; then
            report "does not say: $text" "$*"
            break
        fi
        sleep 0.05
    done
    kill "$daemon" 2>/dev/null
    wait "$daemon" || report "did not end well" "$*"
    daemon=
    rm -rf says
}

good='--port tty --cloud http://127.0.0.1:9 --id aabb --state-dir state'
echo 'no certificate' >empty.pem
: >empty.token
echo 'port tty' >no_equals.conf
printf '# port\nprot = tty\n' >no_setting.conf
printf 'poll = 010\n' >number.conf
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 2>/dev/null || exit 1
openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 2 -subj /CN=other 2>/dev/null || exit 1
printf -- '-----BEGIN CERTIFICATE-----\nanVuaw==\n-----END CERTIFICATE-----\n' >junk.pem
head -c 400 cert.pem >half.pem
cat cert.pem junk.pem >second.pem

# ---- settings ----
# shellcheck disable=SC2086 # a command line
{
    expect 2 "otter-module: unrecognized option '--bogus'" $good --bogus
    expect 2 'bogus: no command; there are status, approve, deny, force and poll' bogus
    expect 2 'no serial port given (--port)' --cloud http://127.0.0.1:9
    expect 2 'no server given (--cloud)' --port tty
    expect 2 'ftp://x: no http or https URL of a server' $good --cloud ftp://x
    expect 2 'updates.example: no http or https URL' $good --cloud updates.example
    expect 2 'baud: not a baud rate' $good --baud 9601
    expect 2 'poll 0: not a number from 1 to 86400' $good --poll 0
    expect 2 'slot 1: not a number' $good --slot 1
    expect 2 '--claim is for a token that the device makes' $good --claim x --token-file t
    expect 2 'token: at most' $good --claim 'two words'
    expect 2 'tenant: 1 to 40 characters' $good --tenant aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    # ---- files that they name ----
    expect 2 'none.pem: No such file or directory' $good --ca none.pem
    expect 2 'empty.pem: no certificate in PEM is in it' $good --ca empty.pem
    expect 2 'junk.pem: certificate 1 in it cannot be read' $good --ca junk.pem
    expect 2 'half.pem: certificate 1 in it cannot be read' $good --ca half.pem
    expect 2 'second.pem: certificate 2 in it cannot be read' $good --ca second.pem
    expect 2 'key.pem: no certificate in PEM is in it' $good --ca key.pem
    expect 2 'none.token: No such file or directory' $good --token-file none.token
    expect 2 'empty.token: the file is empty' $good --token-file empty.token
    expect 2 'none.conf: No such file or directory' $good --config none.conf
    expect 2 'no_equals.conf: line 1: port tty: no `key = value' $good --config no_equals.conf
    expect 2 'no_setting.conf: line 2: prot: no such setting' $good --config no_setting.conf
    expect 2 'number.conf: line 1: poll 010: begins with 0: write 10, or 0x010' $good --config number.conf
    # ---- what is not there ----
    expect 1 'none/state: No such file or directory' $good --state-dir none/state
    expect 1 'empty.pem/lock: Not a directory' $good --state-dir empty.pem
    for command in status approve deny poll; do
        expect 1 'control: no otter-module runs there' $command --state-dir state
    done
}

# ---- addresses ----
"$cloud" --db a.db --listen 127.0.0.1:0 --listen-devices 127.0.0.1:0 --cert-devices cert.pem --key-devices key.pem \
    >cloud.txt 2>&1 &
server=$!
tries=600
until grep -q '^console: ' cloud.txt; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ] || ! kill -0 "$server"; then
        cat cloud.txt >&2
        exit 1
    fi
    sleep 0.05
done
devices=$(sed -n 's/^devices: https:..//p' cloud.txt)
console=$(sed -n 's/^console: http:..\(.*\)\/$/\1/p' cloud.txt)
says 'perhaps the port is for https' --cloud "http://$devices"
says 'perhaps the port is for http: ' --cloud "https://$console"
says 'HTTP 404: no devices are served there; is it the port for devices' --cloud "http://$console"
says 'certificate is not trusted (--ca names one to trust)' --cloud "https://$devices"
says 'certificate is not trusted, or not for this host' --cloud "https://$devices" --ca other.pem
says 'HTTP 401: the server does not take this token' --cloud "https://$devices" --ca cert.pem

[ "$failures" -eq 0 ]
