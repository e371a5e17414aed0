# SPDX-License-Identifier: Apache-2.0
# otter_firmware(TARGET LINKER boot|app SOURCES ... LIBS ... [SIZE_MAX bytes] [FREESTANDING]
#                [STARTUP full|boot|none] [SIGNED version])
#
# A program for the STM32F103: TARGET.elf, .bin, .hex and .map in the build folder of its directory.
# The linker script is port/stm32f103/LINKER.ld.in after the C preprocessor: addresses are in
# partitions.h only. SIZE_MAX is the largest allowed .bin (.text + .rodata + .data). FREESTANDING: no C
# library, and a check for symbols that do not belong into a bootloader. STARTUP: full (the default) is a
# vector table with all interrupts and a reset_handler that calls main(); boot is the bootloader's, which
# has neither interrupts nor static RAM, and the program defines reset_handler; with none the program
# defines its vectors, too. SIGNED: an image of this version (8 hexadecimal digits): it gets a trailer
# (port/stm32f103/trailer.c), and .elf, .bin and .hex are signed (signing.cmake).
function(otter_firmware target)
  cmake_parse_arguments(F "FREESTANDING" "LINKER;SIZE_MAX;STARTUP;SIGNED" "SOURCES;LIBS" ${ARGN})
  set(port ${PROJECT_SOURCE_DIR}/port/stm32f103)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${target})
  set(script ${out}.ld)

  add_custom_command(
    OUTPUT ${script}
    COMMAND ${CMAKE_C_COMPILER} -E -P -x c -D OTTER_FLASH_KB=${OTTER_FLASH_KB} -I ${port} -o ${script} ${port}/${F_LINKER}.ld.in
    DEPENDS ${port}/${F_LINKER}.ld.in ${port}/sections.ld.in ${port}/partitions.h
    COMMENT "Linker script of ${target}"
    VERBATIM)
  add_custom_target(${target}_ld DEPENDS ${script})

  add_executable(${target} ${F_SOURCES})
  if(F_SIGNED)
    string(LENGTH "${F_SIGNED}" length)
    if(NOT length EQUAL 8 OR NOT F_SIGNED MATCHES "^[0-9A-Fa-f]+$")
      message(FATAL_ERROR "${target}: SIGNED ${F_SIGNED}: a version of 8 hexadecimal digits")
    endif()
    target_sources(${target} PRIVATE ${port}/trailer.c)
    target_compile_definitions(${target} PRIVATE IMAGE_HARDWARE="${OTTER_HARDWARE}"
      IMAGE_VERSION="${F_SIGNED}" IMAGE_NUMBER=0x${F_SIGNED})
  endif()
  if(NOT F_STARTUP OR F_STARTUP STREQUAL "full")
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:port_startup>)
  elseif(F_STARTUP STREQUAL "boot")
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:port_startup_boot>)
    target_link_options(${target} PRIVATE -Wl,--defsym=ld_static_ram_max=0)
  elseif(NOT F_STARTUP STREQUAL "none")
    message(FATAL_ERROR "${target}: STARTUP ${F_STARTUP}: not full, boot or none")
  endif()
  add_dependencies(${target} ${target}_ld)
  set_target_properties(${target} PROPERTIES
    C_STANDARD 99 SUFFIX .elf LINK_DEPENDS ${script})
  target_link_libraries(${target} PRIVATE ${F_LIBS} port_stm32f103)
  target_link_options(${target} PRIVATE -T ${script} -Wl,-Map=${out}.map -Wl,--no-warn-rwx-segments)
  otter_warnings(${target})
  if(F_FREESTANDING)
    target_link_libraries(${target} PRIVATE otter port_mem) # the library calls memcpy, too
    target_link_options(${target} PRIVATE -nostdlib)
    target_link_libraries(${target} PRIVATE gcc)
    set(gate COMMAND ${CMAKE_COMMAND} -D NM=${CMAKE_NM} -D ELF=$<TARGET_FILE:${target}>
                     -P ${PROJECT_SOURCE_DIR}/cmake/check_symbols.cmake)
  else()
    target_link_options(${target} PRIVATE --specs=nano.specs)
  endif()

  if(F_SIGNED)
    set(sign COMMAND ${CMAKE_COMMAND} -D TOOL=${OTTER_TOOL} -D SLOT=${OTTER_SLOT_SIZE} -D KEY=${OTTER_SIGNING_KEY}
                     -D SIGNS=${OTTER_SIGNS} -D WITH=${OTTER_SIGNED_WITH}
                     -D OBJCOPY=${CMAKE_OBJCOPY} -D ELF=$<TARGET_FILE:${target}> -D BIN=${out}.bin
                     -P ${PROJECT_SOURCE_DIR}/cmake/sign.cmake)
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${OTTER_SIGNING_KEY})
  endif()

  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${CMAKE_OBJCOPY} -O binary $<TARGET_FILE:${target}> ${out}.bin
    ${sign}
    COMMAND ${CMAKE_OBJCOPY} -O ihex $<TARGET_FILE:${target}> ${out}.hex
    COMMAND ${CMAKE_COMMAND} -D NAME=${target} -D BIN=${out}.bin -D SCRIPT=${script}
            -D SIZE_MAX=${F_SIZE_MAX} -P ${PROJECT_SOURCE_DIR}/cmake/check_size.cmake
    ${gate}
    VERBATIM)
endfunction()
