# SPDX-License-Identifier: Apache-2.0
# What the server decides: cloud/.
otter_test(LABEL unit NAME test_action SOURCES test_action.c LIBS cloud_rules
  DEFINES _GNU_SOURCE OTTER_DOCS_DIR="${PROJECT_SOURCE_DIR}/docs")
otter_test(LABEL unit NAME test_action_life SOURCES test_action_life.c LIBS cloud_rules)
otter_test(LABEL unit NAME test_rule SOURCES test_rule.c LIBS cloud_rules test_support)
otter_test(LABEL unit NAME test_preflight SOURCES test_preflight.c LIBS cloud_rules)
otter_test(LABEL unit NAME test_fleet SOURCES test_fleet.c LIBS cloud_fleet store_double DEFINES _GNU_SOURCE)
