/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/http/http_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cloud/http/http_range.h"

enum { PIECE_SIZE = 32768, ETAG_SIZE = 160, NAME_SIZE = 400 };

/* It lives as long as the response, or as the request, whichever ends later; both end on the
 * connection's thread, or before the connection has heard of them. */
struct http_file_reply {
    struct http_connection *connection;
    struct http_file file;
    struct http_part part;
    int64_t start_ms;
    int64_t sent_off; /* what `sent` has been told */
    bool has_no_body;
    unsigned owners;
};

static void release(struct http_file_reply *reply)
{
    if (--reply->owners == 0) {
        if (reply->file.fd >= 0) {
            close(reply->file.fd);
        }
        free(reply);
    }
}

static ssize_t read_piece(int fd, char *out, size_t len, int64_t off)
{
    ssize_t count;

    do {
        count = pread(fd, out, len, off);
    } while (count < 0 && errno == EINTR);
    return count;
}

/* libmicrohttpd asks for a piece when it has handed the one before to the network. */
static ssize_t next_piece(void *ctx, uint64_t pos, char *out, size_t max)
{
    struct http_file_reply *reply = ctx;
    int64_t off = reply->part.off + (int64_t)pos;

    if (pos != 0) {
        http_set_deadline(reply->connection, reply->start_ms, (int64_t)pos);
        if (reply->file.sent != NULL && off > reply->sent_off) {
            reply->file.sent(reply->file.ctx, off, false);
        }
        reply->sent_off = off;
    }
    ssize_t count = read_piece(reply->file.fd, out, max, off);
    return count > 0 ? count : MHD_CONTENT_READER_END_WITH_ERROR; /* it has become shorter */
}

static void response_freed(void *ctx)
{
    release(ctx);
}

int64_t http_file_completed(struct http_file_reply *reply, bool is_complete)
{
    bool is_sent = is_complete && !reply->has_no_body;

    if (is_sent) {
        reply->sent_off = reply->part.off + reply->part.len;
    }
    int64_t sent_off = reply->sent_off;
    int64_t bytes = sent_off != 0 ? sent_off - reply->part.off : 0;
    if (reply->file.sent != NULL) {
        reply->file.sent(reply->file.ctx, sent_off, true);
    }
    release(reply);
    return bytes;
}

/* The part as one buffer: it goes out with the head in one segment. NULL = not readable. */
static struct MHD_Response *make_in_memory(const struct http_file_reply *reply)
{
    size_t len = (size_t)reply->part.len, used = 0;
    char *bytes = malloc(len != 0 ? len : 1);

    while (bytes != NULL && used < len) {
        ssize_t count = read_piece(reply->file.fd, bytes + used, len - used,
                                   reply->part.off + (int64_t)used);
        if (count <= 0) {
            free(bytes);
            return NULL;
        }
        used += (size_t)count;
    }
    struct MHD_Response *response =
        bytes != NULL ? MHD_create_response_from_buffer(len, bytes, MHD_RESPMEM_MUST_FREE)
                      : NULL;
    if (response == NULL) {
        free(bytes);
    }
    return response;
}

static struct MHD_Response *make_in_pieces(struct http_file_reply *reply)
{
    struct MHD_Response *response = MHD_create_response_from_callback(
        (uint64_t)reply->part.len, PIECE_SIZE, next_piece, reply, response_freed);

    if (response != NULL) {
        reply->owners++;
    }
    return response;
}

