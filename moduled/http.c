/* SPDX-License-Identifier: Apache-2.0 */
#include "moduled/http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    CONNECT_S = 10,
    SLOW_S = 60,   /* below one byte per second for so long: broken */
    WHOLE_S = 300, /* there is one request at a time: so long a download keeps a poll waiting */
    WAIT_MAX_MS = 3600000,
};

/* ---- the answer ---- */

static const char *value_or_null(const char *value)
{
    return value[0] != '\0' ? value : NULL;
}

static void begin_once(struct http *http)
{
    long status = 0;

    if (http->has_begun) {
        return;
    }
    http->has_begun = true;
    (void)curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
    agent_reply_begin(
        http->agent,
        &(struct agent_reply){.status = (int)status,
                              .retry_after = value_or_null(http->retry_after),
                              .content_length = value_or_null(http->content_length),
                              .content_range = value_or_null(http->content_range),
                              .etag = value_or_null(http->etag)},
        http->now_ms());
}

static void forget_values(struct http *http)
{
    http->retry_after[0] = '\0';
    http->content_length[0] = '\0';
    http->content_range[0] = '\0';
    http->etag[0] = '\0';
}

/* "Name: value\r\n" */
static void keep_value(const char *line, size_t len, const char *name,
                       char out[HTTP_VALUE_SIZE])
{
    size_t name_len = strlen(name);

    if (len <= name_len || strncasecmp(line, name, name_len) != 0 || line[name_len] != ':') {
        return;
    }
    line += name_len + 1;
    len -= name_len + 1;
    while (len > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        len--;
    }
    while (len > 0 &&
           (line[len - 1] == '\r' || line[len - 1] == '\n' || line[len - 1] == ' ')) {
        len--;
    }
    if (len < HTTP_VALUE_SIZE) {
        memcpy(out, line, len);
        out[len] = '\0';
    }
}

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
    struct http *http = ctx;
    size_t len = size * count;

    if (len >= 5 && strncasecmp(line, "HTTP/", 5) == 0) {
        forget_values(http); /* of a 100 Continue before */
    }
    keep_value(line, len, "Retry-After", http->retry_after);
    keep_value(line, len, "Content-Length", http->content_length);
    keep_value(line, len, "Content-Range", http->content_range);
    keep_value(line, len, "ETag", http->etag);
    return len;
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
    struct http *http = ctx;
    size_t len = size * count;

    begin_once(http);
    return agent_reply_bytes(http->agent, (const uint8_t *)bytes, len, http->now_ms()) == 0
               ? len
               : 0;
}

/* What is likely wrong, in words, before what libcurl says. */
static const char *explain(const struct http *http, CURLcode result)
{
    /* A port for https closes, or sends an alert. */
    bool is_no_http = result == CURLE_GOT_NOTHING || result == CURLE_RECV_ERROR ||
                      result == CURLE_UNSUPPORTED_PROTOCOL ||
                      result == CURLE_WEIRD_SERVER_REPLY;

    if (is_no_http && !http->is_tls) {
        return "no HTTP comes back; perhaps the port is for https: ";
    }
    if (result == CURLE_SSL_CONNECT_ERROR) {
        return "TLS cannot be begun; perhaps the port is for http: ";
    }
    if (result == CURLE_PEER_FAILED_VERIFICATION) {
        return http->ca[0] == '\0'
                   ? "the server's certificate is not trusted (--ca names one to trust): "
                   : "the server's certificate is not trusted, or not for this host: ";
    }
    return "";
}

static void finish(struct http *http, CURLcode result)
{
    char text[CURL_ERROR_SIZE + 100];

    (void)curl_multi_remove_handle(http->multi, http->easy);
    curl_slist_free_all(http->headers);
    http->headers = NULL;
    http->is_running = false;
    if (result == CURLE_OK) {
        begin_once(http);
        agent_reply_end(http->agent, http->now_ms());
    } else {
        (void)snprintf(text, sizeof text, "%s%s", explain(http, result),
                       http->error[0] != '\0' ? http->error : curl_easy_strerror(result));
        agent_request_failed(http->agent, text, http->now_ms());
    }
}

/* ---- the request ---- */

