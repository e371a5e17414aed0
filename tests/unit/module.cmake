# SPDX-License-Identifier: Apache-2.0
otter_test(LABEL unit NAME test_module SOURCES test_module.c LIBS module_fixture)
otter_test(LABEL unit NAME test_module_ends SOURCES test_module_ends.c LIBS module_fixture)
otter_test(LABEL unit NAME test_hex SOURCES test_hex.c LIBS otter_host)
otter_test(LABEL unit NAME test_number SOURCES test_number.c LIBS otter_host)
otter_test(LABEL unit NAME test_board_spec SOURCES test_board_spec.c LIBS otter_board_spec)
target_compile_definitions(test_hex PRIVATE _GNU_SOURCE)
otter_test(LABEL unit NAME test_recovery SOURCES test_recovery.c LIBS otter_module otter test_support)
otter_test(LABEL unit NAME test_reason SOURCES test_reason.c LIBS module_fixture)
