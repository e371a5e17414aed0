# SPDX-License-Identifier: Apache-2.0
# The pet house's binaries on the modelled board, with the Wi-Fi module's side.
otter_test(LABEL fw NAME fw_pethouse SOURCES test_pethouse.c LIBS pethouse_fixture)
otter_test(LABEL fw NAME fw_pethouse_module SOURCES test_pethouse_module.c LIBS pethouse_fixture)
otter_test(LABEL fw NAME fw_weak_points SOURCES test_weak_points.c LIBS pethouse_fixture)
