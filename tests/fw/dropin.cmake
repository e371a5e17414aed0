# SPDX-License-Identifier: Apache-2.0
# The generated-style project with gizwits-dropin/ on the modelled board.
otter_test(LABEL fw NAME test_dropin_fw SOURCES test_dropin_fw.c LIBS test_firmware otter TIMEOUT 300)
