/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_PUSH_OPTIONS_H
#define CLI_PUSH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/partition.h"

/* The command line of `otter push`. */
struct push_options {
    const char *file, *port;
    const char *version; /* 8 characters; NULL = the trailer's */
    long baud;
    struct otter_layout map; /* `app` and `ram` of it */
    uint32_t timeout_s;
    bool force, json, verbose;
};

/* Parse it. Returns as cmd_parse(): 0 to go on, CMD_USAGE, or -1 when --help was served. */
int push_options_parse(struct push_options *options, int argc, char **argv);

#endif
