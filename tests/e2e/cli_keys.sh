#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cli_keys.sh OTTER FIRMWARE_DIR: keys, signatures and what the firmware build has signed.
# Authority: the openssl command, which makes and checks the same keys and signatures; RFC 8032.
set -u
otter=$1
firmware=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
failures=0
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

report() {
    failures=$((failures + 1))
    echo "e2e_cli_keys: $1" >&2
}
# good WHAT COMMAND...: the command must succeed
good() {
    what=$1
    shift
    "$@" >out.txt 2>err.txt && return
    report "$what: exit $? of: $*"
    cat out.txt err.txt >&2
}
# bad TEXT COMMAND...: it must fail with exit code 1 and say TEXT
bad() {
    text=$1
    shift
    "$@" >out.txt 2>err.txt
    got=$?
    [ "$got" -eq 1 ] && grep -qF -- "$text" err.txt && return
    report "exit $got and not '$text' of: $*"
    cat err.txt >&2
}
hex() { od -An -v -tx1 | tr -d ' \n'; }
# field NAME: a value of the JSON object in out.txt; "null" without one
field() { jq -r ".$1" out.txt; }
# public_hex KEY OPTION...: the 32 bytes as openssl knows them
public_hex() { openssl pkey -in "$@" -pubout -outform DER | tail -c 32 | hex; }

# ---- keys ----
good 'key new' "$otter" key new own.pem
[ "$(stat -c %a own.pem)" = 600 ] || report 'own.pem can be read by others'
good 'openssl reads the key' openssl pkey -in own.pem -noout
good 'key new --json' "$otter" key new second.pem --json
[ "$(field public_key)" = "$(public_hex second.pem)" ] || report 'public key of second.pem'
openssl genpkey -algorithm ed25519 -out theirs.pem || exit 1
for key in own theirs; do
    good 'key show' "$otter" key show --json $key.pem --public $key.pub
    want=$(public_hex $key.pem)
    [ "$(field public_key)" = "$want" ] || report "public key of $key.pem"
    id=$(echo "$want" | sed -E 's/(..)(..)(..)(..).*/\4\3\2\1/')
    [ "$(field key_id)" = $((0x$id)) ] || report "key id of $key.pem"
    [ "$(field private)" = true ] || report "$key.pem is private"
    openssl pkey -in $key.pem -pubout | cmp - $key.pub || report "public file of $key.pem"
    good 'key show of a public key' "$otter" key show --json $key.pub
    [ "$(field public_key)$(field private)" = "${want}false" ] || report "$key.pub as a key"
    good 'key show as text' "$otter" key show $key.pub
    grep -q "^key id *0x$id\$" out.txt || report "key id of $key.pub as text"
done
openssl pkey -in theirs.pem -aes256 -passout pass:secret -out locked.pem || exit 1
# what the terminal echoed and the prompt come before the object
echo secret | script -qec "$otter key show --json locked.pem" /dev/null | sed -n '/^{/,$p' >out.txt
[ "$(field public_key)" = "$(public_hex theirs.pem)" ] || report 'encrypted key, pass phrase typed'
echo secrets | script -qec "$otter key show locked.pem" /dev/null >out.txt 2>&1
grep -q 'locked.pem: cannot be decrypted; is the pass phrase right?' out.txt || report 'wrong pass phrase'

export OTTER_KEY_PASS=
OTTER_KEY_PASS=secret good 'pass phrase in the environment' "$otter" key show --json locked.pem
[ "$(field public_key)" = "$(public_hex theirs.pem)" ] || report 'encrypted key, OTTER_KEY_PASS'
printf 'secret\nand more\n' >pass.txt
OTTER_KEY_PASS=wrong good 'pass phrase in a file' "$otter" key show --json locked.pem --pass-file pass.txt
[ "$(field public_key)" = "$(public_hex theirs.pem)" ] || report 'encrypted key, --pass-file'
OTTER_KEY_PASS=wrong bad 'cannot be decrypted; is the pass phrase right?' "$otter" key show locked.pem </dev/null
bad 'encrypted, and no terminal to ask for the pass phrase; give --pass-file or OTTER_KEY_PASS' \
    "$otter" key show locked.pem </dev/null
good 'a key from a pipe' "$otter" key show --json /dev/stdin <<END
$(cat theirs.pem)
END
[ "$(field public_key)" = "$(public_hex theirs.pem)" ] || report 'a key from a pipe'

# ---- other forms ----
# PKCS#8 of version 2 (RFC 5958): the public key behind the private one
seed=$(openssl pkey -in theirs.pem -outform DER | tail -c 32 | hex)
v2() {
    echo '-----BEGIN PRIVATE KEY-----'
    printf '%s' "$1" | sed 's/../\\x&/g' | xargs -0 printf | base64
    echo '-----END PRIVATE KEY-----'
}
umask 077
v2 "3051020101300506032b657004220420${seed}812100$(public_hex theirs.pem)" >v2.pem
v2 "302e020101300506032b657004220420$seed" >v2_alone.pem
v2 "305f020101300506032b657004220420${seed}a00c300a06032b657131030401ff812100$(public_hex theirs.pem)" >v2_more.pem
v2 "3051020101300506032b657004220420${seed}812100$(public_hex own.pem)" >v2_wrong.pem
umask 022
for key in v2 v2_alone v2_more; do
    good 'PKCS#8 v2' "$otter" key show --json $key.pem --public $key.pub
    cmp $key.pub theirs.pub || report "$key.pem: public half"
