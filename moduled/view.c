/* SPDX-License-Identifier: Apache-2.0 */
#include "moduled/view.h"

#include <string.h>

#include "host/image_file.h"
#include "host/json.h"
#include "host/module_text.h"
#include "moduled/log.h"
#include "moduled/notify.h"

/* ---- log ---- */

static void say_activity(const struct agent_status *status)
{
    char text[256];

    (void)snprintf(text, sizeof text, "%s%s%s%s%s", agent_activity_name(status->activity),
                   status->action[0] != '\0' ? ", action " : "", status->action,
                   status->wanted_version[0] != '\0' ? ", version " : "",
                   status->wanted_version);
    log_line("%s", text);
    char line[sizeof text + 8];
    (void)snprintf(line, sizeof line, "STATUS=%s", text);
    notify(line);
}

void view_watch(struct view *view, const struct agent_status *status)
{
    const struct agent_status *last = &view->last;

    if (status->error[0] != '\0' && strcmp(status->error, last->error) != 0) {
        log_line("%s; next try in %llu s", status->error,
                 (unsigned long long)(status->blocked_ms + 999) / 1000);
    }
    if (status->link == AGENT_LINK_UP && last->link != AGENT_LINK_UP) {
        log_line("the server answers");
    }
    if (strcmp(status->last_action, last->last_action) != 0 &&
        status->activity == AGENT_REPORTS) {
        log_line("action %s: %s: %s", status->last_action,
                 status->last_is_good ? "success" : "failure", status->last_text);
    }
    if (status->activity != last->activity || strcmp(status->action, last->action) != 0) {
        say_activity(status);
    }
    view->last = *status;
}

void view_event(const struct module_event *event)
{
    char text[MODULE_TEXT_SIZE], hardware[9], version[9];

    if (event->kind == MODULE_EVENT_INFO && event->info != NULL) {
        image_file_text(event->info->hardware, hardware);
        image_file_text(event->info->version, version);
        bool on_trial = event->update_status != NULL && event->update_status->on_trial;
        log_line("MCU hardware %s, version %s%s", hardware, version,
                 on_trial ? ", on trial" : "");
        return;
    }
    module_text(event, text);
    if (text[0] != '\0' &&
        (event->kind != MODULE_EVENT_STARTED || event->start != MODULE_START_POWER_ON)) {
        log_line("MCU: %s", text);
    }
}

/* ---- status ---- */

static void add_mcu(json_t **io_object, const struct agent_status *status)
{
    json_t *mcu = NULL;

    if (status->mcu_is_known) {
        mcu = json_object();
        json_add(&mcu, "hardware", json_text(status->mcu_hardware));
        json_add(&mcu, "version", json_text(status->mcu_version));
        json_add(&mcu, "on_trial", json_boolean(status->mcu_on_trial));
        json_add(&mcu, "answers", json_boolean(status->mcu_answers));
    } else {
        mcu = json_null();
    }
    json_add(io_object, "mcu", mcu);
}

static void add_last(json_t **io_object, const struct agent_status *status)
{
    json_t *last = json_null();

    if (status->last_action[0] != '\0') {
        last = json_object();
        json_add(&last, "action", json_text(status->last_action));
        json_add(&last, "success", json_boolean(status->last_is_good));
        json_add(&last, "text", json_text(status->last_text));
    }
    json_add(io_object, "last", last);
}

void view_put_json(const struct view *view, const struct agent_status *status, const char *id,
                   char out_text[CONTROL_ANSWER_SIZE])
{
    json_t *object = json_object();
    size_t len = 0;

    json_add(&object, "id", json_text(id));
    json_add(&object, "activity", json_string(agent_activity_name(status->activity)));
    json_add(&object, "server", json_string(agent_link_name(status->link)));
    json_add(&object, "action", json_text(status->action));
    json_add(&object, "version", json_text(status->wanted_version));
    json_add(&object, "bytes", json_count(status->bytes));
    json_add(&object, "bytes_of", json_count(status->bytes_of));
    json_add(&object, "piece", json_count(status->piece));
    json_add(&object, "piece_of", json_count(status->piece_of));
    json_add(&object, "poll_in_ms", json_count(status->poll_in_ms));
    json_add(&object, "blocked_ms", json_count(status->blocked_ms));
    json_add(&object, "http", json_integer(status->http_status));
    json_add(&object, "failures", json_count(status->failures));
    json_add(&object, "error", json_text(status->error));
    json_add(&object, "port_error", json_text(view->port_error));
    json_add(&object, "store_error", json_text(view->store_error));
    add_mcu(&object, status);
    add_last(&object, status);
    if (object != NULL) {
        len = json_dumpb(object, out_text, CONTROL_ANSWER_SIZE - 1,
                         JSON_COMPACT | JSON_ENSURE_ASCII);
    }
    json_decref(object);
    out_text[len < CONTROL_ANSWER_SIZE ? len : 0] = '\0';
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

static long long number_of(const json_t *object, const char *name)
{
    return (long long)json_integer_value(json_object_get(object, name));
}

static void print_line(FILE *out, const char *name, const char *text)
{
    if (text[0] != '\0') {
        (void)fprintf(out, "%-10s %s\n", name, text);
    }
}

int view_print(const char *json, FILE *out)
{
    json_t *object = json_loads(json, 0, NULL);
    const json_t *mcu = json_object_get(object, "mcu"), *last = json_object_get(object, "last");

    if (object == NULL) {
        return -1;
    }
    print_line(out, "device", text_of(object, "id"));
    print_line(out, "server", text_of(object, "server"));
    print_line(out, "error", text_of(object, "error"));
    print_line(out, "port", text_of(object, "port_error"));
    print_line(out, "storage", text_of(object, "store_error"));
    (void)fprintf(out, "%-10s %s%s%s\n", "MCU",
                  json_is_object(mcu) ? text_of(mcu, "version") : "has not answered yet",
                  json_is_true(json_object_get(mcu, "on_trial")) ? ", on trial" : "",
                  json_is_false(json_object_get(mcu, "answers")) ? ", silent" : "");
    (void)fprintf(out, "%-10s %s", "activity", text_of(object, "activity"));
    if (text_of(object, "action")[0] != '\0') {
        (void)fprintf(out, ", action %s, %lld of %lld bytes, piece %lld of %lld",
                      text_of(object, "action"), number_of(object, "bytes"),
                      number_of(object, "bytes_of"), number_of(object, "piece"),
                      number_of(object, "piece_of"));
    }
    (void)fprintf(out, "\n%-10s in %lld s\n", "next poll",
                  number_of(object, "poll_in_ms") / 1000);
    if (json_is_object(last)) {
        (void)fprintf(out, "%-10s action %s: %s: %s\n", "last", text_of(last, "action"),
                      json_is_true(json_object_get(last, "success")) ? "success" : "failure",
                      text_of(last, "text"));
    }
    json_decref(object);
    return 0;
}
