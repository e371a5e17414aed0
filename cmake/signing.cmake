# SPDX-License-Identifier: Apache-2.0
# The key that signs what this build makes, and the public keys that its bootloader trusts; see docs/signing.md.
#
#   OTTER_KEY      Ed25519 private key (PEM). A public one: the bootloader trusts it, and the images are complete
#                  but for their signatures, for `otter image attach`. Empty: the development key. Not for products.
#   OTTER_KEY2     a second public key (PEM) for the bootloader, so that the first can be replaced.
#   OTTER_DEV_KEY  where the development key is: made on first use and never removed, outside of all build
#                  folders, because boards hold its public half.
#   OTTER_TOOL     the host's otter, which makes keys and signs. Whoever has no build/host yet:
#                  cmake --preset host && cmake --build --preset host --target otter-cli
#
# Sets OTTER_SIGNING_KEY, the key's path; OTTER_SIGNS, whether it is a private one; and OTTER_SIGNED_WITH, how the
# build calls it. Target otter_keys: object library with the table of public keys, struct otter_ed25519_key
# otter_keys[]. The build folder keeps the public half of the signing key as otter-key.pub.pem, and what the build
# says of it as signed-with.txt.
cmake_path(GET PROJECT_BINARY_DIR PARENT_PATH beside)
set(OTTER_KEY "" CACHE FILEPATH "Ed25519 key (PEM) that signs the images; empty: a development key")
set(OTTER_KEY2 "" CACHE FILEPATH "second public key (PEM) that the bootloader trusts; may be empty")
set(OTTER_DEV_KEY ${PROJECT_SOURCE_DIR}/keys/otter-dev-key.pem CACHE FILEPATH "the development key; made on first use")
set(OTTER_TOOL ${beside}/host/cli/otter CACHE FILEPATH "the host's otter")

if(NOT EXISTS "${OTTER_TOOL}")
  message(FATAL_ERROR "OTTER_TOOL: ${OTTER_TOOL}: not there, and the firmware is signed with it. Build it:\n"
    "cmake --preset host && cmake --build --preset host --target otter-cli")
endif()

# otter_check_key(NAME OUT_PRIVATE): the file of this setting holds a key
function(otter_check_key name out_private)
  if(NOT EXISTS "${${name}}")
    otter_refuse(${name} "not there (${name}= takes it back)")
  endif()
  execute_process(COMMAND ${OTTER_TOOL} key show --json "${${name}}" OUTPUT_VARIABLE shown ERROR_VARIABLE why
    RESULT_VARIABLE failed ERROR_STRIP_TRAILING_WHITESPACE)
  if(failed)
    string(REPLACE "otter: key: show: ${${name}}: " "" why "${why}")
    otter_refuse(${name} "${why}")
  endif()
  string(JSON private GET "${shown}" private)
  set(${out_private} ${private} PARENT_SCOPE)
endfunction()

set(OTTER_SIGNS ON)
if(OTTER_KEY)
  otter_check_key(OTTER_KEY OTTER_SIGNS)
  set(OTTER_SIGNING_KEY ${OTTER_KEY})
  set(OTTER_SIGNED_WITH "the key ${OTTER_KEY}")
  if(NOT OTTER_SIGNS)
    set(OTTER_SIGNED_WITH "nothing yet: to be signed by the key of ${OTTER_KEY}")
  endif()
else()
  set(OTTER_SIGNING_KEY ${OTTER_DEV_KEY})
  set(OTTER_SIGNED_WITH "the DEVELOPMENT key ${OTTER_SIGNING_KEY}: NOT FOR PRODUCTS")
  cmake_path(GET OTTER_DEV_KEY PARENT_PATH keys)
  if(NOT EXISTS "${keys}")
    file(MAKE_DIRECTORY "${keys}")
    file(CHMOD "${keys}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
  endif()
  if(NOT EXISTS "${OTTER_DEV_KEY}" AND EXISTS "${beside}/otter-dev-key.pem") # where it was made once
    execute_process(COMMAND cp -p "${beside}/otter-dev-key.pem" "${OTTER_DEV_KEY}" COMMAND_ERROR_IS_FATAL ANY)
  elseif(NOT EXISTS "${OTTER_DEV_KEY}")
    execute_process(COMMAND ${OTTER_TOOL} key new "${OTTER_DEV_KEY}" COMMAND_ERROR_IS_FATAL ANY)
  endif()
endif()
if(OTTER_KEY2)
  otter_check_key(OTTER_KEY2 ignored)
endif()
otter_accept(OTTER_KEY OTTER_KEY2)
# Whoever changes a key gets everything signed again.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${OTTER_SIGNING_KEY})
file(WRITE ${PROJECT_BINARY_DIR}/signed-with.txt "${OTTER_SIGNED_WITH}\n")

set(otter_public_key ${PROJECT_BINARY_DIR}/otter-key.pub.pem)
set(otter_key_table ${PROJECT_BINARY_DIR}/otter_keys.c)
add_custom_command(
  OUTPUT ${otter_key_table} ${otter_public_key}
  COMMAND ${OTTER_TOOL} key show --public ${otter_public_key} ${OTTER_SIGNING_KEY}
  COMMAND ${OTTER_TOOL} key show --c ${OTTER_SIGNING_KEY} ${OTTER_KEY2} > ${otter_key_table}
  DEPENDS ${OTTER_SIGNING_KEY} ${OTTER_KEY2} ${OTTER_TOOL}
  COMMENT "Public keys of the bootloader"
  VERBATIM)
add_library(otter_keys OBJECT ${otter_key_table})
target_link_libraries(otter_keys PRIVATE otter)
set_target_properties(otter_keys PROPERTIES C_STANDARD 99)
otter_warnings(otter_keys)
