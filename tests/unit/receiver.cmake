# SPDX-License-Identifier: Apache-2.0
foreach(name test_receiver test_receiver_time test_receiver_resume
        test_receiver_faults test_receiver_noise test_device test_weak_points)
  otter_test(LABEL unit NAME ${name} SOURCES ${name}.c LIBS receiver_fixture)
endforeach()
otter_test(LABEL unit NAME test_receiver_refusal SOURCES test_receiver_refusal.c
  LIBS receiver_fixture journal_fixture)
otter_test(LABEL unit NAME test_transfer SOURCES test_transfer.c LIBS otter)
otter_test(LABEL unit NAME test_slot_writer SOURCES test_slot_writer.c LIBS test_support)
