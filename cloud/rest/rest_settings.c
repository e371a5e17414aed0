/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cloud/rest/rest_call.h"
#include "cloud/result_status.h"
#include "cloud/rest/rest_json.h"

void rest_get_settings(struct rest_call *call)
{
    struct fleet_settings settings;

    fleet_get_settings(call->rest->fleet, &settings);
    rest_reply_json(call, 200, rest_json_settings(&settings));
}

static const char *const names[] = {"offers_stopped", "registration", "poll_interval_s",
                                    "poll_fast_s",    "tries_max",    "retention_days"};
enum {
    NAMES = sizeof names / sizeof names[0],
    FOR_OPERATORS = 1 /* of them, from the first */
};

/* As the fleet takes it: a word or digits. */
static void put_value(const json_t *value, char *out, size_t size)
{
    if (json_is_boolean(value)) {
        (void)snprintf(out, size, "%s", json_is_true(value) ? "yes" : "no");
    } else if (json_is_integer(value)) {
        (void)snprintf(out, size, "%lld", (long long)json_integer_value(value));
    } else {
        (void)snprintf(out, size, "%s", json_string_value(value));
    }
}

/* One after the other: the first that fails ends it, and is named. */
static void set_next(void *ctx, const struct fleet_answer *answer)
{
    struct rest_call *call = ctx;
    const json_t *value = NULL;
    char text[32];

    if (answer != NULL && answer->result != FLEET_DONE) {
        rest_fail(call, status_of_result(answer->result), "%s: %s", names[call->step - 1],
                  answer->reason);
        return;
    }
    while (value == NULL && call->step < NAMES) {
        value = json_object_get(call->body, names[call->step++]);
    }
    if (value == NULL) {
        rest_get_settings(call);
        return;
    }
    put_value(value, text, sizeof text);
    fleet_set(call->rest->fleet, call->person.name, names[call->step - 1], text, set_next,
              call);
}

void rest_change_settings(struct rest_call *call)
{
    for (size_t i = FOR_OPERATORS; i < NAMES; i++) {
        if (json_object_get(call->body, names[i]) != NULL && call->person.role < ROLE_ADMIN) {
            rest_fail(call, 403, "%s: this token's role may not do that", names[i]);
            return;
        }
    }
    set_next(call, NULL);
}