done
bad 'its public half is that of another key' "$otter" key show v2_wrong.pem
ssh-keygen -q -t ed25519 -N '' -C 'somebody@somewhere' -f ssh || exit 1
good 'OpenSSH' "$otter" key show --json ssh --public ssh.pub.pem
[ "$(field public_key)" = "$(cut -d ' ' -f 2 ssh.pub | base64 -d | tail -c 32 | hex)" ] || report 'public key of ssh'
bad 'a public key of OpenSSH; make a PEM of the private one: otter key show' "$otter" key show ssh.pub
ssh-keygen -q -t rsa -b 2048 -N '' -f ssh_rsa || exit 1
bad 'an OpenSSH key of type ssh-rsa; otter signs with Ed25519' "$otter" key show ssh_rsa
ssh-keygen -q -t ed25519 -N secret -f ssh_locked || exit 1
bad 'an encrypted OpenSSH key; give a copy that is not: ' "$otter" key show ssh_locked
convert=$(sed 's/.*a copy that is not: //' err.txt)
printf '#!/bin/sh\necho secret\n' >ask && chmod +x ask # who types: ssh-keygen takes no pipe for a terminal
SSH_ASKPASS=./ask SSH_ASKPASS_REQUIRE=force sh -c "$convert" >out.txt 2>&1
good 'OpenSSH, by the command of the message' "$otter" key show --json plain
[ "$(field public_key)" = "$(cut -d ' ' -f 2 ssh_locked.pub | base64 -d | tail -c 32 | hex)" ] || report 'public key of plain'

# ---- the bootloader's table ----
good 'key show --c' "$otter" key show --c own.pem theirs.pub
{
    cat out.txt
    cat <<'END'
#include <stdio.h>
int main(void)
{
    for (unsigned i = 0; i < otter_key_count; i++)
        for (unsigned j = 0; j < sizeof otter_keys[i].packed; j++)
            printf("%02x", otter_keys[i].packed[j]);
    return 0;
}
END
} >table.c
good 'the table compiles' "${CC:-cc}" -std=c99 -Wall -Wextra -Werror -I "$root/core/include" table.c -o table
want=$(public_hex own.pem)$(public_hex theirs.pem)
[ "$(./table)" = "$want" ] || report 'the table has other keys'

# ---- signatures ----
{
    printf '\000\120\000\040\001\061\000\010' # stack pointer, reset vector
    head -c 2991 /dev/zero | tr '\0' '\252'
} >plain.bin # one byte is filled up
good 'image make' "$otter" image make plain.bin -o made.bin -H 03010100 -V 03010102
good 'image sign' "$otter" image sign --key own.pem made.bin -o signed.bin
good 'image sign --json' "$otter" image sign --json --key own.pem plain.bin -o direct.bin -H 03010100 -V 03010102
cmp signed.bin direct.bin || report 'make and sign, sign alone: not the same image'
[ "$(field md5)" = "$(md5sum <direct.bin | cut -d ' ' -f 1)" ] || report 'MD5 of the signed image'
[ "$(wc -c <signed.bin)" -eq 3112 ] || report 'size of the signed image'
good 'image verify, private key' "$otter" image verify --key own.pem signed.bin
good 'image verify, public key' "$otter" image verify --key own.pub signed.bin --json
[ "$(field signature)" = good ] || report 'image verify --json'
good 'image inspect' "$otter" image inspect --json signed.bin
[ "$(field trailer.signature)" = "$(tail -c 64 signed.bin | hex)" ] || report 'signature in image inspect'

# openssl checks ours, and makes the same
head -c 3048 signed.bin >message
tail -c 64 signed.bin >signature
good 'openssl verifies' openssl pkeyutl -verify -rawin -pubin -inkey own.pub -in message -sigfile signature
good 'openssl signs' openssl pkeyutl -sign -rawin -inkey own.pem -in message -out again
cmp signature again || report 'openssl signs the same bytes otherwise'
# an image whose signature openssl has made, put together by hand: key id at 36, signature at 48
{
    head -c 3036 made.bin
    openssl pkey -in theirs.pem -pubout -outform DER | tail -c 32 | head -c 4
    head -c 3048 made.bin | tail -c 8
} >message
openssl pkeyutl -sign -rawin -inkey theirs.pem -in message -out signature || exit 1
cat message signature >theirs.bin
good 'verifies what openssl signed' "$otter" image verify --key theirs.pub theirs.bin
good 'image sign, another key' "$otter" image sign --key theirs.pem signed.bin -o resigned.bin
cmp theirs.bin resigned.bin || report 'signed anew, and by openssl: not the same image'
good 'image sign in place' "$otter" image sign --key own.pem resigned.bin
cmp signed.bin resigned.bin || report 'signed anew in place: not the same image'

