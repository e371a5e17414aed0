/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the REST interface. */
#include "cloud/rest/rest_call.h"

/* Bounds of numbers and texts of bodies. */
enum { YEAR_S = 366 * 86400, PRODUCT_KEY_MAX = 32, KEY_MAX = 64, LIST_MAX = 2000 };

#define NAME                                                                                   \
    {                                                                                          \
        .name = "name", .type = REST_TEXT, .max = RECORD_NAME_MAX                              \
    }
#define EXPIRES                                                                                \
    {                                                                                          \
        .name = "expires_in_s", .type = REST_INTEGER, .may_be_null = true, .min = 1,           \
        .max = 10 * (int64_t)YEAR_S                                                            \
    }

static const struct rest_member new_device[] = {
    {.name = "controller_id",
     .type = REST_TEXT,
     .is_required = true,
     .min = 1,
     .max = RECORD_CONTROLLER_ID_MAX},
    {.name = "product", .type = REST_INTEGER, .may_be_null = true, .min = 1, .max = INT64_MAX},
    {.name = NULL},
};

static const struct rest_member device_change[] = {
    NAME,
    {.name = "hold",
     .type = REST_TEXT,
     .may_be_null = true,
     .min = 1,
     .max = RECORD_REASON_MAX},
    {.name = "product", .type = REST_INTEGER, .min = 1, .max = INT64_MAX},
    {.name = "add_tag", .type = REST_TEXT, .min = 1, .max = RECORD_NAME_MAX},
    {.name = "remove_tag", .type = REST_TEXT, .min = 1, .max = RECORD_NAME_MAX},
    {.name = NULL},
};

/* slot_size 0 = not known */
#define PRODUCT_MEMBERS                                                                        \
    {.name = "product_key", .type = REST_TEXT, .max = PRODUCT_KEY_MAX},                        \
        {.name = "hardware", .type = REST_TEXT, .max = RECORD_FIELD_MAX},                      \
        {.name = "key1", .type = REST_TEXT, .max = KEY_MAX},                                   \
        {.name = "key2", .type = REST_TEXT, .max = KEY_MAX},                                   \
        {.name = "unsigned_ok", .type = REST_BOOLEAN},                                         \
        {.name = "slot_size", .type = REST_INTEGER, .max = INT32_MAX},                         \
    {                                                                                          \
        .name = NULL                                                                           \
    }

static const struct rest_member new_product[] = {
    {.name = "name", .type = REST_TEXT, .is_required = true, .min = 1, .max = RECORD_NAME_MAX},
    PRODUCT_MEMBERS,
};

static const struct rest_member product_change[] = {
    {.name = "name", .type = REST_TEXT, .min = 1, .max = RECORD_NAME_MAX},
    PRODUCT_MEMBERS,
};

static const struct rest_member window[] = {
    {.name = "from", .type = REST_TEXT, .is_required = true, .min = 5, .max = 5},
    {.name = "to", .type = REST_TEXT, .is_required = true, .min = 5, .max = 5},
    {.name = NULL},
};

static const struct rest_member new_deployment[] = {
    {.name = "firmware", .type = REST_INTEGER, .is_required = true, .min = 1, .max = INT64_MAX},
    NAME,
    {.name = "filter", .type = REST_LONG_TEXT, .max = RULE_TEXT_MAX},
    {.name = "devices", .type = REST_TEXTS, .min = 1, .max = LIST_MAX},
    {.name = "mode", .type = REST_CHOICE, .is_required = true, .choices = "silent manual"},
    {.name = "starts_at", .type = REST_TIME, .may_be_null = true},
    {.name = "ends_at", .type = REST_TIME, .may_be_null = true},
    {.name = "window", .type = REST_OBJECT, .may_be_null = true, .members = window},
    {.name = "attempts", .type = REST_INTEGER, .min = 1, .max = ACTION_ATTEMPTS_MAX},
    {.name = NULL},
};

static const struct rest_member new_token[] = {
    {.name = "kind", .type = REST_CHOICE, .is_required = true, .choices = "api gateway claim"},
    NAME,
    {.name = "role", .type = REST_CHOICE, .choices = "viewer operator admin"},
    EXPIRES,
    /* null = any number */
    {.name = "uses", .type = REST_INTEGER, .may_be_null = true, .min = 1, .max = 1000000},
    {.name = NULL},
};

