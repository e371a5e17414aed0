/* SPDX-License-Identifier: Apache-2.0 */
#include "host/module_text.h"

#include <stdio.h>
#include <string.h>
#include "host/image_file.h"
#include "host/reason_text.h"

static const char *start_text(enum module_start start)
{
    switch (start) {
    case MODULE_START_POWER_ON:
        break;
    case MODULE_START_ASKED:
        return "the MCU asked for it (0x29)";
    case MODULE_START_RESET:
        return "the MCU reset the module (0x0B)";
    case MODULE_START_NO_HEARTBEAT:
        return "the MCU did not answer heartbeats";
    case MODULE_START_NO_INFO:
        return "the MCU did not answer 0x01";
    }
    return "power-on";
}

static const char *ready_text(enum module_ready_error error)
{
    switch (error) {
    case MODULE_READY_GOOD:
        break;
    case MODULE_READY_NO_FILE:
        return "the MCU asks for a file (READY), but none is offered";
    case MODULE_READY_MALFORMED:
        return "the MCU's READY is malformed";
    case MODULE_READY_OTHER_FILE:
        return "the MCU asks for another file (the MD5 in READY differs)";
    case MODULE_READY_TOO_MANY:
        return "the MCU asks for pieces so short that they cannot be numbered";
    case MODULE_READY_CROSSED:
        return "the MCU's READY met a command of the module, and is lost";
    case MODULE_READY_HEX:
        return "the MCU asks for Intel HEX lines, but the file is a .bin";
    }
    return "";
}

/* The MCU is back, and did not take the update. */
static void old_version_text(const struct module_event *event, char out_text[MODULE_TEXT_SIZE])
{
    char is[9], expected[9];

    image_file_text(event->info->version, is);
    image_file_text(event->expected, expected);
    if (module_info_is_recovery(event->info)) {
        const char *why = event->update_status != NULL
                              ? reason_recovery_text(event->update_status->reason)
                              : "";

        (void)snprintf(out_text, MODULE_TEXT_SIZE,
                       "the MCU is in recovery: its bootloader did not take the file%s%s",
                       why[0] != '\0' ? ": " : "", why);
    } else if (event->failure == MODULE_FAIL_NOT_INSTALLED && event->update_status != NULL) {
        (void)snprintf(out_text, MODULE_TEXT_SIZE, "the MCU runs version %s; the update was %s",
                       is, reason_text(event->update_status->reason)->text);
    } else {
        (void)snprintf(out_text, MODULE_TEXT_SIZE,
                       "the MCU came back with version %s instead of %s", is, expected);
    }
}

/* Failures whose code alone says what happened. */
static const struct {
    const char *name, *text;
} failures[] = {
    [MODULE_FAIL_NO_ANSWER] = {"no-answer", "the MCU does not answer"},
    [MODULE_FAIL_NO_OFFER_ACK] = {"no-offer-ack",
                                  "the MCU did not answer the offer of the file (0x19)"},
    [MODULE_FAIL_NO_READY] = {"no-ready", "the MCU took the offer (0x1A) but never asked for "
                                          "the file (READY)"},
    [MODULE_FAIL_REFUSED] = {"refused", "the MCU refused the file (0x27)"},
    [MODULE_FAIL_ABORTED] = {"aborted", NULL},
    [MODULE_FAIL_MD5_DIFFERS] = {"md5-differs", "the MCU rejected the whole file at its last "
                                                "piece (0x27): MD5 or image check"},
    [MODULE_FAIL_PIECE_LOST] = {"piece-lost", NULL},
    [MODULE_FAIL_NOT_BACK] = {"not-back", "the MCU took the whole file but did not come back"},
    [MODULE_FAIL_OLD_VERSION] = {"old-version", NULL},
    [MODULE_FAIL_RESTARTS] = {"restarts", "the MCU restarted in the middle of every transfer"},
    [MODULE_FAIL_NOT_INSTALLED] = {"not-installed", NULL},
    [MODULE_FAIL_ON_TRIAL] = {"on-trial", "the MCU runs the new version, but did not confirm "
                                          "it in time"},
    [MODULE_FAIL_READ] = {"read", "the file cannot be read"},
};
enum { FAILURES = sizeof failures / sizeof failures[0] };

static void failure_text(const struct module_event *event, char out_text[MODULE_TEXT_SIZE])
{
    size_t i = (size_t)event->failure;

    if (event->kind == MODULE_EVENT_FAILED && event->failure == MODULE_FAIL_REFUSED &&
        event->update_status != NULL && reason_is_of_offer(event->update_status->reason)) {
        (void)snprintf(out_text, MODULE_TEXT_SIZE, "the file was %s",
                       reason_text(event->update_status->reason)->text);
    } else if (event->failure == MODULE_FAIL_ABORTED) {
        (void)snprintf(out_text, MODULE_TEXT_SIZE,
                       "the MCU stopped the transfer at piece %u of %u (0x27)", event->number,
                       event->count);
    } else if (event->failure == MODULE_FAIL_PIECE_LOST) {
        (void)snprintf(out_text, MODULE_TEXT_SIZE, "the MCU did not acknowledge piece %u of %u",
                       event->number, event->count);
    } else if (event->info != NULL && (event->failure == MODULE_FAIL_OLD_VERSION ||
                                       event->failure == MODULE_FAIL_NOT_INSTALLED)) {
        old_version_text(event, out_text);
    } else if (i < FAILURES && failures[i].text != NULL) {
        (void)snprintf(out_text, MODULE_TEXT_SIZE, "%s", failures[i].text);
    }
}

void module_text(const struct module_event *event, char out_text[MODULE_TEXT_SIZE])
{
    out_text[0] = '\0';
    if (event->kind == MODULE_EVENT_STARTED) {
        (void)snprintf(out_text, MODULE_TEXT_SIZE, "%s", start_text(event->start));
    } else if (event->kind == MODULE_EVENT_WRONG_READY) {
        (void)snprintf(out_text, MODULE_TEXT_SIZE, "%s", ready_text(event->ready_error));
    } else if (event->kind == MODULE_EVENT_REFUSED || event->kind == MODULE_EVENT_STOPPED ||
               event->kind == MODULE_EVENT_FAILED) {
        failure_text(event, out_text);
    }
}

const char *module_text_failure(enum module_failure failure)
{
    size_t i = (size_t)failure;
    return i < FAILURES && failures[i].name != NULL ? failures[i].name : "none";
}
