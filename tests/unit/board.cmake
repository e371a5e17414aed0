# SPDX-License-Identifier: Apache-2.0
# The processor of the modelled board, against ARM DDI 0403E.
foreach(part alu shift memory multiple branch system exceptions injection interrupts faults systick)
  otter_test(LABEL unit NAME test_cpu_${part}
    SOURCES test_cpu_${part}.c LIBS cpu_fixture)
endforeach()
