# SPDX-License-Identifier: Apache-2.0
add_executable(pty_peer pty_peer.c)
target_compile_definitions(pty_peer PRIVATE _GNU_SOURCE)
target_link_libraries(pty_peer PRIVATE otter_module)
otter_warnings(pty_peer)
add_test(NAME cli_bad_input COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/test_cli_bad_input.sh
  $<TARGET_FILE:otter-cli> $<TARGET_FILE:pty_peer>)
set_tests_properties(cli_bad_input PROPERTIES LABELS e2e TIMEOUT 120)
add_test(NAME cli_keys COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/test_cli_keys.sh
  $<TARGET_FILE:otter-cli> ${OTTER_FIRMWARE_DIR})
add_test(NAME cli_signing_build COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/test_signing_build.sh $<TARGET_FILE:otter-cli>)
set_tests_properties(cli_keys cli_signing_build PROPERTIES LABELS e2e TIMEOUT 120)
add_test(NAME protect COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/test_protect.sh
  $<TARGET_FILE:otter-cli> ${OTTER_FIRMWARE_DIR} ${PROJECT_SOURCE_DIR}/scripts/flash.sh)
set_tests_properties(protect PROPERTIES LABELS e2e TIMEOUT 120)
