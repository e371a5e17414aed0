/* SPDX-License-Identifier: Apache-2.0 */
/* What people do to devices. */
#include <stdio.h>
#include <string.h>
#include "cloud/fleet/fleet_device.h"
#include "cloud/fleet/fleet_tokens.h"

struct roster_params {
    const char *actor, *controller_id;
    int64_t device, product;
    const struct fleet_device_change *change;
};

static void tell(struct fleet_change *change, int64_t device, const char *kind,
                 const char *detail)
{
    const struct roster_params *params = change->params;
    struct record_event event = {.device = device, .detail = detail};

    (void)snprintf(event.kind, sizeof event.kind, "%s", kind);
    (void)snprintf(event.actor, sizeof event.actor, "%s", params->actor);
    fleet_change_event(change, &event);
}

static void audit(struct fleet_change *change, const char *verb, const char *controller_id,
                  const char *before, const char *after)
{
    const struct roster_params *params = change->params;

    fleet_change_audit(change, params->actor, verb, "device", 0, controller_id, before, after);
}

/* A product's name, or "" */
static const char *product_name(struct fleet *fleet, int64_t id)
{
    const struct record_product *product = fleet_find_product(fleet, id);

    return product != NULL ? product->name : "";
}

static enum fleet_result check_product(struct fleet_change *change, int64_t product)
{
    return product == 0 || fleet_find_product(change->fleet, product) != NULL
               ? FLEET_DONE
               : fleet_refuse(change, FLEET_INVALID, "product: there is no such product");
}

/* ---- enter ---- */
static enum fleet_result build_add(struct fleet_change *change)
{
    const struct roster_params *params = change->params;
    struct record_device device = {.first_at = fleet_wall_ms(change->fleet),
                                   .product = params->product};
    enum fleet_result result = check_product(change, params->product);

    if (result != FLEET_DONE) {
        return result;
    }
    if (!fleet_is_controller_id(params->controller_id)) {
        return fleet_refuse(change, FLEET_INVALID,
                            "controller_id: 1 to %d bytes without blanks, / and \\",
                            RECORD_CONTROLLER_ID_MAX);
    }
    if (fleet_find_slot(change->fleet, params->controller_id) != NULL) {
        return fleet_refuse(change, FLEET_CONFLICT, "%.100s: there is such a device",
                            params->controller_id);
    }
    (void)snprintf(device.controller_id, sizeof device.controller_id, "%s",
                   params->controller_id);
    change->answer.id = fleet_change_insert(change, RECORD_DEVICE, &device);
    tell(change, device.head.id, "device.new", NULL);
    audit(change, "device.add", device.controller_id, NULL, NULL);
    return FLEET_DONE;
}

void fleet_add_device(struct fleet *fleet, const char *actor, const char *controller_id,
                      int64_t product, fleet_done *done, void *ctx)
{
    struct fleet_kept kept = {0};
    struct roster_params params = {.actor = fleet_keep_text(&kept, actor),
                                   .controller_id = fleet_keep_text(&kept, controller_id),
                                   .product = product};

    fleet_run(fleet, build_add, &params, sizeof params, &kept, done, ctx);
}

/* ---- change ---- */
static enum fleet_result take_members(struct fleet_change *change, struct record_device *device,
                                      const struct fleet_device_change *wish)
{
    if ((wish->name != NULL && strlen(wish->name) > RECORD_NAME_MAX) ||
        (wish->hold_reason != NULL && strlen(wish->hold_reason) > RECORD_REASON_MAX)) {
        return fleet_refuse(change, FLEET_INVALID, "name or hold_reason: too long");
    }
    if (wish->name != NULL) {
        audit(change, "device.name", device->controller_id, device->name, wish->name);
        (void)snprintf(device->name, sizeof device->name, "%s", wish->name);
    }
    if (wish->hold_reason != NULL) {
        audit(change, wish->hold_reason[0] != '\0' ? "device.hold" : "device.release",
              device->controller_id, device->hold_reason, wish->hold_reason);
        (void)snprintf(device->hold_reason, sizeof device->hold_reason, "%s",
                       wish->hold_reason);
        tell(change, device->head.id,
             wish->hold_reason[0] != '\0' ? "device.hold" : "device.release",
             wish->hold_reason);
    }
    if (wish->product >= 0) {
        enum fleet_result result = check_product(change, wish->product);

        if (result != FLEET_DONE) {
            return result;
        }
        audit(change, "device.product", device->controller_id,
              product_name(change->fleet, device->product),
              product_name(change->fleet, wish->product));
        device->product = wish->product;
    }
    if (wish->name != NULL || wish->hold_reason != NULL || wish->product >= 0) {
        fleet_change_put(change, RECORD_DEVICE, device);
    }
    return FLEET_DONE;
}

/* A rule looks at all tags of all devices. */
enum { TAGS_MAX = 64 };

