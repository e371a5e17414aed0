# SPDX-License-Identifier: Apache-2.0
# The parts of lab/ that need no firmware.
otter_test(LABEL unit NAME test_ring_meter SOURCES test_ring_meter.c LIBS lab)
