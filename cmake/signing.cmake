# SPDX-License-Identifier: Apache-2.0
# The key that signs what this build makes, and the public keys that its bootloader trusts.
#
#   OTTER_KEY    Ed25519 private key (PEM). Empty: a development key, made on first use as
#                otter-dev-key.pem beside the build folder, and kept there. Not for products.
#   OTTER_KEY2   a second public key (PEM) for the bootloader, so that the first can be replaced.
#   OTTER_TOOL   the host's otter, which makes keys and signs. Whoever has no build/host yet:
#                cmake --preset host && cmake --build --preset host --target otter-cli
#
# Sets OTTER_SIGNING_KEY, the key's path, and OTTER_SIGNED_WITH, how the build calls it. Target
# otter_keys: object library with the table of public keys, struct otter_ed25519_key otter_keys[].
# The build folder keeps the public half of the signing key as otter-key.pub.pem, and what the build
# says of it as signed-with.txt.
cmake_path(GET PROJECT_BINARY_DIR PARENT_PATH beside)
set(OTTER_KEY "" CACHE FILEPATH "Ed25519 private key (PEM) that signs the images; empty: a development key")
set(OTTER_KEY2 "" CACHE FILEPATH "second public key (PEM) that the bootloader trusts; may be empty")
set(OTTER_TOOL ${beside}/host/cli/otter CACHE FILEPATH "the host's otter")

if(NOT EXISTS "${OTTER_TOOL}")
  message(FATAL_ERROR "OTTER_TOOL: ${OTTER_TOOL}: not there, and the firmware is signed with it. Build it:\n"
    "cmake --preset host && cmake --build --preset host --target otter-cli")
endif()
foreach(name OTTER_KEY OTTER_KEY2)
  if(${name} AND NOT EXISTS "${${name}}")
    message(FATAL_ERROR "${name}: ${${name}}: not there")
  endif()
endforeach()

if(OTTER_KEY)
  set(OTTER_SIGNING_KEY ${OTTER_KEY})
  set(OTTER_SIGNED_WITH "the key ${OTTER_KEY}")
else()
  set(OTTER_SIGNING_KEY ${beside}/otter-dev-key.pem)
  set(OTTER_SIGNED_WITH "the DEVELOPMENT key ${OTTER_SIGNING_KEY}: NOT FOR PRODUCTS")
  if(NOT EXISTS ${OTTER_SIGNING_KEY})
    execute_process(COMMAND ${OTTER_TOOL} key new ${OTTER_SIGNING_KEY} COMMAND_ERROR_IS_FATAL ANY)
  endif()
endif()
# Whoever changes or deletes a key gets everything signed again, by a new one if need be.
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
