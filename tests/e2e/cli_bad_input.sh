#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cli_bad_input.sh OTTER PTY_PEER: what `otter push`, `otter info`, `otter image`, `otter boot`, `otter key` and
# `otter board campaign` say to wrong files, options and ports, and to MCUs that misbehave: one clear line, the right exit code, and
# nothing written.
set -u
otter=$1
pty_peer=$2
dir=$(mktemp -d)
peer=
failures=0
cleanup() {
    [ -z "$peer" ] || kill "$peer" 2>/dev/null
    rm -rf "$dir"
}
trap cleanup EXIT
cd "$dir" || exit 1

# program SP RESET SIZE: a .bin of SIZE bytes with a vector table (octal escapes of printf's %b, little-endian), which
# holds the versions below
program() {
    printf '%b' "$1$2"
    printf '0301010203010103vvvvvvvv'
    head -c $(($3 - 32)) /dev/zero | tr '\0' '\252'
}
sp='\0000\0120\0000\0040'
app='\0001\0061\0000\0010'
boot='\0001\0001\0000\0010'
program "$sp" "$app" 3000 >app.bin
program "$sp" "$boot" 1000 >boot.bin
program "$sp" "$app" 26625 >large.bin
program "$sp" "$app" 26600 >no_room.bin
: >empty.bin
printf 'abc' >tiny.bin
head -c 3000 /dev/zero >zero.bin
head -c 3000 /dev/zero | tr '\0' '\377' >erased.bin
program '\0000\0200\0000\0040' "$app" 3000 >ram.bin
program '\0020\0000\0000\0040' "$app" 3000 >no_stack.bin
program "$sp" '\0001\0100\0000\0010' 3000 >behind.bin
program "$sp" '\0000\0061\0000\0010' 3000 >even.bin
program "$sp" '\0005\0060\0000\0010' 3000 >table.bin
head -c 70000 /dev/zero >big.pem
{ printf '\177ELF'; head -c 70000 app.bin; } >program.elf
printf ':020000040800F2\n:10300000DEAD\n' >program.hex
printf ':00000001FF\n' >nothing.hex
objcopy -I binary -O ihex --change-addresses 0x08000000 boot.bin boot.hex || exit 1
printf 'S00600004844521B\nS1130000DEADBEEF\n' >program.srec
"$otter" image make app.bin -o good.bin --hardware 03010100 --version 03010102 || exit 1
objcopy -I binary -O ihex --change-addresses 0x08003000 good.bin good.hex || exit 1
"$otter" image make app.bin -o other.bin --hardware 99010100 --version 03010102 || exit 1
# reserved bytes that are not zero; a signature that no key made; a trailer behind one byte less
{ head -c 3040 good.bin; printf 'xxxxxxxx'; tail -c 64 good.bin; } >reserved.bin
{ head -c 3111 good.bin; printf x; } >stray.bin
tail -c +2 good.bin >shifted.bin
head -c -1 good.bin >cut_1.bin
head -c -96 good.bin >cut_96.bin
{ cat good.bin; printf '\377\377\377\377'; } >longer.bin
cp good.hex renamed.bin
"$otter" key new key.pem >/dev/null || exit 1
"$otter" key show key.pem --public public.pem >/dev/null || exit 1
"$otter" image sign --key key.pem good.bin -o signed.bin >/dev/null || exit 1
openssl genpkey -algorithm ed25519 -aes256 -pass pass:secret >encrypted.pem 2>/dev/null || exit 1
openssl genpkey -algorithm rsa >rsa.pem 2>/dev/null || exit 1
# public_pem HEX: a public key of these 32 bytes, without asking whether they are one
public_pem() {
    echo '-----BEGIN PUBLIC KEY-----'
    printf '302a300506032b6570032100%s' "$1" | sed 's/../\\x&/g' | xargs -0 printf | base64
    echo '-----END PUBLIC KEY-----'
}
zeros=000000000000000000000000000000000000000000000000000000
public_pem "0100000000$zeros" >neutral.pem
public_pem "0200000000$zeros" >no_point.pem
public_pem "0000000001$zeros" >id_zero.pem
# everything that is there, by name and content; *.txt are ours
snapshot() {
    set --
    for file in .* *; do
        case $file in . | .. | *.txt | tty) ;; *) set -- "$@" "$file" ;; esac
    done
    cksum "$@" 2>&1
}
snapshot >before.txt

