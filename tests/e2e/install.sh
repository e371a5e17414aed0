#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# install.sh HOST FIRMWARE: make install, from these build folders into a folder of its own; what is there works.
set -u
host=$1
firmware=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
failures=0
trap 'rm -rf "$dir"' EXIT
export LC_ALL=C # one order of names
cd "$dir" || exit 1
report() {
    failures=$((failures + 1))
    echo "e2e_install: $1" >&2
    cat out.txt >&2
}
check() {
    what=$1
    shift
    "$@" >out.txt 2>&1 || report "$what"
}

# ---- what is missing is said, and nothing installed ----
cp "$root/Makefile" .
missing() {
    make -s install DESTDIR="$dir/none" >out.txt 2>&1 && report 'installs what is not built'
    grep -qxF "make install: $1: not there; make firmware builds it" out.txt || report "does not name $1"
    [ ! -e none ] || report 'installs a part'
}
missing build/host/cli/otter
mkdir build
ln -s "$host" build/host
missing build/firmware/boot/boot_any.bin
ln -s "$firmware" build/firmware

# ---- a package of it: DESTDIR, and a path with a blank ----
check 'make install' make -s install DESTDIR="$dir/a package" PREFIX=/opt/otter
there="$dir/a package/opt/otter"
check 'more than PREFIX' [ "$(ls "$dir/a package/opt")" = otter ]
for program in otter otter-cloud otter-module; do
    check "$program --version" "$there/bin/$program" --version
    grep -q "^$program [0-9]" out.txt || report "$program does not say who it is"
    check "page of $program" cmp "$there/share/man/man1/$program.1" "$root/docs/man/$program.1"
done
check 'every man page' [ "$(cd "$there/share/man/man1" && echo ./*)" = "$(cd "$root/docs/man" && echo ./*.1)" ]
for boot in boot_any boot_unsigned; do
    check "$boot.bin" cmp "$there/share/otter/$boot.bin" "$firmware/boot/$boot.bin"
    check "$boot.bin is no program" [ "$(stat -c %a "$there/share/otter/$boot.bin")" = 644 ]
done
for file in LICENSE signing.md dropin.md dropin.zh-CN.md; do
    check "$file" [ -s "$there/share/doc/otter/$file" ]
done

# ---- the drop-in: the files that its page names, and no source more ----
named() { # c|h: in the table of chapter 2
    grep -E '^\| .(gizwits-dropin|core/src|port/stm32f103)/. \|' "$root/docs/dropin.md" | grep -oE "[a-z0-9_]+\.$1\>" | sort
}
cd "$there/share/otter/dropin" || exit 1
check 'the sources of the drop-in' [ "$(named c)" = "$(printf '%s\n' *.c)" ]
for header in $(named h) gizwits_ota.h gizwits_ota_port.h; do
    check "$header" [ -s "$header" ]
done
for header in "$root"/core/include/otter/*.h; do
    check "$header" cmp "$header" "otter/$(basename "$header")"
done

# ---- and away again, but not what is another's ----
rm -f out.txt
cd "$dir" || exit 1
echo mine >"$there/bin/other"
check 'make uninstall' make -s uninstall DESTDIR="$dir/a package"
check 'nothing is left' [ "$(find "$dir/a package" -not -type d)" = "$there/bin/other" ]
check 'no folder is left' [ "$(ls "$there")" = bin ]
make -s uninstall >out.txt 2>&1 && report 'uninstalls twice'
grep -qx 'make uninstall: nothing was installed from here' out.txt || report 'does not say that nothing is there'

[ $failures -eq 0 ] || exit 1
echo "e2e_install: all as it should be"
