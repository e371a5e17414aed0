#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check-columns.sh: no line of C is longer than 96 characters (.clang-format breaks code, and leaves comments).
# Tables between clang-format off and on may be wider.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC2016 # the $ are awk's
git ls-files '*.c' '*.h' | LC_ALL=C xargs awk '
FNR == 1 || /clang-format on/ { off = 0 }
/clang-format off/ { off = 1 }
off { next }
{ gsub(/[\200-\277]/, "") } # the second to fourth byte of a character
length($0) > 96 { print FILENAME ":" FNR ": " length($0) " characters, 96 at most"; bad = 1 }
END { exit bad }'
