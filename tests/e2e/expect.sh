# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# expect.sh: to be sourced by a test of bad input that has set `program`. It counts `failures`, and leaves stdout.txt
# and stderr.txt in the current folder.
failures=0
: "${program:?}"

# report TEXT ARGS: what is wrong, and how to repeat it
report() {
    failures=$((failures + 1))
    echo "e2e_$(basename "$0" .sh): $1" >&2
    echo "  repeat: $(basename "$program") $2" >&2
    sed 's/^/  stderr: /' stderr.txt >&2
}

# expect CODE TEXT ARG...: it ends at once with this code, says TEXT on stderr, and nothing on stdout
expect() {
    code=$1
    text=$2
    shift 2
    timeout 20 "$program" "$@" >stdout.txt 2>stderr.txt </dev/null
    got=$?
    [ "$got" -eq "$code" ] || report "exit $got instead of $code" "$*"
    grep -qF -- "$text" stderr.txt || report "does not say: $text" "$*"
    [ ! -s stdout.txt ] || report "prints something on stdout" "$*"
}
