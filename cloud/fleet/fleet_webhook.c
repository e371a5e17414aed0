/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet_webhook.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { SECRET_MIN = 16 };

const char *fleet_webhook_event_name(enum fleet_webhook_event event)
{
    static const char *const names[] = {
        [WEBHOOK_ACTION_FAILED] = "action.failed",
        [WEBHOOK_ACTION_TIMED_OUT] = "action.timed_out",
        [WEBHOOK_ACTION_REJECTED] = "action.rejected",
        [WEBHOOK_ACTION_EXPIRED] = "action.expired",
        [WEBHOOK_ACTION_LOST] = "action.lost",
        [WEBHOOK_ACTION_CORRECTED] = "action.corrected",
        [WEBHOOK_ACTION_CANCELLED] = "action.cancelled",
        [WEBHOOK_ACTION_CONFIRMED] = "action.confirmed",
        [WEBHOOK_DEPLOYMENT_PAUSED] = "deployment.paused",
        [WEBHOOK_DEPLOYMENT_ENDED] = "deployment.ended",
    };

    return names[event];
}

static bool read_event(const char *word, size_t len, uint32_t *io_events)
{
    for (unsigned event = 0; event < WEBHOOK_EVENTS; event++) {
        const char *name = fleet_webhook_event_name((enum fleet_webhook_event)event);

        if (strlen(name) == len && memcmp(name, word, len) == 0) {
            bool is_new = (*io_events & 1U << event) == 0;

            *io_events |= 1U << event;
            return is_new;
        }
    }
    return false;
}

bool fleet_webhook_read_events(const char *list, uint32_t *out_events)
{
    uint32_t events = 0;

    while (*list != '\0') {
        size_t len = strcspn(list, ",");

        if (!read_event(list, len, &events)) {
            return false;
        }
        list += len;
        if (*list == ',' && *++list == '\0') {
            return false;
        }
    }
    *out_events = events;
    return true;
}

void fleet_webhook_put_events(uint32_t events, char *out, size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (unsigned event = 0; event < WEBHOOK_EVENTS && len < size; event++) {
        if ((events & 1U << event) != 0) {
            len += (size_t)snprintf(out + len, size - len, "%s%s", len == 0 ? "" : ",",
                                    fleet_webhook_event_name((enum fleet_webhook_event)event));
        }
    }
}

static bool is_host_character(char c)
{
    return isalnum((unsigned char)c) || strchr(".-_~[]:", c) != NULL;
}

bool fleet_webhook_is_url(const char *url)
{
    size_t len = strlen(url);
    const char *host = url;

    if (len == 0) {
        return true;
    }
    if (strncmp(url, "http://", 7) == 0) {
        host += 7;
    } else if (strncmp(url, "https://", 8) == 0) {
        host += 8;
    }
    if (len > FLEET_URL_MAX || host == url ||
        !(isalnum((unsigned char)*host) || *host == '[')) {
        return false;
    }
    for (; *host != '\0' && *host != '/' && *host != '?'; host++) {
        if (!is_host_character(*host)) {
            return false;
        }
    }
    for (; *host != '\0'; host++) {
        if (!isgraph((unsigned char)*host) || strchr("\"<>\\^`{|}#", *host) != NULL) {
            return false;
        }
    }
    return true;
}

bool fleet_webhook_is_secret(const char *secret)
{
    size_t len = strlen(secret);

    for (size_t i = 0; i < len; i++) {
        if (!isgraph((unsigned char)secret[i])) {
            return false;
        }
    }
    return len == 0 || (len >= SECRET_MIN && len <= FLEET_WEBHOOK_SECRET_MAX);
}