report() {
    failures=$((failures + 1))
    echo "e2e_cli_bad_input: $1" >&2
    echo "  repeat: otter $2" >&2
    sed 's/^/  stderr: /' stderr.txt >&2
}

# expect CODE TEXT ARG...: exit code, and the line on stderr that must be there; usage errors (2) have
# the hint of where to look as a second line.
expect() {
    code=$1
    text=$2
    shift 2
    "$otter" "$@" >stdout.txt 2>stderr.txt </dev/null
    got=$?
    [ "$got" -eq "$code" ] || report "exit $got instead of $code" "$*"
    grep -qF -- "$text" stderr.txt || report "does not say: $text" "$*"
    lines=1
    [ "$code" -ne 2 ] || lines=2
    [ "$(wc -l <stderr.txt)" -le "$lines" ] || report "more than one line" "$*"
    [ ! -s stdout.txt ] || report "prints something on stdout" "$*"
    snapshot >after.txt
    cmp -s before.txt after.txt || report "changes files" "$*"
}

# ---- command line ----
expect 2 'otter: bogus: no such command' bogus
expect 2 'otter: image: bogus: no such command' image bogus
expect 2 "otter: push: unrecognized option '--bogus'" push --bogus
expect 2 'otter: push: no file given' push --port x
expect 2 'otter: push: no serial port given (--port)' push app.bin
expect 2 'otter: push: boot.bin: one file at a time' push app.bin boot.bin --port x
expect 2 'otter: push: --baud 9601: not a baud rate' push app.bin --port x --baud 9601
expect 2 'otter: push: --baud abc: not a number from 1 to 10000000' push app.bin --port x --baud abc
expect 2 'otter: push: --version 1.0: a version has 8 characters' push app.bin --port x --version 1.0
expect 2 'otter: push: --timeout 0: not a number' push app.bin --port x --timeout 0
expect 2 'otter: push: --slot x: not a number from' push app.bin --port x --slot x
expect 2 'otter: info: no serial port given (--port)' info
expect 2 'otter: info: app.bin: no file is wanted here' info app.bin --port x
expect 2 'otter: info: --baud 9601: not a baud rate' info --port x --baud 9601
expect 1 'otter: info: none/tty: No such file or directory' info --port none/tty
# one rule for every number: no leading zero
expect 2 'otter: push: --timeout 010: begins with 0: write 10, or 0x010' push app.bin --port x --timeout 010
expect 2 'otter: image: make: --number 010: begins with 0: write 10, or 0x010' image make app.bin -n 010
expect 2 'otter: image: make: --number 03010103: begins with 0: write 3010103, or 0x03010103' \
    image make app.bin -n 03010103
