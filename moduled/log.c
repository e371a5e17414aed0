/* SPDX-License-Identifier: Apache-2.0 */
#include "moduled/log.h"

#include <stdarg.h>
#include <stdio.h>

/* One write per line, and nothing that a terminal or a log would take for more than text. */
void log_line(const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7F) {
            *c = '?';
        }
    }
    (void)fprintf(stderr, "otter-module: %s\n", text);
}

void log_error(const struct host_error *error)
{
    log_line("%s%s%s", error->thing, error->thing[0] != '\0' ? ": " : "", error->reason);
}
