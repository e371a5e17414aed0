# SPDX-License-Identifier: Apache-2.0
# The pet house's binaries on the modelled board, with the Wi-Fi module's side.
add_library(test_house STATIC house.c)
target_link_libraries(test_house PUBLIC test_firmware otter PRIVATE PkgConfig::CMOCKA)
otter_warnings(test_house)

otter_test(LABEL fw NAME fw_pethouse SOURCES test_pethouse.c LIBS test_house)
otter_test(LABEL fw NAME fw_pethouse_module SOURCES test_pethouse_module.c
  LIBS test_house board_host)
otter_test(LABEL fw NAME fw_weak_points SOURCES test_weak_points.c
  LIBS test_house test_fw)
