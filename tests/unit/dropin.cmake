# SPDX-License-Identifier: Apache-2.0
# gizwits-dropin/ for the host, on a simulated flash; and the repaired parser of tests/dropin.
otter_test(LABEL unit NAME test_dropin SOURCES test_dropin.c LIBS dropin_checks)
otter_test(LABEL unit NAME test_dropin_journal SOURCES test_dropin_journal.c LIBS dropin_checks)
otter_test(LABEL unit NAME test_dropin_hostile SOURCES test_dropin_hostile.c
  LIBS dropin_fixture_128 journal_fixture)
otter_test(LABEL unit NAME test_dropin_noise SOURCES test_dropin_noise.c LIBS dropin_fixture_512)
otter_test(LABEL unit NAME test_dropin_parser SOURCES test_dropin_parser.c
  LIBS dropin_parser dropin_fixture_128)
# A slice; --every 37 makes 110,000 cases.
otter_test(LABEL power NAME test_dropin_life COMMAND test_dropin_life --every 997 --seed 1
  SOURCES test_dropin_life.c LIBS dropin_fixture_128 case_options)