expect 2 'otter: demo: --seed 010: begins with 0: write 10, or 0x010' demo --seed 010
expect 2 'otter: board run: --seed 010: begins with 0: write 10, or 0x010' board run --seed 010
expect 2 'otter: board run: --cut 010: begins with 0: write 10, or 0x010' board run --cut 010
expect 2 'otter: board run: --flash-sync: goes with --flash' board run --load a.bin --flash-sync
expect 2 'otter: board run: --set 1:temp=010: begins with 0: write 10, or 0x010' board run --set 1:temp=010
expect 2 'otter: board run: --load a.bin@08003000: begins with 0: write 8003000, or 0x08003000' board run --load a.bin@08003000
expect 2 'otter: board campaign: --every 010: begins with 0: write 10, or 0x010' board campaign --every 010
expect 2 'otter: board campaign: --repeat 010:torn: begins with 0: write 10, or 0x010' board campaign --repeat 010:torn
expect 2 'otter: image: make: output file (-o) not given' image make app.bin
expect 2 'otter: image: make: --hardware 1: not 8 printable characters' image make app.bin -H 1
expect 2 'hexadecimal, so it needs --number' image make app.bin -o o.bin -H 03010100 -V vvvvvvvv
expect 2 'otter: image: make: --number 4294967296: not a number' image make app.bin -n 4294967296
expect 2 'otter: image: make: --to-sign: goes with --key' image make app.bin -o o.bin -H 03010100 -V 03010102 --to-sign m
expect 2 'otter: image: make: --to-sign: is the file of -o' image make good.bin -o o.bin -k public.pem --to-sign o.bin
expect 2 'otter: image: make: --hardware not given' image make app.bin -o o.bin -k public.pem -V 03010102
expect 1 'app.bin: has no trailer; give --hardware and --version' image make app.bin -o o.bin -k public.pem
expect 2 'otter: image: attach: image not given' image attach -k public.pem -s signed.bin
expect 2 'otter: image: attach: --key not given' image attach good.bin -s signed.bin
expect 2 'otter: image: attach: --signature not given' image attach good.bin -k public.pem
expect 2 'otter: image: factory: --boot not given' image factory --app app.bin -o o.hex
expect 2 'otter: image: inspect: no file given' image inspect
expect 2 'otter: image: info: no such command' image info
expect 2 'otter: image: sign: image not given' image sign --key key.pem
expect 2 'otter: image: sign: --key not given' image sign good.bin
expect 2 'otter: image: sign: --version not given' image sign app.bin --key key.pem -H 03010100
expect 2 'otter: image: sign: --hardware not given' image sign app.bin --key key.pem -n 1
expect 2 'hexadecimal, so it needs --number' image sign app.bin -k key.pem -H 03010100 -V vvvvvvvv
expect 2 'otter: image: verify: image not given' image verify --key key.pem
expect 2 'otter: image: verify: --key not given' image verify signed.bin
expect 2 'otter: image: verify: key.pem: one file at a time' image verify signed.bin key.pem
expect 2 'otter: key: bogus: no such command' key bogus
expect 2 'otter: key: new: no file given' key new
expect 2 'otter: key: new: b.pem: one file at a time' key new a.pem b.pem
expect 2 'otter: key: show: no file given' key show --json
expect 2 'otter: key: show: c.pem: a bootloader holds 2 keys at most' key show a.pem b.pem c.pem
expect 2 'otter: key: show: --json, --c: only one of them' key show key.pem --json --c
expect 2 'otter: key: show: --public o.pem: one key at a time' key show key.pem rsa.pem --public o.pem
campaign='board campaign --boot boot.bin --app good.bin --update good.bin'
others='recovery-bad, watchdog-loop, refused, repeated'
# shellcheck disable=SC2086 # a command line
{
    expect 2 'otter: board campaign: --gdb: one case at a time; give --repeat' $campaign --gdb 0
    expect 2 'otter: board campaign: --gdb 65536: not a number' $campaign --repeat 1:torn --gdb 65536
    expect 2 'otter: board campaign: --gdb, --remember: what is not executed cannot be looked at' \
        $campaign --repeat 1:torn --gdb 0 --remember
    expect 2 'otter: board campaign: --scenario magic: not update, revert, revert-rescue, recovery, '"$others" \
        $campaign --scenario magic
    expect 2 'otter: board campaign: --app: a recovery begins without one' $campaign --scenario recovery
    expect 2 'otter: board campaign: --rescue: the scenario recovery-bad needs one' $campaign --scenario recovery-bad
    expect 2 'otter: board campaign: --rescue: the scenario update has none' $campaign --rescue good.bin
    for versions in 03010101 03010101,0301010 03010101,03010102,03010103 03010101:03010102; do
        expect 2 "otter: board campaign: --versions $versions: not 8 characters for each of --app, --update, --rescue" \
            $campaign --versions $versions
    done
    expect 1 'otter: board campaign: --app, --update, --rescue: no trailer, and so no version in it: give --versions' \
        board campaign --boot boot.bin --app boot.bin --update good.bin
    expect 1 'otter: board campaign: --remember: boot.bin: is no .elf, where functions can be found' $campaign --remember
    expect 1 'the update without a power cut: the core is locked up' $campaign
}

