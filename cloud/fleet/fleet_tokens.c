/* SPDX-License-Identifier: Apache-2.0 */
/* Who may call, and the making of tokens. */
#include "cloud/fleet/fleet_tokens.h"

#include <stdio.h>
#include <string.h>
#include "cloud/fleet/token.h"

enum {
    DEVICE_TOKENS_MAX = 2, /* so that one can be replaced while it is in use */
    SESSION_DAYS = 30,
};

struct token_params {
    const char *actor;
    const struct record_token *wish;
    int64_t id;
    uint8_t hash[32], api_hash[32], session_hash[32];
};

bool fleet_token_is_valid(const struct fleet *fleet, const struct fleet_token *token)
{
    return token != NULL && token->revoked_at == 0 && token->uses_left != 0 &&
           (token->expires_at == 0 || fleet_wall_ms(fleet) < token->expires_at);
}

void fleet_token_row(const struct fleet_token *token, struct record_token *out_record)
{
    *out_record = (struct record_token){
        .head = {.id = token->id, .rev = token->rev},
        .kind = token->kind,
        .owner = token->owner,
        .role = token->role,
        .uses_left = token->uses_left,
        .created_at = token->created_at,
        .expires_at = token->expires_at,
        .revoked_at = token->revoked_at,
    };
    token_hash_to_hex(token->hash, out_record->hash);
    (void)snprintf(out_record->name, sizeof out_record->name, "%s", token->name);
}

/* ---- make ---- */
static enum fleet_result check_wish(struct fleet_change *change,
                                    const struct record_token *wish)
{
    const struct fleet_slot *slot = fleet_list_find(&change->fleet->slots, wish->owner);

    if (wish->kind < TOKEN_TARGET || wish->kind > TOKEN_SETUP) {
        return fleet_refuse(change, FLEET_INVALID, "kind: no such kind of token");
    }
    if (wish->kind == TOKEN_API && (wish->role < ROLE_VIEWER || wish->role > ROLE_ADMIN)) {
        return fleet_refuse(change, FLEET_INVALID, "role: viewer, operator or admin");
    }
    if (wish->uses_left == 0 || wish->uses_left < -1) {
        return fleet_refuse(change, FLEET_INVALID, "uses: at least 1");
    }
    if (wish->kind == TOKEN_TARGET && slot == NULL) {
        return fleet_refuse(change, FLEET_NOT_FOUND, "no such device");
    }
    if (wish->kind == TOKEN_TARGET && slot->target_tokens >= DEVICE_TOKENS_MAX) {
        return fleet_refuse(change, FLEET_CONFLICT,
                            "the device has two tokens: revoke one first");
    }
    return FLEET_DONE;
}

static enum fleet_result build_make(struct fleet_change *change)
{
    const struct token_params *params = change->params;
    struct record_token record = *params->wish;
    enum fleet_result result = check_wish(change, &record);

    if (result != FLEET_DONE) {
        return result;
    }
    token_hash_to_hex(params->hash, record.hash);
    record.created_at = fleet_wall_ms(change->fleet);
    record.revoked_at = 0;
    change->answer.id = fleet_change_insert(change, RECORD_TOKEN, &record);
    fleet_change_audit(change, params->actor, "token.make", "token", record.head.id,
                       record.name, NULL, NULL);
    return FLEET_DONE;
}

/* A new secret and its hash. */
static int make_secret(char out_secret[FLEET_SECRET_SIZE], uint8_t out_hash[32])
{
    if (token_make(out_secret) != 0) {
        return -1;
    }
    token_hash(out_secret, strlen(out_secret), out_hash);
    return 0;
}

static void answer_no_random(fleet_done *done, void *ctx)
{
    struct fleet_answer answer = {.result = FLEET_FAILED, .reason = "no random numbers"};

    done(ctx, &answer);
}

void fleet_make_token(struct fleet *fleet, const char *actor, const struct record_token *wish,
                      char out_secret[FLEET_SECRET_SIZE], fleet_done *done, void *ctx)
{
    struct fleet_kept kept = {0};
    struct token_params params = {.actor = fleet_keep_text(&kept, actor),
                                  .wish = fleet_keep(&kept, wish, sizeof *wish)};

    if (make_secret(out_secret, params.hash) != 0) {
        answer_no_random(done, ctx);
        return;
    }
    fleet_run(fleet, build_make, &params, sizeof params, &kept, done, ctx);
}

/* ---- revoke ---- */
static void revoke(struct fleet_change *change, const struct fleet_token *token)
{
    struct record_token record;

    fleet_token_row(token, &record);
    record.revoked_at = fleet_wall_ms(change->fleet);
    fleet_change_put(change, RECORD_TOKEN, &record);
}

void fleet_change_revoke_tokens_of(struct fleet_change *change, int64_t device)
{
    const struct fleet_list *tokens = &change->fleet->tokens;

    for (size_t i = 0; i < tokens->count; i++) {
        const struct fleet_token *token = tokens->items[i];

        if (token->kind == TOKEN_TARGET && token->owner == device && token->revoked_at == 0) {
            revoke(change, token);
        }
    }
}

