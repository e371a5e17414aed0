#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sizes.sh FIRMWARE_BUILD_DIR: the tables of sizes, from the linked files: images, and the bootloader by its parts.
set -eu
dir=$1
row() { # name elf bin limit
    flash=$(wc -c <"$3")
    ram=$(arm-none-eabi-size "$2" | awk 'NR == 2 { print $2 + $3 }')
    printf '| %-18s | %6d | %6d | %6d |\n' "$1" "$flash" "$4" "$ram"
}
echo '| image              |  bytes |  limit |    RAM |'
echo '|--------------------|-------:|-------:|-------:|'
for boot in boot boot_any boot_every_start boot_unsigned; do
    row $boot "$dir/boot/$boot.elf" "$dir/boot/$boot.bin" 8192
done
for version in 03010101 03010102; do
    row "pethouse $version" "$dir/app/pethouse/pethouse_$version.elf" \
        "$dir/app/pethouse/pethouse_$version.bin" 26624
done
echo
"$(dirname "$0")/size-parts.sh" "$dir"
