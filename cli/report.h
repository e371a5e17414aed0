/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "host/error.h"

/* What `otter` prints for a person on stderr, each in one line. */

/* The name of the command that runs, for the lines below, e.g. "push" or "image: make". Must
 * outlive the program. NULL before one is known. */
void report_command(const char *name);
const char *report_current_command(void);

/* "thing: reason", or the reason alone. */
enum { REPORT_TEXT_SIZE = HOST_THING_SIZE + HOST_REASON_SIZE + 2 };
void report_text(const struct host_error *error, char out_text[REPORT_TEXT_SIZE]);

/* Print `otter: NAME: thing: reason`. Returns CMD_FAILED, so that a command can end with it. */
int report_error(const struct host_error *error);

/* Make an error and report it. Returns CMD_FAILED. */
int report_failure(const char *thing, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Print `otter: NAME: text`: something that happened and is no failure. */
void log_event(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