static enum fleet_result build_revoke(struct fleet_change *change)
{
    const struct token_params *params = change->params;
    const struct fleet_token *token = fleet_list_find(&change->fleet->tokens, params->id);

    if (token == NULL) {
        return fleet_refuse(change, FLEET_NOT_FOUND, "no such token");
    }
    change->answer.id = params->id;
    if (token->revoked_at == 0) {
        revoke(change, token);
        fleet_change_audit(change, params->actor, "token.revoke", "token", token->id,
                           token->name, "valid", "revoked");
    }
    return FLEET_DONE;
}

void fleet_revoke_token(struct fleet *fleet, const char *actor, int64_t id, fleet_done *done,
                        void *ctx)
{
    struct fleet_kept kept = {0};
    struct token_params params = {.actor = fleet_keep_text(&kept, actor), .id = id};

    fleet_run(fleet, build_revoke, &params, sizeof params, &kept, done, ctx);
}

/* ---- people ---- */
/* A session that was opened with a token is as good as that token: revoking it ends both. */
static bool is_good(const struct fleet *fleet, const struct fleet_token *token)
{
    if (!fleet_token_is_valid(fleet, token)) {
        return false;
    }
    return token->kind == TOKEN_API ||
           (token->kind == TOKEN_SESSION &&
            (token->owner == 0 ||
             fleet_token_is_valid(fleet, fleet_list_find(&fleet->tokens, token->owner))));
}

bool fleet_is_person_good(struct fleet *fleet, int64_t token)
{
    pthread_mutex_lock(&fleet->lock);
    bool good = is_good(fleet, fleet_list_find(&fleet->tokens, token));
    pthread_mutex_unlock(&fleet->lock);
    return good;
}

bool fleet_identify_person(struct fleet *fleet, const char *secret,
                           struct fleet_person *out_person)
{
    uint8_t hash[32];
    bool is_known = false;

    token_hash(secret, strlen(secret), hash);
    pthread_mutex_lock(&fleet->lock);
    const struct fleet_token *token = fleet_find_token(fleet, hash);
    if (is_good(fleet, token)) {
        *out_person =
            (struct fleet_person){.token = token->id, .role = (enum token_role)token->role};
        (void)snprintf(out_person->name, sizeof out_person->name, "%s", token->name);
        is_known = true;
    }
    pthread_mutex_unlock(&fleet->lock);
    return is_known;
}

static bool has_admin(const struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->tokens.count; i++) {
        const struct fleet_token *token = fleet->tokens.items[i];

        if (token->kind == TOKEN_API && token->role == ROLE_ADMIN &&
            fleet_token_is_valid(fleet, token)) {
            return true;
        }
    }
    return false;
}

bool fleet_is_set_up(struct fleet *fleet)
{
    pthread_mutex_lock(&fleet->lock);
    bool is_set_up = has_admin(fleet);
    pthread_mutex_unlock(&fleet->lock);
    return is_set_up;
}

static void add_admin(struct fleet_change *change, enum token_kind kind, const uint8_t hash[32])
{
    int64_t now = fleet_wall_ms(change->fleet);
    struct record_token record = {
        .kind = kind, .role = ROLE_ADMIN, .name = "admin", .uses_left = -1, .created_at = now};

    if (kind == TOKEN_SESSION) {
        record.expires_at = now + (int64_t)SESSION_DAYS * FLEET_DAY_MS;
    }
    token_hash_to_hex(hash, record.hash);
    (void)fleet_change_insert(change, RECORD_TOKEN, &record);
}

static enum fleet_result build_set_up(struct fleet_change *change)
{
    const struct token_params *params = change->params;
    const struct fleet_token *setup = fleet_find_token(change->fleet, params->hash);
    struct record_token record;

    if (!fleet_token_is_valid(change->fleet, setup) || setup->kind != TOKEN_SETUP) {
        return fleet_refuse(change, FLEET_UNAUTHORIZED, "the link was used, or is too old");
    }
    if (has_admin(change->fleet)) { /* by a link of another start */
        return fleet_refuse(change, FLEET_UNAUTHORIZED, "there is an admin already");
    }
    fleet_token_row(setup, &record);
    record.uses_left--;
    fleet_change_put(change, RECORD_TOKEN, &record);
    add_admin(change, TOKEN_API, params->api_hash);
    add_admin(change, TOKEN_SESSION, params->session_hash);
    fleet_change_audit(change, "set-up link", "token.make", "token", 0, "the first admin", NULL,
                       NULL);
    return FLEET_DONE;
}

void fleet_set_up(struct fleet *fleet, const char *setup_secret,
                  char out_api_secret[FLEET_SECRET_SIZE],
                  char out_session_secret[FLEET_SECRET_SIZE], fleet_done *done, void *ctx)
{
    struct token_params params = {0};

    token_hash(setup_secret, strlen(setup_secret), params.hash);
    if (make_secret(out_api_secret, params.api_hash) != 0 ||
        make_secret(out_session_secret, params.session_hash) != 0) {
        answer_no_random(done, ctx);
        return;
    }
    fleet_run(fleet, build_set_up, &params, sizeof params, NULL, done, ctx);
}
