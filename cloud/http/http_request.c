/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/http/http_internal.h"

#include <string.h>
#include <strings.h>
#include "host/json.h"

/* ---- the first line ---- */

static int hex_value(char digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                          : -1;
}

static bool is_utf8(const char *text)
{
    size_t len;

    while (*text != '\0' && (len = json_character_len(text)) != 0) {
        text += len;
    }
    return *text == '\0';
}

/* In place. libmicrohttpd's own leaves a bad escape as it is, and ends a text at %00. What
 * is no UTF-8 would come back from the database as another name than it went in. */
size_t http_unescape(void *ctx, struct MHD_Connection *mhd, char *text)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_connection *connection = info != NULL ? info->socket_context : NULL;
    char *out = text;
    const char *in = text;

    (void)ctx;
    while (*in != '\0') {
        int high = *in == '%' ? hex_value(in[1]) : -1;
        int low = high >= 0 ? hex_value(in[2]) : -1;
        if (*in != '%') {
            *out++ = *in++;
        } else if (low < 0 || high * 16 + low == 0) {
            if (connection != NULL) {
                connection->request.is_malformed = true;
            }
            break;
        } else {
            *out++ = (char)(high * 16 + low);
            in += 3;
        }
    }
    *out = '\0';
    if (connection != NULL && !is_utf8(text)) {
        connection->request.is_malformed = true;
    }
    return (size_t)(out - text);
}

/* "/a/b": no control characters, no "//", no "." or "..", at no place. */
static bool path_is_good(const char *path)
{
    if (path[0] != '/') {
        return false; /* "*", or the absolute form, which is for proxies */
    }
    for (const char *at = path; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7F || *at == '\\') {
            return false;
        }
        if (at[0] == '/') {
            size_t len = strcspn(at + 1, "/");
            bool is_last = at[1 + len] == '\0';
            if ((len == 0 && !is_last) || (len == 1 && at[1] == '.') ||
                (len == 2 && at[1] == '.' && at[2] == '.')) {
                return false;
            }
        }
    }
    return true;
}

/* ---- the head ---- */

/* Headers of which two would mean two things. The others may come as lists. */
static const char *const single_headers[] = {
    "Host",
    "Content-Length",
    "Transfer-Encoding",
    "Content-Type",
    "Content-Range",
    "Authorization",
    "Cookie",
    "Range",
    "If-Range",
    "If-Match",
    "If-None-Match",
    "Origin",
    "X-Controller-Id",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
};
enum {
    SINGLE_HEADERS = sizeof single_headers / sizeof single_headers[0],
    PARAMETERS_MAX = 32,
    HEADERS_MAX = 100,
};

struct scan {
    unsigned seen;  /* a bit per single header */
    unsigned count; /* of headers or parameters */
    const char *names[PARAMETERS_MAX];
    const char *complaint;
};

static bool is_token(const char *name)
{
    static const char extra[] = "!#$%&'*+-.^_`|~"; /* RFC 9110, 5.6.2 */

    if (*name == '\0') {
        return false;
    }
    for (; *name != '\0'; name++) {
        char c = *name;
        bool is_plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_plain && strchr(extra, c) == NULL) {
            return false;
        }
    }
    return true;
}

/* RFC 9110, 5.5: no control characters but the tab. What stands behind a NUL would be seen by
 * one program and not by another. */
static bool is_field_value(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (((unsigned char)value[i] < 0x20 && value[i] != '\t') || value[i] == 0x7F) {
            return false;
        }
    }
    return true;
}

static enum MHD_Result scan_header(void *ctx, enum MHD_ValueKind kind, const char *name,
                                   size_t name_len, const char *value, size_t value_len)
{
    struct scan *scan = ctx;

    (void)kind;
    if (!is_token(name) || strlen(name) != name_len || !is_field_value(value, value_len) ||
        scan->count++ == HEADERS_MAX) {
        scan->complaint = "malformed header"; /* "Content-Length :" is no Content-Length */
        return MHD_NO;
    }
    for (unsigned i = 0; i < SINGLE_HEADERS; i++) {
        bool may_be = (name[0] | 0x20) == (single_headers[i][0] | 0x20); /* which is quick */
        if (may_be && strcasecmp(name, single_headers[i]) == 0) {
            if ((scan->seen & 1U << i) != 0) {
                scan->complaint = single_headers[i];
                return MHD_NO;
            }
            scan->seen |= 1U << i;
        }
    }
    return MHD_YES;
}

static enum MHD_Result scan_parameter(void *ctx, enum MHD_ValueKind kind, const char *name,
                                      const char *value)
{
    struct scan *scan = ctx;

    (void)kind;
    (void)value;
    for (unsigned i = 0; i < scan->count; i++) {
        if (strcmp(scan->names[i], name) == 0) {
            scan->complaint = "a parameter comes twice";
            return MHD_NO;
        }
    }
    if (scan->count == PARAMETERS_MAX) {
        scan->complaint = "too many parameters";
        return MHD_NO;
    }
    scan->names[scan->count++] = name;
    return MHD_YES;
}

