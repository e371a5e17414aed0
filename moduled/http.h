/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODULED_HTTP_H
#define MODULED_HTTP_H

#include <curl/curl.h>
#include <stdbool.h>
#include "agent/agent.h"
#include "host/error.h"

/* The agent's requests over libcurl: one at a time, http and https only, no redirects. What
 * comes goes straight to the agent. */
enum { HTTP_VALUE_SIZE = 320 };

struct http {
    CURLM *multi;
    CURL *easy;
    struct agent *agent;
    const char *ca; /* "" = the system's */
    uint64_t (*now_ms)(void);
    struct curl_slist *headers;
    bool is_running, has_begun, is_tls;
    char retry_after[HTTP_VALUE_SIZE], content_length[HTTP_VALUE_SIZE];
    char content_range[HTTP_VALUE_SIZE], etag[HTTP_VALUE_SIZE];
    char error[CURL_ERROR_SIZE];
};

OTTER_MUST_CHECK int http_init(struct http *http, struct agent *agent, const char *ca,
                               uint64_t (*now_ms)(void), struct host_error *out_error);
void http_close(struct http *http);

/* Start the request that is due, move bytes, finish what has ended. */
void http_serve(struct http *http);

/* Wait for it, for `extra`, or `wait_ms`. */
void http_wait(struct http *http, struct curl_waitfd extra[], unsigned extra_count,
               uint64_t wait_ms);

#endif