static const struct rest_member new_device_token[] = {NAME, EXPIRES, {.name = NULL}};

static const struct rest_member new_session[] = {
    {.name = "setup", .type = REST_TEXT, .min = 1, .max = FLEET_SECRET_SIZE},
    {.name = "token", .type = REST_TEXT, .min = 1, .max = FLEET_SECRET_SIZE},
    {.name = NULL},
};

static const struct rest_member settings_change[] = {
    {.name = "registration", .type = REST_CHOICE, .choices = "closed allow-list claim open"},
    {.name = "offers_stopped", .type = REST_BOOLEAN},
    {.name = "poll_interval_s", .type = REST_INTEGER, .min = 1, .max = 86399},
    {.name = "poll_fast_s", .type = REST_INTEGER, .min = 1, .max = 86399},
    {.name = "tries_max", .type = REST_INTEGER, .min = 1, .max = ACTION_ATTEMPTS_MAX},
    {.name = "retention_days", .type = REST_INTEGER, .min = 1, .max = 36500},
    {.name = "webhook_url", .type = REST_TEXT, .max = FLEET_URL_MAX},
    {.name = "webhook_secret", .type = REST_TEXT, .max = FLEET_WEBHOOK_SECRET_MAX},
    {.name = "webhook_events", .type = REST_TEXTS, .max = WEBHOOK_EVENTS},
    {.name = "webhook_retry_s", .type = REST_INTEGER, .min = 1, .max = 3600},
    {.name = "webhook_timeout_s", .type = REST_INTEGER, .min = 1, .max = 60},
    {.name = NULL},
};

#define API   "/api/v1"
#define PAGED "limit after"

