#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check-sources.sh: no CMakeLists.txt and no .cmake names a .c file that is not below its own folder. Who needs one
# links the library of the folder that has it, or calls a function that is declared there, or in cmake/.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC2016 # the $ are awk's
git ls-files '*CMakeLists.txt' '*.cmake' ':!cmake' | xargs awk '
FNR == 1 {
    folder = FILENAME
    sub(/[^\/]*$/, "", folder)
    split("", value)
    value["PROJECT_SOURCE_DIR"] = "."
    value["CMAKE_CURRENT_SOURCE_DIR"] = "./" folder
}
{
    sub(/#.*/, "")
    # Variables that are one path.
    if (match($0, /set\([A-Za-z_]+ [^ )]+\)/)) {
        split(substr($0, RSTART + 4, RLENGTH - 5), pair, " ")
        value[pair[1]] = expand(pair[2])
    }
    gsub(/[()"]/, " ")
    for (i = 1; i <= NF; i++) {
        if ($i ~ /\.c$/ && $i ~ /\//) { check(expand($i), $i) }
    }
}
function expand(text,    name) {
    while (match(text, /\$\{[A-Za-z_]+\}/)) {
        name = substr(text, RSTART + 2, RLENGTH - 3)
        text = substr(text, 1, RSTART - 1) (name in value ? value[name] : "?" name) substr(text, RSTART + RLENGTH)
    }
    return text
}
function check(path, text) {
    if (path ~ /^\?[A-Z_]*BINARY_DIR\//) { return } # made by the build
    gsub(/\/+/, "/", path)
    if (path ~ /^\.\.\// || path ~ /\/\.\.\// || path ~ /^\// || path ~ /\?/ ||
        (path ~ /^\.\// && index(path, "./" folder) != 1)) {
        print FILENAME ":" FNR ": " text ": not a source of " folder
        bad = 1
    }
}
END { exit bad }'
