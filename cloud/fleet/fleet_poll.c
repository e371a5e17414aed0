/* SPDX-License-Identifier: Apache-2.0 */
/* Who polls, and how a device becomes known. */
#include <stdio.h>
#include <string.h>
#include "cloud/fleet/fleet_device.h"
#include "cloud/fleet/fleet_tokens.h"
#include "cloud/fleet/token.h"

/* What the caller shows. */
struct proof {
    bool has_token, is_gateway, has_own_token;
    uint8_t hash[32], own_hash[32];
    const struct fleet_token *token; /* the first one if it is valid, or NULL */
};

/* Without the lock: hashing takes longer than all the rest of a poll. */
static void read_proof(const struct fleet_caller *caller, struct proof *out_proof)
{
    const char *target = token_of_header(caller->authorization, "TargetToken");
    const char *gateway = token_of_header(caller->authorization, "GatewayToken");
    const char *secret = target != NULL ? target : gateway;

    *out_proof = (struct proof){.has_token = secret != NULL, .is_gateway = gateway != NULL};
    if (secret != NULL) {
        token_hash(secret, strlen(secret), out_proof->hash);
    }
    if (caller->own_token != NULL && strlen(caller->own_token) >= TOKEN_SECRET_SIZE - 1 &&
        strlen(caller->own_token) <= TOKEN_LEN_MAX) {
        out_proof->has_own_token = true;
        token_hash(caller->own_token, strlen(caller->own_token), out_proof->own_hash);
    }
}

/* With the lock: which token it is. */
static void find_token(struct fleet *fleet, struct proof *proof)
{
    const struct fleet_token *token =
        proof->has_token ? fleet_find_token(fleet, proof->hash) : NULL;

    proof->token = NULL;
    if (token == NULL || !fleet_token_is_valid(fleet, token)) {
        return;
    }
    if ((token->kind == TOKEN_GATEWAY) == proof->is_gateway &&
        (token->kind == TOKEN_GATEWAY || token->kind == TOKEN_TARGET ||
         token->kind == TOKEN_CLAIM)) {
        proof->token = token;
    }
}

/* May the device of this slot be spoken for with this proof? */
static bool is_device(struct fleet *fleet, const struct fleet_slot *slot,
                      const struct proof *proof)
{
    const struct fleet_token *own =
        proof->has_own_token ? fleet_find_token(fleet, proof->own_hash) : NULL;

    if (own != NULL && fleet_token_is_valid(fleet, own) && own->kind == TOKEN_TARGET &&
        own->owner == slot->id) {
        return true;
    }
    if (proof->token != NULL) {
        return proof->token->kind == TOKEN_GATEWAY ||
               (proof->token->kind == TOKEN_TARGET && proof->token->owner == slot->id);
    }
    return !proof->has_token && !slot->has_had_token &&
           fleet->settings.registration == REGISTRATION_OPEN;
}

/* A device that was entered beforehand and never had a token takes one with a claim code. */
static bool may_claim(const struct fleet *fleet, const struct fleet_slot *slot,
                      const struct proof *proof)
{
    return fleet->settings.registration != REGISTRATION_CLOSED && proof->token != NULL &&
           proof->token->kind == TOKEN_CLAIM && !slot->has_had_token;
}

static bool may_register(const struct fleet *fleet, const struct proof *proof)
{
    switch (fleet->settings.registration) {
    case REGISTRATION_CLAIM:
        return proof->token != NULL && proof->token->kind != TOKEN_TARGET;
    case REGISTRATION_OPEN:
        return proof->token != NULL ? proof->token->kind != TOKEN_TARGET : !proof->has_token;
    case REGISTRATION_CLOSED:
    case REGISTRATION_ALLOW_LIST:
    default:
        return false;
    }
}

void fleet_identify(struct fleet *fleet, const struct fleet_caller *caller,
                    struct fleet_answer *out_answer)
{
    struct proof proof;

    *out_answer =
        (struct fleet_answer){.result = FLEET_UNAUTHORIZED, .reason = "no valid token"};
    read_proof(caller, &proof);
    pthread_mutex_lock(&fleet->lock);
    struct fleet_slot *slot = fleet_find_slot(fleet, caller->controller_id);
    if (slot != NULL) {
        find_token(fleet, &proof);
        if (is_device(fleet, slot, &proof)) {
            *out_answer = (struct fleet_answer){.result = FLEET_DONE, .id = slot->id};
        }
    }
    pthread_mutex_unlock(&fleet->lock);
}

/* ---- a device that is not known yet ---- */
struct register_params {
    const struct fleet_caller *caller;
    struct proof proof;
    struct fleet_poll *out_poll;
};

/* The claim code becomes the device's token, or loses a use to the token that it brings. */
static enum fleet_result take_claim(struct fleet_change *change, const struct proof *proof,
                                    int64_t device)
{
    const struct fleet_token *claim = proof->token;
    struct record_token record;

    fleet_token_row(claim, &record);
    if (!proof->has_own_token && claim->uses_left != 1) {
        return fleet_refuse(change, FLEET_UNAUTHORIZED,
                            "a claim code for many devices needs X-Otter-Token");
    }
    if (!proof->has_own_token) {
        record.kind = TOKEN_TARGET;
        record.owner = device;
        record.uses_left = -1;
        record.expires_at = 0;
        fleet_change_put(change, RECORD_TOKEN, &record);
        return FLEET_DONE;
    }
    if (record.uses_left > 0) {
        record.uses_left--;
        fleet_change_put(change, RECORD_TOKEN, &record);
    }
    return FLEET_DONE;
}

