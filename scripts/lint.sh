#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lint.sh: who includes and compiles what, formatting, cppcheck, clang-tidy (host compile database), shellcheck, and
# the figures that the documents quote. Any finding fails.
set -eu
scripts/check-includes.sh
scripts/check-sources.sh
scripts/include-circles.sh board
scripts/check-columns.sh
sources=$(git ls-files '*.c' '*.h')
# shellcheck disable=SC2086 # a list of words
clang-format-14 --dry-run -Werror $sources
# shellcheck disable=SC2046
shellcheck $(git ls-files '*.sh' .ci/run)
cppcheck --quiet -j "$(nproc)" --enable=warning,performance,portability --inline-suppr \
    --suppress=missingIncludeSystem --error-exitcode=1 \
    --project=build/host/compile_commands.json -i tests
log=build/clang-tidy.log
# The analyzer gives up a function after so many steps; with its own 225,000 it takes four times as long, and has found
# nothing more here.
depth='--extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg=max-nodes=30000'
# The drop-in's port file is compiled for the target only: where its headers are must be told.
# shellcheck disable=SC2086 # a list of words
git ls-files 'core/src/*.c' 'module/*.c' 'host/*.c' 'cli/*.c' 'board/*.c' 'lab/*.c' 'gizwits-dropin/*.c' 'agent/*.c' 'moduled/*.c' \
    'cloud/*.c' |
    xargs -P "$(nproc)" -n 4 clang-tidy-14 --quiet -p build/host $depth \
        --extra-arg=-Wno-unknown-warning-option --extra-arg="-I$PWD/port/stm32f103" >"$log" 2>&1 || {
    grep -v ' warnings generated' "$log"
    exit 1
}
# quotes FILE: all lines of standard input stand in it
quotes() {
    while read -r line; do
        grep -qF "$line" "$1" || {
            echo "lint.sh: $1: the build prints: $line (scripts/quote-sizes.sh)" >&2
            exit 1
        }
    done
}
scripts/sizes.sh build/firmware >build/sizes.md
scripts/size-parts.sh build/firmware >build/size-parts.md
scripts/proof.sh >build/proof.md
quotes README.md <build/proof.md
quotes README.zh-CN.md <build/proof.md
quotes README.md <build/sizes.md
quotes README.zh-CN.md <build/sizes.md
quotes docs/design.md <build/size-parts.md
scripts/decision-rows.py >build/decision-rows.md
[ -s build/decision-rows.md ]
quotes docs/design.md <build/decision-rows.md
echo "lint: clean"
