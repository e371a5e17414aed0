# SPDX-License-Identifier: Apache-2.0
# gizwits-dropin/ for the host, on a simulated flash; and the repaired parser of tests/dropin.
set(dropin ${PROJECT_SOURCE_DIR}/tests/dropin)
foreach(name test_dropin test_dropin_hostile test_dropin_noise test_dropin_parser)
  otter_test(LABEL unit NAME ${name}
    SOURCES ${name}.c dropin_rig.c ${PROJECT_SOURCE_DIR}/gizwits-dropin/gizwits_ota_flash.c
    LIBS otter test_support)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/gizwits-dropin ${dropin})
endforeach()
target_sources(test_dropin PRIVATE journal_rig.c)
target_compile_definitions(test_dropin_noise PRIVATE OTTER_DROPIN_PIECE_LEN=512)
target_sources(test_dropin_parser PRIVATE ${dropin}/gizwits_protocol.c)
target_compile_definitions(test_dropin_parser PRIVATE SOFTWARE_VERSION="03010101")
# The tutorial's calls hand a size_t to a uint32_t: the same on the target, not on this host.
set_source_files_properties(${dropin}/gizwits_protocol.c PROPERTIES COMPILE_OPTIONS -Wno-conversion)

# The page shows what is compiled.
add_test(NAME dropin_snippets COMMAND ${dropin}/check_snippets.sh
  ${PROJECT_SOURCE_DIR}/docs/dropin.md ${dropin}/main.c ${dropin}/gizwits_product.c
  ${dropin}/gizwits_protocol.c ${dropin}/gizwits_protocol.h)
set_tests_properties(dropin_snippets PROPERTIES LABELS unit TIMEOUT 60)
