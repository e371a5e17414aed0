/* SPDX-License-Identifier: Apache-2.0 */
/* What people do to products, firmware, deployments and settings. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cloud/fleet/fleet_action.h"
#include "cloud/fleet/fleet_settings.h"
#include "host/json.h"

struct people_params {
    const char *actor;
    const void *record;
    int64_t id;
    bool flag;
    enum deployment_state state;
    const struct fleet_setting *settings;
    size_t setting_count;
    const struct fleet_signature *signatures;
    size_t signature_count;
};

static void audit(struct fleet_change *change, const char *verb, const char *kind, int64_t id,
                  const char *name)
{
    const struct people_params *params = change->params;

    fleet_change_audit(change, params->actor, verb, kind, id, name, NULL, NULL);
}

/* The members that differ, as one JSON object each of what they were and are. */
static void audit_product(struct fleet_change *change, const struct record_product *before,
                          const struct record_product *after)
{
    const struct people_params *params = change->params;
    const struct record_table *table = record_table(RECORD_PRODUCT);
    json_t *was = json_object(), *is = json_object();

    for (size_t i = 0; i < table->column_count; i++) {
        const struct record_column *column = &table->columns[i];
        bool is_number = column->type == RECORD_INT64 || column->type == RECORD_BOOL;
        size_t len;

        if (is_number && record_int(column, before) != record_int(column, after)) {
            json_add(&was, column->name, json_integer(record_int(column, before)));
            json_add(&is, column->name, json_integer(record_int(column, after)));
        } else if (!is_number && strcmp(record_text(column, before, &len),
                                        record_text(column, after, &len)) != 0) {
            json_add(&was, column->name, json_text(record_text(column, before, &len)));
            json_add(&is, column->name, json_text(record_text(column, after, &len)));
        }
    }
    char *was_text = json_dumps(was, JSON_COMPACT), *is_text = json_dumps(is, JSON_COMPACT);
    fleet_change_audit(change, params->actor, "product.change", "product", after->head.id,
                       after->name, was_text, is_text);
    free(was_text);
    free(is_text);
    json_decref(was);
    json_decref(is);
}

/* ---- products ---- */
static bool is_name_taken(struct fleet *fleet, const struct record_product *wanted)
{
    const struct fleet_list *products = &fleet->rows[RECORD_PRODUCT];

    for (size_t i = 0; i < products->count; i++) {
        const struct record_product *product =
            ((const struct fleet_row *)products->items[i])->record;

        if (product->head.id != wanted->head.id && strcmp(product->name, wanted->name) == 0) {
            return true;
        }
    }
    return false;
}

static void put_signatures(struct fleet_change *change)
{
    const struct people_params *params = change->params;

    for (size_t i = 0; i < params->signature_count; i++) {
        const struct fleet_signature *signature = &params->signatures[i];
        const struct fleet_firmware *found =
            fleet_list_find(&change->fleet->firmware, signature->firmware);

        if (found != NULL && found->record.signature != signature->signature) {
            struct record_firmware firmware = found->record;

            firmware.signature = signature->signature;
            audit(change, "firmware.judge", "firmware", firmware.head.id, firmware.version);
            fleet_change_put_firmware(change, &firmware);
        }
    }
}

static enum fleet_result build_product(struct fleet_change *change)
{
    const struct people_params *params = change->params;
    struct record_product product = *(const struct record_product *)params->record;
    const struct record_product *before = fleet_find_product(change->fleet, product.head.id);

    if (product.name[0] == '\0') {
        return fleet_refuse(change, FLEET_INVALID, "name: empty");
    }
    if (is_name_taken(change->fleet, &product)) {
        return fleet_refuse(change, FLEET_CONFLICT, "%s: there is such a product",
                            product.name);
    }
    if (product.head.id == 0) {
        change->answer.id = fleet_change_insert(change, RECORD_PRODUCT, &product);
        audit(change, "product.add", "product", product.head.id, product.name);
        return FLEET_DONE;
    }
    if (before == NULL) {
        return fleet_refuse(change, FLEET_NOT_FOUND, "no such product");
    }
    if (before->head.rev != product.head.rev) {
        return fleet_refuse(change, FLEET_CONFLICT, "it was changed meanwhile");
    }
    change->answer.id = product.head.id;
    audit_product(change, before, &product);
    fleet_change_put(change, RECORD_PRODUCT, &product);
    put_signatures(change);
    return FLEET_DONE;
}

