/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet_change.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cloud/store/audit.h"
#include "host/json.h"

enum { ROUNDS_MAX = 50 }; /* of one change; others have to get through in between */

static struct record_head *head_of(void *record)
{
    return record;
}

/* ---- operations ---- */
static void *copy_record(enum record_kind kind, const void *record)
{
    void *copy = malloc(record_copy_size(kind, record));

    if (copy != NULL) {
        record_copy(kind, record, copy);
    }
    return copy;
}

static void add_op(struct fleet_change *change, enum store_verb verb, enum record_kind kind,
                   const void *record, uint32_t expected_rev)
{
    void *copy = copy_record(kind, record);

    if (copy != NULL && change->op_count == change->op_max) {
        size_t max = change->op_max == 0 ? 8 : 2 * change->op_max;
        struct store_op *ops = realloc(change->ops, max * sizeof *ops);

        if (ops == NULL) {
            free(copy);
            copy = NULL;
        } else {
            change->ops = ops;
            change->op_max = max;
        }
    }
    if (copy == NULL) {
        change->is_broken = true;
        return;
    }
    change->ops[change->op_count++] = (struct store_op){
        .verb = verb, .kind = kind, .record = copy, .expected_rev = expected_rev};
}

static void drop_ops(struct fleet_change *change)
{
    for (size_t i = 0; i < change->op_count; i++) {
        void *record;

        memcpy(&record, &change->ops[i].record, sizeof record); /* ours, of add_op() */
        free(record);
    }
    change->op_count = 0;
}

void fleet_change_put(struct fleet_change *change, enum record_kind kind, void *io_record)
{
    uint32_t rev = head_of(io_record)->rev++;

    add_op(change, STORE_PUT, kind, io_record, rev == 0 ? STORE_NEW : rev);
}

int64_t fleet_change_insert(struct fleet_change *change, enum record_kind kind, void *io_record)
{
    head_of(io_record)->id = ++change->fleet->last_id[kind];
    head_of(io_record)->rev = 0;
    fleet_change_put(change, kind, io_record);
    return head_of(io_record)->id;
}

void fleet_change_put_any(struct fleet_change *change, enum record_kind kind, void *record)
{
    add_op(change, STORE_PUT, kind, record, STORE_ANY_REV);
}

void fleet_change_delete(struct fleet_change *change, enum record_kind kind, int64_t id,
                         uint32_t rev)
{
    struct record_head *record = calloc(1, record_table(kind)->size);

    if (record == NULL) {
        change->is_broken = true;
        return;
    }
    record->id = id;
    record->rev = rev;
    add_op(change, STORE_DELETE, kind, record, rev);
    free(record);
}

void fleet_change_event(struct fleet_change *change, struct record_event *event)
{
    event->at = fleet_wall_ms(change->fleet);
    fleet_change_insert(change, RECORD_EVENT, event);
}

/* The hash that the next entry follows: of this change's last entry, or of the last one that is
 * written. */
static const char *last_audit_hash(const struct fleet_change *change)
{
    for (size_t i = change->op_count; i-- > 0;) {
        if (change->ops[i].kind == RECORD_AUDIT) {
            return ((const struct record_audit *)change->ops[i].record)->hash;
        }
    }
    return change->fleet->audit_hash;
}

void fleet_change_audit(struct fleet_change *change, const char *actor, const char *verb,
                        const char *kind, int64_t id, const char *name, const char *before,
                        const char *after)
{
    struct record_audit entry = {
        .at = fleet_wall_ms(change->fleet), .before = before, .after = after};

    (void)snprintf(entry.actor, sizeof entry.actor, "%s", actor);
    (void)snprintf(entry.verb, sizeof entry.verb, "%s", verb);
    if (id != 0) {
        (void)snprintf(entry.object, sizeof entry.object, "%.12s %lld %.*s", kind,
                       (long long)id, (int)json_prefix_len(name, 30), name);
    } else {
        (void)snprintf(entry.object, sizeof entry.object, "%.12s %.*s", kind,
                       (int)json_prefix_len(name, 50), name);
    }
    entry.head.id = ++change->fleet->last_id[RECORD_AUDIT];
    /* Two changes after the same entry are a conflict in the store, and one is made again. */
    if (audit_seal(&entry, last_audit_hash(change), NULL) != 0) {
        change->is_broken = true;
        return;
    }
    fleet_change_put(change, RECORD_AUDIT, &entry);
}

enum fleet_result fleet_refuse(struct fleet_change *change, enum fleet_result result,
                               const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(change->answer.reason, sizeof change->answer.reason, format, args);
    va_end(args);
    return result;
}

