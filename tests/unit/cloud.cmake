# SPDX-License-Identifier: Apache-2.0
# The server's parts that need neither network nor database.
otter_test(LABEL unit NAME test_ddi SOURCES test_ddi.c LIBS cloud_ddi)
otter_test(LABEL unit NAME test_http_range SOURCES test_http_range.c LIBS cloud_http)
