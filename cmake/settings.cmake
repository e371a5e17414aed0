# SPDX-License-Identifier: Apache-2.0
# Settings in the cache that are checked. A wrong one stops the build once and does not stay: the last good one
# comes back, or the default.

# otter_refuse(NAME REASON)
function(otter_refuse name reason)
  set(wrong "${${name}}")
  if(DEFINED CACHE{OTTER_GOOD_${name}})
    set_property(CACHE ${name} PROPERTY VALUE "${OTTER_GOOD_${name}}")
  else()
    unset(${name} CACHE)
  endif()
  message(FATAL_ERROR "${name}: ${wrong}: ${reason}")
endfunction()

# otter_accept(NAME...): they are right
function(otter_accept)
  foreach(name ${ARGN})
    set(OTTER_GOOD_${name} "${${name}}" CACHE INTERNAL "the last right ${name}")
  endforeach()
endfunction()

# otter_check_id(NAME LENGTH CHARACTERS REASON): a text of this length of these characters (a bracket expression)
function(otter_check_id name length characters reason)
  string(LENGTH "${${name}}" has)
  if(NOT has EQUAL length OR NOT "${${name}}" MATCHES "^${characters}+$")
    otter_refuse(${name} "${reason}")
  endif()
  otter_accept(${name})
endfunction()