/* RFC 6266: the name in ASCII for old clients, and in UTF-8 if that is another one. */
static void add_disposition(struct MHD_Response *response, const char *name)
{
    static const char digits[] = "0123456789ABCDEF";
    char plain[NAME_SIZE], coded[3 * NAME_SIZE];
    size_t len = 0, coded_len = 0;
    bool differs = false;

    for (; *name != '\0' && len < sizeof plain - 1; name++) {
        unsigned char c = (unsigned char)*name;
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
        bool is_shown = is_plain || (c >= 0x20 && c < 0x7F && strchr("\"\\/%", c) == NULL);
        plain[len++] = (char)(is_shown ? c : '_');
        differs = differs || !is_shown;
        if (is_plain) {
            coded[coded_len++] = (char)c;
        } else {
            coded[coded_len++] = '%';
            coded[coded_len++] = digits[c >> 4];
            coded[coded_len++] = digits[c & 15];
        }
    }
    plain[len] = coded[coded_len] = '\0';
    if (differs) {
        http_add_header(response, "Content-Disposition",
                        "attachment; filename=\"%s\"; filename*=UTF-8''%s", plain, coded);
    } else {
        http_add_header(response, "Content-Disposition", "attachment; filename=\"%s\"", plain);
    }
}

static void add_headers(struct MHD_Response *response, const struct http_request *request,
                        const struct http_file_reply *reply)
{
    const struct http_file *file = &reply->file;
    const struct http_part *part = &reply->part;

    http_add_header(response, "X-Request-Id", "%s", request->id);
    http_add_header(response, "ETag", "\"%s\"", file->etag);
    http_add_header(response, "Accept-Ranges", "bytes");
    if (part->status == 206) {
        http_add_header(response, "Content-Range", "bytes %lld-%lld/%lld", (long long)part->off,
                        (long long)(part->off + part->len - 1), (long long)file->size);
    } else if (part->status == 416) {
        http_add_header(response, "Content-Range", "bytes */%lld", (long long)file->size);
    }
    if (part->status == 200 || part->status == 206) {
        if (file->type != NULL) {
            http_add_header(response, "Content-Type", "%s", file->type);
        }
        if (file->name != NULL) {
            add_disposition(response, file->name);
        }
    }
}

static struct http_part choose_part(const struct http_request *request,
                                    const struct http_file *file)
{
    struct http_conditions conditions = {
        .range = http_header(request, "Range"),
        .if_range = http_header(request, "If-Range"),
        .if_match = http_header(request, "If-Match"),
        .if_none_match = http_header(request, "If-None-Match"),
    };

    return http_choose_part(&conditions, file->etag, file->size);
}

static void drop_file(const struct http_file *file)
{
    if (file->fd >= 0) {
        close(file->fd);
    }
    if (file->sent != NULL) {
        file->sent(file->ctx, 0, true);
    }
}

/* What answers, with a response or, without memory or if the file is unreadable, with none. */
static struct http_outcome make_outcome(const struct http_request *request,
                                        struct http_file_reply *reply)
{
    const struct http_part *part = &reply->part;
    bool has_body = part->status == 200 || part->status == 206;
    bool is_small = part->len <= HTTP_IN_MEMORY_MAX;

    reply->has_no_body = !has_body || strcmp(request->method, "HEAD") == 0;
    struct MHD_Response *response = part->len == 0 || (is_small && !reply->has_no_body)
                                        ? make_in_memory(reply)
                                        : make_in_pieces(reply);
    if (response != NULL) {
        add_headers(response, request, reply);
    }
    return (struct http_outcome){
        .status = part->status,
        .response = response,
        .len = reply->has_no_body ? 0 : part->len,
        .file = reply,
    };
}

void http_reply_file(struct http_request *request, const struct http_file *file)
{
    if (!http_begin(request)) {
        drop_file(file);
        return;
    }
    struct http_file_reply *reply = calloc(1, sizeof *reply);
    struct http_outcome outcome = {0};
    if (reply != NULL) {
        *reply = (struct http_file_reply){.connection = request->connection,
                                          .file = *file,
                                          .part = choose_part(request, file),
                                          .start_ms = http_now_us() / 1000,
                                          .owners = 1};
        outcome = make_outcome(request, reply);
    }
    if (outcome.response == NULL) {
        free(reply);
        drop_file(file);
        outcome = http_make_error(request, 500, "the file cannot be read");
    }
    http_finish(request, &outcome);
}