# ---- files ----
push_file() { expect 1 "otter: push: $1: $2" push "$1" --port x --version 03010102; }
push_file missing.bin 'No such file or directory'
push_file . 'not a file'
push_file empty.bin 'the file is empty'
push_file tiny.bin '3 bytes are too few for a program'
push_file large.bin '26625 bytes do not fit the slot of 26624 bytes'
bad_vectors() {
    push_file "$1" "$2"
    expect 1 "otter: image: make: $1: $2" image make "$1" -o out.bin -H 03010100 -V 03010102
    expect 1 "otter: image: sign: $1: $2" image sign "$1" -k key.pem -H 03010100 -V 03010102
}
bad_vectors zero.bin 'begins with 0x00000000, which is no stack in RAM'
bad_vectors erased.bin 'begins with erased flash'
bad_vectors ram.bin 'begins with 0x20008000, which is no stack in RAM'
bad_vectors no_stack.bin 'its stack begins at 0x20000010: there is no room below'
bad_vectors boot.bin 'starts at 0x08000101, outside of its place (0x08003000 to 0x08009800)'
bad_vectors behind.bin 'starts at 0x08004001, behind its end at 0x08003bb8: is it cut short?'
bad_vectors even.bin 'starts at 0x08003100: an even address'
bad_vectors table.bin 'starts at 0x08003005: in its vector table'
push_file program.elf 'ELF file is not 32-bit little-endian'
push_file program.hex 'line 2'
push_file boot.hex 'a program for 0x08000000, such as a bootloader; the slot is at 0x08003000'
push_file nothing.hex 'there is no program in it'
push_file program.srec 'this is an S-record file; give the .bin'
expect 1 'otter: push: app.bin: no trailer says its version; give --version' push app.bin --port x
expect 1 'its trailer says version 03010102, not 03010103' push good.bin --port x -V 03010103
expect 1 '3000 bytes do not fit the slot of 2048 bytes' push app.bin --port x -V 03010102 --slot 2048
expect 1 'otter: image: inspect: program.elf: ELF file is not 32-bit' image inspect program.elf
bad_trailer() {
    expect 1 "otter: image: inspect: $1: $2" image inspect "$1"
    expect 1 "otter: image: sign: $1: $2" image sign "$1" --key key.pem
    expect 1 "otter: image: verify: $1: $2" image verify "$1" --key key.pem
    push_file "$1" "$2"
}
bad_trailer reserved.bin 'its trailer is damaged or of another otter'
bad_trailer stray.bin 'its trailer is damaged or of another otter'
bad_trailer shifted.bin 'its trailer is damaged or of another otter'
bad_trailer cut_1.bin 'damaged: cut short in its trailer, 1 bytes are missing'
bad_trailer cut_96.bin 'damaged: cut short in its trailer, 96 bytes are missing'
bad_trailer longer.bin 'damaged: 4 bytes follow its trailer'
make_file() { expect 1 "$2" image make "$1" -o out.bin -H 03010100 -V 03010102; }
make_file good.bin 'good.bin: has a trailer already'
make_file no_room.bin 'do not fit the slot'
make_file large.bin 'do not fit the slot'
make_file program.elf 'ELF file is not 32-bit'
make_file program.srec 'this is an S-record file'
expect 1 'renamed.bin: its name and what it is do not go together; give -o' image sign renamed.bin -k key.pem
expect 1 'good.hex: begins at 0x08003000; the slot is at 0x08003400' \
    image verify good.hex -k public.pem --app-addr 0x08003400
