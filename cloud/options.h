/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_OPTIONS_H
#define CLOUD_OPTIONS_H

#include <stdint.h>
#include "host/error.h"

/* The command line of otter-cloud. */
enum command { COMMAND_SERVE, COMMAND_BACKUP, COMMAND_RESTORE, COMMAND_AUDIT };

enum { OPTIONS_HOSTS_MAX = 16 };

struct options {
    enum command command;
    const char *db;
    char *files;      /* folder of the firmware files */
    const char *copy; /* BACKUP: to; RESTORE: from */
    const char *listen, *listen_devices;
    const char *cert, *key, *cert_devices, *key_devices;
    const char *public_url, *console_url;
    const char *hosts[OPTIONS_HOSTS_MAX + 1]; /* NULL-terminated */
    uint64_t upload_max;                      /* bytes */
};

/* Returns 0; -1 if help or version was asked for and shown; or the exit code of a misuse. */
int options_parse(int argc, char **argv, struct options *out_options);
void options_free(struct options *options);

/* Print "otter-cloud: thing: reason". Returns the exit code. */
int options_report(const struct host_error *error);

#endif
