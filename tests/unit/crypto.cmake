# SPDX-License-Identifier: Apache-2.0
otter_test(LABEL unit NAME test_ed25519_key SOURCES test_ed25519_key.c LIBS otter_keys)
