/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cloud/rest/rest_call.h"
#include "cloud/rest/rest_json.h"
#include "host/json.h"

void rest_get_settings(struct rest_call *call)
{
    struct fleet_settings settings;

    fleet_get_settings(call->rest->fleet, &settings);
    rest_reply_json(call, 200, rest_json_settings(&settings, call->person.role >= ROLE_ADMIN));
}

static const char *const names[] = {"offers_stopped", "registration",    "poll_interval_s",
                                    "poll_fast_s",    "tries_max",       "retention_days",
                                    "webhook_events", "webhook_retry_s", "webhook_timeout_s",
                                    "webhook_secret", "webhook_url"};
enum {
    NAMES = sizeof names / sizeof names[0],
    FOR_OPERATORS = 1, /* of them, from the first */
    VALUE_SIZE = FLEET_URL_MAX + 1
};

/* With commas. A list that is too long names something twice, which the fleet refuses of what
 * is left of it, too. */
static void put_list(const json_t *list, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < json_array_size(list) && used < size; i++) {
        int len = snprintf(out + used, size - used, "%s%s", i > 0 ? "," : "",
                           json_string_value(json_array_get(list, i)));

        used += len > 0 ? (size_t)len : 0;
    }
}

/* As the fleet takes it: words or digits. */
static void put_value(const json_t *value, char *out, size_t size)
{
    if (json_is_array(value)) {
        put_list(value, out, size);
        return;
    }
    if (json_is_boolean(value)) {
        (void)snprintf(out, size, "%s", json_is_true(value) ? "yes" : "no");
    } else if (json_is_integer(value)) {
        (void)snprintf(out, size, "%lld", (long long)json_integer_value(value));
    } else {
        (void)snprintf(out, size, "%s", json_string_value(value));
    }
}

static void on_set(void *ctx, const struct fleet_answer *answer)
{
    struct rest_call *call = ctx;

    if (answer->result != FLEET_DONE) {
        rest_fail_answer(call, answer);
        return;
    }
    rest_get_settings(call);
}

void rest_change_settings(struct rest_call *call)
{
    struct fleet_setting settings[NAMES];
    char values[NAMES][VALUE_SIZE];
    size_t count = 0;

    for (size_t i = FOR_OPERATORS; i < NAMES; i++) {
        if (json_object_get(call->body, names[i]) != NULL && call->person.role < ROLE_ADMIN) {
            rest_fail(call, 403, "%s: this token's role may not do that", names[i]);
            return;
        }
    }
    for (size_t i = 0; i < NAMES; i++) {
        const json_t *value = json_object_get(call->body, names[i]);

        if (value != NULL) {
            put_value(value, values[count], VALUE_SIZE);
            settings[count] = (struct fleet_setting){.name = names[i], .value = values[count]};
            count++;
        }
    }
    if (count == 0) {
        rest_get_settings(call);
        return;
    }
    fleet_set(call->rest->fleet, call->person.name, settings, count, on_set, call);
}

static void on_test(void *ctx, const struct fleet_answer *answer)
{
    struct rest_call *call = ctx;
    json_t *document;

    if (answer->result != FLEET_DONE) {
        rest_fail_answer(call, answer);
        return;
    }
    document = json_object();
    json_add(&document, "queued", json_true());
    rest_reply_json(call, 202, document);
}

void rest_test_webhook(struct rest_call *call)
{
    fleet_test_webhook(call->rest->fleet, call->person.name, on_test, call);
}
