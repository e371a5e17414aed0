# SPDX-License-Identifier: Apache-2.0
# cmake -D NM=arm-none-eabi-nm -D ELF=boot.elf -P check_symbols.cmake
# Fails when a program without C library holds what it must not: heap, stdio, floating point,
# 64-bit division, or anything undefined.
execute_process(COMMAND ${NM} ${ELF} OUTPUT_VARIABLE symbols RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${ELF}: nm failed")
endif()
string(REPLACE "\n" ";" symbols "${symbols}")
set(bad "")
foreach(symbol IN LISTS symbols)
  if(symbol MATCHES " [A-Za-z] (_?_?(malloc|calloc|realloc|free|sbrk)(_r)?|v?[a-z]*printf.*|puts|__aeabi_[df][a-z0-9_]*|__aeabi_[iul]+2[df]|__aeabi_u?ldivmod|__[a-z]*[sd]f[23]?)$"
     OR symbol MATCHES "^ +U ")
    string(STRIP "${symbol}" symbol)
    list(APPEND bad "${symbol}")
  endif()
endforeach()
if(bad)
  message(FATAL_ERROR "${ELF}: has no place in a bootloader: ${bad}")
endif()
