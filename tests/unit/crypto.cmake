# SPDX-License-Identifier: Apache-2.0
# core/: SHA-512 and Ed25519, and the host's side of keys.
otter_test(LABEL unit NAME test_ed25519_key SOURCES test_ed25519_key.c LIBS otter_host)
otter_test(LABEL unit NAME test_key_format SOURCES test_key_format.c LIBS otter_host test_support)
otter_test(LABEL unit NAME test_field25519 SOURCES test_field25519.c LIBS otter_host)

# As the library has them; and with what has broken other people's: no optimisation, and all of it.
function(otter_crypto_test name unit)
  otter_test(LABEL unit NAME ${name} SOURCES test_${unit}.c LIBS ${ARGN} test_vectors otter_host
    DEFINES OTTER_VECTORS_DIR="${PROJECT_SOURCE_DIR}/tests/vectors")
endfunction()
foreach(unit sha512_fips180 ed25519_rfc8032)
  otter_crypto_test(test_${unit} ${unit})
  foreach(variant O0 Os_lto)
    otter_crypto_test(test_${unit}_${variant} ${unit} otter_crypto_${variant})
  endforeach()
endforeach()
otter_test(LABEL unit NAME test_verify SOURCES test_verify.c LIBS test_support otter_host)
