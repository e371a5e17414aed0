#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# flash.sh [--protect] [--unprotect] FACTORY.hex: write the factory image to a real STM32F103 over ST-Link.
#
# --protect    then write-protect the bootloader's pages, by option bytes, and look whether they are:
#              nothing but a debug probe replaces this bootloader any more. docs/security.md says what it
#              gives.
# --unprotect  first take that away: a bootloader that is protected cannot be written.
#
# New option bytes hold from the next reset on. openocd counts them in blocks of four pages.
set -eu
header=$(dirname "$0")/../port/stm32f103/partitions.h
protect=
unprotect=
while [ $# -gt 1 ]; do
    case $1 in
    --protect) protect=1 ;;
    --unprotect) unprotect=1 ;;
    *) break ;;
    esac
    shift
done
if [ $# != 1 ]; then
    echo "usage: flash.sh [--protect] [--unprotect] FACTORY.hex" >&2
    exit 2
fi
image=$1

size=$(sed -n 's/^#define OTTER_BOOT_SIZE *\(0x[0-9A-Fa-f]*\).*/\1/p' "$header")
blocks=$((size / 4096))
wrpr=0x40022020 # FLASH_WRPR, PM0075 3.8: a bit per block, 0 = protected

set -- -f interface/stlink.cfg -f target/stm32f1x.cfg
[ -z "$unprotect" ] ||
    set -- "$@" -c "init; reset halt; flash protect 0 0 $((blocks - 1)) off; reset halt"
set -- "$@" -c "program $image verify"
[ -z "$protect" ] ||
    set -- "$@" -c "flash protect 0 0 $((blocks - 1)) on; reset halt" \
        -c "if {([mrw $wrpr] & $(((1 << blocks) - 1))) != 0} {error {the bootloader is not protected}}"
exec openocd "$@" -c "reset run; shutdown"
