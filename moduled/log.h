/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODULED_LOG_H
#define MODULED_LOG_H

#include "host/error.h"

/* What the program says on stderr: one line each, `otter-module: thing: reason`. systemd adds
 * time and unit. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const struct host_error *error);

#endif
