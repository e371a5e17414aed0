/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/store/record.h"

#include <string.h>

/* One column: a member of struct record_KIND, whose name is the column's. */
#define COLUMN(kind, type, member)                                                             \
    {                                                                                          \
        .name = #member, RECORD_##type, offsetof(struct record_##kind, member),                \
        sizeof(((struct record_##kind *)0)->member)                                            \
    }

static const struct record_column product[] = {
    COLUMN(product, TEXT, name),       COLUMN(product, TEXT, product_key),
    COLUMN(product, TEXT, hardware),   COLUMN(product, TEXT, key1),
    COLUMN(product, TEXT, key2),       COLUMN(product, BOOL, unsigned_ok),
    COLUMN(product, INT64, slot_size),
};

static const struct record_column device[] = {
    COLUMN(device, TEXT, controller_id),
    COLUMN(device, TEXT, name),
    COLUMN(device, INT64, product),
    COLUMN(device, TEXT, hardware),
    COLUMN(device, TEXT, version),
    COLUMN(device, BOOL, reports_version),
    COLUMN(device, TEXT, mac),
    COLUMN(device, TEXT, product_key),
    COLUMN(device, INT64, first_at),
    COLUMN(device, TEXT, hold_reason),
    COLUMN(device, LONG_TEXT, attributes),
};

static const struct record_column contact[] = {
    COLUMN(contact, INT64, last_at),
    COLUMN(contact, INT64, polls),
};

static const struct record_column tag[] = {
    COLUMN(tag, INT64, device),
    COLUMN(tag, TEXT, tag),
};

static const struct record_column token[] = {
    COLUMN(token, INT64, kind),       COLUMN(token, TEXT, hash),
    COLUMN(token, INT64, owner),      COLUMN(token, INT64, role),
    COLUMN(token, TEXT, name),        COLUMN(token, INT64, uses_left),
    COLUMN(token, INT64, created_at), COLUMN(token, INT64, expires_at),
    COLUMN(token, INT64, revoked_at),
};

static const struct record_column firmware[] = {
    COLUMN(firmware, INT64, kind),        COLUMN(firmware, INT64, product),
    COLUMN(firmware, TEXT, name),         COLUMN(firmware, TEXT, hardware),
    COLUMN(firmware, TEXT, version),      COLUMN(firmware, INT64, number),
    COLUMN(firmware, TEXT, from_min),     COLUMN(firmware, INT64, key_id),
    COLUMN(firmware, INT64, signature),   COLUMN(firmware, TEXT, sha256),
    COLUMN(firmware, TEXT, sha1),         COLUMN(firmware, TEXT, md5),
    COLUMN(firmware, INT64, size),        COLUMN(firmware, INT64, created_at),
    COLUMN(firmware, INT64, archived_at), COLUMN(firmware, INT64, proven_at),
    COLUMN(firmware, LONG_TEXT, notes),
};

static const struct record_column deployment[] = {
    COLUMN(deployment, INT64, firmware),    COLUMN(deployment, TEXT, name),
    COLUMN(deployment, LONG_TEXT, rule),    COLUMN(deployment, INT64, mode),
    COLUMN(deployment, INT64, starts_at),   COLUMN(deployment, INT64, ends_at),
    COLUMN(deployment, INT64, window_from), COLUMN(deployment, INT64, window_to),
    COLUMN(deployment, INT64, attempts),    COLUMN(deployment, INT64, state),
    COLUMN(deployment, TEXT, created_by),   COLUMN(deployment, INT64, created_at),
};

static const struct record_column group[] = {
    COLUMN(group, INT64, deployment), COLUMN(group, INT64, ordinal),
    COLUMN(group, INT64, share),      COLUMN(group, INT64, need_ok),
    COLUMN(group, INT64, max_failed),
};

static const struct record_column action[] = {
    COLUMN(action, INT64, deployment),
    COLUMN(action, INT64, group),
    COLUMN(action, INT64, device),
    COLUMN(action, INT64, firmware),
    COLUMN(action, BOOL, open),
    COLUMN(action, INT64, state),
    COLUMN(action, INT64, state_before_cancel),
    COLUMN(action, INT64, attempt),
    COLUMN(action, INT64, count),
    COLUMN(action, INT64, of),
    COLUMN(action, INT64, code),
    COLUMN(action, TEXT, reason),
    COLUMN(action, BOOL, by_word),
    COLUMN(action, BOOL, late),
    COLUMN(action, INT64, created_at),
    COLUMN(action, INT64, changed_at),
    COLUMN(action, INT64, outcome_at),
    COLUMN(action, INT64, deadline_at),
    COLUMN(action, INT64, deadline_left_ms),
};

static const struct record_column tries[] = {
    COLUMN(tries, INT64, device),
    COLUMN(tries, TEXT, sha256),
    COLUMN(tries, INT64, tries),
};

static const struct record_column event[] = {
    COLUMN(event, INT64, device),  COLUMN(event, INT64, action),
    COLUMN(event, INT64, attempt), COLUMN(event, INT64, at),
    COLUMN(event, TEXT, kind),     COLUMN(event, INT64, state),
    COLUMN(event, INT64, code),    COLUMN(event, TEXT, actor),
    COLUMN(event, BOOL, final),    COLUMN(event, LONG_TEXT, detail),
};

static const struct record_column audit[] = {
    COLUMN(audit, INT64, at),           COLUMN(audit, TEXT, actor),
    COLUMN(audit, TEXT, verb),          COLUMN(audit, TEXT, object),
    COLUMN(audit, LONG_TEXT, before),   COLUMN(audit, LONG_TEXT, after),
    COLUMN(audit, TEXT, previous_hash), COLUMN(audit, TEXT, hash),
};

static const struct record_column setting[] = {
    COLUMN(setting, TEXT, name),
    COLUMN(setting, LONG_TEXT, value),
};

static const struct record_column outbox[] = {
    COLUMN(outbox, TEXT, kind),
    COLUMN(outbox, INT64, not_before),
    COLUMN(outbox, INT64, tries),
    COLUMN(outbox, LONG_TEXT, payload),
};

/* Name of the table, struct, and what is particular to it. `group` is a word of SQL. */
#define TABLE(table, kind, ...)                                                                \
    {                                                                                          \
        .name = table, .columns = kind, .column_count = sizeof kind / sizeof kind[0],          \
        .size = sizeof(struct record_##kind), __VA_ARGS__                                      \
    }

static const struct record_table tables[RECORD_KINDS] = {
    [RECORD_PRODUCT] = TABLE("product", product, .unique = "name"),
    [RECORD_DEVICE] = TABLE("device", device, .unique = "controller_id", .indexed = "product"),
    [RECORD_CONTACT] = TABLE("contact", contact, .unique = NULL),
    [RECORD_TAG] = TABLE("device_tag", tag, .unique = "device,tag", .indexed = "device"),
    [RECORD_TOKEN] = TABLE("token", token, .unique = "hash", .indexed = "owner"),
    [RECORD_FIRMWARE] = TABLE("firmware", firmware, .indexed = "product"),
    [RECORD_DEPLOYMENT] = TABLE("deployment", deployment, .indexed = "firmware"),
    [RECORD_GROUP] = TABLE("deployment_group", group, .unique = "deployment,ordinal",
                           .indexed = "deployment"),
    [RECORD_ACTION] = TABLE("action", action, .unique = "device", .unique_where = "open",
                            .indexed = "deployment,device"),
    [RECORD_TRIES] = TABLE("tries", tries, .unique = "device,sha256", .indexed = "device"),
    [RECORD_EVENT] = TABLE("event", event, .indexed = "device"),
    [RECORD_AUDIT] = TABLE("audit", audit, .unique = "previous_hash"),
    [RECORD_SETTING] = TABLE("setting", setting, .unique = "name"),
    [RECORD_OUTBOX] = TABLE("outbox", outbox, .unique = NULL),
};

const struct record_table *record_table(enum record_kind kind)
{
    return &tables[kind];
}

bool record_list_has(const char *list, const char *name)
{
    size_t len = strlen(name);

    while (list != NULL && *list != '\0') {
        size_t part = strcspn(list, ",");
        if (part == len && memcmp(list, name, len) == 0) {
            return true;
        }
        list += part + (list[part] == ',');
    }
    return false;
}

int64_t record_int(const struct record_column *column, const void *record)
{
    const char *at = (const char *)record + column->offset;
    int64_t value;
    bool flag;

    if (column->type == RECORD_BOOL) {
        memcpy(&flag, at, sizeof flag);
        return flag;
    }
    memcpy(&value, at, sizeof value);
    return value;
}

const char *record_text(const struct record_column *column, const void *record, size_t *out_len)
{
    const char *text = (const char *)record + column->offset;

    if (column->type == RECORD_LONG_TEXT) {
        memcpy(&text, (const char *)record + column->offset, sizeof text);
        text = text != NULL ? text : "";
        *out_len = strlen(text);
    } else {
        *out_len = strnlen(text, column->size - 1);
    }
    return text;
}

size_t record_copy_size(enum record_kind kind, const void *record)
{
    const struct record_table *table = record_table(kind);
    size_t size = table->size, len;

    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].type == RECORD_LONG_TEXT) {
            (void)record_text(&table->columns[i], record, &len);
            size += len + 1;
        }
    }
    return size;
}

void record_copy(enum record_kind kind, const void *record, void *out_copy)
{
    const struct record_table *table = record_table(kind);
    char *texts = (char *)out_copy + table->size;
    size_t len;

    memcpy(out_copy, record, table->size);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct record_column *column = &table->columns[i];
        if (column->type == RECORD_LONG_TEXT) {
            const char *text = record_text(column, record, &len);
            memcpy(texts, text, len);
            texts[len] = '\0';
            memcpy((char *)out_copy + column->offset, &texts, sizeof texts);
            texts += len + 1;
        } else if (column->type == RECORD_TEXT) {
            ((char *)out_copy)[column->offset + column->size - 1] = '\0';
        }
    }
}
