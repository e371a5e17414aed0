/* SPDX-License-Identifier: Apache-2.0 */
/* The console's files: no secrets are in them, so anyone may read them. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/rest/rest_call.h"
#include "cloud/rest/web_files.h"

enum { TAG_BYTES = 12, TAG_SIZE = 2 * TAG_BYTES + 3 };

struct rest_static {
    struct web_file files[WEB_FILES_MAX];
    char tags[WEB_FILES_MAX][TAG_SIZE]; /* with quotes */
    size_t count;
};

static const char policy[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; "
    "base-uri 'none'";

static int make_tag(const struct web_file *file, char out_tag[TAG_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (EVP_Digest(file->bytes, file->len, digest, &len, EVP_sha256(), NULL) != 1) {
        return -1;
    }
    size_t at = 0;
    out_tag[at++] = '"';
    for (size_t i = 0; i < TAG_BYTES; i++, at += 2) {
        (void)snprintf(out_tag + at, TAG_SIZE - at, "%02x", digest[i]);
    }
    out_tag[at++] = '"';
    out_tag[at] = '\0';
    return 0;
}

int rest_static_open(struct rest_static **out_pages)
{
    struct rest_static *pages = calloc(1, sizeof *pages);

    if (pages == NULL) {
        return -1;
    }
    pages->count = web_files(pages->files);
    for (size_t i = 0; i < pages->count; i++) {
        if (make_tag(&pages->files[i], pages->tags[i]) != 0) {
            free(pages);
            return -1;
        }
    }
    *out_pages = pages;
    return 0;
}

void rest_static_close(struct rest_static *pages)
{
    free(pages);
}

/* If-None-Match: a list of tags, weak ones too, or *. */
static bool has_it(const struct http_request *request, const char *tag)
{
    const char *known = http_header(request, "If-None-Match");

    return known != NULL && (strcmp(known, "*") == 0 || strstr(known, tag) != NULL);
}

static void serve(struct http_request *request, const struct web_file *file, const char *tag)
{
    char etag[sizeof "ETag: " + TAG_SIZE];
    bool is_known = has_it(request, tag);
    const char *const headers[] = {policy,
                                   "X-Content-Type-Options: nosniff",
                                   "Referrer-Policy: no-referrer",
                                   "Cross-Origin-Opener-Policy: same-origin",
                                   "Cache-Control: no-cache",
                                   etag,
                                   NULL};
    struct http_reply reply = {.status = is_known ? 304 : 200,
                               .type = is_known ? NULL : file->type,
                               .body = file->bytes,
                               .owner = HTTP_STATIC,
                               .body_len = is_known ? 0 : file->len,
                               .headers = headers};

    (void)snprintf(etag, sizeof etag, "ETag: %s", tag);
    http_reply(request, &reply);
}

bool rest_static_handle(const struct rest_static *pages, struct http_request *request)
{
    const char *method = http_method(request);

    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        return false;
    }
    for (size_t i = 0; i < pages->count; i++) {
        if (strcmp(http_path(request), pages->files[i].path) == 0) {
            serve(request, &pages->files[i], pages->tags[i]);
            return true;
        }
    }
    return false;
}
