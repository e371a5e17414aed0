/* SPDX-License-Identifier: Apache-2.0 */
/* What watches the server: counts, metrics, health. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/rest/rest_call.h"
#include "cloud/rest/rest_json.h"
#include "host/json.h"

void rest_get_counts(struct rest_call *call)
{
    struct fleet_counts counts;

    fleet_count(call->rest->fleet, &counts);
    rest_reply_json(call, 200, rest_json_counts(&counts));
}

static void put(FILE *out, const char *name, const char *type, const char *help, uint64_t value)
{
    (void)fprintf(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, type, name,
                  (unsigned long long)value);
}

/* Prometheus text format 0.0.4. */
static void put_metrics(FILE *out, const struct fleet_counts *counts,
                        const struct fleet_settings *settings)
{
    static const char actions[] = "otter_actions";

    put(out, "otter_devices", "gauge", "Devices that are known.", counts->devices);
    put(out, "otter_devices_online", "gauge", "Devices that are on line.", counts->online);
    put(out, "otter_firmware", "gauge", "Firmware in the list.", counts->firmware);
    put(out, "otter_deployments", "gauge", "Deployments in the list.", counts->deployments);
    put(out, "otter_offers_stopped", "gauge", "1 while nothing is offered.",
        settings->offers_stopped ? 1 : 0);
    (void)fprintf(out, "# HELP %s Updates of devices by state.\n# TYPE %s gauge\n", actions,
                  actions);
    for (int state = 1; state < ACTION_STATES; state++) {
        (void)fprintf(out, "%s{state=\"%s\"} %zu\n", actions,
                      action_state_name((enum action_state)state), counts->actions[state]);
    }
    put(out, "otter_polls_total", "counter", "Polls since the start.", counts->polls);
    put(out, "otter_changes_total", "counter", "Changes that became durable.", counts->changes);
    put(out, "otter_conflicts_total", "counter", "Changes that were made again.",
        counts->conflicts);
    put(out, "otter_failures_total", "counter", "Changes that could not be written.",
        counts->failures);
    put(out, "otter_webhook_waiting", "gauge", "Messages that wait to be sent.",
        counts->webhook_waiting);
    put(out, "otter_webhook_sent_total", "counter", "Messages that the receiver took.",
        counts->webhook_sent);
    put(out, "otter_webhook_failed_total", "counter", "Tries of sending that failed.",
        counts->webhook_failed);
    put(out, "otter_webhook_given_up_total", "counter", "Messages that were given up.",
        counts->webhook_given_up);
    put(out, "otter_webhook_dropped_total", "counter",
        "Messages that were not written: too many waited.", counts->webhook_dropped);
}

void rest_get_metrics(struct rest_call *call)
{
    struct fleet_settings settings;
    struct fleet_counts counts;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (out == NULL) {
        rest_fail(call, 503, "no memory");
        return;
    }
    fleet_count(call->rest->fleet, &counts);
    fleet_get_settings(call->rest->fleet, &settings);
    put_metrics(out, &counts, &settings);
    if (fclose(out) != 0) {
        free(text);
        rest_fail(call, 503, "no memory");
        return;
    }
    rest_reply_text(call, 200, "text/plain; version=0.0.4", text, len, NULL);
    free(text);
}

static bool any_row(void *ctx, const void *record)
{
    (void)ctx;
    (void)record;
    return false;
}

/* Anyone may ask, so it says whether the database can be read, and not what is in it. */
void rest_get_health(struct rest_call *call)
{
    struct store *store = fleet_store(call->rest->fleet);
    struct store_query query = {.kind = RECORD_SETTING, .limit = 1};
    struct host_error error;
    json_t *document = json_object();
    bool is_ok = store->read(store, &query, any_row, NULL, &error) == 0;

    json_add(&document, "status", json_string(is_ok ? "ok" : "the database cannot be read"));
    rest_reply_json(call, is_ok ? 200 : 503, document);
}
