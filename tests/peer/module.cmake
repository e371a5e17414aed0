# SPDX-License-Identifier: Apache-2.0
otter_test(LABEL peer NAME test_wire_module SOURCES test_wire_module.c module_cases.c LIBS otter_module)
target_compile_definitions(test_wire_module PRIVATE
  OTTER_WIRE_VECTORS="${PROJECT_SOURCE_DIR}/tests/vectors/wire")
