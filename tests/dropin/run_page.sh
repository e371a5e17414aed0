#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run_page.sh PAGE HOST FIRMWARE: do what PAGE (docs/dropin.md, or its Chinese version) tells. Its table of files, copied
# into one folder, compiles with that folder alone, and wants from the project what the page says. Then its shell lines,
# in order, for somebody who has nothing but an installed otter (of the build folder HOST) and the app.bin that the IDE
# has made: each succeeds, and each board ends with the new version.
# shellcheck disable=SC2016 # the ` are the page's
set -eu
page=$1
host=$2
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
export HOME="$work/home"
grep -qF '`make firmware && make install PREFIX=$HOME/.local`' "$page" || die "$page: another way to install"
cmake --install "$host" --prefix "$HOME/.local" >"$work/install.log" || die "$(cat "$work/install.log")"
PATH=$HOME/.local/bin:$PATH
mkdir "$work/desk"
cd "$work/desk"
awk '/^```sh$/ { on = 1; next } /^```/ { on = 0 } on && NF' "$page" >"$work/lines"
[ -s "$work/lines" ] || die "$page: no shell lines"

end_board() {
    [ -n "$board" ] || return 0
    grep -q 'SoftVersion = 03010102' "$work/log" || {
        cat "$work/log" >&2
        die "the board does not run the new version"
    }
    kill "$board"
    wait "$board" 2>/dev/null || true
    board=
    boards=$((boards + 1))
}
# What the IDE has built last.
build() {
    cp "$firmware/tests/dropin/dropin_2017_$1.bin" app.bin
}
build 03010101
boards=0
while IFS= read -r line; do
    echo "\$ $line"
    case $line in
    *'--version 03010101 '*) build 03010101 ;;
    *'--version 03010102 '*) build 03010102 ;;
    esac
    case $line in
    'otter board run '*)
        end_board
        rm -f mcu
        sh -c "exec $line" >"$work/log" 2>&1 </dev/null &
        board=$!
        until [ -e mcu ]; do
            kill -0 "$board" 2>/dev/null || { cat "$work/log" >&2 && die "the board has ended"; }
            sleep 0.1
        done
        ;;
    *) sh -c "$line" </dev/null || die "failed: $line" ;;
    esac
done <"$work/lines"
end_board
[ "$boards" -ge 2 ] || die "$boards boards"
echo "$boards boards updated"