void fleet_put_product(struct fleet *fleet, const char *actor,
                       const struct record_product *product,
                       const struct fleet_signature signatures[], size_t signature_count,
                       fleet_done *done, void *ctx)
{
    struct fleet_kept kept = {0};
    struct people_params params = {
        .actor = fleet_keep_text(&kept, actor),
        .record = fleet_keep(&kept, product, sizeof *product),
        .signatures = fleet_keep(&kept, signatures, signature_count * sizeof *signatures),
        .signature_count = signature_count};

    fleet_run(fleet, build_product, &params, sizeof params, &kept, done, ctx);
}

/* ---- firmware ---- */
static bool is_field(const char *text)
{
    size_t len = 0;

    while (isalnum((unsigned char)text[len])) {
        len++;
    }
    return len == RECORD_FIELD_MAX && text[len] == '\0';
}

/* One product, hardware and version is one firmware: what a device reports says which. */
static enum fleet_result check_version(struct fleet_change *change,
                                       const struct record_firmware *firmware)
{
    for (size_t i = 0; i < change->fleet->firmware.count; i++) {
        const struct record_firmware *other =
            &((const struct fleet_firmware *)change->fleet->firmware.items[i])->record;

        if (other->head.id != firmware->head.id && other->product == firmware->product &&
            other->archived_at == 0 && strcmp(other->version, firmware->version) == 0 &&
            strcmp(other->hardware, firmware->hardware) == 0) {
            return fleet_refuse(change, FLEET_CONFLICT,
                                "%s: this product has firmware %lld of this version",
                                firmware->version, (long long)other->head.id);
        }
    }
    return FLEET_DONE;
}

static enum fleet_result check_firmware(struct fleet_change *change,
                                        const struct record_firmware *firmware)
{
    if (fleet_find_product(change->fleet, firmware->product) == NULL) {
        return fleet_refuse(change, FLEET_INVALID, "product: there is no such product");
    }
    if (firmware->name[0] == '\0' || strchr(firmware->name, '/') != NULL) {
        return fleet_refuse(change, FLEET_INVALID, "name: not a file's name");
    }
    if (firmware->version[0] == '\0') {
        return fleet_refuse(change, FLEET_INVALID, "version: empty");
    }
    if (firmware->kind != FIRMWARE_OPAQUE &&
        (!is_field(firmware->version) || !is_field(firmware->hardware))) {
        return fleet_refuse(change, FLEET_INVALID,
                            "version and hardware: 8 letters or digits each");
    }
    return check_version(change, firmware);
}

void fleet_check_firmware(struct fleet *fleet, const struct record_firmware *firmware,
                          struct fleet_answer *out_answer)
{
    struct fleet_change change = {.fleet = fleet}; /* which is never run */

    pthread_mutex_lock(&fleet->lock);
    change.answer.result = check_firmware(&change, firmware);
    pthread_mutex_unlock(&fleet->lock);
    *out_answer = change.answer;
}

static enum fleet_result build_add_firmware(struct fleet_change *change)
{
    const struct people_params *params = change->params;
    struct record_firmware firmware = *(const struct record_firmware *)params->record;
    enum fleet_result result = check_firmware(change, &firmware);

    if (result != FLEET_DONE) {
        return result;
    }
    firmware.created_at = fleet_wall_ms(change->fleet);
    firmware.archived_at = 0;
    firmware.proven_at = 0;
    change->answer.id = fleet_change_insert(change, RECORD_FIRMWARE, &firmware);
    audit(change, "firmware.add", "firmware", firmware.head.id, firmware.version);
    return FLEET_DONE;
}

void fleet_add_firmware(struct fleet *fleet, const char *actor,
                        const struct record_firmware *firmware, fleet_done *done, void *ctx)
{
    struct fleet_kept kept = {0};
    struct record_firmware copy = *firmware;
    struct people_params params = {.actor = fleet_keep_text(&kept, actor)};

    copy.notes = fleet_keep_text(&kept, firmware->notes);
    params.record = fleet_keep(&kept, &copy, sizeof copy);

    fleet_run(fleet, build_add_firmware, &params, sizeof params, &kept, done, ctx);
}