/* A device that was deleted keeps the token that it has made, and may come back with it. One
 * that was revoked while its device is there, or is another's, is none. */
static enum fleet_result add_own_token(struct fleet_change *change, const struct proof *proof,
                                       int64_t device)
{
    struct fleet *fleet = change->fleet;
    const struct fleet_token *there = fleet_find_token(fleet, proof->own_hash);
    struct record_token record = {.created_at = fleet_wall_ms(fleet),
                                  .name = "made by the device"};

    if (there != NULL &&
        (there->kind != TOKEN_TARGET || fleet_list_find(&fleet->slots, there->owner) != NULL)) {
        return fleet_refuse(change, FLEET_UNAUTHORIZED,
                            "X-Otter-Token: it was revoked, or is another's");
    }
    if (there != NULL) {
        fleet_token_row(there, &record);
    }
    record.kind = TOKEN_TARGET;
    record.owner = device;
    record.uses_left = -1;
    record.expires_at = 0;
    record.revoked_at = 0;
    token_hash_to_hex(proof->own_hash, record.hash);
    if (there != NULL) {
        fleet_change_put(change, RECORD_TOKEN, &record);
    } else {
        fleet_change_insert(change, RECORD_TOKEN, &record);
    }
    return FLEET_DONE;
}

static void add_device(struct fleet_change *change, const char *controller_id, int64_t *out_id)
{
    struct record_device device = {.first_at = fleet_wall_ms(change->fleet)};
    struct record_event event = {.kind = "device.new", .actor = "device"};

    (void)snprintf(device.controller_id, sizeof device.controller_id, "%s", controller_id);
    *out_id = fleet_change_insert(change, RECORD_DEVICE, &device);
    event.device = *out_id;
    fleet_change_event(change, &event);
}

static enum fleet_result build_register(struct fleet_change *change)
{
    const struct register_params *params = change->params;
    struct fleet *fleet = change->fleet;
    struct fleet_slot *slot = fleet_find_slot(fleet, params->caller->controller_id);
    struct proof proof = params->proof;
    int64_t id;

    find_token(fleet, &proof);
    if (slot != NULL && is_device(fleet, slot, &proof)) { /* another poll was first */
        fleet_note_contact(fleet, slot);
        fleet_fill_poll(fleet, slot, params->out_poll);
        return FLEET_DONE;
    }
    if (slot != NULL ? !may_claim(fleet, slot, &proof) : !may_register(fleet, &proof)) {
        return fleet_refuse(change, FLEET_UNAUTHORIZED, "no valid token");
    }
    if (slot != NULL) {
        id = slot->id;
    } else {
        add_device(change, params->caller->controller_id, &id);
    }
    if (proof.token != NULL && proof.token->kind == TOKEN_CLAIM) {
        enum fleet_result result = take_claim(change, &proof, id);

        if (result != FLEET_DONE) {
            return result;
        }
    }
    if (proof.has_own_token) {
        enum fleet_result result = add_own_token(change, &proof, id);

        if (result != FLEET_DONE) {
            return result;
        }
    }
    change->contact = id;
    *params->out_poll = (struct fleet_poll){
        .device = id, .interval_s = fleet->settings.poll_interval_s, .wants_config = true};
    return FLEET_DONE;
}

/* ---- polls ---- */
bool fleet_is_controller_id(const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] <= ' ' || strchr("/\\\x7F", text[i]) != NULL) {
            return false;
        }
    }
    return len > 0 && len <= RECORD_CONTROLLER_ID_MAX && strcmp(text, ".") != 0 &&
           strcmp(text, "..") != 0;
}

void fleet_poll(struct fleet *fleet, const struct fleet_caller *caller,
                struct fleet_poll *out_poll, fleet_done *done, void *ctx)
{
    struct fleet_answer answer = {.result = FLEET_UNAUTHORIZED, .reason = "no valid token"};
    struct proof proof;
    bool begins = false, is_known = false;

    read_proof(caller, &proof);
    pthread_mutex_lock(&fleet->lock);
    fleet->polls++;
    struct fleet_slot *slot = fleet_find_slot(fleet, caller->controller_id);
    if (slot != NULL) {
        find_token(fleet, &proof);
        is_known = is_device(fleet, slot, &proof);
    }
    if (is_known) {
        fleet_note_contact(fleet, slot);
        fleet_fill_poll(fleet, slot, out_poll);
        begins = fleet_poll_begins_attempt(fleet, slot);
        answer = (struct fleet_answer){.result = FLEET_DONE, .id = slot->id};
    }
    pthread_mutex_unlock(&fleet->lock);
    if (begins) {
        fleet_give_link(fleet, answer.id, out_poll, done, ctx);
    } else if (is_known) {
        done(ctx, &answer);
    } else if (!fleet_is_controller_id(caller->controller_id)) {
        answer.result = FLEET_INVALID;
        (void)snprintf(answer.reason, sizeof answer.reason,
                       "controller id: blanks or control characters, or too long");
        done(ctx, &answer);
    } else {
        struct fleet_kept kept = {0};
        struct fleet_caller copy = {
            .controller_id = fleet_keep_text(&kept, caller->controller_id),
            .authorization = fleet_keep_text(&kept, caller->authorization),
            .own_token = fleet_keep_text(&kept, caller->own_token),
        };
        struct register_params params = {.caller = fleet_keep(&kept, &copy, sizeof copy),
                                         .proof = proof,
                                         .out_poll = out_poll};

        fleet_run(fleet, build_register, &params, sizeof params, &kept, done, ctx);
    }
}
