/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/info_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/json_update.h"
#include "cli/report.h"
#include "host/image_file.h"
#include "host/json.h"
#include "host/reason_text.h"
#include "otter/boot_ids.h"

/* Whose program answers. */
enum kind { RECOVERY, OTTER_APP, OTHER };

static enum kind kind_of(const struct module_event *event)
{
    if (module_info_is_recovery(event->info)) {
        return RECOVERY;
    }
    return event->update_status != NULL ? OTTER_APP : OTHER;
}

static const struct {
    uint32_t bit;
    const char *name;
} abilities[] = {
    {OTTER_CAN_JUDGE, "judge"},   {OTTER_CAN_FORCE, "force"}, {OTTER_CAN_RESUME, "resume"},
    {OTTER_CAN_WINDOW, "window"}, {OTTER_CAN_BAUD, "baud"},   {OTTER_CAN_DELTA, "delta"},
};
enum { ABILITIES = sizeof abilities / sizeof abilities[0] };

/* ---- for a person ---- */

static void line(const char *name, const char *text)
{
    printf("%-12s %s\n", name, text);
}

static void field(const char *name, const uint8_t bytes[], size_t len)
{
    char text[40];

    for (size_t i = 0; i < len; i++) {
        text[i] = (char)(bytes[i] > ' ' && bytes[i] <= '~' ? bytes[i] : '?');
    }
    text[len] = '\0';
    line(name, text);
}

static void print_recovery(const struct module_event *event, const char *port)
{
    uint8_t reason = event->update_status != NULL ? event->update_status->reason : 0;
    const char *why = reason_recovery_text(reason);

    line("state", "in recovery: the bootloader answers, and waits for an image");
    if (why[0] != '\0') {
        printf("%-12s %s (reason %u)\n", "why", why, reason);
    } else {
        line("why", "it does not say");
    }
    printf("%-12s otter push FILE --port %s\n", "to end it", port);
}

static void print_state(const struct otter_update_status *status)
{
    line("state", status->on_trial ? "on trial: may go back to the version before"
                                   : "running, not on trial");
    if (status->reason == OTTER_REASON_NONE) {
        line("last update", "installed, or there was none");
    } else {
        printf("%-12s %s (reason %u)\n", "last update", reason_text(status->reason)->text,
               status->reason);
    }
}

static void print_keys(const struct otter_about *about)
{
    uint8_t told = otter_about_keys_told(about);

    printf("%-12s", "keys");
    for (unsigned i = 0; i < told; i++) {
        printf(" 0x%08" PRIx32, about->key_ids[i]);
    }
    if (told < about->key_count) {
        printf(" and %d more", about->key_count - told);
    }
    printf("%s\n", about->key_count == 0 ? " none" : "");
}

static void print_boot(const struct otter_about *about)
{
    const char *checks = "takes unsigned images";

    if (!about->has_boot) {
        line("bootloader", "does not say what it is: not otter's, or an older one");
        return;
    }
    if ((about->boot_does & OTTER_BOOT_VERIFIES) != 0) {
        checks = (about->boot_does & OTTER_BOOT_EVERY_START) != 0
                     ? "verifies signatures, at every start"
                     : "verifies signatures";
    }
    printf("%-12s otter %u.%u, %s%s\n", "bootloader", about->boot_major, about->boot_minor,
           checks,
           (about->boot_does & OTTER_BOOT_TUTORIAL) != 0 ? ", takes a tutorial's request" : "");
    if ((about->boot_does & OTTER_BOOT_VERIFIES) != 0) {
        print_keys(about);
    }
}

static void print_abilities(uint32_t can)
{
    const char *between = "";

    printf("%-12s ", "can");
    for (unsigned i = 0; i < ABILITIES; i++) {
        if ((can & abilities[i].bit) != 0) {
            printf("%s%s", between, abilities[i].name);
            between = ", ";
        }
    }
    puts(between[0] == '\0' ? "nothing of its own" : "");
}

/* What images it takes. */
static void print_about(const struct otter_about *about, const struct otter_info *info)
{
    if (about->has_journal) {
        printf("%-12s 0x%08" PRIx32 " (%" PRIu32 "): lower numbers are refused as older\n",
               "floor", about->floor, about->floor);
    } else {
        line("journal", "none: an update is not on trial, and cannot be taken back");
    }
    if (memcmp(about->hardware, info->hardware, sizeof info->hardware) != 0) {
        field("takes", about->hardware, sizeof about->hardware);
    }
    printf("%-12s %" PRIu32 " bytes for an image with its trailer\n", "slot", about->slot_size);
    print_boot(about);
    print_abilities(about->can);
}

static void print_version(const struct module_event *event)
{
    char version[9];

    image_file_text(event->info->version, version);
    if (event->about != NULL && event->about->has_journal) {
        printf("%-12s %s, number 0x%08" PRIx32 " (%" PRIu32 ")\n", "version", version,
               event->about->number, event->about->number);
    } else {
        line("version", version);
    }
}

