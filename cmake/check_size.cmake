# SPDX-License-Identifier: Apache-2.0
# cmake -D NAME=boot -D BIN=boot.bin -D SCRIPT=boot.ld -D SIZE_MAX=8192 -P check_size.cmake
# Prints "boot  8056 bytes of 8192"; fails above SIZE_MAX (empty: no limit). The region's length is
# taken from the preprocessed linker script.
file(SIZE ${BIN} size)
file(STRINGS ${SCRIPT} line REGEX "FLASH .*LENGTH")
string(REGEX REPLACE ".*LENGTH = *" "" length "${line}")
math(EXPR region "${length}")
message("${NAME}  ${size} bytes of ${region}")
if(SIZE_MAX AND size GREATER SIZE_MAX)
  file(REMOVE ${BIN}) # make must not find a finished result next time
  message(FATAL_ERROR "${NAME}: ${size} bytes, allowed ${SIZE_MAX}")
endif()
