# SPDX-License-Identifier: Apache-2.0
# gizwits-dropin/ for the host, on a simulated flash; and the repaired parser of tests/dropin.
otter_test(LABEL unit NAME test_dropin SOURCES test_dropin.c LIBS dropin_fixture_128 journal_fixture)
otter_test(LABEL unit NAME test_dropin_hostile SOURCES test_dropin_hostile.c
  LIBS dropin_fixture_128 journal_fixture)
otter_test(LABEL unit NAME test_dropin_noise SOURCES test_dropin_noise.c LIBS dropin_fixture_512)
otter_test(LABEL unit NAME test_dropin_parser SOURCES test_dropin_parser.c
  LIBS dropin_parser dropin_fixture_128)
