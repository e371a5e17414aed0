/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of the console: by the set-up link, once, or by an API token. */
#include <stdio.h>
#include <string.h>

#include "cloud/rest/rest_call.h"
#include "cloud/rest/rest_json.h"
#include "host/json.h"

static const int64_t session_ms = INT64_C(12) * 3600 * 1000;

static json_t *person_json(const struct fleet_person *person)
{
    json_t *object = json_object();

    if (person->role == ROLE_NONE) {
        json_decref(object);
        return json_null();
    }
    json_add(&object, "name", json_text(person->name));
    json_add(&object, "role", json_string(rest_role_name(person->role)));
    return object;
}

static void reply_session(struct rest_call *call, json_t *document)
{
    char header[REST_COOKIE_SIZE];

    rest_put_cookie(call, call->session, header);
    rest_reply_json_with(call, 201, header, document);
}

static void set_up(void *ctx, const struct fleet_answer *answer)
{
    struct rest_call *call = ctx;
    json_t *document = json_object();

    if (answer->result != FLEET_DONE) {
        json_decref(document);
        rest_fail_answer(call, answer);
        return;
    }
    json_add(&document, "token", json_text(call->secret));
    reply_session(call, document);
}

static void opened(void *ctx, const struct fleet_answer *answer)
{
    struct rest_call *call = ctx;
    struct fleet_person person;

    if (answer->result != FLEET_DONE) {
        rest_fail_answer(call, answer);
        return;
    }
    memset(&person, 0, sizeof person);
    (void)fleet_identify_person(call->rest->fleet, call->session, &person);
    json_t *document = json_object();
    json_add(&document, "person", person_json(&person));
    reply_session(call, document);
}

static void open_by_token(struct rest_call *call, const char *secret)
{
    struct fleet_person person;
    struct record_token wish;

    if (!rest_identify(call->rest, secret, TOKEN_API, &person)) {
        rest_fail(call, 401, "this token is not known, or not any more");
        return;
    }
    memset(&wish, 0, sizeof wish);
    wish.kind = TOKEN_SESSION;
    wish.owner = person.token;
    wish.role = person.role;
    wish.uses_left = -1;
    wish.expires_at = rest_now_ms(call->rest) + session_ms;
    (void)snprintf(wish.name, sizeof wish.name, "%s", person.name);
    fleet_make_token(call->rest->fleet, person.name, &wish, call->session, opened, call);
}

void rest_open_session(struct rest_call *call)
{
    const char *setup = rest_body_text(call->body, "setup");
    const char *token = rest_body_text(call->body, "token");

    if ((setup != NULL) == (token != NULL)) {
        rest_fail(call, 400, "either setup or token is needed");
    } else if (token != NULL) {
        open_by_token(call, token);
    } else {
        fleet_set_up(call->rest->fleet, setup, call->secret, call->session, set_up, call);
    }
}

void rest_get_session(struct rest_call *call)
{
    json_t *document = json_object();

    json_add(&document, "set_up", json_boolean(fleet_is_set_up(call->rest->fleet)));
    json_add(&document, "person", person_json(&call->person));
    rest_reply_json(call, 200, document);
}

static void closed(void *ctx, const struct fleet_answer *answer)
{
    struct rest_call *call = ctx;
    char header[REST_COOKIE_SIZE];

    if (answer->result != FLEET_DONE) {
        rest_fail_answer(call, answer);
        return;
    }
    rest_events_check(call->rest->events);
    rest_put_cookie(call, "", header);
    rest_reply_json_with(call, 200, header, json_object());
}

void rest_close_session(struct rest_call *call)
{
    if (!call->by_cookie) {
        rest_fail(call, 400, "there is no session here: a token ends by DELETE tokens/{id}");
        return;
    }
    fleet_revoke_token(call->rest->fleet, call->person.name, call->person.token, closed, call);
}
