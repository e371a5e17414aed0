/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet_state.h"

#include <stdlib.h>
#include <string.h>
#include "cloud/fleet/fleet_settings.h"
#include "cloud/fleet/fleet_sweep.h"
#include "cloud/fleet/token.h"

int64_t fleet_wall_ms(const struct fleet *fleet)
{
    return fleet->clock.wall_ms(fleet->clock.ctx);
}

int64_t fleet_steady_ms(const struct fleet *fleet)
{
    return fleet->clock.steady_ms(fleet->clock.ctx);
}

void fleet_free_text(const char *text)
{
    void *is_ours;

    memcpy(&is_ours, &text, sizeof is_ours); /* const is said by the record only */
    free(is_ours);
}

/* ---- by key ---- */
static bool has_controller_id(const void *item, const void *key, size_t key_len)
{
    const char *controller_id = ((const struct fleet_slot *)item)->controller_id;

    return strncmp(controller_id, key, key_len) == 0 && controller_id[key_len] == '\0';
}

static bool has_hash(const void *item, const void *key, size_t key_len)
{
    return memcmp(((const struct fleet_token *)item)->hash, key, key_len) == 0;
}

struct fleet_slot *fleet_find_slot(struct fleet *fleet, const char *controller_id)
{
    return fleet_index_find(&fleet->by_controller_id, controller_id, strlen(controller_id),
                            has_controller_id);
}

struct fleet_token *fleet_find_token(struct fleet *fleet, const uint8_t hash[32])
{
    return fleet_index_find(&fleet->by_hash, hash, 32, has_hash);
}

/* ---- devices ---- */
/* Where a text stands behind *io_end; an empty one is NULL. */
static const char *append(char **io_end, const char *text)
{
    char *at = *io_end;

    if (text == NULL || text[0] == '\0') {
        return NULL;
    }
    *io_end = stpcpy(at, text) + 1;
    return at;
}

static int put_texts(struct fleet *fleet, struct fleet_slot *slot,
                     const struct record_device *device)
{
    const char *attributes = device->attributes != NULL ? device->attributes : "";
    size_t size = strlen(device->name) + strlen(device->hold_reason) + strlen(device->version) +
                  strlen(attributes) + 4;
    char *texts = fleet_arena_new(&fleet->of_slots, size), *end = texts;

    if (texts == NULL) {
        return -1;
    }
    slot->name = append(&end, device->name);
    slot->hold_reason = append(&end, device->hold_reason);
    slot->version = append(&end, device->version);
    slot->attributes = append(&end, attributes);
    fleet_arena_give(&fleet->of_slots, slot->texts, slot->texts_size);
    slot->texts = texts;
    slot->texts_size = (uint32_t)size;
    return 0;
}

static size_t slot_size(size_t id_len)
{
    return sizeof(struct fleet_slot) + id_len + 1;
}

static struct fleet_slot *add_slot(struct fleet *fleet, const struct record_device *device)
{
    size_t id_len = strlen(device->controller_id);
    struct fleet_slot *slot =
        id_len != 0 ? fleet_arena_new(&fleet->of_slots, slot_size(id_len)) : NULL;

    if (slot == NULL) {
        return NULL;
    }
    slot->id = device->head.id;
    memcpy(slot->controller_id, device->controller_id, id_len + 1);
    if (fleet_list_add(&fleet->slots, slot) != 0) {
        fleet_arena_give(&fleet->of_slots, slot, slot_size(id_len));
        return NULL;
    }
    return fleet_index_add(&fleet->by_controller_id, slot->controller_id, id_len, slot) == 0
               ? slot
               : NULL;
}

static int put_device(struct fleet *fleet, const struct record_device *device)
{
    struct fleet_slot *slot = fleet_list_find(&fleet->slots, device->head.id);

    if (slot == NULL) {
        slot = add_slot(fleet, device);
    }
    if (slot == NULL) {
        return -1;
    }
    fleet_sweep_device(fleet, slot);
    slot->rev = device->head.rev;
    slot->reports_version = device->reports_version;
    slot->has_config = device->attributes != NULL && device->attributes[0] != '\0';
    memcpy(slot->hardware, device->hardware, sizeof slot->hardware);
    slot->product = device->product;
    slot->first_at = device->first_at;
    return put_texts(fleet, slot, device);
}

