#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# boot_make.sh OTTER FIRMWARE_DIR: bootloaders that `otter boot make` has made of boot_any.bin and boot_unsigned.bin, on
# the modelled board: which images each starts, and that the update, the recovery and the app see its ids and keys.
set -eu
otter=$1
firmware=$2
any=$firmware/boot/boot_any.bin
app=$firmware/tests/dropin/dropin_2017_03010101.bin # plain
product=0123456789abcdef0123456789ABCDEF
# shellcheck source=tests/e2e/on_board.sh
. "$(dirname "$0")/on_board.sh"
cd "$dir"

die() {
    echo "e2e_boot_make: $1" >&2
    cat out.txt >&2
    exit 1
}
good() { # ARG...: an otter command
    "$otter" "$@" >out.txt 2>&1 || die "otter $*"
}
made() { # OUT BOOT.bin ARG...
    out=$1
    boot=$2
    shift 2
    good boot make "$boot" "$@" --product-key $product -o "$out"
}
image() { # OUT KEY HARDWARE
    good image sign --key "$2" --hardware "$3" --version 03010101 "$app" -o "$1"
}
powered() { # BOOT APP: for seconds enough to verify the app twice
    "$otter" board run --strict --load "$1" --load "$2@0x08003000" --for 3 >out.txt 2>&1 || die "board run with $1, $2"
}
starts() { # BOOT APP...
    boot=$1
    shift
    for image; do
        powered "$boot" "$image"
        grep -qF 'SoftVersion = 03010101' out.txt || die "$boot does not start $image"
    done
}
refuses() { # BOOT APP...: and waits for another image
    boot=$1
    shift
    for image; do
        powered "$boot" "$image"
        ! grep -q SoftVersion out.txt || die "$boot starts $image"
        grep -qE 'Recover|Start APP Failed' out.txt || die "$boot says nothing of $image"
    done
}

for key in a b c; do
    good key new $key.pem
    good key show $key.pem --public $key.pub
    image $key.bin $key.pem 03010100
done
image a_other.bin a.pem 99010200
image b_other.bin b.pem 99010200
cp "$app" unsigned.bin

# ---- blank: nothing ----
good boot show --json "$any"
jq -e '.bootloader | .verifies and .key_ids == [] and .key_room == 2 and .hardware == null' out.txt >jq.txt ||
    die 'boot_any.bin is not blank'
arm-none-eabi-objcopy -I binary -O ihex --change-addresses 0x08000000 "$any" blank.hex
refuses blank.hex a.bin unsigned.bin

# ---- one key, two, another hardware ----
made one.hex "$any" --key a.pub --hardware 03010100
starts one.hex a.bin
refuses one.hex b.bin a_other.bin unsigned.bin
made two.hex "$any" --key a.pub --key2 b.pub --hardware 03010100
starts two.hex a.bin b.bin
refuses two.hex c.bin a_other.bin b_other.bin unsigned.bin
made other.hex "$any" --key a.pub --key2 b.pub --hardware 99010200
starts other.hex a_other.bin b_other.bin
refuses other.hex a.bin unsigned.bin

# ---- without signatures ----
made quick.hex "$firmware/boot/boot_unsigned.bin" --hardware 99010200
starts quick.hex unsigned.bin a_other.bin
refuses quick.hex a.bin

# ---- an empty board: recovery tells the new ids, and takes what the second key has signed; the app tells the keys ----
head -c -112 "$firmware/app/pethouse/pethouse_03010102.bin" >plain.bin
good image sign --key b.pem --hardware 99010200 --version 03010102 plain.bin -o update.bin
"$otter" board run --strict --load other.hex --uart2 pty:mcu --realtime >board.log 2>&1 &
board=$!
until [ -e mcu ]; do
    kill -0 $board 2>/dev/null || die 'no board'
    sleep 0.1
done
told() { # WHAT: as jq sees it
    "$otter" info --json --port mcu >out.txt 2>&1 || die 'otter info'
    jq -e "$1" out.txt >jq.txt || die "not so: $1"
}
id() {
    printf '"0x%08x"' "$("$otter" key show --json "$1" | jq .key_id)"
}
told ".answers == \"recovery\" and .hardware == \"99010200\" and .product_key == \"$product\""
good push --port mcu update.bin
told ".answers == \"otter\" and .about.takes_hardware == \"99010200\" and .about.bootloader.verifies"
told ".about.bootloader.keys == [$(id a.pub), $(id b.pub)]"
echo "e2e_boot_make: all as it should be"