/* clang-format off */
static const struct rest_route routes[] = {
    {"GET", API "/devices", ROLE_VIEWER, PAGED " filter", NULL, false, rest_list_devices,
     "Devices, oldest first"},
    {"POST", API "/devices", ROLE_ADMIN, "", new_device, false, rest_add_device,
     "Enter a device before its first contact"},
    {"GET", API "/devices/{id}", ROLE_VIEWER, "", NULL, false, rest_get_device,
     "One device, with its last action"},
    {"PATCH", API "/devices/{id}", ROLE_OPERATOR, "", device_change, false, rest_change_device,
     "Name, product, tags; hold it back from updates with a reason, or let it go with null"},
    {"DELETE", API "/devices/{id}", ROLE_ADMIN, "", NULL, false, rest_delete_device,
     "Forget a device and its tokens"},
    {"GET", API "/devices/{id}/timeline", ROLE_VIEWER, PAGED, NULL, false, rest_list_timeline,
     "What happened to a device, newest first"},
    {"GET", API "/devices/{id}/actions", ROLE_VIEWER, PAGED, NULL, false,
     rest_list_device_actions, "Updates of a device, newest first"},
    {"POST", API "/devices/{id}/tokens", ROLE_ADMIN, "", new_device_token, false,
     rest_add_device_token, "Make a device's token; it is shown once"},

    {"GET", API "/products", ROLE_VIEWER, PAGED, NULL, false, rest_list_products,
     "Products, oldest first"},
    {"POST", API "/products", ROLE_ADMIN, "", new_product, false, rest_add_product,
     "Make a product"},
    {"GET", API "/products/{id}", ROLE_VIEWER, "", NULL, false, rest_get_product,
     "One product; its ETag is its rev"},
    {"PATCH", API "/products/{id}", ROLE_ADMIN, "", product_change, false, rest_change_product,
     "Change a product; If-Match is needed"},

    {"GET", API "/firmware", ROLE_VIEWER, PAGED, NULL, false, rest_list_firmware,
     "Firmware, oldest first"},
    {"PUT", API "/firmware", ROLE_OPERATOR,
     "product name kind version hardware from_min notes", NULL, true, rest_upload_firmware,
     "Upload a firmware; the body is the file"},
    {"GET", API "/firmware/{id}", ROLE_VIEWER, "", NULL, false, rest_get_firmware,
     "One firmware"},
    {"GET", API "/firmware/{id}/file", ROLE_VIEWER, "", NULL, false, rest_get_firmware_file,
     "Its bytes"},
    {"GET", API "/firmware/{id}/preflight", ROLE_VIEWER, "filter limit", NULL, false,
     rest_get_preflight, "Who would get it now, who not and why"},
    {"POST", API "/firmware/{id}/archive", ROLE_OPERATOR, "", NULL, false,
     rest_archive_firmware, "Take it out of use"},
    {"POST", API "/firmware/{id}/unarchive", ROLE_OPERATOR, "", NULL, false,
     rest_unarchive_firmware, "Take it into use again"},

    {"GET", API "/deployments", ROLE_VIEWER, PAGED, NULL, false, rest_list_deployments,
     "Deployments, oldest first"},
    {"POST", API "/deployments", ROLE_OPERATOR, "", new_deployment, false, rest_add_deployment,
     "Deploy a firmware to the devices of a filter or a list"},
    {"GET", API "/deployments/{id}", ROLE_VIEWER, "", NULL, false, rest_get_deployment,
     "One deployment, with its groups and the counts of its updates by state"},
    {"GET", API "/deployments/{id}/actions", ROLE_VIEWER, PAGED, NULL, false,
     rest_list_deployment_actions, "Its updates of devices, oldest first"},
    {"POST", API "/deployments/{id}/pause", ROLE_OPERATOR, "", NULL, false,
     rest_pause_deployment, "Begin no more updates"},
    {"POST", API "/deployments/{id}/resume", ROLE_OPERATOR, "", NULL, false,
     rest_resume_deployment, "Go on"},
    {"POST", API "/deployments/{id}/cancel", ROLE_OPERATOR, "", NULL, false,
     rest_cancel_deployment, "End it, and cancel its open updates"},

    {"GET", API "/actions/{id}", ROLE_VIEWER, "", NULL, false, rest_get_action,
     "The update of one device"},
    {"POST", API "/actions/{id}/approve", ROLE_OPERATOR, "", NULL, false, rest_approve_action,
     "Approve an update that waits for it"},
    {"POST", API "/actions/{id}/deny", ROLE_OPERATOR, "", NULL, false, rest_deny_action,
     "Deny it"},
    {"POST", API "/actions/{id}/cancel", ROLE_OPERATOR, "", NULL, false, rest_cancel_action,
     "Cancel it"},
    {"POST", API "/actions/{id}/retry", ROLE_OPERATOR, "", NULL, false, rest_retry_action,
     "Try a failed update again"},

    {"GET", API "/tokens", ROLE_ADMIN, PAGED, NULL, false, rest_list_tokens,
     "Tokens, without their secrets"},
    {"POST", API "/tokens", ROLE_ADMIN, "", new_token, false, rest_add_token,
     "Make a token; it is shown once"},
    {"DELETE", API "/tokens/{id}", ROLE_ADMIN, "", NULL, false, rest_delete_token,
     "Revoke a token"},
    {"POST", API "/session", ROLE_NONE, "", new_session, false, rest_open_session,
     "Sign in with the set-up code, once, or with a token"},
    {"GET", API "/session", ROLE_NONE, "", NULL, false, rest_get_session, "Who am I?"},
    {"DELETE", API "/session", ROLE_VIEWER, "", NULL, false, rest_close_session, "Sign out"},

    {"GET", API "/settings", ROLE_VIEWER, "", NULL, false, rest_get_settings, "Settings"},
    {"PATCH", API "/settings", ROLE_OPERATOR, "", settings_change, false, rest_change_settings,
     "Change settings; an operator may change offers_stopped only"},
    {"POST", API "/settings/webhook/test", ROLE_ADMIN, "", NULL, false, rest_test_webhook,
     "Send the webhook a test message: 202, it is queued"},
    {"GET", API "/audit", ROLE_ADMIN, PAGED " format", NULL, false, rest_list_audit,
     "What people did, newest first; all of it as lines with format=jsonl"},
    {"GET", API "/counts", ROLE_VIEWER, "", NULL, false, rest_get_counts, "How many of what"},
    {"GET", API "/events", ROLE_VIEWER, "", NULL, false, rest_stream_events,
     "Server-sent events: lines of timelines, and progress"},
    {"GET", "/metrics", ROLE_VIEWER, "", NULL, false, rest_get_metrics,
     "Metrics in Prometheus' text format"},
    {"GET", "/healthz", ROLE_NONE, "", NULL, false, rest_get_health,
     "200 if the server can read its database"},
};
/* clang-format on */

const struct rest_route *rest_routes(size_t *out_count)
{
    *out_count = sizeof routes / sizeof routes[0];
    return routes;
}