# a key that never leaves its HSM: the image but for the signature, what must be signed, and the signature back
good 'image make --key' "$otter" image make plain.bin -o ready.bin -H 03010100 -V 03010102 --key theirs.pub --to-sign message
good 'inspect one that waits for its signature' "$otter" image inspect --json ready.bin
[ "$(field trailer.signature)" = null ] || report 'a signature before there is one'
bad 'is not signed' "$otter" image verify --key theirs.pub ready.bin
openssl pkeyutl -sign -rawin -inkey theirs.pem -in message -out signature || exit 1
good 'image attach' "$otter" image attach ready.bin --key theirs.pub --signature signature -o attached.bin --json
[ "$(field md5)" = "$(md5sum <attached.bin | cut -d ' ' -f 1)" ] || report 'MD5 of the attached image'
good 'image sign' "$otter" image sign --key theirs.pem made.bin -o signed_there.bin
cmp attached.bin signed_there.bin || report 'attached, and signed: not the same image'
cp ready.bin in_place.bin
good 'image attach in place' "$otter" image attach in_place.bin --key theirs.pub -s signature
cmp attached.bin in_place.bin || report 'attached in place: not the same image'
# one that has a trailer, and another's signature
good 'image make --key, with a trailer' "$otter" image make signed.bin -o again.bin --key theirs.pub
cmp ready.bin again.bin || report 'made ready from a signed image: not the same image'
for wrong in hash other bit; do
    case $wrong in
    hash) openssl dgst -sha512 -binary message >digest ;
        openssl pkeyutl -sign -rawin -inkey theirs.pem -in digest -out wrong ;;
    other) openssl pkeyutl -sign -rawin -inkey own.pem -in message -out wrong ;;
    bit) { head -c 63 signature; printf x; } >wrong ;;
    esac
    bad 'not the signature of ready.bin by theirs.pub; to be signed is all that --to-sign wrote' \
        "$otter" image attach ready.bin --key theirs.pub -s wrong -o not_there.bin
done
head -c 63 signature >short
bad 'short: 63 bytes; an Ed25519 signature has 64' "$otter" image attach ready.bin --key theirs.pub -s short -o not_there.bin
bad 'is to be signed with key 0x' "$otter" image attach ready.bin --key own.pub -s signature -o not_there.bin
bad 'does not say who signs it' "$otter" image attach made.bin --key own.pub -s signature -o not_there.bin
[ ! -e not_there.bin ] || report 'a wrong signature was attached'

bad 'is signed with key 0x' "$otter" image verify --key theirs.pub signed.bin
bad 'is not signed' "$otter" image verify --key own.pub --json made.bin
[ "$(field signature)" = not-signed ] || report 'image verify --json of an image without signature'
# one bit of each field; what is left to read as a trailer must be seen to be another image
for off in 0 8 1500 2999 3000 3008 3010 3012 3016 3024 3032 3036 3040 3048 3079 3080 3111; do
    byte=$(tail -c +$((off + 1)) signed.bin | head -c 1 | od -An -tu1)
    # shellcheck disable=SC2059 # the format is an octal escape
    { head -c $off signed.bin; printf "\\$(printf %o $((byte ^ 1)))"; tail -c +$((off + 2)) signed.bin; } >flipped.bin
    case $off in
    3000) text='has no trailer' ;;
    3008 | 3012 | 3040) text='its trailer is damaged' ;;
    3036) text='is signed with key' ;;
    *) text='the signature is wrong' ;;
    esac
    bad "$text" "$otter" image verify --key own.pub flipped.bin
done
# the trailer of another image, and another key's name over our signature
{ head -c 2999 signed.bin; printf x; tail -c 112 signed.bin; } >moved.bin
bad 'the signature is wrong' "$otter" image verify --key own.pub moved.bin
{ head -c 3048 theirs.bin; tail -c 64 signed.bin; } >renamed.bin
bad 'the signature is wrong' "$otter" image verify --key theirs.pub renamed.bin

# ---- the firmware build ----
key=$firmware/otter-key.pub.pem
for version in 03010101 03010102; do
    app=$firmware/app/pethouse/pethouse_$version
    good 'the firmware is signed' "$otter" image verify --key "$key" "$app.bin"
    good objcopy arm-none-eabi-objcopy -O binary "$app.elf" elf.bin
    good objcopy arm-none-eabi-objcopy -I ihex -O binary "$app.hex" hex.bin
    cmp "$app.bin" elf.bin || report "$app.elf is not $app.bin"
    cmp "$app.bin" hex.bin || report "$app.hex is not $app.bin"
done
good 'key show --c' "$otter" key show --c "$key"
grep -v '^ *}' out.txt | sed '/otter_key_count = /d' >table.txt # what a second key does not change
grep -vxFf "$firmware/otter_keys.c" table.txt >&2 && report "the bootloader's table is without $key"

[ "$failures" -eq 0 ] || { echo "e2e_cli_keys: $failures failures" >&2; exit 1; }
echo "e2e_cli_keys: all as it should be"
