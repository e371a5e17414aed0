#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run_page.sh PAGE OTTER FIRMWARE: do what PAGE (docs/dropin.md) tells. Its table of files, copied into one folder,
# compiles with that folder alone, and wants from the project what the page says. Then its shell lines, in order, in a
# folder with the files that they name: each succeeds, and each board ends with the new version.
# shellcheck disable=SC2016 # the ` are the page's
set -eu
page=$1
tool=$2
firmware=$3
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
board=
cleanup() {
    [ -z "$board" ] || kill "$board" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
die() {
    echo "run_page.sh: $*" >&2
    exit 1
}

# ---- the files ----
mkdir -p "$work/project/otter/otter"
cp "$root"/core/include/otter/*.h "$work/project/otter/otter/"
# "| `folder/` | `file` `file`, and `file` |"; "the two `.h`" and "all" are the folder's
grep -E '^\| `[a-z0-9/-]+/` \|' "$page" | while IFS='|' read -r _ folder files _; do
    folder=$(echo "$folder" | tr -d ' `')
    case $files in *'`.h`'*) cp "$root/$folder"*.h "$work/project/otter/" ;; esac
    echo "$files" | grep -oE '`[a-z0-9_]+\.[ch]`' | tr -d '`' | while read -r file; do
        cp "$root/$folder$file" "$work/project/otter/"
    done
done
cd "$work/project"
for source in otter/*.c; do
    arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -Os -std=c99 -Wall -Wextra -Werror -I otter -c -o "${source%.c}.o" "$source"
done
arm-none-eabi-ld -r -o all.o otter/*.o
wants=$(arm-none-eabi-nm -u all.o | awk '{ print $2 }' | sort | tr '\n' ' ')
[ "$wants" = "gizGetTimerCount mcuRestart memcmp memcpy memmove memset uartWrite " ] || die "the files want: $wants"

# ---- the shell lines ----
cd "$work"
mkdir bin
ln -s "$tool" bin/otter
PATH=$work/bin:$PATH
cp "$firmware"/boot/boot.bin "$firmware"/boot/boot_unsigned.hex .
cp "$firmware"/tests/dropin/dropin_2017_03010101.bin app_03010101.bin
cp "$firmware"/tests/dropin/dropin_2017_03010102.bin app.bin
cp "$(sed -E 's/^the (DEVELOPMENT )?key //; s/: NOT FOR PRODUCTS$//' "$firmware"/signed-with.txt)" my.pem
awk '/^```sh$/ { on = 1; next } /^```/ { on = 0 } on && NF' "$page" >lines
[ -s lines ] || die "$page: no shell lines"

end_board() {
    [ -n "$board" ] || return 0
    grep -q 'SoftVersion = 03010102' log || {
        cat log >&2
        die "the board does not run the new version"
    }
    kill "$board"
    wait "$board" 2>/dev/null || true
    board=
    boards=$((boards + 1))
}
boards=0
while IFS= read -r line; do
    echo "\$ $line"
    case $line in
    'otter board run '*)
        end_board
        rm -f mcu
        sh -c "exec $line" >log 2>&1 </dev/null &
        board=$!
        until [ -e mcu ]; do
            kill -0 "$board" 2>/dev/null || { cat log >&2 && die "the board has ended"; }
            sleep 0.1
        done
        ;;
    *) sh -c "$line" </dev/null || die "failed: $line" ;;
    esac
done <lines
end_board
[ "$boards" -ge 2 ] || die "$boards boards"
echo "$boards boards updated"