static bool has_tag(const struct fleet_slot *slot, const char *tag)
{
    for (size_t i = 0; slot != NULL && i < slot->tag_count; i++) {
        if (strcmp(slot->tags[i], tag) == 0) {
            return true;
        }
    }
    return false;
}

static const struct record_tag *find_tag(struct fleet *fleet, int64_t device, const char *tag)
{
    const struct fleet_list *tags = &fleet->rows[RECORD_TAG];

    for (size_t i = 0; i < tags->count; i++) {
        const struct record_tag *found = ((const struct fleet_row *)tags->items[i])->record;

        if (found->device == device && strcmp(found->tag, tag) == 0) {
            return found;
        }
    }
    return NULL;
}

static enum fleet_result take_tags(struct fleet_change *change,
                                   const struct record_device *device,
                                   const struct fleet_device_change *wish)
{
    if (wish->add_tag != NULL) {
        struct record_tag tag = {.device = device->head.id};

        if (wish->add_tag[0] == '\0' || strlen(wish->add_tag) > RECORD_NAME_MAX) {
            return fleet_refuse(change, FLEET_INVALID, "tag: empty or too long");
        }
        const struct fleet_slot *slot = fleet_list_find(&change->fleet->slots, device->head.id);
        bool is_new = !has_tag(slot, wish->add_tag);
        if (is_new && slot != NULL && slot->tag_count >= TAGS_MAX) {
            return fleet_refuse(change, FLEET_REFUSED,
                                "add_tag: the device has %d tags already", TAGS_MAX);
        }
        if (is_new) {
            (void)snprintf(tag.tag, sizeof tag.tag, "%s", wish->add_tag);
            (void)fleet_change_insert(change, RECORD_TAG, &tag);
            audit(change, "device.tag", device->controller_id, NULL, wish->add_tag);
        }
    }
    if (wish->remove_tag != NULL) {
        const struct record_tag *tag =
            find_tag(change->fleet, device->head.id, wish->remove_tag);

        if (tag != NULL) {
            fleet_change_delete(change, RECORD_TAG, tag->head.id, tag->head.rev);
            audit(change, "device.untag", device->controller_id, wish->remove_tag, NULL);
        }
    }
    return FLEET_DONE;
}

static enum fleet_result build_change(struct fleet_change *change)
{
    const struct roster_params *params = change->params;
    struct record_device device;
    enum fleet_result result = fleet_read_device(change, params->device, &device);

    if (result == FLEET_DONE) {
        change->answer.id = params->device;
        result = take_members(change, &device, params->change);
        if (result == FLEET_DONE) {
            result = take_tags(change, &device, params->change);
        }
        fleet_free_device(&device);
    }
    return result;
}

void fleet_change_device(struct fleet *fleet, const char *actor, int64_t device,
                         const struct fleet_device_change *wish, fleet_done *done, void *ctx)
{
    struct fleet_kept kept = {0};
    struct fleet_device_change copy = {
        .name = fleet_keep_text(&kept, wish->name),
        .hold_reason = fleet_keep_text(&kept, wish->hold_reason),
        .product = wish->product,
        .add_tag = fleet_keep_text(&kept, wish->add_tag),
        .remove_tag = fleet_keep_text(&kept, wish->remove_tag),
    };
    struct roster_params params = {.actor = fleet_keep_text(&kept, actor),
                                   .device = device,
                                   .change = fleet_keep(&kept, &copy, sizeof copy)};

    fleet_run(fleet, build_change, &params, sizeof params, &kept, done, ctx);
}

/* ---- delete ---- */
static enum fleet_result build_delete(struct fleet_change *change)
{
    const struct roster_params *params = change->params;
    struct fleet *fleet = change->fleet;
    const struct fleet_slot *slot = fleet_list_find(&fleet->slots, params->device);

    if (slot == NULL) {
        return fleet_refuse(change, FLEET_NOT_FOUND, "no such device");
    }
    if (slot->action != NULL && slot->action->record.open) {
        return fleet_refuse(change, FLEET_CONFLICT, "it has an open action: cancel that first");
    }
    fleet_change_delete(change, RECORD_DEVICE, slot->id, slot->rev);
    for (size_t i = 0; i < fleet->rows[RECORD_TAG].count; i++) {
        const struct record_tag *tag =
            ((const struct fleet_row *)fleet->rows[RECORD_TAG].items[i])->record;

        if (tag->device == slot->id) {
            fleet_change_delete(change, RECORD_TAG, tag->head.id, tag->head.rev);
        }
    }
    audit(change, "device.delete", slot->controller_id, NULL, NULL);
    fleet_change_revoke_tokens_of(change, slot->id);
    return FLEET_DONE;
}

void fleet_delete_device(struct fleet *fleet, const char *actor, int64_t device,
                         fleet_done *done, void *ctx)
{
    struct fleet_kept kept = {0};
    struct roster_params params = {.actor = fleet_keep_text(&kept, actor), .device = device};

    fleet_run(fleet, build_delete, &params, sizeof params, &kept, done, ctx);
}
