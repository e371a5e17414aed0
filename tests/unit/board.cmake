# SPDX-License-Identifier: Apache-2.0
# The processor of the modelled board, against ARM DDI 0403E.
foreach(part alu shift memory multiple branch system exceptions injection interrupts faults systick)
  otter_test(LABEL unit NAME test_cpu_${part}
    SOURCES ${PROJECT_SOURCE_DIR}/tests/unit/test_cpu_${part}.c
            ${PROJECT_SOURCE_DIR}/tests/unit/cpu_harness.c
    LIBS board_cpu)
endforeach()
