# SPDX-License-Identifier: Apache-2.0
# cmake -D OUT=a -D FIRST=b -D SECOND=c -P merge_hex.cmake: two Intel HEX files in one. Each address
# record (type 04) stands before its data, so it is enough to leave out FIRST's end (type 01) and
# SECOND's start address (types 03, 05): the program starts in FIRST.
file(STRINGS ${FIRST} first NO_HEX_CONVERSION REGEX "^:........")
file(STRINGS ${SECOND} second NO_HEX_CONVERSION REGEX "^:........")
list(FILTER first EXCLUDE REGEX "^:......01")
list(FILTER second EXCLUDE REGEX "^:......0[35]")
list(JOIN first "\n" first)
list(JOIN second "\n" second)
file(WRITE ${OUT} "${first}\n${second}\n")
