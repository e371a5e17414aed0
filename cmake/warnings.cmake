# SPDX-License-Identifier: Apache-2.0
# otter_warnings(target): the project's warning list; errors with OTTER_WERROR.
function(otter_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes
    -Wcast-qual -Wcast-align=strict -Wundef -Wvla -Wformat=2 -Wswitch-enum -Wdouble-promotion
    -Wlogical-op -Wduplicated-cond -Wnull-dereference)
  if(OTTER_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
