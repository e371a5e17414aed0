/* SPDX-License-Identifier: Apache-2.0 */
/* The artifact: bytes that arrive, and whether they are what was promised. Range and
 * Content-Range: RFC 9110, 14. */
#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "agent/internal.h"
#include "otter/image.h"

enum { CHUNK = 4096, DIGEST_MAX = 32 };

static uint32_t size_so_far(const struct agent *agent)
{
    return agent->config->sink->size(agent->config->sink_ctx);
}

bool agent_download_is_complete(const struct agent *agent)
{
    return agent->saved.stage == AGENT_STAGE_OPEN && size_so_far(agent) >= agent->saved.size;
}

void agent_download_again(struct agent *agent, enum agent_code code, const char *why)
{
    struct agent_saved *saved = &agent->saved;

    agent->config->sink->discard(agent->config->sink_ctx);
    saved->etag[0] = '\0';
    saved->stage = AGENT_STAGE_OPEN;
    saved->downloads++;
    agent_set_dirty(agent);
    agent_set_error(agent, "download: %s", why);
    if (saved->downloads >= AGENT_DOWNLOADS_MAX) {
        agent_action_end(agent, false, code, "download failed %u times: %s", saved->downloads,
                         why);
    }
}

/* A number of `text`, and where it ends. False without digits, or above 2^32 - 1. */
static bool read_number(const char **io_text, uint64_t *out_number)
{
    const char *text = *io_text;

    *out_number = 0;
    while (isdigit((unsigned char)*text) && *out_number <= UINT32_MAX) {
        *out_number = *out_number * 10 + (uint64_t)(*text++ - '0');
    }
    bool is_good = text != *io_text && *out_number <= UINT32_MAX;
    *io_text = text;
    return is_good;
}

/* "bytes first-last/size" or ".../" and an asterisk. */
static bool range_fits(const struct agent *agent, const char *range)
{
    uint64_t first, last, size;

    if (range == NULL || strncmp(range, "bytes ", 6) != 0) {
        return false;
    }
    range += 6;
    if (!read_number(&range, &first) || *range++ != '-' || !read_number(&range, &last) ||
        *range++ != '/') {
        return false;
    }
    if (*range != '*' && (!read_number(&range, &size) || size != agent->saved.size)) {
        return false;
    }
    return first == agent->range_off && last + 1 == agent->saved.size;
}

static bool length_fits(const struct agent *agent, const char *length)
{
    uint64_t bytes;

    return length == NULL ||
           (read_number(&length, &bytes) && bytes == agent->saved.size - agent->range_off);
}

/* A strong ETag that can be sent back; with another one there is no If-Match. */
static void take_etag(struct agent *agent, const char *etag)
{
    struct agent_saved *saved = &agent->saved;
    size_t len = etag == NULL ? 0 : strlen(etag);
    bool is_good =
        len >= 2 && len < sizeof saved->etag && etag[0] == '"' && etag[len - 1] == '"';

    for (size_t i = 0; is_good && i < len; i++) {
        is_good = etag[i] > ' ' && etag[i] <= '~';
    }
    const char *taken = is_good ? etag : "";
    if (strcmp(saved->etag, taken) != 0) {
        memcpy(saved->etag, taken, strlen(taken) + 1);
        agent_set_dirty(agent);
    }
}

void agent_download_begin(struct agent *agent, const struct agent_reply *reply, uint64_t now_ms)
{
    (void)now_ms;
    if (reply->status == 200) {
        if (agent->range_off != 0) { /* the whole of it, whatever was asked for */
            agent->config->sink->discard(agent->config->sink_ctx);
            agent->range_off = 0;
        }
    } else if (reply->status != 206) {
        return;
    } else if (!range_fits(agent, reply->content_range)) {
        agent->is_broken = true;
        agent_download_again(agent, AGENT_CODE_DOWNLOAD, "another range than asked for");
        return;
    }
    if (!length_fits(agent, reply->content_length)) {
        agent->is_broken = true;
        agent_download_again(agent, AGENT_CODE_DIGEST, "another size than announced");
        return;
    }
    take_etag(agent, reply->etag);
}

int agent_download_bytes(struct agent *agent, const uint8_t bytes[], size_t len,
                         uint64_t now_ms)
{
    uint32_t off = size_so_far(agent);

    (void)now_ms;
    if (agent->reply.status != 200 && agent->reply.status != 206) {
        return 0; /* the words of an error */
    }
    if (agent->saved.stage != AGENT_STAGE_OPEN) {
        agent->is_broken = true; /* cancelled meanwhile */
        return -1;
    }
    if (len > agent->saved.size - off) {
        agent->is_broken = true;
        agent_download_again(agent, AGENT_CODE_DIGEST, "more bytes than announced");
        return -1;
    }
    if (len > 0 && agent->config->sink->write(agent->config->sink_ctx, off, bytes, len) != 0) {
        agent->is_broken = true;
        agent_download_again(agent, AGENT_CODE_STORAGE, "the image cannot be stored");
        return -1;
    }
    if (len > 0) {
        agent->artifact.failures = 0;
    }
    return 0;
}

