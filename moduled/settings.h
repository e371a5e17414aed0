/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODULED_SETTINGS_H
#define MODULED_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include "host/error.h"
#include "otter/err.h"

/* All settings of the daemon, from the command line and from a file of lines `key = value`. The
 * keys are the long options' names. The command line wins, wherever --config stands in it.
 */
enum { SETTING_SIZE = 512 };

struct settings {
    char port[SETTING_SIZE];
    long baud;
    char cloud[SETTING_SIZE];
    char tenant[SETTING_SIZE];
    char id[SETTING_SIZE];
    char token_file[SETTING_SIZE];
    bool is_gateway_token;
    char claim[SETTING_SIZE];
    char state_dir[SETTING_SIZE];
    char ca[SETTING_SIZE];
    bool is_manual;
    uint32_t poll_s;
    uint32_t slot_size;
};

enum setting {
    SETTING_PORT,
    SETTING_BAUD,
    SETTING_CLOUD,
    SETTING_TENANT,
    SETTING_ID,
    SETTING_TOKEN_FILE,
    SETTING_GATEWAY,
    SETTING_CLAIM,
    SETTING_STATE_DIR,
    SETTING_CA,
    SETTING_MANUAL,
    SETTING_POLL,
    SETTING_SLOT,
    SETTINGS,
};

void settings_init(struct settings *settings);

/* Set one from its text. */
OTTER_MUST_CHECK int settings_set(struct settings *settings, enum setting setting,
                                  const char *value, struct host_error *out_error);

/* Read a file of them. `is_given[setting]` are left as they are. */
OTTER_MUST_CHECK int settings_read(struct settings *settings, const char *path,
                                   const bool is_given[SETTINGS], struct host_error *out_error);

/* Can it be read, and are certificates in it, and each of them whole? libcurl finds out at the
 * first https. */
OTTER_MUST_CHECK int settings_check_ca(const char *path, struct host_error *out_error);

/* What must be there is there; the id becomes the host's MAC if it is empty. */
OTTER_MUST_CHECK int settings_complete(struct settings *settings, struct host_error *out_error);

#endif
