#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# signing_build.sh OTTER: how the firmware build comes to its keys (cmake/signing.cmake): it is
# configured only, beside a folder of its own.
set -u
otter=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
failures=0
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# configure CODE TEXT OPTION...: exit code, and what cmake or signed-with.txt says
configure() {
    code=$1
    text=$2
    shift 2
    cmake -S "$root" -B firmware -DCMAKE_TOOLCHAIN_FILE="$root/cmake/arm-none-eabi.cmake" \
        -DCMAKE_BUILD_TYPE=MinSizeRel "$@" >out.txt 2>&1
    got=$?
    # cmake breaks long lines
    if [ "$got" -ne "$code" ] || ! cat out.txt firmware/signed-with.txt 2>/dev/null | tr -s ' \n' ' ' | grep -qF -- "$text"; then
        failures=$((failures + 1))
        echo "e2e_signing_build: cmake $*: exit $got, wanted $code and: $text" >&2
        cat out.txt >&2
    fi
    rm -f firmware/signed-with.txt
}
check() {
    what=$1
    shift
    "$@" && return
    failures=$((failures + 1))
    echo "e2e_signing_build: $what" >&2
}

configure 1 "OTTER_TOOL: $dir/host/cli/otter: not there, and the firmware is signed with it"
configure 1 'cmake --build --preset host --target otter-cli'
check 'a key without a tool?' [ ! -e otter-dev-key.pem ]
configure 0 "the DEVELOPMENT key $dir/otter-dev-key.pem: NOT FOR PRODUCTS" -DOTTER_TOOL="$otter"
check 'mode of the development key' [ "$(stat -c %a otter-dev-key.pem)" = 600 ]
cp otter-dev-key.pem first.pem
configure 0 'NOT FOR PRODUCTS'
check 'the development key is kept' cmp otter-dev-key.pem first.pem
configure 1 "OTTER_KEY: $dir/own.pem: not there" -DOTTER_KEY="$dir/own.pem"
configure 1 "OTTER_KEY2: $dir/own.pem: not there" -DOTTER_KEY= -DOTTER_KEY2="$dir/own.pem"
"$otter" key new own.pem >/dev/null
"$otter" key new next.pem >/dev/null
"$otter" key show own.pem --public own.pub >/dev/null
configure 0 "the key $dir/own.pem" -DOTTER_KEY=own.pem -DOTTER_KEY2=next.pem
check 'no word of a development key' sh -c '! grep -q DEVELOPMENT out.txt'
check 'the key table is built' cmake --build firmware --target otter_keys >out.txt 2>&1
check 'the table has two keys' [ "$(grep -c packed firmware/otter_keys.c)" -eq 2 ]
check 'the public key is left' cmp own.pub firmware/otter-key.pub.pem

[ "$failures" -eq 0 ] || { echo "e2e_signing_build: $failures failures" >&2; exit 1; }
echo "e2e_signing_build: all as it should be"
