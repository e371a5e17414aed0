# SPDX-License-Identifier: Apache-2.0
# The server: cloud/
otter_test(LABEL unit NAME test_action SOURCES test_action.c LIBS cloud_rules
  DEFINES _GNU_SOURCE OTTER_DOCS_DIR="${PROJECT_SOURCE_DIR}/docs")
otter_test(LABEL unit NAME test_action_life SOURCES test_action_life.c LIBS cloud_rules)
otter_test(LABEL unit NAME test_rule SOURCES test_rule.c LIBS cloud_rules test_support)
otter_test(LABEL unit NAME test_preflight SOURCES test_preflight.c LIBS cloud_rules)
otter_test(LABEL unit NAME test_fleet SOURCES test_fleet.c LIBS cloud_fleet store_double DEFINES _GNU_SOURCE)
otter_test(LABEL unit NAME test_ddi SOURCES test_ddi.c LIBS cloud_ddi)
otter_test(LABEL unit NAME test_ddi_write SOURCES test_ddi_write.c LIBS cloud_ddi)
otter_test(LABEL unit NAME test_http_range SOURCES test_http_range.c LIBS cloud_http)
otter_test(LABEL unit NAME test_store SOURCES test_store.c LIBS store_fixture store_double)
otter_test(LABEL unit NAME test_store_sqlite SOURCES test_store_sqlite.c LIBS store_fixture DEFINES _GNU_SOURCE)
otter_test(LABEL unit NAME test_firmware_files SOURCES test_firmware_files.c LIBS store_fixture DEFINES _GNU_SOURCE)
otter_test(LABEL unit NAME test_audit SOURCES test_audit.c LIBS store_fixture store_double)
otter_test(LABEL unit NAME test_rest SOURCES test_rest.c LIBS cloud_rest)
