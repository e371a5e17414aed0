# SPDX-License-Identifier: Apache-2.0
# cmake -D TOOL=otter -D SLOT=bytes -D KEY=key.pem -D SIGNS=ON -D WITH=text -D OBJCOPY=objcopy -D ELF=app.elf
#       -D BIN=app.bin -P sign.cmake
# Signs BIN, whose trailer the linker has made, and puts the signed trailer into ELF, so that all that
# is made of either is signed. Says so; WITH is how the key is called. With SIGNS off KEY is a public one: then BIN
# is left complete but for its signature, and what must be signed is beside it, with .to-sign for .bin.
set(header ${CMAKE_CURRENT_LIST_DIR}/../core/include/otter/image.h)
file(STRINGS ${header} line REGEX "OTTER_IMAGE_TRAILER_SIZE = [0-9]")
string(REGEX REPLACE ".*= ([0-9]+).*" "\\1" trailer_size "${line}")
cmake_path(GET BIN STEM LAST_ONLY name)

if(SIGNS)
  execute_process(COMMAND ${TOOL} image sign --slot ${SLOT} --key ${KEY} ${BIN} OUTPUT_QUIET RESULT_VARIABLE failed)
else()
  cmake_path(REPLACE_EXTENSION BIN LAST_ONLY to-sign OUTPUT_VARIABLE message)
  execute_process(COMMAND ${TOOL} image make --slot ${SLOT} --key ${KEY} ${BIN} -o ${BIN}.ready --to-sign ${message}
    RESULT_VARIABLE failed)
  if(NOT failed)
    file(RENAME ${BIN}.ready ${BIN})
  endif()
endif()
if(NOT failed)
  execute_process(COMMAND tail -c ${trailer_size} ${BIN} OUTPUT_FILE ${BIN}.trailer RESULT_VARIABLE failed)
endif()
if(NOT failed)
  execute_process(COMMAND ${OBJCOPY} --update-section .otter_trailer=${BIN}.trailer ${ELF} RESULT_VARIABLE failed)
endif()
file(REMOVE ${BIN}.trailer)
if(failed)
  file(REMOVE ${BIN} ${ELF}) # make must not find a finished result next time
  message(FATAL_ERROR "${name}: not signed")
endif()
message("${name}  signed with ${WITH}")
