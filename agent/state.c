/* SPDX-License-Identifier: Apache-2.0 */
/* The saved state is a JSON object with a format number. It is read as strictly as anything
 * from outside: a disk may hold what another program has left. */
#include <string.h>

#include "agent/internal.h"
#include "host/json.h"

enum { STATE_FORMAT = 1 };

static json_t *put_result(const struct agent_result *result)
{
    json_t *object = json_object();

    json_add(&object, "id", json_text(result->id));
    json_add(&object, "good", json_boolean(result->is_good));
    json_add(&object, "code", json_integer(result->code));
    json_add(&object, "text", json_text(result->text));
    return object;
}

static json_t *put_closed(const struct agent_saved *saved)
{
    json_t *list = json_array();

    for (size_t i = 0; i < saved->closed_count; i++) {
        if (json_array_append_new(list, put_result(&saved->closed[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static void put_action(json_t **io_object, const struct agent_saved *saved)
{
    json_add(io_object, "action", json_text(saved->id));
    json_add(io_object, "size", json_integer(saved->size));
    json_add(io_object, "hash_kind", json_integer(saved->hash_kind));
    json_add(io_object, "hash", json_text(saved->hash));
    json_add(io_object, "etag", json_text(saved->etag));
    json_add(io_object, "chunk_version", json_text(saved->chunk_version));
    json_add(io_object, "accepted_told", json_boolean(saved->accepted_told));
    json_add(io_object, "downloaded_told", json_boolean(saved->downloaded_told));
    json_add(io_object, "downloads", json_integer(saved->downloads));
    json_add(io_object, "offers", json_integer(saved->offers));
    json_add(io_object, "version", json_text(saved->version));
    json_add(io_object, "version_before", json_text(saved->version_before));
    json_add(io_object, "reason_before", json_integer(saved->reason_before));
    json_add(io_object, "approved", json_text(saved->approved));
    json_add(io_object, "result", put_result(&saved->result));
}

int agent_state_write(const struct agent_saved *saved, char out[AGENT_STATE_MAX])
{
    json_t *object = json_object();
    size_t len = 0;

    json_add(&object, "format", json_integer(STATE_FORMAT));
    json_add(&object, "stage", json_integer(saved->stage));
    put_action(&object, saved);
    json_add(&object, "closed", put_closed(saved));
    json_add(&object, "reported_hardware", json_text(saved->reported_hardware));
    json_add(&object, "reported_version", json_text(saved->reported_version));
    json_add(&object, "claimed", json_boolean(saved->is_claimed));
    if (object != NULL) {
        len = json_dumpb(object, out, AGENT_STATE_MAX - 1, JSON_COMPACT);
    }
    json_decref(object);
    if (len == 0 || len >= AGENT_STATE_MAX) {
        return -1;
    }
    out[len] = '\0';
    return 0;
}

/* Reads members until one is not as it was written. */
struct reader {
    const json_t *object;
    bool is_good;
};

static void get_text(struct reader *reader, const char *name, char out[], size_t out_size)
{
    const json_t *value = json_object_get(reader->object, name);
    const char *text = json_string_value(value);

    if (text == NULL || json_string_length(value) >= out_size) {
        reader->is_good = false;
        return;
    }
    memcpy(out, text, strlen(text) + 1);
}

static uint32_t get_number(struct reader *reader, const char *name, uint32_t max)
{
    const json_t *value = json_object_get(reader->object, name);
    json_int_t number = json_integer_value(value);

    if (!json_is_integer(value) || number < 0 || number > (json_int_t)max) {
        reader->is_good = false;
        return 0;
    }
    return (uint32_t)number;
}

static bool get_flag(struct reader *reader, const char *name)
{
    const json_t *value = json_object_get(reader->object, name);

    reader->is_good = reader->is_good && json_is_boolean(value);
    return json_is_true(value);
}

static void get_result(struct reader *reader, const json_t *object, struct agent_result *out)
{
    struct reader inner = {.object = object, .is_good = true};

    get_text(&inner, "id", out->id, sizeof out->id);
    out->is_good = get_flag(&inner, "good");
    out->code = (int)get_number(&inner, "code", 1000);
    get_text(&inner, "text", out->text, sizeof out->text);
    reader->is_good = reader->is_good && inner.is_good;
}

static void get_action(struct reader *reader, struct agent_saved *out)
{
    get_text(reader, "action", out->id, sizeof out->id);
    out->size = get_number(reader, "size", UINT32_MAX);
    out->hash_kind = (enum ddi_hash)get_number(reader, "hash_kind", DDI_HASH_SHA256);
    get_text(reader, "hash", out->hash, sizeof out->hash);
    get_text(reader, "etag", out->etag, sizeof out->etag);
    get_text(reader, "chunk_version", out->chunk_version, sizeof out->chunk_version);
    out->accepted_told = get_flag(reader, "accepted_told");
    out->downloaded_told = get_flag(reader, "downloaded_told");
    out->downloads = get_number(reader, "downloads", 1000);
    out->offers = get_number(reader, "offers", 1000);
    get_text(reader, "version", out->version, sizeof out->version);
    get_text(reader, "version_before", out->version_before, sizeof out->version_before);
    out->reason_before = (uint8_t)get_number(reader, "reason_before", UINT8_MAX);
    get_text(reader, "approved", out->approved, sizeof out->approved);
    get_result(reader, json_object_get(reader->object, "result"), &out->result);
}

static bool is_consistent(const struct agent_saved *saved)
{
    if (saved->stage == AGENT_STAGE_NONE) {
        return true;
    }
    return ddi_is_id(saved->id) &&
           (saved->stage < AGENT_STAGE_OFFERED || saved->stage == AGENT_STAGE_ENDED ||
            strlen(saved->version) == 8);
}

int agent_state_read(const char *text, size_t len, struct agent_saved *out_saved,
                     struct host_error *out_error)
{
    json_error_t error;
    json_t *document = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    struct reader reader = {.object = document, .is_good = document != NULL};
    struct agent_saved saved = {0};

    (void)get_number(&reader, "format", STATE_FORMAT);
    saved.stage = (enum agent_stage)get_number(&reader, "stage", AGENT_STAGES - 1);
    get_action(&reader, &saved);
    const json_t *closed = json_object_get(document, "closed");
    saved.closed_count = json_array_size(closed);
    reader.is_good = reader.is_good && saved.closed_count <= AGENT_CLOSED_MAX;
    for (size_t i = 0; reader.is_good && i < saved.closed_count; i++) {
        get_result(&reader, json_array_get(closed, i), &saved.closed[i]);
    }
    get_text(&reader, "reported_hardware", saved.reported_hardware,
             sizeof saved.reported_hardware);
    get_text(&reader, "reported_version", saved.reported_version,
             sizeof saved.reported_version);
    saved.is_claimed = get_flag(&reader, "claimed");
    json_decref(document);
    if (!reader.is_good || !is_consistent(&saved)) {
        return host_error_set(out_error, "state", "not written by this program");
    }
    *out_saved = saved;
    return 0;
}
