#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gdb.sh OTTER FIRMWARE_DIR: a real gdb at the real application on the modelled board.
set -eu
otter=$1
app=$2/app/pethouse
if ! command -v gdb-multiarch >/dev/null 2>&1; then
    echo "gdb: skipped, gdb-multiarch is not installed"
    exit 77
fi
dir=$(mktemp -d)
board=
cleanup() {
    [ -z "$board" ] || kill "$board" 2>/dev/null || true
    rm -rf "$dir"
}
trap cleanup EXIT

die() {
    echo "gdb: $*" >&2
    echo "--- gdb" >&2
    cat "$dir/gdb.out" >&2 || true
    echo "--- board" >&2
    cat "$dir/board.err" >&2 || true
    exit 1
}

# start OPTION...: a board that waits for gdb; sets $port.
start() {
    : >"$dir/board.err"
    "$otter" board run --load "$app/factory.hex" --uart1 "file:$dir/log" --gdb 0 --stats "$@" \
        2>"$dir/board.err" &
    board=$!
    tries=0
    until port=$(sed -n 's/.*gdb: listening on 127\.0\.0\.1://p' "$dir/board.err") && [ -n "$port" ]; do
        tries=$((tries + 1))
        if [ "$tries" -gt 100 ] || ! kill -0 "$board" 2>/dev/null; then
            die "the board does not listen"
        fi
        sleep 0.1
    done
}

# debug FILE: the commands in it.
debug() {
    timeout 60 gdb-multiarch -nx -batch -ex "set confirm off" -ex "set pagination off" \
        -ex "set tcp auto-retry off" -ex "target remote 127.0.0.1:$port" -x "$1" \
        "$app/pethouse_03010101.elf" >"$dir/gdb.out" 2>&1 || die "gdb failed"
}

finish() {
    wait "$board" || die "the board ended with $?"
    board=
}

has() {
    grep -Eq -- "$1" "$dir/gdb.out" || die "no line like: $1"
}

# 1. Look, step, stop and watch. Virtual time must not notice: the counts are those of a run alone.
"$otter" board run --load "$app/factory.hex" --uart1 null --for 1 --stats 2>"$dir/alone.err"
cat >"$dir/look.gdb" <<'EOF'
break main
continue
printf "at main: %d\n", $pc == (unsigned)&main
printf "vectors: %d\n", *(unsigned *)0x08003000 == 0x20005000
printf "msp: %d\n", $msp == $sp && $sp <= 0x20005000 && $primask == 0
info registers xpsr
set $before = $pc
stepi
printf "stepped: %d\n", $pc == $before + 4
set $old = $r7
set $r7 = 0x12345678
printf "r7: %x\n", $r7
set $r7 = $old
printf "flash size: %d\n", *(unsigned short *)0x1ffff7e0
printf "cpuid: %x\n", *(unsigned *)0xe000ed00
x/xw 0x40013804
watch ticks_ms
continue
printf "ticks: %d\n", ticks_ms
rwatch ticks_ms
delete 2
continue
delete
tbreak SysTick_Handler
continue
printf "in the handler: %d\n", $pc == (unsigned)&SysTick_Handler && ($xpsr & 0x1ff) == 15
backtrace 2
monitor info
detach
EOF
start --for 1
debug "$dir/look.gdb"
finish
for line in 'at main: 1' 'vectors: 1' 'msp: 1' 'stepped: 1' 'r7: 12345678' 'flash size: 64' \
    'cpuid: 411fc231' 'ticks: 1$' 'Old value = 0' 'New value = 1' 'in the handler: 1' \
    'Hardware read watchpoint 3' 'signal handler called' 'flash operations 0' 'detached'; do
    has "$line"
done
sed -n '/^stopped/,/^power cuts/p' "$dir/alone.err" >"$dir/alone"
sed -n '/^stopped/,/^power cuts/p' "$dir/board.err" >"$dir/debugged"
[ -s "$dir/alone" ] || die "no counts"
cmp "$dir/alone" "$dir/debugged" || die "the run is not the one without gdb"

# 2. Reset, power and the end by kill.
cat >"$dir/reset.gdb" <<'EOF'
break main
continue
set variable ticks_ms = 77
monitor reset
maintenance flush register-cache
printf "reset: %d\n", $sp == 0x20005000 && $lr == 0xffffffff
continue
printf "again: %d\n", $pc == (unsigned)&main
monitor power
maintenance flush register-cache
printf "power: %d\n", $lr == 0xffffffff
monitor info
kill
EOF
start
debug "$dir/reset.gdb"
finish
for line in 'reset: 1' 'again: 1' 'power: 1' 'resets: power 2, pin 1'; do
    has "$line"
done

# 3. With a power cut: the page erase that gdb starts is torn, and the board comes back under gdb.
cat >"$dir/cut.gdb" <<'EOF'
break main
continue
set *(unsigned *)0x0800f000 = 0
printf "flash: %x\n", *(unsigned *)0x0800f000
set $r0 = 0
set $r1 = 0x0800f000
set $pc = stm32f103_flash.erase
continue
printf "after the cut: %d\n", $pc == (unsigned)&main
monitor info
kill
EOF
start --cut 0:torn:7 --for 5
debug "$dir/cut.gdb"
finish
has 'after the cut: 1'
has 'flash operations 1 '
has 'resets: power 2,'
grep -q 'power fails in flash operation 0 (torn)' "$dir/board.err" || die "no cut"
echo "gdb: the debugger sees what the board does, and the board does not see the debugger"
