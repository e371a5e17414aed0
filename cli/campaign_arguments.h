/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CAMPAIGN_ARGUMENTS_H
#define CLI_CAMPAIGN_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>
#include "cli/campaign_report.h"
#include "lab/campaign/campaign.h"
#include "lab/scenario.h"

/* The command line of `otter board campaign`. */
struct campaign_arguments {
    struct campaign_report report;
    const char *json;
    struct scenario scenario;
    struct campaign_options options;
    uint32_t map_size; /* of the flash that the firmware was built for */
    bool has_offset, repeats, gdb, remembers;
    uint32_t compare_every;
    struct campaign_case which;
    unsigned gdb_port;
};

/* Parse it. Returns as cmd_parse(): 0 to go on, CMD_USAGE, or -1 when --help was served. `args`
 * must stay where it is: its report points into it, and its options to the report. */
int campaign_arguments_parse(struct campaign_arguments *args, int argc, char **argv);

#endif