expect 2 'otter: image: make: --app-addr 0x08003001: not a multiple of 4' image make app.bin --app-addr 0x08003001
expect 2 'otter: image: make: --ram 12: not a number from' image make app.bin --ram 12
expect 1 'input and output are the same file' image make app.bin -o app.bin -H 03010100 -V 03010102
expect 1 'input and output are the same file' image make app.bin -o ./app.bin -H 03010100 -V 03010102
expect 1 'No such file or directory' image make app.bin -o none/o.bin -H 03010100 -V 03010102
expect 1 'app.bin: an app for 0x08003000, and no bootloader' image factory -b app.bin -a app.bin -o o.hex
expect 1 'boot.bin: starts at 0x08000101, outside of its place' image factory -b boot.bin -a boot.bin -o o.hex
expect 1 'large.bin: an app for 0x08003000, and no bootloader' image factory -b large.bin -a app.bin -o o.hex
expect 1 '--app-addr: the slot is not behind boot.bin' image factory -b boot.bin -a app.bin -o o.hex --app-addr 0
expect 1 'good.hex: begins at 0x08003000; a bootloader does at 0x08000000' \
    image factory -b good.hex -a app.bin -o o.hex
expect 2 'o.elf: the name must end in .hex or .bin' image factory -b boot.bin -a app.bin -o o.elf
expect 1 'same file' image factory -b boot.bin -a app.bin -o app.bin
expect 1 'output file: its name is empty' image sign app.bin -k key.pem -H 03010100 -V 03010102 -o ''
expect 1 'app.bin: another file has put something at 0x08000000 already' board run --load boot.bin --load app.bin --for 1

# ---- bootloaders ----
product=6f3074fe43894547a4f1314bd7e3ae0b
expect 2 'otter: boot: bogus: no such command' boot bogus
expect 2 'otter: boot: make: bootloader not given' boot make -H 03010100 -P $product -o o.hex
expect 2 'otter: boot: make: output file (-o) not given' boot make boot.bin -H 03010100 -P $product
expect 2 'otter: boot: make: --hardware not given' boot make boot.bin -P $product -o o.hex
expect 2 'otter: boot: make: --product-key not given' boot make boot.bin -H 03010100 -o o.hex
expect 2 'otter: boot: make: --hardware 0301: not 8 characters' boot make boot.bin -H 0301
expect 2 'otter: boot: make: --hardware 0301 100: not 8 characters' boot make boot.bin -H '0301 100'
expect 2 'otter: boot: make: --p0-version 1: not 8 characters' boot make boot.bin --p0-version 1
expect 2 'otter: boot: make: --product-key 12: a product key has 32 hexadecimal digits' boot make boot.bin -P 12
expect 2 'otter: boot: make: --key2: goes with --key' boot make boot.bin --key2 public.pem
expect 1 "otter: boot: make: boot.bin: not a bootloader of otter's" boot make boot.bin -H 03010100 -P $product -o o.hex
expect 1 'otter: boot: make: app.bin: an app for 0x08003000, and no bootloader' boot make app.bin -H 03010100 -P $product -o o.hex
expect 2 'otter: boot: show: no file given' boot show
expect 1 'otter: boot: show: zero.bin: begins with 0x00000000' boot show zero.bin
expect 1 'otter: boot: show: missing.bin: No such file' boot show missing.bin

