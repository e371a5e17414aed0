#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cloud_bad_input.sh OTTER_CLOUD: what `otter-cloud` says to wrong options, certificates, addresses and databases: one
# clear line that names the thing, the exit code of its man page, and nothing left behind.
set -u
program=$1
dir=$(mktemp -d)
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"
server=
cleanup() {
    [ -z "$server" ] || { kill "$server"; wait "$server"; } 2>/dev/null
    rm -rf "$dir"
}
trap cleanup EXIT
cd "$dir" || exit 1

any='--listen 127.0.0.1:0 --listen-devices 127.0.0.1:0'
echo junk >junk.pem
echo 'not a database, but long enough to be looked at' >text.db
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost 2>/dev/null || exit 1
openssl genpkey -algorithm ed25519 -out other.key 2>/dev/null || exit 1
openssl genpkey -algorithm ed25519 -aes256 -pass pass:secret -out locked.key 2>/dev/null || exit 1

# shellcheck disable=SC2086 # a command line
{
    # ---- command line ----
    expect 2 "otter-cloud: unrecognized option '--bogus'" --bogus
    expect 2 'otter-cloud: bogus: unexpected argument' bogus
    expect 2 'otter-cloud: --cert: goes with --key' $any --cert cert.pem
    expect 2 'otter-cloud: --listen 127.0.0.1: not ADDRESS:PORT' --listen 127.0.0.1
    expect 2 'otter-cloud: --listen-devices 127.0.0.1:70000: its port is not a number from 0 to 65535' \
        --listen-devices 127.0.0.1:70000
    expect 2 'otter-cloud: --upload-max x: not a number' --upload-max x
    expect 2 'otter-cloud: foo: not http[s]://HOST[:PORT]' --public-url foo
    expect 2 'otter-cloud: a b: not HOST[:PORT]' --host 'a b'
    for bad in "$(printf 'a\tb')" "$(printf 'a\nb')" "$(printf 'a\177')" "$(printf '\303\244')" 'a"b' 'a\b'; do
        expect 2 'otter-cloud: --public-url: only printable ASCII' --public-url "http://$bad"
        expect 2 'otter-cloud: --console-url: only printable ASCII' --console-url "https://$bad:80"
        expect 2 'otter-cloud: --host: only printable ASCII' --host "$bad"
    done
    expect 2 "otter-cloud: backup: a file's name is needed" backup
    # ---- certificates ----
    expect 1 'otter-cloud: none.pem: No such file or directory' --db c.db $any --cert none.pem --key key.pem
    expect 1 'otter-cloud: junk.pem: no certificate in PEM' --db c.db $any --cert junk.pem --key key.pem
    expect 1 'otter-cloud: junk.pem: no private key' --db c.db $any --cert-devices cert.pem --key-devices junk.pem
    expect 1 'otter-cloud: locked.key: no private key in PEM is in it, or it has a passphrase' --db c.db $any \
        --cert cert.pem --key locked.key
    expect 1 'otter-cloud: other.key: is not the key of the certificate in cert.pem' --db c.db $any --cert cert.pem \
        --key other.key
    # ---- databases ----
    expect 1 'otter-cloud: none/a.db: the folder that it is to be in is not there' --db none/a.db $any
    expect 1 'otter-cloud: text.db: file is not a database' --db text.db $any
    [ ! -e text.db.files ] || report "leaves a folder of files" "--db text.db"
    expect 1 'otter-cloud: none.db: unable to open' backup --db none.db copy.db

    expect 1 'otter-cloud: none.db: No such file' audit --db none.db
    [ ! -e none.db ] || report "makes a database" "audit --db none.db"
    expect 2 'otter-cloud: copy.db: unexpected argument' audit copy.db

    "$program" --db a.db $any >server.txt 2>&1 &
    server=$!
    tries=600
    until grep -q '^console: ' server.txt; do
        tries=$((tries - 1))
        if [ "$tries" -eq 0 ] || ! kill -0 "$server"; then
            cat server.txt >&2
            exit 1
        fi
        sleep 0.05
    done
    address=$(sed -n 's/^console: http:..\(.*\)\/$/\1/p' server.txt)
    expect 1 "otter-cloud: $address: Address already in use" --db b.db --listen "$address" --listen-devices 127.0.0.1:0
    expect 1 'otter-cloud: a.db: another otter-cloud uses it' --db a.db $any
    "$program" backup --db a.db copy.db >/dev/null || report "does not copy" "backup --db a.db copy.db"
    "$program" audit --db copy.db >audit.txt || report "does not find the audit whole" "audit --db copy.db"
    grep -Eq '^audit of copy.db: [1-9][0-9]* entries, .* hash is [0-9a-f]{64}$' audit.txt ||
        report "says $(cat audit.txt)" "audit --db copy.db"
    expect 1 'otter-cloud: a.db: another otter-cloud uses it' audit --db a.db
    expect 1 'otter-cloud: copy.db: exists already' backup --db a.db copy.db
    expect 1 'otter-cloud: none/copy.db: No such file' backup --db a.db none/copy.db
    expect 1 'otter-cloud: a.db: another otter-cloud uses it' restore --db a.db copy.db
    mv a.db moved.db # away from under a server that runs: it would write there on
    expect 1 'otter-cloud: a.db: another otter-cloud uses it' restore --db a.db copy.db
    mv moved.db a.db
    kill "$server"
    wait "$server" || report "did not end well" "--db a.db"
    server=
    expect 1 'otter-cloud: a.db: is there: move it away first' restore --db a.db copy.db
    expect 1 'otter-cloud: text.db: file is not a database' restore --db d.db text.db
    python3 -c 'import sqlite3; db = sqlite3.connect("copy.db")
db.execute("UPDATE audit SET verb = \"nothing\" WHERE id = 1"); db.commit()'
    expect 1 'otter-cloud: audit: entry 1 was changed' audit --db copy.db
    python3 -c 'import sqlite3; db = sqlite3.connect("copy.db")
db.execute("UPDATE meta SET value = 99 WHERE name = \"schema\""); db.commit()'
    expect 1 'otter-cloud: copy.db: its schema is number 99, and this otter-cloud knows up to' --db copy.db $any
    expect 1 'otter-cloud: copy.db: its schema is number 99' restore --db d.db copy.db
}
[ "$failures" -eq 0 ]
