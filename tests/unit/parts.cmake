# SPDX-License-Identifier: Apache-2.0
# The parts of the GoKit2 (board/gokit2) alone, without the chip, and what connects the board to the
# host (board/host).
set(parts ${PROJECT_SOURCE_DIR}/board/gokit2)
otter_test(LABEL unit NAME test_parts_p9813 SOURCES test_parts_p9813.c ${parts}/p9813.c)
otter_test(LABEL unit NAME test_parts_dht11 SOURCES test_parts_dht11.c ${parts}/dht11.c)
otter_test(LABEL unit NAME test_parts_wires SOURCES test_parts_wires.c
  ${parts}/p9813.c ${parts}/dht11.c ${parts}/motor.c ${parts}/gokit2.c ${parts}/inputs.c ${parts}/view.c)
otter_test(LABEL unit NAME test_elf_symbols SOURCES test_elf_symbols.c LIBS board_host)
otter_test(LABEL unit NAME test_loader SOURCES test_loader.c LIBS board_host)
target_compile_definitions(test_loader PRIVATE _GNU_SOURCE)
otter_test(LABEL unit NAME test_host SOURCES test_host.c LIBS board_host)
target_compile_definitions(test_host PRIVATE _GNU_SOURCE)
otter_test(LABEL unit NAME test_board_run SOURCES test_board_run.c LIBS otter_board_cli board_host)
target_compile_definitions(test_board_run PRIVATE _GNU_SOURCE)
