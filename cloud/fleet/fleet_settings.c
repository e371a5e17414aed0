/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet_settings.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "cloud/fleet/fleet_webhook.h"
#include "host/number.h"

static const char *const registrations[] = {"closed", "allow-list", "claim", "open"};

static const struct number_setting {
    const char *name;
    uint32_t fallback, min, max;
    size_t offset;
} numbers[] = {
    /* hawkBit's limits of an interval, but for tests and demos that poll faster */
    {"poll_interval_s", 300, 1, 86399, offsetof(struct fleet_settings, poll_interval_s)},
    {"poll_fast_s", 5, 1, 86399, offsetof(struct fleet_settings, poll_fast_s)},
    {"tries_max", 3, 1, ACTION_ATTEMPTS_MAX, offsetof(struct fleet_settings, tries_max)},
    {"retention_days", 90, 1, 36500, offsetof(struct fleet_settings, retention_days)},
    {"webhook_retry_s", 10, 1, 3600, offsetof(struct fleet_settings, webhook_retry_s)},
    {"webhook_timeout_s", 10, 1, 60, offsetof(struct fleet_settings, webhook_timeout_s)},
};

void fleet_settings_default(struct fleet_settings *out_settings)
{
    *out_settings = (struct fleet_settings){.registration = REGISTRATION_CLAIM,
                                            .webhook_events = FLEET_WEBHOOK_DEFAULT};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        memcpy((char *)out_settings + numbers[i].offset, &numbers[i].fallback,
               sizeof numbers[i].fallback);
    }
}

static bool read_webhook(struct fleet_settings *settings, const char *name, const char *value)
{
    if (strcmp(name, "webhook_url") == 0 && fleet_webhook_is_url(value)) {
        (void)snprintf(settings->webhook_url, sizeof settings->webhook_url, "%s", value);
        return true;
    }
    if (strcmp(name, "webhook_secret") == 0 && fleet_webhook_is_secret(value)) {
        (void)snprintf(settings->webhook_secret, sizeof settings->webhook_secret, "%s", value);
        return true;
    }
    return strcmp(name, "webhook_events") == 0 &&
           fleet_webhook_read_events(value, &settings->webhook_events);
}

bool fleet_settings_read(struct fleet_settings *settings, const char *name, const char *value)
{
    if (value == NULL) {
        return false;
    }
    if (strcmp(name, "registration") == 0) {
        for (unsigned i = 0; i < sizeof registrations / sizeof *registrations; i++) {
            if (strcmp(value, registrations[i]) == 0) {
                settings->registration = (enum fleet_registration)i;
                return true;
            }
        }
        return false;
    }
    if (strcmp(name, "offers_stopped") == 0) {
        if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0) {
            return false;
        }
        settings->offers_stopped = value[0] == 'y';
        return true;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uint64_t number;

        if (strcmp(name, numbers[i].name) == 0 &&
            number_parse(name, value, numbers[i].min, numbers[i].max, &number, NULL) == 0) {
            uint32_t as_stored = (uint32_t)number;

            memcpy((char *)settings + numbers[i].offset, &as_stored, sizeof as_stored);
            return true;
        }
    }
    return read_webhook(settings, name, value);
}

void fleet_settings_allowed(const char *name, char *out, size_t size)
{
    static const char *const texts[][2] = {
        {"registration", "closed, allow-list, claim or open"},
        {"offers_stopped", "yes or no"},
        {"webhook_url",
         "empty, or http[s]://HOST[:PORT][/PATH][?QUERY] in ASCII, without user, "
         "password and fragment, at most 512 characters"},
        {"webhook_secret", "empty, or 16 to 128 printable characters without spaces"},
        {"webhook_events", "names of events, each at most once"},
    };

    (void)snprintf(out, size, "there is no such setting");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (strcmp(name, texts[i][0]) == 0) {
            (void)snprintf(out, size, "%s", texts[i][1]);
        }
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (strcmp(name, numbers[i].name) == 0) {
            (void)snprintf(out, size, "a number from %lu to %lu", (unsigned long)numbers[i].min,
                           (unsigned long)numbers[i].max);
        }
    }
}

void fleet_settings_text(const struct fleet_settings *settings, const char *name, char *out,
                         size_t size)
{
    uint32_t number;

    out[0] = '\0';
    if (strcmp(name, "registration") == 0) {
        (void)snprintf(out, size, "%s", registrations[settings->registration]);
    } else if (strcmp(name, "offers_stopped") == 0) {
        (void)snprintf(out, size, "%s", settings->offers_stopped ? "yes" : "no");
    } else if (strcmp(name, "webhook_url") == 0) {
        (void)snprintf(out, size, "%s", settings->webhook_url);
    } else if (strcmp(name, "webhook_events") == 0) {
        fleet_webhook_put_events(settings->webhook_events, out, size);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (strcmp(name, numbers[i].name) == 0) {
            memcpy(&number, (const char *)settings + numbers[i].offset, sizeof number);
            (void)snprintf(out, size, "%lu", (unsigned long)number);
        }
    }
}
