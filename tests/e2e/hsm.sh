#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# hsm.sh OTTER FIRMWARE_DIR [PKCS11_SIGN]: an image signed by a key that was made in an HSM and never leaves it, by the
# commands of docs/signing.md. The HSM is SoftHSM. PKCS11_SIGN is docs/pkcs11_sign.c, not given where it was not built.
set -u
otter=$1
app=$2/app/app_full_slot/full_03010102.bin # as long as an image can be
sign=${3:-}
module=/usr/lib/softhsm/libsofthsm2.so
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
die() {
    echo "e2e_hsm: $1" >&2
    cat out.txt >&2
    exit 1
}
if [ -z "$sign" ] || [ ! -e "$module" ] || ! command -v pkcs11-tool >/dev/null; then
    echo "skipped: libp11-kit-dev, softhsm2 or opensc is not installed (scripts/need.sh test)"
    exit 77
fi
mkdir tokens
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$dir" >softhsm2.conf
export SOFTHSM2_CONF="$dir/softhsm2.conf" PKCS11_PIN=1234
softhsm2-util --init-token --free --label otter --pin $PKCS11_PIN --so-pin 5678 >out.txt 2>&1 || die 'no token'

pkcs11-tool --module $module --token-label otter --login --pin $PKCS11_PIN --keypairgen --key-type EC:edwards25519 \
    --label product >out.txt 2>&1 || die 'the HSM makes no key'
pkcs11-tool --module $module --token-label otter --read-object --type pubkey --label product \
    -o product.pub.pem >out.txt 2>&1 || die 'the public key does not come out'
"$otter" image make "$app" -o ready.bin --key product.pub.pem --to-sign message >out.txt 2>&1 || die 'image make'
[ "$(wc -c <message)" -eq 26560 ] || die 'not the longest image'
"$sign" $module otter product message >signature 2>out.txt || die 'pkcs11_sign'
"$otter" image attach --key product.pub.pem --signature signature ready.bin >out.txt 2>&1 || die 'image attach'
"$otter" image verify --key product.pub.pem ready.bin >out.txt 2>&1 || die 'image verify'
openssl pkeyutl -verify -rawin -pubin -inkey product.pub.pem -in message -sigfile signature >out.txt 2>&1 ||
    die 'openssl does not verify it'
PKCS11_PIN=0000 "$sign" $module otter product message >signature 2>out.txt && die 'a wrong PIN signs'
"$sign" $module otter nobody message >signature 2>out.txt && die 'a key that is not there signs'
echo "e2e_hsm: all as it should be"
