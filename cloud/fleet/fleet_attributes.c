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
