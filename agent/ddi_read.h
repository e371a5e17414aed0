/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_DDI_READ_H
#define AGENT_DDI_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "host/error.h"
#include "otter/err.h"

/* The answers of a DDI server, read. Hostile input: members that are missing, of a wrong type,
 * too long or out of range are as good as absent, or make the answer an error; nothing deeper
 * than DDI_DEPTH_MAX is looked at. Pure.
 */
enum {
    DDI_URL_SIZE = 1024,
    DDI_ID_SIZE = 64,
    DDI_NAME_SIZE = 128,
    DDI_HASH_SIZE = 65, /* SHA-256 as hexadecimal digits, and a 0 */
    DDI_DEPTH_MAX = 16,
};

/* Answer to GET of the root. A link that is absent is "". */
struct ddi_root {
    bool has_sleep;
    uint32_t sleep_s;
    char config_data[DDI_URL_SIZE];
    char deployment[DDI_URL_SIZE];
    char confirmation[DDI_URL_SIZE];
    char cancel[DDI_URL_SIZE];
};

enum ddi_handling { DDI_SKIP, DDI_ATTEMPT, DDI_FORCED };
enum ddi_hash { DDI_HASH_NONE, DDI_HASH_MD5, DDI_HASH_SHA1, DDI_HASH_SHA256 };

/* Answer to GET of deploymentBase or confirmationBase. */
struct ddi_deployment {
    char id[DDI_ID_SIZE];
    enum ddi_handling download, update;
    bool is_in_window;
    unsigned artifacts; /* all of them */
    unsigned usable;    /* with a link, a size from 1 on, and a digest */
    /* the last usable one */
    char filename[DDI_NAME_SIZE];
    uint32_t size;
    enum ddi_hash hash_kind;  /* the best that is there */
    char hash[DDI_HASH_SIZE]; /* lower case */
    char url[DDI_URL_SIZE];
    char version[DDI_NAME_SIZE]; /* of its chunk */
};

struct ddi_cancel {
    char id[DDI_ID_SIZE];
    char stop_id[DDI_ID_SIZE];
};

OTTER_MUST_CHECK int ddi_read_root(const char *text, size_t len, struct ddi_root *out_root,
                                   struct host_error *out_error);
OTTER_MUST_CHECK int ddi_read_deployment(const char *text, size_t len,
                                         struct ddi_deployment *out_deployment,
                                         struct host_error *out_error);
OTTER_MUST_CHECK int ddi_read_cancel(const char *text, size_t len,
                                     struct ddi_cancel *out_cancel,
                                     struct host_error *out_error);

/* "HH:MM:SS" as seconds. Returns -1 for anything else. */
OTTER_MUST_CHECK int ddi_read_sleep(const char *text, uint32_t *out_s);

/* Is this an id that may stand in a path: 1 to 63 letters, digits, `-` and `_`? */
bool ddi_is_id(const char *text);

#endif