static void free_slot(struct fleet *fleet, struct fleet_slot *slot)
{
    while (slot->tries != NULL) {
        struct fleet_tries *next = slot->tries->next;

        free(slot->tries);
        slot->tries = next;
    }
    for (size_t i = 0; i < slot->tag_count; i++) {
        free(slot->tags[i]);
    }
    free((void *)slot->tags);
    free(slot->action);
    fleet_arena_give(&fleet->of_slots, slot->texts, slot->texts_size);
    fleet_arena_give(&fleet->of_slots, slot, slot_size(strlen(slot->controller_id)));
}

static void put_contact(struct fleet *fleet, const struct record_contact *contact)
{
    struct fleet_slot *slot = fleet_list_find(&fleet->slots, contact->head.id);

    if (slot != NULL && contact->last_at > slot->last_at) {
        slot->last_at = contact->last_at;
        slot->polls = contact->polls;
    }
}

static int put_tag(struct fleet *fleet, const struct record_tag *tag)
{
    struct fleet_slot *slot = fleet_list_find(&fleet->slots, tag->device);

    /* A tag is never changed; and one of no device is left of a damaged database. */
    if (slot == NULL || fleet_list_find(&fleet->rows[RECORD_TAG], tag->head.id) != NULL) {
        return 0;
    }
    char **tags = realloc((void *)slot->tags, (slot->tag_count + 1) * sizeof *tags);
    if (tags == NULL) {
        return -1;
    }
    slot->tags = tags;
    struct record_tag *copy = malloc(sizeof *copy);
    char *text = strdup(tag->tag);
    struct fleet_row *row =
        copy != NULL && text != NULL
            ? fleet_list_find_or_add(&fleet->rows[RECORD_TAG], tag->head.id, sizeof *row)
            : NULL;
    if (row == NULL) {
        free(copy);
        free(text);
        return -1;
    }
    *copy = *tag;
    row->record = copy;
    tags[slot->tag_count++] = text;
    fleet_sweep_device(fleet, slot);
    return 0;
}

static void remove_tag(struct fleet *fleet, const struct record_tag *tag)
{
    struct fleet_slot *slot = fleet_list_find(&fleet->slots, tag->device);

    for (size_t i = 0; slot != NULL && i < slot->tag_count; i++) {
        if (strcmp(slot->tags[i], tag->tag) == 0) {
            free(slot->tags[i]);
            slot->tags[i] = slot->tags[--slot->tag_count];
            fleet_sweep_device(fleet, slot);
        }
    }
}

/* ---- actions ---- */
static void count_action(struct fleet *fleet, const struct record_action *action, int64_t by)
{
    struct fleet_deployment *deployment =
        fleet_list_find(&fleet->deployments, action->deployment);

    if (deployment != NULL && action->state > 0 && action->state < ACTION_STATES) {
        deployment->counts[action->state] += by;
    }
}

static void count_open(struct fleet *fleet, const struct record_action *action, int by)
{
    struct fleet_firmware *firmware = fleet_list_find(&fleet->firmware, action->firmware);

    if (firmware != NULL && action->open) {
        firmware->open_actions += (size_t)by;
    }
}

/* The device is free, the deployment may be over, and if the firmware is not proven yet, any
 * device may go first now. */
static void closed(struct fleet *fleet, struct fleet_slot *slot,
                   const struct record_action *action)
{
    const struct fleet_firmware *firmware = fleet_list_find(&fleet->firmware, action->firmware);
    struct fleet_deployment *deployment =
        fleet_list_find(&fleet->deployments, action->deployment);

    fleet_sweep_device(fleet, slot);
    if (deployment != NULL) {
        fleet_sweep_deployment(fleet, deployment);
    }
    if (firmware != NULL && firmware->record.proven_at == 0) {
        fleet_sweep_all(fleet);
    }
}

