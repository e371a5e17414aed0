/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_HOOK_POST_H
#define CLOUD_HOOK_POST_H

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include "cloud/hook/hook_rules.h"
#include "otter/err.h"

/* One POST at a time to an address that an admin gave: http and https only, certificates
 * checked, no redirect followed, the whole of it within an absolute time, and of the answer
 * nothing but its status is kept. A proxy is used if the environment names one, as for every
 * program of libcurl. For one thread.
 */
struct hook_post {
    const atomic_bool *is_stopping; /* breaks a request off, within a second */
    CURL *easy;                     /* private, as the rest */
    size_t answer_len;
};

/* Returns false if there is no memory. Then there is nothing to close. */
OTTER_MUST_CHECK bool hook_post_open(struct hook_post *post);
void hook_post_close(struct hook_post *post);

struct hook_request {
    const char *url, *event_id, *body;
    const char *signature; /* "" = none */
    long timeout_ms;
};

/* If it is not taken, `out_reason` says why not, without the address. */
enum { HOOK_REASON_SIZE = 161 };
enum hook_outcome hook_post_send(struct hook_post *post, const struct hook_request *request,
                                 char out_reason[HOOK_REASON_SIZE]);

#endif
