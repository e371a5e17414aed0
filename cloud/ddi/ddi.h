/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_DDI_H
#define CLOUD_DDI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "otter/err.h"

/* hawkBit's Direct Device Integration API v1, as bytes: paths and bodies in, JSON texts out.
 * Pure: it knows no connection, no device and no state. What is tolerated of real clients is
 * listed in docs/server.md.
 */

/* ---- which resource ---- */
enum ddi_resource {
    DDI_NOT_FOUND,
    DDI_ROOT,                  /* GET */
    DDI_CONFIG_DATA,           /* PUT */
    DDI_DEPLOYMENT,            /* GET deploymentBase/{id} */
    DDI_DEPLOYMENT_FEEDBACK,   /* POST */
    DDI_INSTALLED,             /* GET installedBase/{id} */
    DDI_INSTALLED_VERSION,     /* PUT installedBase */
    DDI_CONFIRMATION,          /* GET confirmationBase/{id} */
    DDI_CONFIRMATIONS,         /* GET confirmationBase */
    DDI_CONFIRMATION_FEEDBACK, /* POST */
    DDI_AUTO_CONFIRM_ON,
    DDI_AUTO_CONFIRM_OFF, /* POST */
    DDI_CANCEL,           /* GET cancelAction/{id} */
    DDI_CANCEL_FEEDBACK,  /* POST */
    DDI_ARTIFACTS,        /* GET softwaremodules/{id}/artifacts */
    DDI_ARTIFACT,         /* GET, HEAD */
    DDI_ARTIFACT_MD5,     /* GET .../{file}.MD5SUM */
};

struct ddi_path {
    enum ddi_resource resource;
    bool is_wrong_method; /* the path is there, for `allow` */
    const char *allow;    /* "GET, HEAD" */
    char controller_id[129];
    int64_t id; /* of the action or the software module */
    char file[129];
};

/* Read "/{tenant}/controller/v1/{controllerId}...". The tenant is DEFAULT in any case; others
 * are not found. */
void ddi_read_path(const char *method, const char *path, struct ddi_path *out_path);

/* ---- bodies that devices send ---- */
enum ddi_execution {
    DDI_CLOSED,
    DDI_PROCEEDING,
    DDI_CANCELED,
    DDI_SCHEDULED,
    DDI_REJECTED,
    DDI_RESUMED,
    DDI_DOWNLOADED,
    DDI_DOWNLOAD,
    DDI_UNKNOWN_EXECUTION, /* any other word: a note */
};

enum { DDI_DETAIL_SIZE = 2048 };

struct ddi_feedback {
    enum ddi_execution execution;
    bool is_failure; /* finished: failure */
    bool has_progress;
    int64_t count, of; /* of may be 0 */
    int64_t code;      /* status.code; 0 if there is none */
    /* The lines, joined with \n. If not all of them fit, the last ones, after a line "..."; if
     * not even the last one does, it ends with "...". */
    char detail[DDI_DETAIL_SIZE];
};

/* Returns 0, or -1 with what is wrong: not JSON, too deep, no status.execution. Everything else
 * that real clients send or leave out is accepted. */
OTTER_MUST_CHECK int ddi_read_feedback(const uint8_t body[], size_t len,
                                       struct ddi_feedback *out_feedback, char out_reason[160]);

struct ddi_confirmation {
    bool is_confirmed; /* else denied */
    int64_t code;
    char detail[DDI_DETAIL_SIZE];
};
OTTER_MUST_CHECK int ddi_read_confirmation(const uint8_t body[], size_t len,
                                           struct ddi_confirmation *out_confirmation,
                                           char out_reason[160]);

enum ddi_config_mode { DDI_MERGE, DDI_REPLACE, DDI_REMOVE };
enum { DDI_ATTRIBUTES_MAX = 100, DDI_KEY_SIZE = 129, DDI_VALUE_SIZE = 257 };
struct ddi_config {
    enum ddi_config_mode mode;
    size_t count;
    struct {
        char key[DDI_KEY_SIZE], value[DDI_VALUE_SIZE];
    } attributes[DDI_ATTRIBUTES_MAX];
};
/* More than 100 attributes, or a longer key or value, is an error; a value that is a number or
 * a boolean is taken as its text. */
OTTER_MUST_CHECK int ddi_read_config(const uint8_t body[], size_t len,
                                     struct ddi_config *out_config, char out_reason[160]);

/* PUT installedBase {"name", "version"}: the version is what counts. */
OTTER_MUST_CHECK int ddi_read_installed(const uint8_t body[], size_t len, char out_version[65],
                                        char out_reason[160]);

/* ---- what devices get ---- */
/* "https://host/DEFAULT/controller/v1/{controllerId}", with %XX where it is needed. Returns its
 * length without NUL, as snprintf does. */
size_t ddi_put_base(const char *url, const char *controller_id, char *out, size_t out_size);

enum ddi_link { DDI_LINK_NONE, DDI_LINK_CONFIRMATION, DDI_LINK_DEPLOYMENT, DDI_LINK_CANCEL };

struct ddi_root {
    const char *base; /* of ddi_put_base() */
    uint32_t interval_s;
    bool wants_config;
    enum ddi_link link;
    int64_t id;               /* the link's action */
    uint32_t deployment_hash; /* ?c=: changes when what the job says changes */
    int64_t installed_id;     /* 0 = none */
};

enum ddi_handling { DDI_SKIP, DDI_ATTEMPT, DDI_FORCED };

struct ddi_job {
    const char *base;
    int64_t id;
    enum ddi_handling download, update;
    bool has_window, is_in_window; /* maintenanceWindow */
    const char *part, *name, *version;
    int64_t module_id;
    const char *file, *sha256, *sha1, *md5;
    int64_t size;
    const char *hardware;    /* metadata hw_ver; "" = none */
    const char *last_status; /* actionHistory: "RUNNING", or NULL */
    const char *const *messages;
    size_t message_count;
    bool is_confirmation; /* member "confirmation" in the place of "deployment" */
};

/* Each returns a malloc'ed text, NULL without memory. */
char *ddi_put_root(const struct ddi_root *root);
char *ddi_put_job(const struct ddi_job *job);
char *ddi_put_artifacts(const struct ddi_job *job);
char *ddi_put_cancel(int64_t id, int64_t stop_id);
char *ddi_put_confirmations(const char *base, int64_t id, bool auto_confirm);

#endif
