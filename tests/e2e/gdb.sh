#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gdb.sh OTTER FIRMWARE_DIR: a real gdb at the real application on the modelled board, alone and in a
# case of a power campaign.
set -eu
otter=$1
firmware=$2
app=$firmware/app/pethouse
if ! command -v gdb-multiarch >/dev/null 2>&1; then
    echo "skipped: gdb-multiarch is not installed (scripts/need.sh debug installs it)"
    exit 77
fi
# shellcheck source=tests/e2e/on_board.sh
. "$(dirname "$0")/on_board.sh"

die() {
    echo "gdb: $*" >&2
    echo "--- gdb" >&2
    cat "$dir/gdb.out" >&2 || true
    echo "--- board" >&2
    cat "$dir/board.err" >&2 || true
    exit 1
}

# wait_for ARG...: otter, which waits for gdb; sets $port.
wait_for() {
    : >"$dir/board.err"
    "$otter" "$@" >"$dir/board.out" 2>"$dir/board.err" &
    board=$!
    until port=$(sed -n 's/.*gdb: listening on 127\.0\.0\.1://p' "$dir/board.err") && [ -n "$port" ]; do
        kill -0 "$board" 2>/dev/null || die "the board does not listen"
        sleep 0.1
    done
}

# start OPTION...: a board run
start() {
    wait_for board run --strict --load "$app/factory.hex" --uart1 "file:$dir/log" --gdb 0 --stats "$@"
}

# debug FILE: the commands in it.
debug() {
    gdb-multiarch -nx -batch -ex "set confirm off" -ex "set pagination off" \
        -ex "set tcp auto-retry off" -ex "target remote 127.0.0.1:$port" -x "$1" \
        "$app/pethouse_03010101.elf" >"$dir/gdb.out" 2>&1 || die "gdb failed"
}

# finish [CODE]: the exit code it must end with
finish() {
    code=0
    wait "$board" || code=$?
    board=
    [ "$code" -eq "${1:-0}" ] || die "the board ended with $code"
}

has() {
    grep -Eq -- "$1" "$dir/gdb.out" || die "no line like: $1"
}

# 1. Look, step, stop and watch. Virtual time must not notice: the counts are those of a run alone.
"$otter" board run --strict --load "$app/factory.hex" --uart1 null --for 1 --stats 2>"$dir/alone.err"
cat >"$dir/look.gdb" <<'EOF'
break main
continue
printf "at main: %d\n", $pc == (unsigned)&main
printf "vectors: %d\n", *(unsigned *)0x08003000 == 0x20005000
printf "msp: %d\n", $msp == $sp && $sp <= 0x20005000 && $primask == 0
info registers xpsr
set $before = $pc
stepi
printf "stepped: %d\n", $pc == $before + 2 || $pc == $before + 4
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
    'Hardware read watchpoint 3' 'signal handler called' 'flash operations [0-9]' 'detached'; do
    has "$line"
done
sed -n '/^stopped/,/^power cuts/p' "$dir/alone.err" >"$dir/alone"
sed -n '/^stopped/,/^power cuts/p' "$dir/board.err" >"$dir/debugged"
[ -s "$dir/alone" ] || die "no counts"
cmp "$dir/alone" "$dir/debugged" || die "the run is not the one without gdb"
first=$(sed -nE 's/^flash operations ([0-9]+).*/\1/p' "$dir/gdb.out") # of the first start: the journal's

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
start --cut "$first:torn:7" --for 5
debug "$dir/cut.gdb"
finish
has 'after the cut: 1'
has "flash operations $((first + 1)) "
has 'resets: power 2,'
grep -q "power fails in flash operation $first (torn)" "$dir/board.err" || die "no cut"

# 4. A campaign over a bootloader that throws the journal away at a power-up: the line that a failure prints
# repeats it under gdb, with the same end.
"$otter" board campaign --boot "$firmware/tests/fw/boot_forgets_journal/boot_forgets_journal.bin" \
    --app "$app/pethouse_03010101.bin" --update "$firmware/app/app_v3/pethouse_03010103.bin" \
    --every 30000 --offset 12000 --tears "done" --jobs 1 >"$dir/campaign.out" && die "no failure found"
line=$(sed -n 's/^  repeat: otter //p' "$dir/campaign.out")
op=$(sed -nE 's/^campaign: FAILED ([0-9]+):done seed 1: .*/\1/p' "$dir/campaign.out")
why=$(sed -n 's/^campaign: FAILED .* seed 1: //p' "$dir/campaign.out")
case $line in
*" --repeat $op:done --gdb 0") ;;
*) die "not one failure with its line: $(cat "$dir/campaign.out")" ;;
esac
# From reset vector to reset vector: powered on, restarted behind the first start, restarted to install,
# back after the cut.
cat >"$dir/case.gdb" <<'EOF'
break *(*(unsigned *)0x08000004 - 1)
continue
continue
continue
printf "power-on flag: %d\n", *(unsigned *)0x40021024 >> 27 & 1
monitor info
detach
EOF
# The same way with stops inside the slices in which board and module take turns.
cat >"$dir/stops.gdb" <<'EOF'
break SysTick_Handler
ignore 1 50
continue
stepi 20
delete
EOF
sed 2d "$dir/case.gdb" >>"$dir/stops.gdb" # SysTick ticks behind the first restart
for script in case stops; do
    # shellcheck disable=SC2086 # a command line
    wait_for $line
    debug "$dir/$script.gdb"
    finish 1
    has 'power-on flag: 1'
    has "flash operations $((op + 1)) "
    has 'resets: power 2, pin 0, software 2,'
    grep -q "power fails in flash operation $op\$" "$dir/board.err" || die "no cut in $op"
    grep -qxF "campaign: $op:done: $why" "$dir/board.out" || die "another end: $(cat "$dir/board.out")"
    sed -n '/^virtual time/,/^instructions/p' "$dir/gdb.out" >"$dir/$script.at"
done
[ "$(wc -l <"$dir/case.at")" -eq 2 ] || die "no time of the restart"
cmp "$dir/case.at" "$dir/stops.at" || die "the case is not the one with fewer stops"

# 5. A case that the debugger ends gets no verdict.
echo kill >"$dir/kill.gdb"
# shellcheck disable=SC2086 # a command line
wait_for $line
debug "$dir/kill.gdb"
finish 1
grep -qxF "campaign: $op:done: no verdict: the debugger ended the run" "$dir/board.out" || die "it got a verdict"

echo "gdb: the debugger sees what the board does, and the board does not see the debugger"
