# SPDX-License-Identifier: Apache-2.0
# cloud/: where the server keeps things.
otter_test(LABEL unit NAME test_store SOURCES test_store.c LIBS store_fixture store_double)
otter_test(LABEL unit NAME test_store_sqlite SOURCES test_store_sqlite.c LIBS store_fixture DEFINES _GNU_SOURCE)
otter_test(LABEL unit NAME test_firmware_files SOURCES test_firmware_files.c LIBS store_fixture DEFINES _GNU_SOURCE)
otter_test(LABEL unit NAME test_audit SOURCES test_audit.c LIBS store_fixture store_double)