static int put_action(struct fleet *fleet, const struct record_action *record)
{
    struct fleet_slot *slot = fleet_list_find(&fleet->slots, record->device);

    if (slot == NULL) {
        return 0;
    }
    if (record->state == ACTION_CONFIRMED && fleet_ddi_id(record) > slot->confirmed_id) {
        slot->confirmed_id = fleet_ddi_id(record);
    }
    if (slot->action != NULL && slot->action->record.head.id > record->head.id) {
        return 0; /* an older one, corrected */
    }
    if (slot->action == NULL) {
        slot->action = calloc(1, sizeof *slot->action);
        if (slot->action == NULL) {
            return -1;
        }
    } else if (slot->action->record.head.id == record->head.id) {
        count_action(fleet, &slot->action->record, -1);
    }
    count_action(fleet, record, 1);
    count_open(fleet, &slot->action->record, -1);
    count_open(fleet, record, 1);
    if (!record->open) {
        closed(fleet, slot, record);
    }
    if (slot->action->record.head.id != record->head.id) {
        slot->action->notes = 0;
    }
    slot->action->record = *record;
    slot->action->deadline_ms =
        record->deadline_left_ms == 0 ? 0 : fleet_steady_ms(fleet) + record->deadline_left_ms;
    slot->action->progress_written_ms = fleet_steady_ms(fleet);
    return 0;
}

static int put_tries(struct fleet *fleet, const struct record_tries *record)
{
    struct fleet_slot *slot = fleet_list_find(&fleet->slots, record->device);

    if (slot == NULL) {
        return 0;
    }
    struct fleet_tries *tries = fleet_find_tries(slot, record->sha256);
    if (tries == NULL) {
        tries = calloc(1, sizeof *tries);
        if (tries == NULL) {
            return -1;
        }
        tries->next = slot->tries;
        slot->tries = tries;
    }
    tries->record = *record;
    return 0;
}

struct fleet_tries *fleet_find_tries(const struct fleet_slot *slot, const char *sha256)
{
    struct fleet_tries *tries = slot->tries;

    while (tries != NULL && strcmp(tries->record.sha256, sha256) != 0) {
        tries = tries->next;
    }
    return tries;
}

int64_t fleet_ddi_id(const struct record_action *action)
{
    return action->head.id * (ACTION_ATTEMPTS_MAX + 1) + action->attempt;
}

/* ---- tokens, firmware, deployments, small tables ---- */
static struct fleet_token *add_token(struct fleet *fleet, const struct record_token *record)
{
    size_t name_size = strlen(record->name) + 1;
    struct fleet_token *token = fleet_arena_new(&fleet->of_tokens, sizeof *token + name_size);

    if (token == NULL || token_hash_from_hex(record->hash, token->hash) != 0) {
        return NULL;
    }
    token->id = record->head.id;
    memcpy(token->name, record->name, name_size);
    return fleet_list_add(&fleet->tokens, token) == 0 &&
                   fleet_index_add(&fleet->by_hash, token->hash, sizeof token->hash, token) == 0
               ? token
               : NULL;
}

/* A damaged database may say any number: what is none is nobody's. */
static uint8_t small(int64_t number, int max)
{
    return number > 0 && number <= max ? (uint8_t)number : 0;
}

static void set_token(struct fleet_token *token, const struct record_token *record)
{
    token->rev = record->head.rev;
    token->kind = small(record->kind, TOKEN_SETUP);
    token->owner = record->owner;
    token->role = small(record->role, ROLE_ADMIN);
    token->uses_left = record->uses_left;
    token->created_at = record->created_at;
    token->expires_at = record->expires_at;
    token->revoked_at = record->revoked_at;
}

static void count_token(struct fleet *fleet, const struct fleet_token *token, int by)
{
    struct fleet_slot *slot =
        token->kind == TOKEN_TARGET ? fleet_list_find(&fleet->slots, token->owner) : NULL;

    if (slot != NULL) {
        slot->has_had_token = true;
    }
    if (slot != NULL && token->revoked_at == 0) {
        slot->target_tokens = (uint8_t)(slot->target_tokens + by);
    }
}