static bool refuse(struct http_request *request, unsigned status, const char *reason)
{
    http_reply_error(request, status, "%s", reason);
    return false;
}

/* Digits; -1 = none, or it is malformed. libmicrohttpd has refused what does not fit. */
static int64_t read_length(const char *text)
{
    int64_t value = 0;

    for (const char *at = text; *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || value > (INT64_MAX - 9) / 10) {
            return -1;
        }
        value = value * 10 + (*at - '0');
    }
    return *text != '\0' ? value : -1;
}

/* How long the body is: what two programs could understand in two ways is refused, since a
 * second request could hide in it (RFC 9112, 6.3 and 11.2). */
static bool read_framing(struct http_request *request)
{
    const char *length = http_header(request, "Content-Length");
    const char *encoding = http_header(request, "Transfer-Encoding");

    if (length != NULL && encoding != NULL) {
        return refuse(request, 400, "Content-Length beside Transfer-Encoding");
    }
    if (encoding != NULL && strcasecmp(encoding, "chunked") != 0) {
        return refuse(request, 400, "Transfer-Encoding is not chunked");
    }
    request->content_length = length != NULL ? read_length(length) : encoding != NULL ? -1 : 0;
    if (length != NULL && request->content_length < 0) {
        return refuse(request, 400, "Content-Length is no length");
    }
    return true;
}

bool http_check_head(struct http_request *request, const char *version)
{
    struct MHD_Connection *mhd = request->connection->mhd;
    struct scan headers, parameters; /* their names[] need no zeros */

    headers.seen = headers.count = parameters.count = 0;
    headers.complaint = parameters.complaint = NULL;
    if (!request->is_malformed && !path_is_good(request->path)) {
        request->is_malformed = true;
    }
    if (request->is_malformed) {
        return refuse(request, 400, "malformed path or query");
    }
    if (!is_token(request->method)) {
        return refuse(request, 400, "malformed method");
    }
    (void)MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, scan_header, &headers);
    if (headers.complaint != NULL) {
        return refuse(request, 400, headers.complaint);
    }
    /* libmicrohttpd can check this; its reply then has two heads (0.9.75: the state that its
     * error sets is overwritten). With a malformed Content-Length that happens still. */
    if (strcmp(version, "HTTP/1.0") != 0 && http_header(request, "Host") == NULL) {
        return refuse(request, 400, "no Host");
    }
    (void)MHD_get_connection_values(mhd, MHD_GET_ARGUMENT_KIND, scan_parameter, &parameters);
    if (parameters.complaint != NULL) {
        return refuse(request, 400, parameters.complaint);
    }
    if (!read_framing(request)) {
        return false;
    }
    if (atomic_load(&request->connection->server->is_stopping)) {
        return refuse(request, 503, "the server is stopping");
    }
    return request->content_length == 0 || http_plan_body(request);
}

/* ---- what a handler asks ---- */

const char *http_method(const struct http_request *request)
{
    return request->method;
}

const char *http_path(const struct http_request *request)
{
    return request->path;
}

static const char *look_up(const struct http_request *request, enum MHD_ValueKind kind,
                           const char *name)
{
    const char *value = NULL;
    enum MHD_Result is_there = MHD_lookup_connection_value_n(request->connection->mhd, kind,
                                                             name, strlen(name), &value, NULL);

    return is_there == MHD_YES && value == NULL ? "" : value;
}

const char *http_query(const struct http_request *request, const char *name)
{
    return look_up(request, MHD_GET_ARGUMENT_KIND, name);
}

struct search {
    const char *known, *unknown;
};

static bool is_word_of(const char *words, const char *word)
{
    size_t len = strlen(word);

    while (words[0] != '\0') {
        size_t word_len = strcspn(words, " ");

        if (word_len == len && memcmp(words, word, len) == 0) {
            return len != 0;
        }
        words += word_len + strspn(words + word_len, " ");
    }
    return false;
}

static enum MHD_Result find_unknown(void *ctx, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    struct search *search = ctx;

    (void)kind;
    (void)value;
    if (is_word_of(search->known, name)) {
        return MHD_YES;
    }
    search->unknown = name;
    return MHD_NO;
}

const char *http_unknown_query(const struct http_request *request, const char *known)
{
    struct search search = {.known = known};

    (void)MHD_get_connection_values(request->connection->mhd, MHD_GET_ARGUMENT_KIND,
                                    find_unknown, &search);
    return search.unknown;
}

const char *http_header(const struct http_request *request, const char *name)
{
    return look_up(request, MHD_HEADER_KIND, name);
}

const char *http_cookie(const struct http_request *request, const char *name)
{
    return look_up(request, MHD_COOKIE_KIND, name);
}

const char *http_peer(const struct http_request *request)
{
    return request->connection->peer;
}

const char *http_id(const struct http_request *request)
{
    return request->id;
}

bool http_is_tls(const struct http_request *request)
{
    return request->connection->server->cert != NULL;
}
