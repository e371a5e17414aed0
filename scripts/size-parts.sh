#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# size-parts.sh FIRMWARE_BUILD_DIR: what each part of the bootloader costs, from the symbols of its .elf: with LTO
# the linker sees one object. A symbol's source file is in the debug information; where that lacks it, it is that of
# the same symbol in the library, which is also built without LTO. What was inlined counts where it was inlined to.
# The sum is the .bin's size, or it fails; so do symbols that overlap. A file of no part is a row of its own.
set -eu
build=$1
program=$build/boot/boot
{
    # OBJECT of each symbol, as the archives have it
    arm-none-eabi-nm -A --defined-only "$build"/core/libotter.a "$build"/port/libport_*.a |
        sed -E 's/.*:([^:.]*)\.c\.obj:[0-9a-f]* . (.*)/library \2 \1/'
    arm-none-eabi-nm -S -n -l "$program.elf" | awk '$3 ~ /^[tTrR]$/ && $2 ~ /^[0-9a-f]+$/ { print "symbol", $0 }'
} | awk -v size="$(wc -c <"$program.bin")" '
function hex(text,    value, i) {
    value = 0
    for (i = 1; i <= length(text); i++) {
        value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
    }
    return value
}
function part(name, files,    list, count, i) {
    order[++parts] = name
    count = split(files, list, " ")
    for (i = 1; i <= count; i++) {
        part_of[list[i]] = name
    }
}
BEGIN {
    part("vectors, ids", "vectors_boot ids")
    part("public keys", "otter_keys")
    part("main: decide and act, swap, revert, log", "main startup decide swap log debug mailbox")
    part("install journal", "journal crc32")
    part("flash, map", "flash layout")
    part("verify: trailer, hardware, version", "verify image")
    part("SHA-512", "sha512")
    part("Ed25519", "ed25519 field25519")
    part("recovery over UART", "recovery recover uart_polled")
    part("memcpy and others", "mem")
    part("texts without a name, alignment", "gaps")
    file_of["texts"] = "log" # not in the library
    file_of["verifier"] = "main"
}
$1 == "library" { file_of[$2] = $3 }
$1 == "symbol" {
    address = hex($2) - hex("08000000")
    name = $5
    sub(/\.(lto_priv\.)?[0-9]+$/, "", name)
    file = $6
    if (file !~ /\/(core|port|boot)\// && file !~ /otter_keys/) {
        file = name in file_of ? file_of[name] : name
    }
    sub(/\.c:[0-9]+$/, "", file)
    sub(/.*\//, "", file)
    if (!(file in part_of)) {
        part("other: " file, file)
    }
    if (address < end) {
        print "size-parts.sh: " name " overlaps another symbol" >"/dev/stderr"
        bad = 1
    }
    bytes[part_of["gaps"]] += address - end
    bytes[part_of[file]] += hex($3)
    end = address + hex($3)
}
END {
    bytes[part_of["gaps"]] += size - end
    print "| part of the bootloader                     |  bytes |"
    print "|--------------------------------------------|-------:|"
    for (i = 1; i <= parts; i++) {
        sum += bytes[order[i]]
        if (bytes[order[i]] != 0) {
            printf "| %-42s | %6d |\n", order[i], bytes[order[i]]
        }
    }
    printf "| %-42s | %6d |\n", "all of it", sum
    if (bad || sum != size || bytes[part_of["gaps"]] > 64) {
        print "size-parts.sh: that is not " size ", or too much of it has no name" >"/dev/stderr"
        exit 1
    }
}'
