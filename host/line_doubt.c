/* SPDX-License-Identifier: Apache-2.0 */
#include "host/line_doubt.h"

#include <stdio.h>
#include <string.h>
#include "host/port_hint.h"

/* Nothing has answered 0x01: what came instead? */
static void put_heard(const struct push_session *session, char out_text[LINE_DOUBT_SIZE])
{
    switch (module_heard(&session->module)) {
    case MODULE_HEARD_NOTHING:
        (void)snprintf(out_text, LINE_DOUBT_SIZE, ": not a byte came at %ld baud",
                       session->serial->baud);
        break;
    case MODULE_HEARD_BYTES:
        (void)snprintf(out_text, LINE_DOUBT_SIZE,
                       ": %llu bytes came, but no message; is %ld its baud rate?",
                       (unsigned long long)session->bytes_in, session->serial->baud);
        break;
    case MODULE_HEARD_ITSELF:
        (void)snprintf(out_text, LINE_DOUBT_SIZE,
                       ": what comes is what is sent; are TX and RX connected to each other?");
        break;
    case MODULE_HEARD_MESSAGES:
        (void)snprintf(out_text, LINE_DOUBT_SIZE,
                       ": its messages come, but it does not hear; is its RX connected?");
        break;
    }
}

void line_doubt(const struct push_session *session, enum module_failure failure,
                char out_text[LINE_DOUBT_SIZE])
{
    char user[PORT_HINT_SIZE];

    out_text[0] = '\0';
    switch (failure) {
    case MODULE_FAIL_NO_ANSWER:
        put_heard(session, out_text);
        break;
    case MODULE_FAIL_NO_OFFER_ACK:
    case MODULE_FAIL_NO_READY:
    case MODULE_FAIL_PIECE_LOST:
    case MODULE_FAIL_NOT_BACK:
    case MODULE_FAIL_ABORTED:
    case MODULE_FAIL_MD5_DIFFERS:
    case MODULE_FAIL_RESTARTS:
        break;
    case MODULE_FAIL_REFUSED:
    case MODULE_FAIL_OLD_VERSION:
    case MODULE_FAIL_NOT_INSTALLED:
    case MODULE_FAIL_ON_TRIAL:
    case MODULE_FAIL_READ:
        return; /* the MCU, or we, have said why */
    }
    if (port_hint_user(session->serial->path, user)) {
        size_t len = strlen(out_text);
        (void)snprintf(out_text + len, LINE_DOUBT_SIZE - len, "; %s has the port open, too",
                       user);
    }
}
