# SPDX-License-Identifier: Apache-2.0
# core/: SHA-512 and Ed25519, and the host's side of keys.
otter_test(LABEL unit NAME test_ed25519_key SOURCES test_ed25519_key.c LIBS otter_host)
otter_test(LABEL unit NAME test_field25519 SOURCES test_field25519.c LIBS otter_host)

# As the library has them; and with what has broken other people's: no optimisation, and all of it.
set(core ${PROJECT_SOURCE_DIR}/core/src)
function(otter_crypto_test name)
  otter_test(LABEL unit NAME ${name} SOURCES ${ARGN} LIBS test_vectors otter_host)
  target_compile_definitions(${name} PRIVATE
    OTTER_VECTORS_DIR="${PROJECT_SOURCE_DIR}/tests/vectors")
endfunction()
foreach(unit sha512_fips180 ed25519_rfc8032)
  otter_crypto_test(test_${unit} test_${unit}.c)
  foreach(variant O0 Os_lto)
    set(name test_${unit}_${variant})
    otter_crypto_test(${name} test_${unit}.c
      ${core}/sha512.c ${core}/ed25519.c ${core}/field25519.c)
    set(options_O0 -O0)
    set(options_Os_lto -Os -flto -fstrict-aliasing)
    target_compile_options(${name} PRIVATE ${options_${variant}})
    target_link_options(${name} PRIVATE ${options_${variant}})
  endforeach()
endforeach()
otter_test(LABEL unit NAME test_verify SOURCES test_verify.c LIBS test_support otter_host)
