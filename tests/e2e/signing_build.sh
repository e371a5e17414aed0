#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# signing_build.sh OTTER: how the firmware build comes to its keys (cmake/signing.cmake) and names (cmake/product.cmake):
# it is configured beside a folder of its own, and one image is built for a key that is not there.
set -u
otter=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
failures=0
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
dev=$dir/keys/otter-dev-key.pem

# configure CODE TEXT OPTION...: exit code, and what cmake or signed-with.txt says
configure() {
    code=$1
    text=$2
    shift 2
    cmake -S "$root" -B firmware -DCMAKE_TOOLCHAIN_FILE="$root/cmake/arm-none-eabi.cmake" \
        -DCMAKE_BUILD_TYPE=MinSizeRel -DOTTER_DEV_KEY="$dev" "$@" >out.txt 2>&1
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
check 'a key without a tool?' [ ! -e "$dev" ]

# ---- the development key ----
configure 0 "the DEVELOPMENT key $dev: NOT FOR PRODUCTS" -DOTTER_TOOL="$otter"
check 'mode of the development key' [ "$(stat -c %a "$dev")" = 600 ]
check 'mode of its folder' [ "$(stat -c %a keys)" = 700 ]
cp "$dev" first.pem
rm -rf firmware
configure 0 'NOT FOR PRODUCTS' -DOTTER_TOOL="$otter"
check 'the development key outlives the build folder' cmp "$dev" first.pem
"$otter" key new otter-dev-key.pem >/dev/null # where it was made once
configure 0 'NOT FOR PRODUCTS'
check 'a key of an older build takes no place' cmp "$dev" first.pem
rm -rf keys
configure 0 'NOT FOR PRODUCTS'
check 'the key of an older build is kept' cmp "$dev" otter-dev-key.pem
check 'mode of the key of an older build' [ "$(stat -c %a "$dev")" = 600 ]

# ---- keys of one's own: a wrong one does not stay ----
configure 1 "OTTER_KEY: $dir/own.pem: not there" -DOTTER_KEY="$dir/own.pem"
configure 0 'NOT FOR PRODUCTS'
configure 1 "OTTER_KEY2: $dir/own.pem: not there" -DOTTER_KEY2="$dir/own.pem"
mkdir "my keys"
own="my keys/it's own.pem"
"$otter" key new "$own" >/dev/null
"$otter" key new next.pem >/dev/null
"$otter" key show "$own" --public own.pub >/dev/null
openssl genpkey -algorithm rsa -out rsa.pem 2>/dev/null
configure 0 "the key $dir/$own" -DOTTER_KEY="$own" -DOTTER_KEY2=next.pem
check 'no word of a development key' sh -c '! grep -q DEVELOPMENT out.txt'
check 'the key table is built' cmake --build firmware --target otter_keys >out.txt 2>&1
check 'the table has two keys' [ "$(grep -c packed firmware/otter_keys.c)" -eq 2 ]
check 'the public key is left' cmp own.pub firmware/otter-key.pub.pem
configure 1 'rsa.pem: a key of type RSA; otter signs with Ed25519' -DOTTER_KEY=rsa.pem
configure 0 "the key $dir/$own"
configure 1 "OTTER_KEY: $dir/missing.pem: not there (OTTER_KEY= takes it back)" -DOTTER_KEY=missing.pem
configure 0 "the key $dir/$own"
configure 0 'NOT FOR PRODUCTS' -DOTTER_KEY=

# ---- by make ----
cp "$root/Makefile" .
mkdir build
cp first.pem build/otter-dev-key.pem
rm -rf keys
make -s clean >out.txt
check 'make clean removes the build folder' [ ! -e build ]
check 'make clean keeps the key of an older build' cmp "$dev" first.pem
make -s clean >out.txt
check 'make clean keeps the key' cmp "$dev" first.pem
make -n firmware OTTER_KEY="$own" OTTER_HARDWARE=99010100 OTTER_BOOT= >out.txt 2>&1
check 'make hands the settings on' grep -qF "'-DOTTER_KEY=my keys/it'\\''s own.pem'" out.txt
check 'make hands the settings on' grep -qF "'-DOTTER_HARDWARE=99010100'" out.txt
check 'make takes a setting back' grep -qF "'-UOTTER_BOOT'" out.txt

# ---- the product's names ----
configure 1 'OTTER_HARDWARE: 0301: a hardware id has 8 characters' -DOTTER_HARDWARE=0301
configure 1 'OTTER_HARDWARE: 0301 100: a hardware id has 8 characters' '-DOTTER_HARDWARE=0301 100'
configure 1 'OTTER_P0_VERSION: 2: a P0 version has 8 characters' -DOTTER_P0_VERSION=2
configure 1 'OTTER_PRODUCT_KEY: abc: a product key has 32 hexadecimal digits' -DOTTER_PRODUCT_KEY=abc
configure 1 'OTTER_FLASH_KB: 65: not 64 or 128' -DOTTER_FLASH_KB=65
configure 1 'OTTER_BOOT: boot_typo: not boot, boot_every_start or boot_unsigned' -DOTTER_BOOT=boot_typo
configure 1 'OTTER_RECOVERY_PIN: PX1: not like PB10=0' -DOTTER_RECOVERY_PIN=PX1
configure 0 'NOT FOR PRODUCTS' -DOTTER_HARDWARE=99010100
check 'what is right stays' grep -q '^OTTER_HARDWARE:STRING=99010100$' firmware/CMakeCache.txt
configure 1 'OTTER_HARDWARE: 1: a hardware id has 8 characters' -DOTTER_HARDWARE=1
check 'what is wrong does not' grep -q '^OTTER_HARDWARE:STRING=99010100$' firmware/CMakeCache.txt

# ---- built without the private key, signed later ----
cp own.pub "my keys/own.pub"
mkdir -p firmware/app/pethouse
: >firmware/app/pethouse/factory.hex
configure 0 "nothing yet: to be signed by the key of $dir/my keys/own.pub" -DOTTER_KEY="my keys/own.pub"
check 'no factory image of another key is left' [ ! -e firmware/app/pethouse/factory.hex ]
check 'an image is built' cmake --build firmware --target pethouse_03010102 >out.txt 2>&1
app=firmware/app/pethouse/pethouse_03010102
"$otter" image verify $app.bin --key own.pub 2>out.txt
check 'it is not signed' grep -q 'is not signed' out.txt
check 'what is to be signed is there' cmp -n "$(wc -c <$app.to-sign)" $app.to-sign $app.bin
check 'openssl signs' openssl pkeyutl -sign -rawin -inkey "$own" -in $app.to-sign -out signature
check 'the signature fits' "$otter" image attach $app.bin --key own.pub --signature signature >out.txt
check 'and is good' "$otter" image verify $app.bin --key own.pub >out.txt
check 'for the hardware that was set' grep -q 99010100 $app.bin

[ "$failures" -eq 0 ] || { echo "e2e_signing_build: $failures failures" >&2; exit 1; }
echo "e2e_signing_build: all as it should be"
