# SPDX-License-Identifier: Apache-2.0
foreach(name test_receiver test_receiver_time test_receiver_resume
        test_receiver_faults test_receiver_noise test_device)
  otter_test(LABEL unit NAME ${name} SOURCES ${name}.c receiver_rig.c LIBS otter test_support)
endforeach()
otter_test(LABEL unit NAME test_weak_points SOURCES test_weak_points.c receiver_rig.c
  LIBS otter test_support)
