#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# image_files.sh OTTER FIRMWARE_DIR: what the build has made, as .bin, .hex and .elf, through `otter image`: the same
# image comes out of each form, a factory image is one only if its bootloader starts its app, and `inspect` says what
# is what.
set -eu
otter=$1
firmware=$2
boot=$firmware/boot
pet=$firmware/app/pethouse
plain=$firmware/tests/dropin/dropin_2016_03010101
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

fail() {
    echo "e2e_image_files: $*" >&2
    exit 1
}

# refused TEXT ARG...: exit 1 and this line, and nothing is written
refused() {
    text=$1
    shift
    rm -f out.hex
    if "$otter" "$@" >out.txt 2>err.txt; then
        fail "goes through: $*"
    fi
    [ "$(wc -l <err.txt)" -eq 1 ] || fail "not one line: $*"
    grep -qF -- "$text" err.txt || { cat err.txt >&2; fail "does not say \"$text\": $*"; }
    [ ! -e out.hex ] || fail "writes: $*"
}

# holds FILTER FILE: `inspect --json` of the file says so
holds() {
    "$otter" image inspect --json "$2" | jq -e "$1" >/dev/null || { "$otter" image inspect "$2" >&2; fail "$2: not $1"; }
}

"$otter" key new other.pem >/dev/null
own=$("$otter" image inspect --json "$pet/pethouse_03010101.bin" | jq .trailer.key_id)
other=$("$otter" key show --json other.pem | jq -r .key_id)

# ---- the same image out of each form, and in each form ----
for kind in bin hex elf; do
    "$otter" image sign --key other.pem -H 03010100 -V 03010101 "$plain.$kind" -o "from_$kind.bin" >/dev/null 2>warned
    [ ! -s warned ] || fail "$plain.$kind: $(cat warned)"
    cmp from_bin.bin "from_$kind.bin"
done
"$otter" image sign --key other.pem from_bin.bin -o signed.hex >/dev/null
cp signed.hex in_place.hex
"$otter" image sign --key other.pem in_place.hex >/dev/null
cmp signed.hex in_place.hex
objcopy -I ihex -O binary signed.hex back.bin
cmp back.bin from_bin.bin
[ "$(sed -n '2s/^:..\(....\).*/\1/p' signed.hex)" = 3000 ] || fail 'signed.hex is not for 0x08003000'
"$otter" image verify --key other.pem signed.hex >/dev/null
"$otter" image make "$plain.hex" -H 03010100 -V 03010101 --key other.pem --to-sign message -o waits.hex
openssl pkeyutl -sign -rawin -inkey other.pem -in message -out signature
"$otter" image attach --key other.pem --signature signature waits.hex -o attached.bin >/dev/null
cmp attached.bin from_bin.bin
"$otter" image sign --key other.pem -H 03010100 -V 09990999 "$plain.bin" -o x.bin >/dev/null 2>warned
grep -q 'warning: the program does not hold its version, 09990999' warned || fail 'no warning of the version'

# ---- a factory image is one that starts ----
refused 'is not signed, and' image factory -b "$boot/boot.bin" -a "$plain.bin" -o out.hex
"$otter" image make "$plain.bin" -H 03010100 -V 03010101 -o made.bin
refused 'is not signed, and' image factory -b "$boot/boot.bin" -a made.bin -o out.hex
refused "is signed with key 0x$(printf %08x "$other"); $boot/boot.hex knows 0x$(printf %08x "$own")" \
    image factory -b "$boot/boot.hex" -a signed.hex -o out.hex
"$otter" image sign --key other.pem -H 09090909 -V 03010101 "$plain.bin" -o hardware.bin >/dev/null
refused "is for hardware 09090909, $boot/boot_unsigned.bin for 03010100" \
    image factory -b "$boot/boot_unsigned.bin" -a hardware.bin -o out.hex
{ head -c 999 "$pet/pethouse_03010101.bin"; printf X; tail -c +1001 "$pet/pethouse_03010101.bin"; } >changed.bin
refused "$boot/boot.bin would not start it: the signature" image factory -b "$boot/boot.bin" -a changed.bin -o out.hex
for kind in bin hex elf; do
    "$otter" image factory -b "$boot/boot.$kind" -a "$pet/pethouse_03010101.$kind" -o "f_$kind.hex"
    cmp "f_$kind.hex" "$pet/factory.hex"
    "$otter" image factory -b "$boot/boot_unsigned.$kind" -a "$plain.$kind" -o "u_$kind.bin"
    cmp "u_$kind.bin" u_bin.bin
done

"$otter" image factory -b "$boot/boot.bin" -a "$pet/pethouse_03010101.bin" -o slot.hex --slot 59392 2>warned
cmp slot.hex "$pet/factory.hex"
grep -q 'warning: it starts the app only if it was built for this map: the slot of 59392 bytes' warned ||
    fail 'no warning of the map'
refused "$boot/boot_any.bin: takes no image yet: \`otter boot make\` gives it" \
    image factory -b "$boot/boot_any.bin" -a "$pet/pethouse_03010101.bin" -o out.hex

# ---- what is what ----
whole=".bootloader.key_ids == [$own] and .app.trailer.version == \"03010101\" and .app.startable"
holds "$whole" "$pet/factory.hex"
"$otter" image factory -b "$boot/boot.bin" -a "$pet/pethouse_03010101.bin" -o whole.bin
holds "$whole" whole.bin
holds ".bootloader.size == $(wc -c <"$boot/boot.bin")" whole.bin
holds '.bootloader.verifies == false and .app.trailer == null' u_bin.bin
holds ".bootloader.hardware == \"03010100\" and .app == null" "$boot/boot.elf"
holds '.trailer.version == "03010101" and .startable' "$pet/pethouse_03010101.elf"
"$otter" boot show --json "$boot/boot_every_start.hex" | jq -e '.bootloader.every_start' >/dev/null
for file in whole.bin "$pet/factory.hex"; do
    refused 'a factory image, with a bootloader; give the app alone' push "$file" --port none
done
refused 'a program for 0x08000000, such as a bootloader' push "$boot/boot.bin" --port none
refused 'an app for 0x08003000, and no bootloader' image factory -b "$plain.bin" -a "$boot/boot.bin" -o out.hex
refused 'an app for 0x08003000, and no bootloader' boot show "$plain.bin"
refused 'a factory image, with an app; give the bootloader alone' boot show whole.bin
"$otter" boot show --json "$boot/boot_any.bin" | jq -e '.bootloader.hardware == null' >/dev/null || fail 'boot_any has ids'
refused 'a factory image' image sign --key other.pem whole.bin -o out.hex
echo "image_files: .bin, .hex and .elf are the same, and every factory image starts"
