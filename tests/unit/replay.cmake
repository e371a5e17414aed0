# SPDX-License-Identifier: Apache-2.0
# What is not executed again: lab/replay.
otter_test(LABEL unit NAME test_call_cache SOURCES test_call_cache.c LIBS lab_replay)
otter_test(LABEL unit NAME test_idle_skip SOURCES test_idle_skip.c LIBS lab_replay)
