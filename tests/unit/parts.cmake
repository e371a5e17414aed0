# SPDX-License-Identifier: Apache-2.0
# The parts of the GoKit2 (board/gokit2) alone, without the chip, and what connects the board to the
# host (board/host).
foreach(part p9813 dht11 wires)
  otter_test(LABEL unit NAME test_parts_${part} SOURCES test_parts_${part}.c LIBS board)
endforeach()
otter_test(LABEL unit NAME test_elf_symbols SOURCES test_elf_symbols.c LIBS board_host)
otter_test(LABEL unit NAME test_loader SOURCES test_loader.c LIBS board_host)
target_compile_definitions(test_loader PRIVATE _GNU_SOURCE)
otter_test(LABEL unit NAME test_host SOURCES test_host.c LIBS board_host)
target_compile_definitions(test_host PRIVATE _GNU_SOURCE)
otter_test(LABEL unit NAME test_board_run SOURCES test_board_run.c LIBS otter_board_cli board_host)
target_compile_definitions(test_board_run PRIVATE _GNU_SOURCE)