# ---- keys ----
expect 1 'otter: key: new: key.pem: exists already; it is never overwritten' key new key.pem
expect 1 'otter: key: new: .: exists already' key new .
expect 1 'otter: key: new: none/key.pem: No such file or directory' key new none/key.pem
expect 1 'otter: key: show: key.pem: has the same key id as public.pem' key show public.pem key.pem
expect 1 'otter: key: show: none/public.pem: No such file' key show key.pem --public none/public.pem
# wrong_key FILE REASON: every command that takes a key says it
wrong_key() {
    expect 1 "otter: key: show: $1: $2" key show "$1"
    expect 1 "otter: image: sign: $1: $2" image sign good.bin --key "$1"
    expect 1 "otter: image: verify: $1: $2" image verify signed.bin --key "$1"
}
wrong_key missing.pem 'No such file or directory'
wrong_key . 'not a file'
wrong_key empty.bin 'the file is empty'
wrong_key app.bin 'not a key in PEM form'
wrong_key big.pem '70000 bytes, at most 65536 are possible'
wrong_key rsa.pem 'a key of type RSA; otter signs with Ed25519'
wrong_key encrypted.pem 'encrypted, and no terminal to ask for the pass phrase'
wrong_key neutral.pem 'its public key is not one to trust'
wrong_key no_point.pem 'its public key is not one to trust'
wrong_key id_zero.pem 'its key id is 0, which means not signed; make another key'
expect 1 'otter: image: sign: public.pem: a public key; signing needs the private one' image sign good.bin -k public.pem
expect 1 'otter: image: sign: app.bin: has no trailer; give --hardware and --version' image sign app.bin --key key.pem
expect 1 'otter: image: sign: good.bin: has a trailer already' image sign good.bin -k key.pem -H 03010100 -V 03010102
expect 1 'otter: image: sign: no_room.bin: with its trailer' image sign no_room.bin -k key.pem -H 03010100 -V 03010102
expect 1 'otter: image: sign: none/o.bin: No such file' image sign good.bin --key key.pem -o none/o.bin
expect 1 'otter: image: verify: app.bin: has no trailer, so it is not signed' image verify app.bin --key key.pem
expect 1 'otter: image: verify: good.bin: is not signed' image verify good.bin --key public.pem

# ---- ports ----
expect 1 'otter: push: none/tty: No such file or directory; there is ' push good.bin --port none/tty
expect 1 'otter: push: app.bin: not a serial port' push good.bin --port app.bin
expect 1 'otter: push: .: Is a directory' push good.bin --port .

# ---- one JSON object, whatever fails before an MCU is asked ----
# fails_json FILTER ARG...: exit 1, $lines line(s) on stderr, and one object on stdout of which FILTER holds
lines=1
fails_json() {
    filter=$1
    shift
    "$otter" "$@" --json >stdout.txt 2>stderr.txt </dev/null
    got=$?
    { [ "$got" -eq 1 ] && [ "$(wc -l <stderr.txt)" -eq "$lines" ]; } || report "exit $got, or not $lines line(s)" "$*"
    jq -s -e "length == 1 and (.[0] | $filter)" stdout.txt >jq.txt 2>&1 || report "not so: $filter" "$*"
}
fails_json '.result == "failed" and .reason == "port" and (.text | startswith("none/tty: No such file"))' \
    push good.bin --port none/tty
fails_json '.reason == "port" and .text == "app.bin: not a serial port" and .bytes == 3112' push good.bin --port app.bin
fails_json '.reason == "file" and .text == "missing.bin: No such file or directory" and .bytes == null' \
    push missing.bin --port x
fails_json '.reason == "file" and (.text | contains("give --version"))' push app.bin --port x
fails_json '.reason == "file" and (.text | contains("no stack in RAM"))' push zero.bin --port x -V 03010102
fails_json '.answers == null and .reason == "port" and (.text | startswith("none/tty: No such file"))' \
    info --port none/tty
fails_json '.answers == null and .reason == "port" and .text == "app.bin: not a serial port"' info --port app.bin

# ---- MCUs ----
# start_peer VERSION HOW: a pty at ./tty
start_peer() {
    rm -f tty
    "$pty_peer" tty "$1" "$2" >peer.txt &
    peer=$!
    while [ ! -e tty ] && kill -0 "$peer" 2>/dev/null; do
        sleep 0.05
    done
}

