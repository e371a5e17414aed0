# SPDX-License-Identifier: Apache-2.0
add_library(test_firmware STATIC support/firmware.c)
target_include_directories(test_firmware PUBLIC ${PROJECT_SOURCE_DIR})
target_compile_definitions(test_firmware PRIVATE OTTER_FIRMWARE_DIR="${OTTER_FIRMWARE_DIR}")
target_link_libraries(test_firmware PUBLIC otter_rig otter_file)
otter_warnings(test_firmware)