/* ---- what params point to ---- */
struct fleet_copy {
    struct fleet_copy *next;
    _Alignas(max_align_t) char bytes[];
};

void *fleet_keep(struct fleet_kept *kept, const void *bytes, size_t size)
{
    struct fleet_copy *copy;

    if (bytes == NULL) {
        return NULL;
    }
    copy = malloc(sizeof *copy + size);
    if (copy == NULL) {
        kept->is_broken = true;
        return NULL;
    }
    memcpy(copy->bytes, bytes, size);
    copy->next = kept->first;
    kept->first = copy;
    return copy->bytes;
}

char *fleet_keep_text(struct fleet_kept *kept, const char *text)
{
    return text != NULL ? fleet_keep(kept, text, strlen(text) + 1) : NULL;
}

void fleet_free_kept(struct fleet_kept *kept)
{
    while (kept->first != NULL) {
        struct fleet_copy *next = kept->first->next;

        free(kept->first);
        kept->first = next;
    }
}

/* ---- life of a change ---- */
static void finish(struct fleet_change *change, enum fleet_result result)
{
    change->answer.result = result;
    if (change->done != NULL) {
        change->done(change->ctx, &change->answer);
    }
    drop_ops(change);
    fleet_free_kept(&change->kept);
    free(change->ops);
    free(change->params);
    free(change);
}

/* Put into memory what the store has. Without memory for it, the next start has it; until then
 * the server shows the older state, and says so in its count of failures. */
static void publish(struct fleet_change *change)
{
    struct fleet *fleet = change->fleet;

    for (size_t i = 0; i < change->op_count; i++) {
        const struct store_op *op = &change->ops[i];

        if (op->verb == STORE_DELETE) {
            fleet_state_delete(fleet, op->kind, ((const struct record_head *)op->record)->id);
        } else if (fleet_state_put(fleet, op->kind, op->record) != 0) {
            fleet->failures++;
        }
    }
    fleet->changes++;
    fleet->webhook_dropped += change->dropped;
    fleet_note_contact(fleet, fleet_list_find(&fleet->slots, change->contact));
}

static void tell_watcher(struct fleet_change *change,
                         void (*watcher)(void *ctx, const struct record_event *event),
                         void *ctx)
{
    if (watcher != NULL && change->has_progress) {
        watcher(ctx, &change->progress);
    }
    for (size_t i = 0; watcher != NULL && i < change->op_count; i++) {
        if (change->ops[i].kind == RECORD_EVENT) {
            watcher(ctx, change->ops[i].record);
        }
    }
}

static void run(struct fleet_change *change);

static void on_outcome(void *ctx, const struct store_outcome *outcome)
{
    struct fleet_change *change = ctx;
    struct fleet *fleet = change->fleet;
    void (*watcher)(void *ctx, const struct record_event *event);
    void *watcher_ctx;

    pthread_mutex_lock(&fleet->lock);
    if (outcome->status == STORE_COMMITTED) {
        publish(change);
    } else if (outcome->status == STORE_CONFLICT) {
        fleet->conflicts++;
    } else {
        fleet->failures++;
    }
    watcher = fleet->watcher;
    watcher_ctx = fleet->watcher_ctx;
    pthread_mutex_unlock(&fleet->lock);
    switch (outcome->status) {
    case STORE_COMMITTED:
        tell_watcher(change, watcher, watcher_ctx);
        finish(change, FLEET_DONE);
        return;
    case STORE_CONFLICT:
        drop_ops(change);
        run(change);
        return;
    case STORE_FULL:
        finish(change, fleet_refuse(change, FLEET_FULL, "the server's disk is full"));
        return;
    case STORE_READ_ONLY:
        finish(change, fleet_refuse(change, FLEET_READ_ONLY, "the database cannot be written"));
        return;
    case STORE_FAILED:
    default:
        finish(change, fleet_refuse(change, FLEET_FAILED, "the database failed: %s",
                                    outcome->reason != NULL ? outcome->reason : "no reason"));
    }
}