static void print_text(const struct module_event *event, const char *port)
{
    const struct otter_info *info = event->info;
    enum kind kind = kind_of(event);

    field("hardware", info->hardware, sizeof info->hardware);
    if (kind != RECOVERY) {
        print_version(event);
    }
    field("product key", info->product_key, sizeof info->product_key);
    if (kind == RECOVERY) {
        print_recovery(event, port);
    } else if (kind == OTHER) {
        line("otter", "no: an app that tells no more than this");
    } else {
        print_state(event->update_status);
        if (event->about != NULL) {
            print_about(event->about, info);
        } else {
            line("otter", "an app that does not answer the question 0x6F, and tells no more");
        }
    }
}

/* ---- JSON ---- */

static json_t *json_field(const uint8_t bytes[8])
{
    char text[9];

    image_file_text(bytes, text);
    return json_text(text);
}

static json_t *json_key(uint32_t id)
{
    char text[16];

    (void)snprintf(text, sizeof text, "0x%08" PRIx32, id);
    return json_text(text);
}

static void append(json_t *array, json_t *value)
{
    int err = json_array_append_new(array, value);
    (void)err; /* without memory the whole document fails, too */
}

static json_t *json_boot(const struct otter_about *about)
{
    json_t *boot = json_object(), *keys = json_array();
    char version[16];

    (void)snprintf(version, sizeof version, "%u.%u", about->boot_major, about->boot_minor);
    for (unsigned i = 0; i < otter_about_keys_told(about); i++) {
        append(keys, json_key(about->key_ids[i]));
    }
    json_add(&boot, "version", json_text(version));
    json_add(&boot, "verifies", json_boolean((about->boot_does & OTTER_BOOT_VERIFIES) != 0));
    json_add(&boot, "every_start",
             json_boolean((about->boot_does & OTTER_BOOT_EVERY_START) != 0));
    json_add(&boot, "tutorial", json_boolean((about->boot_does & OTTER_BOOT_TUTORIAL) != 0));
    json_add(&boot, "key_count", json_count(about->key_count));
    json_add(&boot, "keys", keys);
    return boot;
}

static json_t *json_about(const struct otter_about *about)
{
    json_t *object = json_object(), *can = json_array();

    for (unsigned i = 0; i < ABILITIES; i++) {
        if ((about->can & abilities[i].bit) != 0) {
            append(can, json_text(abilities[i].name));
        }
    }
    json_add(&object, "number", about->has_journal ? json_count(about->number) : json_null());
    json_add(&object, "floor", about->has_journal ? json_count(about->floor) : json_null());
    json_add(&object, "takes_hardware", json_field(about->hardware));
    json_add(&object, "slot", json_count(about->slot_size));
    json_add(&object, "bootloader", about->has_boot ? json_boot(about) : json_null());
    json_add(&object, "can", can);
    return object;
}

static json_t *json_recovery(const struct module_event *event)
{
    uint8_t reason = event->update_status != NULL ? event->update_status->reason : 0;
    json_t *recovery = json_object();
    bool has_reason = reason != OTTER_REASON_NONE;

    json_add(&recovery, "why", has_reason ? json_text(reason_text(reason)->name) : json_null());
    json_add(&recovery, "number", json_count(reason));
    return recovery;
}

static int print_json(const struct module_event *event, const char *port)
{
    static const char *const names[] = {
        [RECOVERY] = "recovery", [OTTER_APP] = "otter", [OTHER] = "other"};
    const struct otter_info *info = event->info;
    enum kind kind = kind_of(event);
    bool is_app = kind == OTTER_APP;
    json_t *result = json_object();
    char key[sizeof info->product_key + 1];

    memcpy(key, info->product_key, sizeof info->product_key);
    key[sizeof info->product_key] = '\0';
    json_add(&result, "port", json_text(port));
    json_add(&result, "answers", json_text(names[kind]));
    json_add(&result, "hardware", json_field(info->hardware));
    json_add(&result, "version", json_field(info->version));
    json_add(&result, "product_key", json_text(key));
    json_add(&result, "recovery", kind == RECOVERY ? json_recovery(event) : json_null());
    json_add(&result, "on_trial",
             is_app ? json_boolean(event->update_status->on_trial) : json_null());
    json_add(&result, "last_update",
             json_update(is_app ? event->update_status->reason : OTTER_REASON_NONE, false));
    json_add(&result, "about",
             is_app && event->about != NULL ? json_about(event->about) : json_null());
    return cmd_print_json(result);
}

int info_view_print(const struct module_event *event, const char *port, bool as_json)
{
    if (as_json) {
        return print_json(event, port);
    }
    print_text(event, port);
    return CMD_OK;
}

int info_view_fail(const char *port, const char *reason, const struct host_error *error,
                   bool as_json)
{
    char text[REPORT_TEXT_SIZE];
    int code = report_error(error);

    if (as_json) {
        json_t *result = json_object();
        report_text(error, text);
        json_add(&result, "port", json_text(port));
        json_add(&result, "answers", json_null());
        json_add(&result, "reason", json_text(reason));
        json_add(&result, "text", json_text(text));
        (void)cmd_print_json(result);
    }
    return code;
}
