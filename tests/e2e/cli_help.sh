#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cli_help.sh OTTER: --help of every command, at every level of nesting, and --version.
set -u
otter=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0
fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# run ARG...: the exit code in $code, what is printed in out and err
run() {
    "$otter" "$@" >"$dir/out" 2>"$dir/err" </dev/null
    code=$?
}

# helps NAME...: `otter NAME --help` prints how it is used, and a line for each option or command
helps() {
    run "$@" --help
    usage="otter${*:+ $*}"
    [ $code -eq 0 ] || fail "$usage --help: exit $code"
    [ ! -s "$dir/err" ] || fail "$usage --help: on standard error: $(cat "$dir/err")"
    grep -q "^Usage: $usage " "$dir/out" || fail "$usage --help: $(head -n 1 "$dir/out")"
    [ "$(grep -c '^ ' "$dir/out")" -ge 1 ] || fail "$usage --help: lists nothing"
    cp "$dir/out" "$dir/help"
    same "$@" -h
    same "$@" '-?'
    same help "$@"
}

# same ARG...: prints that help, too
same() {
    run "$@"
    { [ $code -eq 0 ] && cmp -s "$dir/help" "$dir/out"; } || fail "otter $*: is not its --help"
}

# means TEXT ARG...: a mistake for which TEXT is proposed
means() {
    text=$1
    shift
    run "$@"
    { [ $code -eq 2 ] && [ ! -s "$dir/out" ] && grep -qi "did you mean \`$text\`?" "$dir/err"; } ||
        fail "otter $*: exit $code, or does not propose $text: $(cat "$dir/err")"
}

# group NAME...: has commands below it: each helps; none, or one that there is not, is a mistake
group() {
    helps "$@"
    commands=$(sed -n 's/^  \([a-z]*\) .*/\1/p' "$dir/out")
    run "$@"
    { [ $code -eq 2 ] && [ ! -s "$dir/out" ] && grep -q '^Usage: ' "$dir/err"; } ||
        fail "otter $*: exit $code, or the list is not on standard error"
    run "$@" no-such
    { [ $code -eq 2 ] && [ ! -s "$dir/out" ] && [ "$(wc -l <"$dir/err")" -eq 1 ] &&
        grep -q 'no-such: no such command; see ' "$dir/err"; } ||
        fail "otter $* no-such: exit $code: $(cat "$dir/err")"
    for command in $commands; do
        case " $groups " in
        *" $command "*) [ $# -gt 0 ] || continue ;;
        esac
        helps "$@" "$command"
    done
}

groups="image key board"
group
for name in $groups; do
    group "$name"
done
means push pusk
means inspect image insepct
means campaign board campain
means --port push app.bin --prot /dev/ttyUSB0
means --version image make app.bin --versoin=03010102
means --json info --port x --jsno
run push app.bin --bogus
grep -q 'Did you mean' "$dir/err" && fail "otter push --bogus: proposes something"
run --version
{ [ $code -eq 0 ] && grep -q '^otter [0-9]*\.[0-9]*\.[0-9]*$' "$dir/out"; } ||
    fail "otter --version: exit $code: $(cat "$dir/out")"
[ $failures -eq 0 ]
