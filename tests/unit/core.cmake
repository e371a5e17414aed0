# SPDX-License-Identifier: Apache-2.0
# core/: frames, messages, link, digests, FLAG, images, journal, startup. The receiver has its own list.
foreach(unit boot_ids frame message message_roundtrip link md5_rfc1321 crc32 flag image decide)
  otter_test(LABEL unit NAME test_${unit} SOURCES test_${unit}.c LIBS otter test_support)
endforeach()
foreach(unit about history journal journal_garbage journal_marks verify_unsigned)
  otter_test(LABEL unit NAME test_${unit} SOURCES test_${unit}.c LIBS journal_fixture)
endforeach()
foreach(unit startup startup_flash startup_doubt startup_tutorial startup_forged)
  otter_test(LABEL unit NAME test_${unit} SOURCES test_${unit}.c LIBS startup_fixture)
endforeach()
otter_test(LABEL unit NAME test_layout SOURCES test_layout.c LIBS receiver_fixture port_layout)
