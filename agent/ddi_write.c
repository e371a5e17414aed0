/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/ddi_write.h"

#include <string.h>
#include "host/json.h"

/* Print into `out`, NUL-terminated, and release the document. */
static size_t put(json_t *document, char out[], size_t out_size)
{
    size_t len = 0;

    if (document != NULL) {
        len = json_dumpb(document, out, out_size - 1, JSON_COMPACT | JSON_ENSURE_ASCII);
    }
    json_decref(document);
    len = len < out_size ? len : 0;
    out[len] = '\0';
    return len;
}

static void add_to_list(json_t **io_list, json_t *value)
{
    if (json_array_append_new(*io_list, value) != 0) {
        json_decref(*io_list);
        *io_list = NULL;
    }
}

/* Not longer than hawkBit stores. */
static json_t *detail_text(const char *detail)
{
    char text[AGENT_DETAIL_SIZE];
    size_t len = strnlen(detail, sizeof text - 1);

    memcpy(text, detail, len);
    text[len] = '\0';
    return json_text(text);
}

size_t ddi_write_feedback(const struct ddi_feedback *feedback, char out[], size_t out_size)
{
    json_t *result = json_object(), *status = json_object(), *document = json_object();
    json_t *details = json_array();

    json_add(&result, "finished", json_string(feedback->finished));
    if (feedback->has_progress) {
        json_t *progress = json_object();
        json_add(&progress, "cnt", json_integer(feedback->cnt));
        json_add(&progress, "of", json_integer(feedback->of));
        json_add(&result, "progress", progress);
    }
    for (size_t i = 0; i < feedback->detail_count && i < DDI_DETAILS_MAX; i++) {
        add_to_list(&details, detail_text(feedback->details[i]));
    }
    json_add(&status, "execution", json_string(feedback->execution));
    json_add(&status, "result", result);
    json_add(&status, "code", json_integer(feedback->code));
    json_add(&status, "details", details);
    json_add(&document, "id", json_text(feedback->id));
    json_add(&document, "status", status);
    return put(document, out, out_size);
}

size_t ddi_write_config(const struct agent_attribute attributes[], size_t count, char out[],
                        size_t out_size)
{
    json_t *data = json_object(), *document = json_object();

    for (size_t i = 0; i < count; i++) {
        if (attributes[i].value[0] != '\0') {
            json_add(&data, attributes[i].name, json_text(attributes[i].value));
        }
    }
    json_add(&document, "mode", json_string("merge"));
    json_add(&document, "data", data);
    return put(document, out, out_size);
}

size_t ddi_write_confirmation(bool is_confirmed, const char *detail, char out[],
                              size_t out_size)
{
    json_t *document = json_object(), *details = json_array();

    add_to_list(&details, detail_text(detail));
    json_add(&document, "confirmation", json_string(is_confirmed ? "confirmed" : "denied"));
    json_add(&document, "code", json_integer(is_confirmed ? 0 : AGENT_CODE_DENIED));
    json_add(&document, "details", details);
    return put(document, out, out_size);
}