static int set_always(struct http *http)
{
    CURL *easy = http->easy;
    CURLcode bad = CURLE_OK;
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {{CURLOPT_NOSIGNAL, 1},
                   {CURLOPT_FOLLOWLOCATION, 0},
                   {CURLOPT_CONNECTTIMEOUT, CONNECT_S},
                   {CURLOPT_LOW_SPEED_LIMIT, 1},
                   {CURLOPT_LOW_SPEED_TIME, SLOW_S},
                   {CURLOPT_TIMEOUT, WHOLE_S},
                   {CURLOPT_TCP_KEEPALIVE, 1}};

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && bad == CURLE_OK; i++) {
        bad = curl_easy_setopt(easy, numbers[i].option, numbers[i].value);
    }
    if (bad != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "otter-module/" OTTER_VERSION) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, http->error) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, http) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, http) != CURLE_OK) {
        return -1;
    }
    return http->ca[0] == '\0' || curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca) == CURLE_OK
               ? 0
               : -1;
}

static bool add_header(struct http *http, const char *header)
{
    struct curl_slist *longer = curl_slist_append(http->headers, header);

    if (longer != NULL) {
        http->headers = longer;
    }
    return longer != NULL;
}

static int set_request(struct http *http, const struct agent_request *request)
{
    curl_easy_reset(http->easy);
    if (set_always(http) != 0 ||
        curl_easy_setopt(http->easy, CURLOPT_URL, request->url) != CURLE_OK ||
        !add_header(http, "Expect:")) {
        return -1;
    }
    for (size_t i = 0; i < request->header_count; i++) {
        if (!add_header(http, request->headers[i])) {
            return -1;
        }
    }
    if (request->body != NULL &&
        (curl_easy_setopt(http->easy, CURLOPT_POSTFIELDSIZE, (long)request->body_len) !=
             CURLE_OK ||
         curl_easy_setopt(http->easy, CURLOPT_POSTFIELDS, request->body) != CURLE_OK)) {
        return -1;
    }
    if (request->method == AGENT_PUT &&
        curl_easy_setopt(http->easy, CURLOPT_CUSTOMREQUEST, "PUT") != CURLE_OK) {
        return -1;
    }
    return curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, http->headers) == CURLE_OK ? 0 : -1;
}

static void start(struct http *http)
{
    struct agent_request request;

    if (!agent_take_request(http->agent, http->now_ms(), &request)) {
        return;
    }
    http->is_running = true;
    http->has_begun = false;
    http->is_tls = strncasecmp(request.url, "https:", 6) == 0;
    http->error[0] = '\0';
    forget_values(http);
    if (set_request(http, &request) != 0 ||
        curl_multi_add_handle(http->multi, http->easy) != CURLM_OK) {
        finish(http, CURLE_OUT_OF_MEMORY);
    }
}

/* ---- the loop's side ---- */

int http_init(struct http *http, struct agent *agent, const char *ca, uint64_t (*now_ms)(void),
              struct host_error *out_error)
{
    *http = (struct http){.agent = agent, .ca = ca, .now_ms = now_ms};
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return host_error_set(out_error, "libcurl", "cannot be used");
    }
    http->multi = curl_multi_init();
    http->easy = curl_easy_init();
    if (http->multi == NULL || http->easy == NULL) {
        return host_error_set(out_error, "libcurl", "not enough memory");
    }
    return 0;
}

void http_close(struct http *http)
{
    if (http->is_running) {
        (void)curl_multi_remove_handle(http->multi, http->easy);
        curl_slist_free_all(http->headers);
    }
    curl_easy_cleanup(http->easy);
    (void)curl_multi_cleanup(http->multi);
    curl_global_cleanup();
}

void http_serve(struct http *http)
{
    int running, left;

    if (!http->is_running) {
        start(http);
    }
    (void)curl_multi_perform(http->multi, &running);
    for (const CURLMsg *message;
         (message = curl_multi_info_read(http->multi, &left)) != NULL;) {
        if (message->msg == CURLMSG_DONE) {
            finish(http, message->data.result);
            break; /* there was one */
        }
    }
}

void http_wait(struct http *http, struct curl_waitfd extra[], unsigned extra_count,
               uint64_t wait_ms)
{
    int timeout_ms = wait_ms > WAIT_MAX_MS ? WAIT_MAX_MS : (int)wait_ms;

    (void)curl_multi_poll(http->multi, extra, extra_count, timeout_ms, NULL);
}
