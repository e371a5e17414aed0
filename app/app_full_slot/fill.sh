#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fill.sh SIGNED.bin SLOT TRAILER OUT.bin: the image's program, without its trailer of TRAILER bytes, over and over
# until SLOT is full but for a trailer's room: no page of it is blank.
set -eu
room=$(($2 - $3))
head -c -"$3" "$1" >"$4.program"
: >"$4.filled"
while [ "$(wc -c <"$4.filled")" -lt $room ]; do
    cat "$4.program" >>"$4.filled"
done
head -c $room "$4.filled" >"$4"
rm "$4.program" "$4.filled"