static enum fleet_result build_archive(struct fleet_change *change)
{
    const struct people_params *params = change->params;
    const struct fleet_firmware *found = fleet_list_find(&change->fleet->firmware, params->id);

    if (found == NULL) {
        return fleet_refuse(change, FLEET_NOT_FOUND, "no such firmware");
    }
    struct record_firmware firmware = found->record;
    if (!params->flag && check_version(change, &firmware) != FLEET_DONE) {
        return FLEET_CONFLICT; /* with its reason */
    }
    firmware.archived_at = params->flag ? fleet_wall_ms(change->fleet) : 0;
    change->answer.id = params->id;
    fleet_change_put_firmware(change, &firmware);
    audit(change, params->flag ? "firmware.archive" : "firmware.unarchive", "firmware",
          params->id, firmware.version);
    return FLEET_DONE;
}

void fleet_archive_firmware(struct fleet *fleet, const char *actor, int64_t id, bool archived,
                            fleet_done *done, void *ctx)
{
    struct fleet_kept kept = {0};
    struct people_params params = {
        .actor = fleet_keep_text(&kept, actor), .id = id, .flag = archived};

    fleet_run(fleet, build_archive, &params, sizeof params, &kept, done, ctx);
}

/* ---- settings ---- */
static void put_setting(struct fleet_change *change, const struct fleet_setting *wish)
{
    const struct fleet_list *rows = &change->fleet->rows[RECORD_SETTING];
    struct record_setting setting = {0};

    for (size_t i = 0; i < rows->count; i++) {
        const struct record_setting *row = ((const struct fleet_row *)rows->items[i])->record;

        if (strcmp(row->name, wish->name) == 0) {
            setting = *row;
        }
    }
    (void)snprintf(setting.name, sizeof setting.name, "%s", wish->name);
    setting.value = wish->value;
    if (setting.head.id == 0) {
        (void)fleet_change_insert(change, RECORD_SETTING, &setting);
    } else {
        fleet_change_put(change, RECORD_SETTING, &setting);
    }
}

static void audit_setting(struct fleet_change *change, const struct fleet_setting *wish)
{
    const struct people_params *params = change->params;
    bool is_secret = strcmp(wish->name, "webhook_secret") == 0;
    char before[FLEET_URL_MAX + 1];

    fleet_settings_text(&change->fleet->settings, wish->name, before, sizeof before);
    fleet_change_audit(change, params->actor, "setting", "setting", 0, wish->name,
                       is_secret ? NULL : before, is_secret ? "not shown" : wish->value);
}

static enum fleet_result build_settings(struct fleet_change *change)
{
    const struct people_params *params = change->params;
    struct fleet_settings settings = change->fleet->settings;

    for (size_t i = 0; i < params->setting_count; i++) {
        const struct fleet_setting *wish = &params->settings[i];
        char allowed[FLEET_ALLOWED_SIZE];

        if (!fleet_settings_read(&settings, wish->name, wish->value)) {
            fleet_settings_allowed(wish->name, allowed, sizeof allowed);
            return fleet_refuse(change, FLEET_INVALID, "%s: %s", wish->name, allowed);
        }
    }
    for (size_t i = 0; i < params->setting_count; i++) {
        put_setting(change, &params->settings[i]);
        audit_setting(change, &params->settings[i]);
    }
    return FLEET_DONE;
}

void fleet_set(struct fleet *fleet, const char *actor, const struct fleet_setting settings[],
               size_t count, fleet_done *done, void *ctx)
{
    struct fleet_kept kept = {0};
    struct fleet_setting *copies = fleet_keep(&kept, settings, count * sizeof *settings);
    struct people_params params = {
        .actor = fleet_keep_text(&kept, actor), .settings = copies, .setting_count = count};

    for (size_t i = 0; copies != NULL && i < count; i++) {
        copies[i].name = fleet_keep_text(&kept, settings[i].name);
        copies[i].value = fleet_keep_text(&kept, settings[i].value);
    }
    fleet_run(fleet, build_settings, &params, sizeof params, &kept, done, ctx);
}
