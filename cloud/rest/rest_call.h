/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_REST_CALL_H
#define CLOUD_REST_CALL_H

#include <jansson.h>
#include "cloud/rest/rest.h"
#include "cloud/rest/rest_route.h"

/* One request, from its dispatch to its reply. For the files rest_*.c only.
 *
 * A handler ends its call exactly once, with one of the functions below or by handing the call
 * to the fleet as `ctx` of rest_done() or of a `done` of its own. After that the call is gone.
 */
struct rest_events;
struct rest_static;

struct rest {
    struct fleet *fleet;
    struct firmware_files *files;
    const struct fleet_clock *clock;
    const char *public_origin; /* or NULL */
    int64_t upload_max;
    struct rest_events *events;
    struct rest_static *pages;
};

enum { REST_REQUEST_ID_SIZE = 32 };

struct rest_call {
    struct rest *rest;
    struct http_request *request;
    int64_t id;                 /* of the path, or 0 */
    struct fleet_person person; /* role NONE = nobody */
    bool by_cookie;
    /* Of the request, which must not be asked any more once the server stops. */
    bool is_https;
    char request_id[REST_REQUEST_ID_SIZE];
    json_t *body; /* checked against the route's table; NULL = none */
    /* What a change needs until it is answered. */
    unsigned ok_status; /* 200, or 201 for what was made */
    char secret[FLEET_SECRET_SIZE], session[FLEET_SECRET_SIZE];
    char name[RECORD_NAME_MAX + 1];
    struct firmware_upload upload;
};

enum { REST_PAGE_MAX = 1000, REST_PAGE_DEFAULT = 100 };

/* ---- ends of a call ---- */
/* Takes over `document`; NULL = there was no memory for it. */
void rest_reply_json(struct rest_call *call, unsigned status, json_t *document);
/* The same with a header, "Name: value". */
void rest_reply_json_with(struct rest_call *call, unsigned status, const char *header,
                          json_t *document);
void rest_reply_text(struct rest_call *call, unsigned status, const char *type,
                     const char *text, size_t len, const char *header);
void rest_fail(struct rest_call *call, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The status and the reason of a fleet's answer that is not DONE. */
void rest_fail_answer(struct rest_call *call, const struct fleet_answer *answer);
/* For struct fleet: {"id": ...} with `ok_status`, or the failure. `ctx` is the call. */
void rest_done(void *ctx, const struct fleet_answer *answer);
/* The call has replied by http's own functions. */
void rest_end(struct rest_call *call);

/* The same error before there is a call. `header` may be NULL. */
void rest_refuse(struct http_request *request, unsigned status, const char *header,
                 const char *reason);

/* ---- parameters ---- */
/* Each returns false after it has ended the call. */
bool rest_query_integer(struct rest_call *call, const char *name, int64_t min, int64_t max,
                        int64_t *io_value);
struct rest_page {
    int64_t after;
    size_t limit;
};
bool rest_query_page(struct rest_call *call, struct rest_page *out_page);
/* `*out_rule` is NULL if there is no filter: every device. */
bool rest_query_rule(struct rest_call *call, struct rule **out_rule);

/* ---- who asks (rest_auth.c) ---- */
struct rest_access {
    struct fleet_person person;
    bool by_cookie;
    unsigned status; /* 0 = may; else why not */
    const char *reason;
};
void rest_check_access(const struct rest *rest, const struct rest_route *route,
                       const struct http_request *request, struct rest_access *out_access);
/* "Set-Cookie: ..." with this secret; "" ends the session. */
enum { REST_COOKIE_SIZE = 160 };
void rest_put_cookie(const struct rest_call *call, const char *secret,
                     char out_header[REST_COOKIE_SIZE]);
/* Who shows `secret`, if it is of this kind: API in Authorization, SESSION in the cookie.
 * One in the place of the other would be without what guards that place: Origin, HttpOnly. */
bool rest_identify(const struct rest *rest, const char *secret, enum token_kind kind,
                   struct fleet_person *out_person);
bool rest_is_https(const struct rest *rest, const struct http_request *request);

int64_t rest_now_ms(const struct rest *rest);

/* ---- signatures (rest_signatures.c) ---- */
/* What the images are worth that are signed with a key that `product` has and `before` has
 * not: free `*out_signatures`. Returns false after it has ended the call. */
bool rest_judge_signatures(struct rest_call *call, const struct record_product *before,
                           const struct record_product *product,
                           struct fleet_signature **out_signatures, size_t *out_count);

/* ---- event streams (rest_events.c) ---- */
OTTER_MUST_CHECK int rest_events_open(struct fleet *fleet, struct rest_events **out_events);
void rest_events_stop(struct rest_events *events);
void rest_events_close(struct rest_events *events);
/* End the streams of whoever is not known any more. Each is asked before an event, too; this
 * is for when nothing happens. */
void rest_events_check(struct rest_events *events);

/* ---- the console's files (rest_static.c) ---- */
OTTER_MUST_CHECK int rest_static_open(struct rest_static **out_pages);
void rest_static_close(struct rest_static *pages);
/* Returns false without a reply if there is no such file. */
bool rest_static_handle(const struct rest_static *pages, struct http_request *request);

/* ---- handlers, as the table of routes names them ---- */
void rest_list_devices(struct rest_call *call);
void rest_add_device(struct rest_call *call);
void rest_get_device(struct rest_call *call);
void rest_change_device(struct rest_call *call);
void rest_delete_device(struct rest_call *call);
void rest_list_timeline(struct rest_call *call);
void rest_list_device_actions(struct rest_call *call);
void rest_list_products(struct rest_call *call);
void rest_add_product(struct rest_call *call);
void rest_get_product(struct rest_call *call);
void rest_change_product(struct rest_call *call);
void rest_upload_firmware(struct rest_call *call);
void rest_list_firmware(struct rest_call *call);
void rest_get_firmware(struct rest_call *call);
void rest_archive_firmware(struct rest_call *call);
void rest_unarchive_firmware(struct rest_call *call);
void rest_get_firmware_file(struct rest_call *call);
void rest_get_preflight(struct rest_call *call);
void rest_list_deployments(struct rest_call *call);
void rest_add_deployment(struct rest_call *call);
void rest_get_deployment(struct rest_call *call);
void rest_list_deployment_actions(struct rest_call *call);
void rest_pause_deployment(struct rest_call *call);
void rest_resume_deployment(struct rest_call *call);
void rest_cancel_deployment(struct rest_call *call);
void rest_get_action(struct rest_call *call);
void rest_approve_action(struct rest_call *call);
void rest_deny_action(struct rest_call *call);
void rest_cancel_action(struct rest_call *call);
void rest_retry_action(struct rest_call *call);
void rest_list_tokens(struct rest_call *call);
void rest_add_token(struct rest_call *call);
void rest_add_device_token(struct rest_call *call);
void rest_delete_token(struct rest_call *call);
void rest_open_session(struct rest_call *call);
void rest_get_session(struct rest_call *call);
void rest_close_session(struct rest_call *call);
void rest_get_settings(struct rest_call *call);
void rest_change_settings(struct rest_call *call);
void rest_test_webhook(struct rest_call *call);
void rest_list_audit(struct rest_call *call);
void rest_get_counts(struct rest_call *call);
void rest_get_metrics(struct rest_call *call);
void rest_get_health(struct rest_call *call);
void rest_stream_events(struct rest_call *call);

#endif
