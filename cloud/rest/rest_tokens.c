/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cloud/rest/rest_call.h"
#include "cloud/rest/rest_json.h"
#include "cloud/rest/rest_rows.h"
#include "host/json.h"

enum { MS_PER_S = 1000 };

/* Sessions end by themselves, and who holds one ends it with DELETE session. */
static bool is_listed(const void *ctx, const void *record)
{
    const struct record_token *token = record;

    (void)ctx;
    return token->kind != TOKEN_SETUP;
}

void rest_list_tokens(struct rest_call *call)
{
    struct rest_rows rows;
    struct rest_page page;

    if (!rest_query_page(call, &page)) {
        return;
    }
    rest_rows_of_fleet(call->rest->fleet, RECORD_TOKEN, &page, is_listed, NULL, &rows);
    rest_reply_rows(call, &rows, rest_json_token);
}

/* The secret, which is not shown again. */
static void made(void *ctx, const struct fleet_answer *answer)
{
    struct rest_call *call = ctx;
    json_t *document = json_object();

    if (answer->result != FLEET_DONE) {
        json_decref(document);
        rest_fail_answer(call, answer);
        return;
    }
    json_add(&document, "id", json_integer(answer->id));
    json_add(&document, "token", json_text(call->secret));
    rest_reply_json(call, 201, document);
}

static void make(struct rest_call *call, struct record_token *wish)
{
    const char *name = rest_body_text(call->body, "name");
    int64_t expires_in_s = rest_body_integer(call->body, "expires_in_s", 0);

    (void)snprintf(wish->name, sizeof wish->name, "%s", name != NULL ? name : "");
    wish->expires_at = expires_in_s > 0 ? rest_now_ms(call->rest) + expires_in_s * MS_PER_S : 0;
    fleet_make_token(call->rest->fleet, call->person.name, wish, call->secret, made, call);
}

static int64_t read_role(const char *word)
{
    return strcmp(word, "admin") == 0      ? ROLE_ADMIN
           : strcmp(word, "operator") == 0 ? ROLE_OPERATOR
                                           : ROLE_VIEWER;
}

void rest_add_token(struct rest_call *call)
{
    const char *kind = rest_body_text(call->body, "kind");
    const char *role = rest_body_text(call->body, "role");
    const json_t *uses = json_object_get(call->body, "uses");
    struct record_token wish;

    memset(&wish, 0, sizeof wish);
    wish.kind = strcmp(kind, "api") == 0       ? TOKEN_API
                : strcmp(kind, "gateway") == 0 ? TOKEN_GATEWAY
                                               : TOKEN_CLAIM;
    if ((wish.kind == TOKEN_API) != (role != NULL)) {
        rest_fail(call, 400, "role: needed for kind api, and for that only");
        return;
    }
    if (wish.kind != TOKEN_CLAIM && json_is_integer(uses)) {
        rest_fail(call, 400, "uses: for kind claim only");
        return;
    }
    wish.role = role != NULL ? read_role(role) : ROLE_NONE;
    wish.uses_left = json_is_integer(uses)                      ? json_integer_value(uses)
                     : wish.kind == TOKEN_CLAIM && uses == NULL ? 1
                                                                : -1;
    make(call, &wish);
}

void rest_add_device_token(struct rest_call *call)
{
    struct record_token wish;

    memset(&wish, 0, sizeof wish);
    wish.kind = TOKEN_TARGET;
    wish.owner = call->id;
    wish.uses_left = -1;
    make(call, &wish);
}

static void revoked(void *ctx, const struct fleet_answer *answer)
{
    struct rest_call *call = ctx;

    if (answer->result == FLEET_DONE) {
        rest_events_check(call->rest->events);
    }
    rest_done(call, answer);
}

void rest_delete_token(struct rest_call *call)
{
    fleet_revoke_token(call->rest->fleet, call->person.name, call->id, revoked, call);
}
