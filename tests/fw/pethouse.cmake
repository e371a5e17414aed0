# SPDX-License-Identifier: Apache-2.0
# The pet house's binaries on the modelled board, with the Wi-Fi module's side.
add_library(test_house STATIC house.c)
target_link_libraries(test_house PUBLIC test_firmware otter PRIVATE PkgConfig::CMOCKA)
otter_warnings(test_house)

otter_test(LABEL fw NAME test_pethouse SOURCES test_pethouse.c LIBS test_house TIMEOUT 300)
otter_test(LABEL fw NAME test_pethouse_module SOURCES test_pethouse_module.c
  LIBS test_house board_host TIMEOUT 300)
otter_test(LABEL fw NAME test_weak_points_fw SOURCES test_weak_points_fw.c
  LIBS test_house test_fw TIMEOUT 300)
