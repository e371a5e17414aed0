/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet_attributes.h"

#include <stdlib.h>
#include <string.h>
#include "host/json.h"

static json_t *load(const char *text)
{
    json_t *object = text != NULL && text[0] != '\0' ? json_loads(text, 0, NULL) : NULL;

    if (json_is_object(object)) {
        return object;
    }
    json_decref(object);
    return json_object();
}

enum fleet_result fleet_merge_attributes(const struct ddi_config *config,
                                         struct record_device *io_device)
{
    json_t *object = config->mode == DDI_REPLACE ? json_object() : load(io_device->attributes);
    enum fleet_result result = FLEET_DONE;

    for (size_t i = 0; object != NULL && i < config->count; i++) {
        if (config->mode == DDI_REMOVE) {
            (void)json_object_del(object, config->attributes[i].key);
        } else {
            json_add(&object, config->attributes[i].key,
                     json_text(config->attributes[i].value));
        }
    }
    char *text = object != NULL ? json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    if (text == NULL) {
        result = FLEET_FAILED;
    } else if (json_object_size(object) > DDI_ATTRIBUTES_MAX) {
        result = FLEET_INVALID;
        free(text);
    } else {
        fleet_free_text(io_device->attributes);
        io_device->attributes = text;
    }
    json_decref(object);
    return result;
}

/* ---- one of them, for rules ---- */
/* The end of a JSON string whose text begins at `at`, or NULL. */
static const char *string_end(const char *at)
{
    while (*at != '"') {
        at += *at == '\\' ? 1 : 0;
        if (*at == '\0') {
            return NULL;
        }
        at++;
    }
    return at;
}

/* A rule is asked of each device again and again, under the lock, and a parser needs
 * microseconds and memory. What merge() writes is an object of strings without blanks between
 * them; if nothing in it is escaped that matters here, it can be compared as it is. Returns
 * false if a parser has to look. */
static bool find_plain(const char *text, const char *name, const char **out_value,
                       size_t *out_len)
{
    size_t name_len = strlen(name);

    *out_value = NULL;
    if (text[0] != '{') {
        return false;
    }
    for (size_t i = 0; i < name_len; i++) {
        if ((unsigned char)name[i] < ' ' || name[i] == '"' || name[i] == '\\') {
            return false;
        }
    }
    while ((text[0] == '{' || text[0] == ',') && text[1] == '"') {
        const char *key = text + 2, *key_end = string_end(key);

        if (key_end == NULL || key_end[1] != ':' || key_end[2] != '"') {
            return false;
        }
        const char *value = key_end + 3, *value_end = string_end(value);
        if (value_end == NULL) {
            return false;
        }
        *out_len = (size_t)(value_end - value);
        if ((size_t)(key_end - key) == name_len && memcmp(key, name, name_len) == 0) {
            *out_value = value;
            return memchr(value, '\\', *out_len) == NULL;
        }
        text = value_end + 1; /* a comma, or the end */
    }
    return strcmp(text, "}") == 0 || strcmp(text, "{}") == 0;
}

bool fleet_attribute(const char *attributes, const char *name, char out_value[DDI_VALUE_SIZE])
{
    const char *found = NULL;
    json_t *object = NULL;
    size_t len = 0;

    if (attributes == NULL || attributes[0] == '\0') {
        return false;
    }
    if (!find_plain(attributes, name, &found, &len)) {
        object = json_loads(attributes, 0, NULL);
        found = json_string_value(json_object_get(object, name));
        len = found != NULL ? strlen(found) : 0;
    }
    if (found != NULL) {
        len = len < DDI_VALUE_SIZE ? len : DDI_VALUE_SIZE - 1;
        memcpy(out_value, found, len);
        out_value[len] = '\0';
    }
    json_decref(object);
    return found != NULL;
}

/* ---- the product ---- */
int64_t fleet_guess_product(struct fleet *fleet, const struct record_device *device)
{
    const struct fleet_list *products = &fleet->rows[RECORD_PRODUCT];
    int64_t found = 0;

    for (size_t i = 0; i < products->count; i++) {
        const struct record_product *product =
            ((const struct fleet_row *)products->items[i])->record;
        bool has_key = product->product_key[0] != '\0' && device->product_key[0] != '\0';
        bool is_it = has_key ? strcmp(product->product_key, device->product_key) == 0
                             : product->hardware[0] != '\0' &&
                                   strcmp(product->hardware, device->hardware) == 0;

        if (is_it && found != 0) {
            return 0;
        }
        if (is_it) {
            found = product->head.id;
        }
    }
    return found;
}
