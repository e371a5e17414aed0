/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet_webhook.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

/* Each of these returns what follows, or NULL. */
static const char *skip_scheme(const char *url)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0) {
            return url + strlen(schemes[i]);
        }
    }
    return NULL;
}

static const char *skip_host(const char *host)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;

    if (*host == '[') {
        size_t len = strcspn(host + 1, "]");

        if (len >= sizeof text || host[1 + len] == '\0') {
            return NULL;
        }
        memcpy(text, host + 1, len);
        text[len] = '\0';
        return inet_pton(AF_INET6, text, &address) == 1 ? host + len + 2 : NULL;
    }
    if (!isalnum((unsigned char)*host)) {
        return NULL;
    }
    while (isalnum((unsigned char)*host) || (*host != '\0' && strchr(".-_~", *host) != NULL)) {
        host++;
    }
    return host;
}

static const char *skip_port(const char *port)
{
    enum { DIGITS_MAX = 5, PORT_MAX = 65535 };
    long number = 0;
    size_t len = 0;

    if (*port != ':') {
        return port;
    }
    port++;
    for (; len < DIGITS_MAX && isdigit((unsigned char)port[len]); len++) {
        number = 10 * number + (port[len] - '0');
    }
    return number >= 1 && number <= PORT_MAX ? port + len : NULL;
}

static bool is_rest(const char *rest)
{
    if (*rest != '\0' && *rest != '/' && *rest != '?') {
        return false;
    }
    for (; *rest != '\0'; rest++) {
        if (!isgraph((unsigned char)*rest) || strchr("\"<>\\^`{|}#", *rest) != NULL) {
            return false;
        }
    }
    return true;
}

bool fleet_webhook_is_url(const char *url)
{
    const char *next = skip_scheme(url);

    next = next != NULL ? skip_host(next) : NULL;
    next = next != NULL ? skip_port(next) : NULL;
    return url[0] == '\0' || (next != NULL && is_rest(next) && strlen(url) <= FLEET_URL_MAX);
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