static void run(struct fleet_change *change)
{
    struct fleet *fleet = change->fleet;
    void (*watcher)(void *ctx, const struct record_event *event);
    enum fleet_result result;
    void *watcher_ctx;
    bool is_empty;

    if (change->rounds++ == ROUNDS_MAX) {
        finish(change, fleet_refuse(change, FLEET_BUSY, "too many changes at once"));
        return;
    }
    pthread_mutex_lock(&fleet->lock);
    memset(&change->answer, 0, sizeof change->answer);
    change->has_progress = false;
    change->dropped = 0;
    change->contact = 0;
    result = change->build(change);
    is_empty = change->op_count == 0;
    watcher = fleet->watcher;
    watcher_ctx = fleet->watcher_ctx;
    pthread_mutex_unlock(&fleet->lock);
    if (is_empty) {
        tell_watcher(change, watcher, watcher_ctx);
    }
    if (change->is_broken) {
        finish(change,
               fleet_refuse(change, FLEET_FAILED, "no memory, or the database cannot be read"));
    } else if (result != FLEET_DONE || is_empty) {
        finish(change, result);
    } else if (fleet->store->submit(fleet->store, change->ops, change->op_count, on_outcome,
                                    change) != 0) {
        finish(change, fleet_refuse(change, FLEET_FAILED, "the server is closing"));
    }
}

void fleet_run(struct fleet *fleet, fleet_build *build, const void *params, size_t params_size,
               struct fleet_kept *kept, fleet_done *done, void *ctx)
{
    struct fleet_kept none = {0};
    struct fleet_change *change = calloc(1, sizeof *change);
    void *copy = malloc(params_size);

    kept = kept != NULL ? kept : &none;
    if (change == NULL || copy == NULL || kept->is_broken) {
        struct fleet_answer answer = {.result = FLEET_FAILED, .reason = "no memory"};

        free(change);
        free(copy);
        fleet_free_kept(kept);
        if (done != NULL) {
            done(ctx, &answer);
        }
        return;
    }
    memcpy(copy, params, params_size);
    change->fleet = fleet;
    change->build = build;
    change->params = copy;
    change->kept = *kept;
    change->done = done;
    change->ctx = ctx;
    run(change);
}

/* ---- whole rows ---- */
struct device_reader {
    struct record_device *out_device;
    bool is_found, is_whole;
};

static bool take_device(void *ctx, const void *record)
{
    struct device_reader *reader = ctx;

    *reader->out_device = *(const struct record_device *)record;
    reader->out_device->attributes =
        strdup(reader->out_device->attributes != NULL ? reader->out_device->attributes : "");
    reader->is_found = true;
    reader->is_whole = reader->out_device->attributes != NULL;
    return false;
}

enum fleet_result fleet_read_device(struct fleet_change *change, int64_t id,
                                    struct record_device *out_device)
{
    struct store *store = change->fleet->store;
    struct device_reader reader = {.out_device = out_device};
    struct store_query query = {.kind = RECORD_DEVICE, .after = id - 1, .limit = 1};
    struct host_error error;

    *out_device = (struct record_device){0}; /* the store may have no row: deleted meanwhile */
    if (fleet_list_find(&change->fleet->slots, id) == NULL) {
        return fleet_refuse(change, FLEET_NOT_FOUND, "no such device");
    }
    if (store->read(store, &query, take_device, &reader, &error) != 0) {
        return fleet_refuse(change, FLEET_FAILED, "the database failed: %s", error.reason);
    }
    if (!reader.is_found || !reader.is_whole || out_device->head.id != id) {
        fleet_free_device(out_device);
        return fleet_refuse(change, FLEET_NOT_FOUND, "no such device");
    }
    return FLEET_DONE;
}

void fleet_free_device(struct record_device *device)
{
    fleet_free_text(device->attributes);
    device->attributes = NULL;
}

/* ---- notes of firmware ---- */
struct notes_reader {
    int64_t id;
    char *notes;
};

static bool take_notes(void *ctx, const void *record)
{
    const struct record_firmware *firmware = record;
    struct notes_reader *reader = ctx;

    if (firmware->head.id == reader->id) {
        reader->notes = strdup(firmware->notes != NULL ? firmware->notes : "");
    }
    return false;
}

void fleet_change_put_firmware(struct fleet_change *change, struct record_firmware *io_firmware)
{
    struct store *store = change->fleet->store;
    struct notes_reader reader = {.id = io_firmware->head.id};
    struct store_query query = {
        .kind = RECORD_FIRMWARE, .after = io_firmware->head.id - 1, .limit = 1};
    struct host_error error;

    if (store->read(store, &query, take_notes, &reader, &error) != 0 || reader.notes == NULL) {
        change->is_broken = true;
        return;
    }
    io_firmware->notes = reader.notes;
    fleet_change_put(change, RECORD_FIRMWARE, io_firmware);
    io_firmware->notes = NULL;
    free(reader.notes);
}
