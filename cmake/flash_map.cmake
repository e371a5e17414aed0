# SPDX-License-Identifier: Apache-2.0
# Which map of flash the firmware has, of those in port/stm32f103/partitions.h.
#
#   OTTER_FLASH_KB   64, or 128 for a chip that has it: slots of 58 KB
#
# Sets OTTER_SLOT_SIZE, in bytes.
set(OTTER_FLASH_KB 64 CACHE STRING "The chip's flash: 64 KB, or 128 with slots of 58 KB")
set_property(CACHE OTTER_FLASH_KB PROPERTY STRINGS 64 128)
if(NOT OTTER_FLASH_KB MATCHES "^(64|128)$")
  otter_refuse(OTTER_FLASH_KB "not 64 or 128")
endif()
otter_accept(OTTER_FLASH_KB)
add_compile_definitions(OTTER_FLASH_KB=${OTTER_FLASH_KB})
execute_process(
  COMMAND ${CMAKE_COMMAND} -E echo OTTER_APP_SIZE
  COMMAND ${CMAKE_C_COMPILER} -E -P -x c -D OTTER_FLASH_KB=${OTTER_FLASH_KB}
          -imacros ${PROJECT_SOURCE_DIR}/port/stm32f103/partitions.h -
  OUTPUT_VARIABLE slot COMMAND_ERROR_IS_FATAL ANY)
math(EXPR OTTER_SLOT_SIZE ${slot})
