# SPDX-License-Identifier: Apache-2.0
# The generated-style project with gizwits-dropin/ on the modelled board.
otter_test(LABEL fw NAME fw_dropin SOURCES test_dropin.c LIBS test_firmware otter)
