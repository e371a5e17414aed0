/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report.h"

#include <stdarg.h>
#include <stdio.h>
#include "cli/cmd.h"

static const char *current_name;

void report_command(const char *name)
{
    current_name = name;
}

const char *report_current_command(void)
{
    return current_name;
}

static void begin_line(void)
{
    fflush(stdout);
    fputs("otter: ", stderr);
    if (current_name != NULL) {
        fprintf(stderr, "%s: ", current_name);
    }
}

void report_text(const struct host_error *error, char out_text[REPORT_TEXT_SIZE])
{
    (void)snprintf(out_text, REPORT_TEXT_SIZE, "%s%s%s", error->thing,
                   error->thing[0] != '\0' ? ": " : "", error->reason);
}

int report_error(const struct host_error *error)
{
    char text[REPORT_TEXT_SIZE];

    report_text(error, text);
    begin_line();
    fprintf(stderr, "%s\n", text);
    return CMD_FAILED;
}

int report_failure(const char *thing, const char *format, ...)
{
    struct host_error error;
    char reason[HOST_REASON_SIZE];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    (void)host_error_set(&error, thing, "%s", reason);
    return report_error(&error);
}

void log_event(const char *format, ...)
{
    va_list args;

    begin_line();
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}