# push_to VERSION HOW CODE TEXT ARG...: text is looked for on both outputs; .TEXT is asked of the JSON object
push_to() {
    start_peer "$1" "$2"
    code=$3
    text=$4
    shift 4
    "$otter" push --port tty "$@" >stdout.txt 2>stderr.txt
    got=$?
    cat stdout.txt >>stderr.txt
    [ "$got" -eq "$code" ] || report "exit $got instead of $code" "push $*"
    case $text in
    .*) jq -e "$text" stdout.txt >jq.txt 2>&1 ;;
    *) grep -q -- "$text" stderr.txt ;;
    esac || report "does not say: $text" "push $*"
    kill "$peer" 2>/dev/null
    wait "$peer" 2>/dev/null
    peer=
}
push_to 03010101 good 0 'otter: push: MCU updated 03010101 -> 03010102 in [0-9.]* s' good.bin
push_to 03010101 good 0 '.result == "updated" and .from == "03010101" and .to == "03010102"' good.bin --json
push_to 03010101 good 0 '.result == "updated" and .bytes == 3112' good.hex --json
push_to 03010101 good 0 '^100 %: piece 13 of 13, ' good.bin
push_to 03010102 good 0 'MCU already has version 03010102; nothing sent' good.bin
push_to 03010102 good 0 'MCU updated 03010102 -> 03010102' good.bin --force
push_to 03010101 good 1 'other.bin: the file is for hardware 99010100, the MCU is 03010100' other.bin
push_to 03010101 good 0 'MCU updated' other.bin --force
push_to 03010101 good 1 'came back with version 03010102 instead of 03010109' app.bin -V 03010109
push_to 03010101 deaf 1 'otter: push: tty: the MCU does not answer' good.bin
push_to 03010101 deaf 1 'otter: push: tty: not done after 1 s' good.bin --timeout 1
push_to 03010101 refuse 1 'otter: push: tty: the MCU refused the file (0x27)' good.bin
push_to 03010101 md5 1 '.reason == "md5-differs"' good.bin --json
push_to 03010101 vanish 1 'otter: push: tty: the port disappeared' good.bin
push_to 03010101 vanish 1 '.reason == "port" and .text == "tty: the port disappeared"' good.bin --json
push_to 03010101 deaf 1 '.reason == "no-answer" and (.text | endswith(": not a byte came at 9600 baud"))' good.bin --json
push_to 03010101 babble 1 'bytes came, but no message; is 19200 its baud rate?' good.bin --baud 19200

# a shell that has the port open, too: said at once, and again when the MCU cannot be reached
start_peer 03010101 deaf
exec 3<>./tty
lines=2
fails_json '.reason == "no-answer" and (.text | test("came at 9600 baud; .* \\(pid [0-9]+\\) has the port open, too$"))' \
    info --port tty
grep -q "otter: info: tty: .* (pid $$) has the port open, too, and takes what it reads" stderr.txt ||
    report "does not warn of the shell that has the port open" "info --port tty"
exec 3>&-
kill "$peer" 2>/dev/null
wait "$peer" 2>/dev/null
peer=

# two programs at one port
start_peer 03010101 slow
"$otter" push -v --port tty good.bin >/dev/null 2>first.txt &
first=$!
until grep -q 'MCU asks for' first.txt || ! kill -0 "$first" 2>/dev/null; do
    sleep 0.05
done
"$otter" push --port tty good.bin >stdout.txt 2>stderr.txt && report "two at one port" "push"
grep -q 'tty: \(another program uses this port\|Device or resource busy\)' stderr.txt ||
    report "does not say that the port is in use" "push"

# Ctrl-C in the middle: the MCU is told with 0x1F
kill -INT "$first"
wait "$first"
[ $? -eq 1 ] || report "exit after Ctrl-C is not 1" "push"
cp first.txt stderr.txt
grep -q 'otter: push: interrupted' first.txt || report "does not say: interrupted" "push"
wait "$peer"
peer=
grep -q 0x1F peer.txt || report "no 0x1F after Ctrl-C" "push"

[ "$failures" -eq 0 ] || { echo "e2e_cli_bad_input: $failures failures" >&2; exit 1; }
echo "e2e_cli_bad_input: all as it should be"
