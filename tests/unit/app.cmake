# SPDX-License-Identifier: Apache-2.0
# The pure parts of the pet house, compiled for the host.
set(PETHOUSE ${PROJECT_SOURCE_DIR}/app/pethouse)
otter_test(LABEL unit NAME test_p0 SOURCES test_p0.c ${PETHOUSE}/p0.c LIBS otter)
otter_test(LABEL unit NAME test_keys SOURCES test_keys.c ${PETHOUSE}/keys.c)
otter_test(LABEL unit NAME test_product
  SOURCES test_product.c ${PETHOUSE}/product.c ${PETHOUSE}/p0.c LIBS otter)
