# SPDX-License-Identifier: Apache-2.0
# The pure parts of the pet house, compiled for the host.
foreach(unit p0 keys product)
  otter_test(LABEL unit NAME test_${unit} SOURCES test_${unit}.c LIBS pethouse_pure)
endforeach()
