# SPDX-License-Identifier: Apache-2.0
# gdb's remote protocol, without gdb and without sockets; and the debugger behind it.
otter_test(LABEL unit NAME test_debug SOURCES ${PROJECT_SOURCE_DIR}/tests/unit/test_debug.c
  LIBS board_host)
otter_test(LABEL unit NAME test_gdb SOURCES ${PROJECT_SOURCE_DIR}/tests/unit/test_gdb.c
  LIBS board_host)
otter_test(LABEL unit NAME test_gdb_hostile
  SOURCES ${PROJECT_SOURCE_DIR}/tests/unit/test_gdb_hostile.c LIBS board_host)
