#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# map_128.sh OTTER: the firmware for 128 KB of flash, built beside a folder of its own: updates that fill slots of 58
# pages, one of them taken back, with a few power cuts; and what the tools say of its sizes.
set -eu
otter=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

if ! { cmake -G Ninja -S "$root" -B firmware -DCMAKE_TOOLCHAIN_FILE="$root/cmake/arm-none-eabi.cmake" \
    -DCMAKE_BUILD_TYPE=MinSizeRel -DOTTER_FLASH_KB=128 -DOTTER_TOOL="$otter" \
    -DOTTER_DEV_KEY="$dir/otter-dev-key.pem" >out.txt 2>&1 &&
    cmake --build firmware --target boot app_full_slot >out.txt 2>&1; }; then
    cat out.txt >&2
    exit 1
fi
full=firmware/app/app_full_slot/full_
[ "$(wc -c <${full}03010102.bin)" -eq $((58 * 1024)) ]

campaign() { # scenario, update, option...
    scenario=$1
    update=$2
    shift 2
    "$otter" board campaign --map 128 --scenario "$scenario" --boot firmware/boot/boot.elf --remember \
        --app ${full}03010101.bin --update "$full$update.bin" "$@"
}
campaign update 03010102 --every 9000 --tears torn --second 4
campaign revert 03010103 --every 30000 --tears not-done

said() { # exit code, text, command...
    code=$1
    text=$2
    shift 2
    got=0
    "$@" >out.txt 2>&1 || got=$?
    [ $got -eq "$code" ] && grep -qF -- "$text" out.txt && return
    echo "e2e_map_128: $*: exit $got, wanted $code and: $text" >&2
    cat out.txt >&2
    exit 1
}
said 2 '--map: needs a chip with as much flash' campaign update 03010102 --flash-size 64
said 1 'full_03010102.bin: 59392 bytes do not fit the slot of 26624 bytes' "$otter" image sign --key otter-dev-key.pem ${full}03010102.bin
said 0 'the signature is good' "$otter" image verify --slot 59392 --key otter-dev-key.pem ${full}03010102.bin
echo "e2e_map_128: all as it should be"
