#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# size-parts.sh FIRMWARE_BUILD_DIR: what each part of the bootloader costs, from the linker's map. The sum is the
# .bin's size, or it fails. An object file of no part is a row of its own.
set -eu
program=$1/boot/boot
awk -v size="$(wc -c <"$program.bin")" '
function hex(text,    value, i) {
    value = 0
    for (i = 3; i <= length(text); i++) {
        value = value * 16 + index("0123456789abcdef", tolower(substr(text, i, 1))) - 1
    }
    return value
}
function part(name, objects,    list, count, i) {
    order[++parts] = name
    count = split(objects, list, " ")
    for (i = 1; i <= count; i++) {
        part_of[list[i]] = name
    }
}
BEGIN {
    part("vectors, jump to the app, mailbox", "vectors_boot system jump mailbox")
    part("main, log", "main log debug")
    part("clock, flash, watchdog, map", "clock flash iwdg layout")
    part("what to do: decision table and its actions", "startup decide")
    part("install journal", "journal crc32")
    part("swap and revert", "swap")
    part("tutorial request", "flag")
    part("verify: trailer, hardware, version", "verify image")
    part("SHA-512", "sha512")
    part("Ed25519", "ed25519 field25519")
    part("public keys", "otter_keys")
    part("recovery over UART", "recovery recover uart_polled")
    part("memcpy and others, division", "mem libgcc")
    part("alignment", "fill")
}
/^Linker script and memory map/ { inside = 1 }
!inside { next }
# A long name stands alone, its numbers on the next line.
NF == 1 && /^ \.(vectors|text|rodata|data)/ { waiting = 1; next }
waiting { $0 = " .text " $0; waiting = 0 }
/^ \*fill\*/ && $2 ~ /^0x0800/ { bytes["alignment"] += hex($3); next }
/^ \.(vectors|text|rodata|data)/ && NF >= 4 && (hex($3) > 0) {
    object = $4
    if (object ~ /libgcc/) {
        object = "libgcc"
    } else {
        sub(/\.c\.obj\)?$/, "", object)
        sub(/.*[\/(]/, "", object)
    }
    if (!(object in part_of)) {
        part("other: " object, object)
    }
    bytes[part_of[object]] += hex($3)
}
END {
    print "| part of the bootloader                     |  bytes |"
    print "|--------------------------------------------|-------:|"
    for (i = 1; i <= parts; i++) {
        sum += bytes[order[i]]
        if (bytes[order[i]] > 0) {
            printf "| %-42s | %6d |\n", order[i], bytes[order[i]]
        }
    }
    printf "| %-42s | %6d |\n", "all of it", sum
    if (sum != size) {
        print "size-parts.sh: that is not " size >"/dev/stderr"
        exit 1
    }
}' "$program.map"
