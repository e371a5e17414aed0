/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_HOOK_CURL_H
#define CLOUD_HOOK_CURL_H

#include <curl/curl.h>
#include <stdbool.h>

/* libcurl, loaded when the first message goes out: with the twenty libraries that it brings it
 * takes 2.5 MB, which a server without a webhook does not have to spend. As libcurl's functions
 * of the same names.
 */
struct hook_curl {
    CURLcode (*global_init)(long flags);
    CURL *(*easy_init)(void);
    void (*easy_reset)(CURL *easy);
    void (*easy_cleanup)(CURL *easy);
    CURLcode (*easy_setopt)(CURL *easy, CURLoption option, ...);
    CURLcode (*easy_getinfo)(CURL *easy, CURLINFO info, ...);
    CURLcode (*easy_perform)(CURL *easy);
    const char *(*easy_strerror)(CURLcode code);
    struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
    void (*slist_free_all)(struct curl_slist *list);
};

/* Load and start it. Returns false if it is not installed, or too old. It stays loaded until
 * the program ends. */
bool hook_curl_load(struct hook_curl *out_curl);

#endif
