/* SPDX-License-Identifier: Apache-2.0 */
/* What a device says about itself: configData, and the version above all. */
#include "cloud/fleet/fleet_report.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "cloud/fleet/fleet_action.h"
#include "cloud/fleet/fleet_attributes.h"

static void keep_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text);
}

enum { TURNS_MAX = 100 }; /* of a day */

bool fleet_turn_is_told(const struct fleet_slot *slot)
{
    return slot->turns <= TURNS_MAX;
}

static void count_turn(const struct fleet *fleet, struct fleet_slot *slot)
{
    uint16_t day = (uint16_t)(fleet_steady_ms(fleet) / FLEET_DAY_MS);

    if (slot->turns_day != day) {
        slot->turns_day = day;
        slot->turns = 0;
    }
    if (fleet_turn_is_told(slot)) {
        slot->turns++;
    }
}

static void tell_version(struct fleet_change *change, const struct record_device *device,
                         const char *before)
{
    struct fleet_slot *slot = fleet_list_find(&change->fleet->slots, device->head.id);

    if (slot == NULL) {
        return;
    }
    count_turn(change->fleet, slot);
    if (!fleet_turn_is_told(slot)) {
        return;
    }
    char detail[2 * RECORD_VERSION_MAX + 8];
    struct record_event event = {.device = device->head.id, .detail = detail};

    (void)snprintf(detail, sizeof detail, before[0] != '\0' ? "%s -> %s" : "%s%s", before,
                   device->version);
    keep_text(event.kind, sizeof event.kind, "version");
    keep_text(event.actor, sizeof event.actor, "device");
    fleet_change_event(change, &event);
}

enum fleet_result fleet_keep_version_by_word(struct fleet_change *change,
                                             const struct record_action *action)
{
    const struct fleet_firmware *firmware =
        fleet_list_find(&change->fleet->firmware, action->firmware);
    char before[RECORD_VERSION_MAX + 1];
    struct record_device device;
    enum fleet_result result = fleet_read_device(change, action->device, &device);

    if (result != FLEET_DONE) {
        return result;
    }
    if (firmware != NULL && strcmp(device.version, firmware->record.version) != 0) {
        keep_text(before, sizeof before, device.version);
        keep_text(device.version, sizeof device.version, firmware->record.version);
        fleet_change_put(change, RECORD_DEVICE, &device);
        tell_version(change, &device, before);
    }
    fleet_free_device(&device);
    return FLEET_DONE;
}

/* What does not fit is not what an MCU says: cut off it could equal another's. It stays among
 * the attributes. */
static void keep_if_fits(char *out, size_t size, const char *text)
{
    if (text != NULL) {
        keep_text(out, size, strlen(text) < size ? text : "");
    }
}

/* The version is the truth about the newest action, too. */
static enum fleet_result judge_action(struct fleet_change *change, struct fleet_slot *slot,
                                      const struct record_device *device)
{
    struct fleet_work work;

    if (slot->action == NULL) {
        return FLEET_DONE;
    }
    const struct fleet_firmware *firmware =
        fleet_list_find(&change->fleet->firmware, slot->action->record.firmware);
    if (firmware == NULL) {
        return FLEET_DONE;
    }
    bool is_wanted = strcmp(device->version, firmware->record.version) == 0;
    fleet_work_begin(&work, change, slot);
    /* That it means nothing now is no fault of the report. */
    (void)fleet_work_event(&work, is_wanted ? ACTION_RUNS_WANTED : ACTION_RUNS_OTHER,
                           &(struct fleet_word){.actor = "device"});
    fleet_work_finish(&work);
    change->answer.reason[0] = '\0';
    return FLEET_DONE;
}

static const char *value_of(const struct ddi_config *config, const char *key)
{
    for (size_t i = 0; config->mode != DDI_REMOVE && i < config->count; i++) {
        if (strcmp(config->attributes[i].key, key) == 0) {
            return config->attributes[i].value;
        }
    }
    return NULL;
}

/* A device that says the same again, at every start or out of spite, costs no write. */
static bool is_same(const struct record_device *a, const struct record_device *b)
{
    return strcmp(a->hardware, b->hardware) == 0 && strcmp(a->version, b->version) == 0 &&
           strcmp(a->mac, b->mac) == 0 && strcmp(a->product_key, b->product_key) == 0 &&
           a->product == b->product && a->reports_version == b->reports_version &&
           strcmp(a->attributes, b->attributes) == 0;
}

static enum fleet_result take_report(struct fleet_change *change, struct fleet_slot *slot,
                                     struct record_device *device,
                                     const struct ddi_config *config)
{
    const char *hardware = value_of(config, "hw_ver"), *version = value_of(config, "sw_ver");
    const char *mac = value_of(config, "mac"), *product_key = value_of(config, "product_key");
    struct record_device before = *device;
    enum fleet_result result;

    if (version != NULL && strlen(version) > RECORD_VERSION_MAX) {
        return fleet_refuse(change, FLEET_INVALID, "sw_ver: longer than %d bytes",
                            RECORD_VERSION_MAX);
    }
    keep_if_fits(device->hardware, sizeof device->hardware, hardware);
    keep_if_fits(device->mac, sizeof device->mac, mac);
    keep_if_fits(device->product_key, sizeof device->product_key, product_key);
    if (version != NULL && version[0] != '\0') {
        keep_text(device->version, sizeof device->version, version);
        device->reports_version = true;
    }
    if (device->product == 0) {
        device->product = fleet_guess_product(change->fleet, device);
    }
    before.attributes = strdup(device->attributes);
    result = before.attributes != NULL ? fleet_merge_attributes(config, device) : FLEET_FAILED;
    if (result != FLEET_DONE) {
        fleet_free_device(&before);
        return fleet_refuse(change, result,
                            result == FLEET_INVALID ? "too many attributes" : "no memory");
    }
    if (!is_same(&before, device)) {
        fleet_change_put(change, RECORD_DEVICE, device);
    }
    if (strcmp(before.version, device->version) != 0) {
        tell_version(change, device, before.version);
    }
    fleet_free_device(&before);
    return version != NULL ? judge_action(change, slot, device) : FLEET_DONE;
}

struct report_params {
    int64_t device;
    const struct ddi_config *config;
};

static enum fleet_result build_report(struct fleet_change *change)
{
    const struct report_params *params = change->params;
    struct record_device device;
    enum fleet_result result = fleet_read_device(change, params->device, &device);

    if (result == FLEET_DONE) {
        struct fleet_slot *slot = fleet_list_find(&change->fleet->slots, params->device);

        result = take_report(change, slot, &device, params->config);
        fleet_free_device(&device);
    }
    return result;
}

void fleet_report(struct fleet *fleet, int64_t device, const struct ddi_config *config,
                  fleet_done *done, void *ctx)
{
    struct fleet_kept kept = {0};
    /* Of 38 KB it mostly has three or four attributes. */
    size_t size =
        offsetof(struct ddi_config, attributes) + config->count * sizeof config->attributes[0];
    struct report_params params = {.device = device, .config = fleet_keep(&kept, config, size)};

    fleet_run(fleet, build_report, &params, sizeof params, &kept, done, ctx);
}
