# SPDX-License-Identifier: Apache-2.0
# What the server decides: cloud/.
otter_test(LABEL unit NAME test_action SOURCES test_action.c LIBS cloud_rules
  DEFINES _GNU_SOURCE OTTER_DOCS_DIR="${PROJECT_SOURCE_DIR}/docs")
otter_test(LABEL unit NAME test_action_life SOURCES test_action_life.c LIBS cloud_rules)
otter_test(LABEL unit NAME test_rule SOURCES test_rule.c LIBS cloud_rules test_support)
otter_test(LABEL unit NAME test_preflight SOURCES test_preflight.c LIBS cloud_rules)
# The server's parts that need neither network nor database.
otter_test(LABEL unit NAME test_ddi SOURCES test_ddi.c LIBS cloud_ddi)
otter_test(LABEL unit NAME test_http_range SOURCES test_http_range.c LIBS cloud_http)

otter_test(LABEL unit NAME test_rest SOURCES test_rest.c LIBS cloud_rest)
