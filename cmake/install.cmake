# SPDX-License-Identifier: Apache-2.0
# What `cmake --install build/host` puts where: the programs and their pages, and for products that are not built here
# the finished bootloaders and the drop-in, in one folder as a project takes it (docs/dropin.md chapter 2).
include(GNUInstallDirs)
set(data ${CMAKE_INSTALL_DATADIR}/otter)

# First, because another preset has built them: where they are missing nothing is installed.
install(FILES ${OTTER_FIRMWARE_DIR}/boot/boot_any.bin ${OTTER_FIRMWARE_DIR}/boot/boot_unsigned.bin DESTINATION ${data})

install(TARGETS otter-cli otter-cloud otter-module RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY docs/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md" PATTERN man EXCLUDE)
install(FILES LICENSE docs/pkcs11_sign.c DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(DIRECTORY gizwits-dropin/ DESTINATION ${data}/dropin FILES_MATCHING PATTERN "*.[ch]")
install(DIRECTORY core/include/otter DESTINATION ${data}/dropin)
foreach(name frame md5 message transfer resume slot_writer flag image journal history update crc32)
  install(FILES core/src/${name}.c DESTINATION ${data}/dropin)
endforeach()
install(FILES core/src/chip.h core/src/journal_entry.h LICENSE DESTINATION ${data}/dropin)
foreach(name flash.c flash.h iwdg.c iwdg.h layout.c layout.h mailbox.h partitions.h stm32f103.h)
  install(FILES port/stm32f103/${name} DESTINATION ${data}/dropin)
endforeach()
