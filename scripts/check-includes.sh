#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check-includes.sh [TABLE]: every #include "..." of a .c or .h is of its own room, or of one that the table of
# rooms allows: rows "| `room` | `room`, `folder/file.h` |" under a heading of the columns "| room | may include |",
# in docs/design.md if no TABLE is given. A room is a folder at the top.
set -eu
cd "$(dirname "$0")/.."
table=${1:-docs/design.md}
# only LIBRARY_HEADER PATHS: nobody else of cloud/ knows that library
only() {
    others=$(git grep -lF "<$1>" -- cloud | grep -Ev "$2" || true)
    [ -z "$others" ] || { echo "$others: includes <$1>, which only $2 may know"; exit 1; }
}
only microhttpd.h '^cloud/http/'
only curl/curl.h '^cloud/hook/'
only sqlite3.h '^cloud/store/store_sqlite'
# Where the builds look for a header, after the folder of the file that asks.
paths='. core/include tests port/stm32f103 app/pethouse gizwits-dropin'
# shellcheck disable=SC2016 # the $ are awk's
git ls-files '*.c' '*.h' | xargs awk -v table="$table" -v paths="$paths" -v tree="$(git ls-files '*.h' '*.c' | tr '\n' ' ')" '
function room(path) { return substr(path, 1, index(path, "/") - 1) }
function complain(text) { print FILENAME ":" FNR ": " text; bad = 1 }
# The file of the tree that the include means; "" if there is none.
function find(name,    i, path) {
    path = FILENAME
    sub(/[^\/]*$/, "", path)
    if (path name in file) { return path name }
    for (i = 1; i <= places; i++) {
        path = place[i] == "." ? name : place[i] "/" name
        if (path in file) { return path }
    }
    return ""
}
function may(from, target,    i) {
    for (i = 1; i <= entries[from]; i++) {
        if (index(target "/", entry[from, i] "/") == 1) { return 1 }
    }
    return from == room(target)
}
BEGIN {
    count = split(tree, list, " ")
    for (i = 1; i <= count; i++) { file[list[i]] = 1 }
    places = split(paths, place, " ")
    while ((getline line <table) > 0) {
        if (line ~ /^\| *room *\| *may include *\|/) { inside = 1; continue }
        if (line !~ /^\|/) { inside = 0 }
        if (!inside || line ~ /^\|-/) { continue }
        gsub(/[`| ]+/, " ", line)
        gsub(/,/, "", line)
        count = split(line, list, " ")
        from = list[1]
        known[from] = 1
        rooms++
        for (i = 2; i <= count; i++) { entry[from, ++entries[from]] = list[i] }
    }
    if (rooms == 0) { print table ": no table of rooms"; exit bad = 1 }
}
/^ *# *include *"/ {
    name = $0
    sub(/^[^"]*"/, "", name)
    sub(/".*/, "", name)
    from = room(FILENAME)
    target = find(name)
    if (!(from in known)) {
        complain(from ": not in the table of rooms")
    } else if (target == "") {
        complain("\"" name "\": in none of the folders that a build looks in")
    } else if (!may(from, target)) {
        complain(from " may not include " target)
    }
}
END { exit bad }'