/* ---- is it what was promised? ---- */

static const EVP_MD *hash_method(enum ddi_hash kind)
{
    switch (kind) {
    case DDI_HASH_SHA256:
        return EVP_sha256();
    case DDI_HASH_SHA1:
        return EVP_sha1();
    case DDI_HASH_MD5:
        return EVP_md5();
    case DDI_HASH_NONE:
        break;
    }
    return NULL;
}

static bool hash_image(const struct agent *agent, EVP_MD_CTX *hash, uint8_t out[DIGEST_MAX],
                       unsigned *out_len)
{
    const struct agent_sink *sink = agent->config->sink;
    const EVP_MD *method = hash_method(agent->saved.hash_kind);
    uint8_t chunk[CHUNK];

    if (hash == NULL || method == NULL || EVP_DigestInit_ex(hash, method, NULL) != 1) {
        return false;
    }
    for (uint32_t off = 0; off < agent->saved.size;) {
        uint32_t left = agent->saved.size - off;
        uint32_t len = left < CHUNK ? left : CHUNK;
        if (sink->read(agent->config->sink_ctx, off, chunk, len) != 0 ||
            EVP_DigestUpdate(hash, chunk, len) != 1) {
            return false;
        }
        off += len;
    }
    return EVP_DigestFinal_ex(hash, out, out_len) == 1;
}

static bool digest_fits(const struct agent *agent)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    uint8_t digest[EVP_MAX_MD_SIZE];
    char hex[DDI_HASH_SIZE] = "";
    unsigned len = 0;

    bool is_good = hash_image(agent, hash, digest, &len) && len <= sizeof hex / 2;
    EVP_MD_CTX_free(hash);
    for (unsigned i = 0; is_good && i < len; i++) {
        (void)snprintf(hex + (size_t)2 * i, 3, "%02x", digest[i]);
    }
    return is_good && strcmp(hex, agent->saved.hash) == 0;
}

/* Which version does it bring, and for which hardware? 0, or the code of what is wrong. */
static enum agent_code read_trailer(struct agent *agent)
{
    const struct agent_sink *sink = agent->config->sink;
    struct agent_saved *saved = &agent->saved;
    uint8_t header[OTTER_IMAGE_HEADER_SIZE];
    struct otter_image image;
    int err = OTTER_ERR_NONE;

    agent->has_trailer = false;
    if (saved->size >= OTTER_IMAGE_TRAILER_SIZE) {
        if (sink->read(agent->config->sink_ctx, saved->size - OTTER_IMAGE_TRAILER_SIZE, header,
                       sizeof header) != 0) {
            return AGENT_CODE_STORAGE;
        }
        err = otter_image_get_trailer(header, saved->size, &image);
    }
    if (err == 0) {
        agent->has_trailer = true;
        memcpy(agent->hardware, image.hardware, sizeof agent->hardware);
        memcpy(saved->version, image.version, 8);
        saved->version[8] = '\0';
        return strlen(saved->version) == 8 ? AGENT_CODE_NONE : AGENT_CODE_VERSION;
    }
    if (err != OTTER_ERR_NONE || saved->size < OTTER_IMAGE_SIZE_MIN) {
        return AGENT_CODE_IMAGE;
    }
    memcpy(saved->version, saved->chunk_version, sizeof saved->version);
    return saved->version[0] != '\0' ? AGENT_CODE_NONE : AGENT_CODE_VERSION;
}

bool agent_image_is_whole(struct agent *agent)
{
    return size_so_far(agent) == agent->saved.size && digest_fits(agent) &&
           read_trailer(agent) == AGENT_CODE_NONE;
}

void agent_download_check(struct agent *agent, uint64_t now_ms)
{
    (void)now_ms;
    if (size_so_far(agent) != agent->saved.size || !digest_fits(agent)) {
        agent_download_again(agent, AGENT_CODE_DIGEST, "its digest is not the announced one");
        return;
    }
    enum agent_code code = read_trailer(agent);
    if (code == AGENT_CODE_STORAGE ||
        agent->config->sink->finish(agent->config->sink_ctx) != 0) {
        agent_download_again(agent, AGENT_CODE_STORAGE, "the image cannot be stored");
    } else if (code == AGENT_CODE_VERSION) {
        agent_action_end(agent, false, code,
                         "neither a trailer nor 8 characters of the chunk say its version");
    } else if (code != AGENT_CODE_NONE) {
        agent_action_end(agent, false, code, "the file is no image, or its trailer is damaged");
    } else {
        agent->saved.stage = AGENT_STAGE_READY;
        agent_set_dirty(agent);
    }
}

void agent_download_end(struct agent *agent, uint64_t now_ms)
{
    if (agent->saved.stage != AGENT_STAGE_OPEN || agent->is_broken) {
        return;
    }
    if (size_so_far(agent) < agent->saved.size) {
        agent_set_error(agent, "download: broke off at %u of %u bytes", size_so_far(agent),
                        agent->saved.size);
        agent_download_failed(agent, now_ms);
        return;
    }
    agent_download_check(agent, now_ms);
}