static int put_token(struct fleet *fleet, const struct record_token *record)
{
    struct fleet_token *token = fleet_list_find(&fleet->tokens, record->head.id);

    if (token != NULL) {
        count_token(fleet, token, -1);
    } else {
        token = add_token(fleet, record);
    }
    if (token == NULL) {
        return -1;
    }
    set_token(token, record);
    count_token(fleet, token, 1);
    return 0;
}

int fleet_state_load_token(struct fleet *fleet, const struct record_token *record)
{
    struct fleet_token *token = add_token(fleet, record);

    if (token != NULL) {
        set_token(token, record);
    }
    return token != NULL ? 0 : -1;
}

void fleet_state_count_tokens(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->tokens.count; i++) {
        count_token(fleet, fleet->tokens.items[i], 1);
    }
}

static int put_firmware(struct fleet *fleet, const struct record_firmware *record)
{
    struct fleet_firmware *firmware =
        fleet_list_find_or_add(&fleet->firmware, record->head.id, sizeof *firmware);

    if (firmware == NULL) {
        return -1;
    }
    firmware->record = *record;
    firmware->record.notes = NULL;
    fleet_sweep_all(fleet);
    return 0;
}

static int put_deployment(struct fleet *fleet, const struct record_deployment *record)
{
    struct fleet_deployment *deployment =
        fleet_list_find_or_add(&fleet->deployments, record->head.id, sizeof *deployment);
    char *text = strdup(record->rule != NULL ? record->rule : "");

    if (deployment == NULL || text == NULL ||
        (deployment->rule == NULL && rule_parse(text, &deployment->rule, NULL) != 0)) {
        free(text);
        return -1;
    }
    fleet_free_text(deployment->record.rule);
    deployment->record = *record;
    deployment->record.rule = text;
    if (record->state == DEPLOYMENT_ACTIVE) {
        fleet_sweep_all(fleet);
    }
    return 0;
}

/* Long texts are the last member of these, and not kept. */
static int put_row(struct fleet *fleet, enum record_kind kind, const void *record)
{
    const struct record_table *table = record_table(kind);
    struct fleet_row *row = fleet_list_find_or_add(
        &fleet->rows[kind], ((const struct record_head *)record)->id, sizeof *row);

    if (row == NULL) {
        return -1;
    }
    if (row->record == NULL) {
        row->record = malloc(table->size);
        if (row->record == NULL) {
            return -1;
        }
    }
    memcpy(row->record, record, table->size);
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].type == RECORD_LONG_TEXT) {
            memset((char *)row->record + table->columns[i].offset, 0, sizeof(const char *));
        }
    }
    if (kind != RECORD_OUTBOX) {
        fleet_sweep_all(fleet);
    }
    return 0;
}

int fleet_state_put(struct fleet *fleet, enum record_kind kind, const void *record)
{
    int64_t id = ((const struct record_head *)record)->id;

    if (id > fleet->last_id[kind]) {
        fleet->last_id[kind] = id;
    }
    switch (kind) {
    case RECORD_DEVICE:
        return put_device(fleet, record);
    case RECORD_CONTACT:
        put_contact(fleet, record);
        return 0;
    case RECORD_TAG:
        return put_tag(fleet, record);
    case RECORD_TOKEN:
        return put_token(fleet, record);
    case RECORD_FIRMWARE:
        return put_firmware(fleet, record);
    case RECORD_DEPLOYMENT:
        return put_deployment(fleet, record);
    case RECORD_ACTION:
        return put_action(fleet, record);
    case RECORD_TRIES:
        return put_tries(fleet, record);
    case RECORD_AUDIT:
        memcpy(fleet->audit_hash, ((const struct record_audit *)record)->hash,
               sizeof fleet->audit_hash);
        return 0;
    case RECORD_SETTING:
        fleet_settings_read(&fleet->settings, ((const struct record_setting *)record)->name,
                            ((const struct record_setting *)record)->value);
        fleet_trim_take_setting(fleet, record);
        return put_row(fleet, kind, record);
    case RECORD_PRODUCT:
    case RECORD_GROUP:
    case RECORD_OUTBOX:
        return put_row(fleet, kind, record);
    case RECORD_EVENT: /* history: only the last id matters */
    case RECORD_KINDS:
    default:
        return 0;
    }
}

