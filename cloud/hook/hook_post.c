/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/hook/hook_post.h"

#include <stdio.h>

enum { ANSWER_MAX = 16384 }; /* bytes of a body that nobody reads */

static size_t drop_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
    struct hook_post *post = ctx;

    (void)bytes;
    post->answer_len += size * count;
    return post->answer_len <= ANSWER_MAX ? size * count : 0;
}

static int on_progress(void *ctx, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    const struct hook_post *post = ctx;

    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    return atomic_load(post->is_stopping) ? 1 : 0;
}

bool hook_post_open(struct hook_post *post)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
        post->easy = curl_easy_init();
    }
    return post->easy != NULL;
}

void hook_post_close(struct hook_post *post)
{
    curl_easy_cleanup(post->easy);
}

/* ---- the request ---- */
static bool is_taken(CURLcode code, const char *option, char out_reason[HOOK_REASON_SIZE])
{
    if (code != CURLE_OK) {
        (void)snprintf(out_reason, HOOK_REASON_SIZE, "libcurl refuses option %s: %s", option,
                       curl_easy_strerror(code));
    }
    return code == CURLE_OK;
}

static bool set_numbers(const struct hook_post *post, long timeout_ms,
                        char out_reason[HOOK_REASON_SIZE])
{
    const struct {
        CURLoption option;
        const char *name;
        long value;
    } numbers[] = {
        {CURLOPT_POST, "POST", 1},
        {CURLOPT_NOSIGNAL, "NOSIGNAL", 1},
        {CURLOPT_FOLLOWLOCATION, "FOLLOWLOCATION", 0},
        {CURLOPT_SSL_VERIFYPEER, "SSL_VERIFYPEER", 1},
        {CURLOPT_SSL_VERIFYHOST, "SSL_VERIFYHOST", 2},
        {CURLOPT_TIMEOUT_MS, "TIMEOUT_MS", timeout_ms},
        {CURLOPT_CONNECTTIMEOUT_MS, "CONNECTTIMEOUT_MS", timeout_ms},
        {CURLOPT_NOPROGRESS, "NOPROGRESS", 0},
        /* A resolver that hangs is not waited for. */
        {CURLOPT_QUICK_EXIT, "QUICK_EXIT", 1},
    };
    bool is_good = true;

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        is_good = is_good &&
                  is_taken(curl_easy_setopt(post->easy, numbers[i].option, numbers[i].value),
                           numbers[i].name, out_reason);
    }
    return is_good;
}

static bool set_request(struct hook_post *post, const struct hook_request *request,
                        const struct curl_slist *headers, char out_reason[HOOK_REASON_SIZE])
{
/* Typed, which a table of all options could not be. */
#define SET(option, value)                                                                     \
    is_taken(curl_easy_setopt(post->easy, CURLOPT_##option, value), #option, out_reason)
    curl_easy_reset(post->easy);
    post->answer_len = 0;
    return set_numbers(post, request->timeout_ms, out_reason) &&
           SET(PROTOCOLS_STR, "http,https") && SET(USERAGENT, "otter-cloud/" OTTER_VERSION) &&
           SET(URL, request->url) && SET(POSTFIELDS, request->body) &&
           SET(HTTPHEADER, headers) && SET(WRITEFUNCTION, drop_bytes) && SET(WRITEDATA, post) &&
           SET(XFERINFOFUNCTION, on_progress) && SET(XFERINFODATA, post);
#undef SET
}

/* NULL without memory. */
static struct curl_slist *add_header(struct curl_slist *headers, const char *name,
                                     const char *value)
{
    char line[256];

    if (headers == NULL) {
        return NULL;
    }
    (void)snprintf(line, sizeof line, "%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(headers, line);
    if (longer == NULL) {
        curl_slist_free_all(headers);
    }
    return longer;
}

static struct curl_slist *make_headers(const struct hook_request *request)
{
    /* No "100 Continue" is waited for: the bodies are small. */
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");

    headers = add_header(headers, "Content-Type", "application/json");
    headers = add_header(headers, "X-Otter-Event", request->event_id);
    return request->signature[0] != '\0'
               ? add_header(headers, "X-Otter-Signature", request->signature)
               : headers;
}

/* ---- the answer ---- */
static enum hook_outcome judge(struct hook_post *post, CURLcode result,
                               char out_reason[HOOK_REASON_SIZE])
{
    long status = 0;
    /* An answer that is too long has told its status. */
    bool is_answered =
        result == CURLE_OK || (result == CURLE_WRITE_ERROR && post->answer_len > ANSWER_MAX);

    (void)curl_easy_getinfo(post->easy, CURLINFO_RESPONSE_CODE, &status);
    if (!is_answered) {
        (void)snprintf(out_reason, HOOK_REASON_SIZE, "%s", curl_easy_strerror(result));
        return HOOK_AWAY;
    }
    (void)snprintf(out_reason, HOOK_REASON_SIZE, "the receiver answered %ld%s", status,
                   status / 100 == 3 ? ", and redirects are not followed" : "");
    return hook_outcome_of(status);
}

enum hook_outcome hook_post_send(struct hook_post *post, const struct hook_request *request,
                                 char out_reason[HOOK_REASON_SIZE])
{
    struct curl_slist *headers = make_headers(request);
    enum hook_outcome outcome = HOOK_AWAY;

    if (headers == NULL) {
        (void)snprintf(out_reason, HOOK_REASON_SIZE, "no memory");
    } else if (set_request(post, request, headers, out_reason)) {
        outcome = judge(post, curl_easy_perform(post->easy), out_reason);
    }
    curl_slist_free_all(headers);
    return outcome;
}
