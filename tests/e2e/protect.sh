#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# protect.sh OTTER FIRMWARE_DIR FLASH_SH: write protection as people ask for it: otter board run, otter
# board campaign, make flash. The app wipes the bootloader if it can (tests/fw/app_erases_boot).
set -eu
otter=$1
firmware=$2
flash=$3
boot=$firmware/boot/boot.bin
wipe=$firmware/tests/fw/app_erases_boot/app_erases_boot.bin
update=$firmware/app/pethouse/pethouse_03010102.bin
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

# expect WHAT FILE TEXT TIMES: so many lines of FILE are TEXT
expect() {
    count=$(tr -d '\r' <"$2" | grep -cxF -e "$3" || true)
    if [ "$count" != "$4" ]; then
        echo "$1: '$3' $count times, not $4:" >&2
        cat "$2" >&2
        failures=$((failures + 1))
    fi
}

board() {
    "$otter" board run --strict --load "$boot" --load "$wipe@0x08003000" --for 1.5 "$@" </dev/null
}
board >"$dir/run"
expect "board run" "$dir/run" "Program 0020 Erase 0020" 8
board --protect >"$dir/run"
expect "board run --protect" "$dir/run" "Program 0010 Erase 0010" 8

# The first operations are the bootloader's, which adopts the app; the 42nd is in the middle of what the app
# does next, if the chip lets it.
campaign() {
    "$otter" board campaign --boot "$boot" --app "$wipe" --update "$update" --repeat "$@" || true
}
campaign 42:done >"$dir/campaign"
expect "campaign" "$dir/campaign" "campaign: 42:done: the core is locked up" 1
campaign 42:done --protect >"$dir/campaign"
expect "campaign --protect" "$dir/campaign" \
    "campaign: 42:done: the power cut never came: the run before it differs from the reference run" 1

# An openocd that writes down what it is told, a line an argument.
cat >"$dir/openocd" <<'EOF'
#!/bin/sh
printf '%s\n' "$@" | sed 's/; /\n/g'
EOF
chmod +x "$dir/openocd"
told() {
    PATH="$dir:$PATH" "$flash" "$@" factory.hex | grep -v '^-\|\.cfg$'
}
told >"$dir/told"
printf '%s\n' 'program factory.hex verify' 'reset run' shutdown | diff - "$dir/told" ||
    failures=$((failures + 1))
told --protect --unprotect | grep -v mrw >"$dir/told"
printf '%s\n' init 'reset halt' 'flash protect 0 0 1 off' 'reset halt' 'program factory.hex verify' \
    'flash protect 0 0 1 on' 'reset halt' 'reset run' shutdown | diff - "$dir/told" ||
    failures=$((failures + 1))
told --protect | grep mrw >"$dir/told"
expect "flash.sh --protect" "$dir/told" \
    'if {([mrw 0x40022020] & 3) != 0} {error {the bootloader is not protected}}' 1
if "$flash" --protect 2>"$dir/told"; then
    failures=$((failures + 1))
fi
exit $((failures > 0))
