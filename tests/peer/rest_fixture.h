/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PEER_REST_FIXTURE_H
#define TESTS_PEER_REST_FIXTURE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include "cloud/fleet/fleet.h"

/* The people's side of the server on a free port of the loopback, with a store in a folder of
 * its own and a clock that the test moves; and a client that speaks HTTP by itself. A failure
 * ends the cmocka test.
 */
int rest_fixture_start(void **state);
int rest_fixture_stop(void **state);

struct fleet *rest_fleet(void);
uint16_t rest_port(void);
void rest_pass_ms(int64_t ms); /* of the clock */
void rest_fixture_tick(void);  /* what the server does once a second, for people */

/* The first admin's token; made at the first call. */
const char *rest_admin(void);
/* Another API token with this role, made by REST. */
const char *rest_token(const char *role);
/* A set-up code that was not used. */
const char *rest_setup_code(void);

/* Sign in with this token; the line of the cookie, for `headers` below. */
enum { REST_COOKIE_LINE_SIZE = 200 };
void rest_sign_in(const char *token, char out_cookie[REST_COOKIE_LINE_SIZE]);

struct rest_answer {
    unsigned status;
    char head[4096];
    char *body; /* with NUL behind it */
    size_t len;
    json_t *json; /* NULL = it is none */
};

/* One request with lines of `headers` (each with \r\n at its end, or ""), and its answer, valid
 * until the next one. `body` may be NULL. */
const struct rest_answer *rest_send(const char *method, const char *path, const char *headers,
                                    const void *body, size_t len);
/* The same with a token and a JSON body; either may be NULL. */
const struct rest_answer *rest_ask(const char *token, const char *method, const char *path,
                                   const char *json);
/* The same, and the status must be this. */
const struct rest_answer *rest_must(unsigned status, const char *token, const char *method,
                                    const char *path, const char *json);

/* PATCH a product as the admin; `if_match` is a header's line, or "". Returns the status. */
unsigned rest_patch_product(int64_t id, const char *if_match, const char *json);
/* Upload a file as the admin, with these parameters. */
const struct rest_answer *rest_upload(const char *query, const void *bytes, size_t len);

/* Members of the last answer's JSON; it must have them. */
int64_t rest_integer(const char *name);
const char *rest_text(const char *name);
json_t *rest_items(size_t count); /* "items", which must be so many */

/* Open a connection and send these bytes; returns the socket. */
int rest_connect(const char *bytes);

#endif
