/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks, and whether a browser was led to ask. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cloud/rest/rest_call.h"

static const char cookie_name[] = "otter_session";

static bool is_write(const struct http_request *request)
{
    const char *method = http_method(request);

    return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
}

/* A proxy that ends TLS is known by the public origin only. */
bool rest_is_https(const struct rest *rest, const struct http_request *request)
{
    return rest->public_origin != NULL ? strncmp(rest->public_origin, "https://", 8) == 0
                                       : http_is_tls(request);
}

static bool is_own_origin(const struct rest *rest, const struct http_request *request,
                          const char *origin)
{
    const char *scheme = http_is_tls(request) ? "https://" : "http://";
    const char *host = http_header(request, "Host");

    if (rest->public_origin != NULL) {
        return strcasecmp(origin, rest->public_origin) == 0;
    }
    return host != NULL && host[0] != '\0' &&
           strncasecmp(origin, scheme, strlen(scheme)) == 0 &&
           strcasecmp(origin + strlen(scheme), host) == 0;
}

static void deny(struct rest_access *access, unsigned status, const char *reason)
{
    access->status = status;
    access->reason = reason;
}

bool rest_identify(const struct rest *rest, const char *secret, enum token_kind kind,
                   struct fleet_person *out_person)
{
    struct record_token token;

    if (fleet_identify_person(rest->fleet, secret, out_person) &&
        fleet_get_record(rest->fleet, RECORD_TOKEN, out_person->token, &token) &&
        token.kind == (int64_t)kind) {
        return true;
    }
    memset(out_person, 0, sizeof *out_person);
    return false;
}

/* A bad token is an error even where nobody need be known, and a cookie beside it does not
 * count. */
static void identify(const struct rest *rest, const struct http_request *request,
                     struct rest_access *access)
{
    static const char scheme[] = "Bearer ";
    const char *authorization = http_header(request, "Authorization");
    const char *cookie = http_cookie(request, cookie_name);

    if (authorization != NULL) {
        if (strncasecmp(authorization, scheme, sizeof scheme - 1) != 0 ||
            !rest_identify(rest, authorization + sizeof scheme - 1, TOKEN_API,
                           &access->person)) {
            deny(access, 401, "this token is not known, or not any more");
        }
    } else if (cookie != NULL) {
        access->by_cookie = rest_identify(rest, cookie, TOKEN_SESSION, &access->person);
    }
}

void rest_check_access(const struct rest *rest, const struct rest_route *route,
                       const struct http_request *request, struct rest_access *out_access)
{
    const char *origin = http_header(request, "Origin");

    memset(out_access, 0, sizeof *out_access);
    identify(rest, request, out_access);
    if (out_access->status != 0) {
        return;
    }
    if (route->role != ROLE_NONE && out_access->person.role == ROLE_NONE) {
        deny(out_access, 401, "sign in, or send a token: Authorization: Bearer TOKEN");
    } else if (is_write(request) && origin != NULL && !is_own_origin(rest, request, origin)) {
        deny(out_access, 403, "Origin is not this server's");
    } else if (is_write(request) && origin == NULL && out_access->by_cookie) {
        deny(out_access, 403, "a change with the session's cookie needs an Origin");
    } else if (out_access->person.role < route->role) {
        deny(out_access, 403, "this token's role may not do that");
    }
}

void rest_put_cookie(const struct rest_call *call, const char *secret,
                     char out_header[REST_COOKIE_SIZE])
{
    (void)snprintf(out_header, REST_COOKIE_SIZE,
                   "Set-Cookie: %s=%s; HttpOnly; SameSite=Strict; Path=/%s%s", cookie_name,
                   secret, call->is_https ? "; Secure" : "",
                   secret[0] == '\0' ? "; Max-Age=0" : "");
}