static void delete_slot(struct fleet *fleet, int64_t id)
{
    struct fleet_slot *slot = fleet_list_find(&fleet->slots, id);

    if (slot != NULL) {
        if (slot->action != NULL) {
            count_action(fleet, &slot->action->record, -1);
            count_open(fleet, &slot->action->record, -1);
        }
        fleet_index_remove(&fleet->by_controller_id, slot->controller_id,
                           strlen(slot->controller_id), slot);
        fleet_sweep_deleted(fleet, slot->controller_id);
        fleet_list_take_out(&fleet->slots, slot);
        free_slot(fleet, slot);
    }
}

void fleet_state_delete(struct fleet *fleet, enum record_kind kind, int64_t id)
{
    struct fleet_row *row = fleet_list_find(&fleet->rows[kind], id);

    if (kind == RECORD_DEVICE) {
        delete_slot(fleet, id);
    } else if (row != NULL) {
        if (kind == RECORD_TAG) {
            remove_tag(fleet, row->record);
        }
        fleet_list_take_out(&fleet->rows[kind], row);
        free(row->record);
        free(row);
    }
}

void fleet_state_free(struct fleet *fleet)
{
    fleet_index_free(&fleet->by_controller_id);
    fleet_index_free(&fleet->by_hash);
    fleet_sweep_free(&fleet->sweep);
    for (size_t i = 0; i < fleet->slots.count; i++) {
        free_slot(fleet, fleet->slots.items[i]);
    }
    fleet_arena_free(&fleet->of_slots);
    fleet_arena_free(&fleet->of_tokens);
    for (size_t i = 0; i < fleet->firmware.count; i++) {
        free(fleet->firmware.items[i]);
    }
    for (size_t i = 0; i < fleet->deployments.count; i++) {
        struct fleet_deployment *deployment = fleet->deployments.items[i];

        rule_free(deployment->rule);
        fleet_free_text(deployment->record.rule);
        free(deployment->deleted);
        free(deployment);
    }
    for (int kind = 0; kind < RECORD_KINDS; kind++) {
        for (size_t i = 0; i < fleet->rows[kind].count; i++) {
            free(((struct fleet_row *)fleet->rows[kind].items[i])->record);
            free(fleet->rows[kind].items[i]);
        }
        free((void *)fleet->rows[kind].items);
    }
    free((void *)fleet->slots.items);
    free((void *)fleet->tokens.items);
    free((void *)fleet->firmware.items);
    free((void *)fleet->deployments.items);
}

/* ---- questions ---- */
const struct record_product *fleet_find_product(struct fleet *fleet, int64_t id)
{
    return fleet_find_row(fleet, RECORD_PRODUCT, id);
}

void *fleet_find_row(struct fleet *fleet, enum record_kind kind, int64_t id)
{
    struct fleet_row *row = fleet_list_find(&fleet->rows[kind], id);

    return row != NULL ? row->record : NULL;
}

void fleet_note_contact(const struct fleet *fleet, struct fleet_slot *slot)
{
    if (slot != NULL) {
        slot->polls++;
        slot->last_at = fleet_wall_ms(fleet);
        slot->seen_ms = fleet_steady_ms(fleet);
        slot->has_unsaved_contact = true;
    }
}

/* Twice the slow interval: a device that was told the slow one keeps it until it polls. */
bool fleet_is_online(const struct fleet *fleet, const struct fleet_slot *slot)
{
    int64_t limit_ms = 2 * (int64_t)fleet->settings.poll_interval_s * 1000 + 30000;

    return slot->seen_ms != 0 && fleet_steady_ms(fleet) - slot->seen_ms <= limit_ms;
}
