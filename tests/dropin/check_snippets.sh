#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_snippets.sh PAGE TRANSLATION: each line of C that PAGE shows stands so in one of the sources here; and
# TRANSLATION has the same blocks of code, the same words in `...`, as many headings and rows of tables.
set -eu
page=$1
translation=$2
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
cat main.c gizwits_product.c gizwits_protocol.c gizwits_protocol.h >"$work/sources"
awk '/^```c$/ { on = 1; next } /^```/ { on = 0 } on && NF' "$page" >"$work/lines"
if grep -vxFf "$work/sources" "$work/lines" >"$work/missing"; then
    echo "$page: not in the sources:" >&2
    cat "$work/missing" >&2
    bad=1
fi
# compare WHAT: what standard input, an awk program, prints of both is the same
compare() {
    cat >"$work/program"
    awk -f "$work/program" "$page" >"$work/a"
    awk -f "$work/program" "$translation" >"$work/b"
    sort -o "$work/a" "$work/a"
    sort -o "$work/b" "$work/b"
    diff "$work/a" "$work/b" >&2 || {
        echo "$translation: not the same $1 as in $page" >&2
        bad=1
    }
}
compare 'blocks of code' <<'AWK'
/^```/ { on = !on; n++ }
on { print n, $0 }
AWK
compare 'headings and rows' <<'AWK'
/^#+ / { print $1, $2 ~ /^[0-9]+\.$/ ? $2 : "" }
/^\|/ { rows++ }
END { print rows, "rows" }
AWK
compare 'words of code' <<'AWK'
/^```/ { on = !on; next }
!on { text = text " " $0 }
END {
    n = split(text, part, "`")
    for (i = 2; i <= n; i += 2) { print part[i] }
}
AWK
exit "$bad"
