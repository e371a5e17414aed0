/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/store/audit.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 1000, DIGEST_SIZE = 32 };

/* The text under the hash, to be freed; NULL: not UTF-8, or no memory. */
static char *canonical(const struct record_audit *entry, const char *previous_hash)
{
    json_t *object = json_pack(
        "{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "id", (json_int_t)entry->head.id, "at",
        (json_int_t)entry->at, "actor", entry->actor, "verb", entry->verb, "object",
        entry->object, "before", entry->before != NULL ? entry->before : "", "after",
        entry->after != NULL ? entry->after : "", "previous_hash", previous_hash);
    char *text = object == NULL
                     ? NULL
                     : json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);

    json_decref(object);
    return text;
}

static int hash(const struct record_audit *entry, const char *previous_hash, char out_hex[65])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[DIGEST_SIZE];
    char *text = canonical(entry, previous_hash);
    bool good =
        text != NULL && EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL) == 1;

    free(text);
    for (size_t i = 0; good && i < DIGEST_SIZE; i++) {
        out_hex[2 * i] = digits[digest[i] >> 4];
        out_hex[2 * i + 1] = digits[digest[i] & 15];
    }
    out_hex[64] = '\0';
    return good ? 0 : -1;
}

int audit_seal(struct record_audit *io_entry, const char *previous_hash,
               struct host_error *out_error)
{
    size_t len = strnlen(previous_hash, sizeof io_entry->previous_hash - 1);

    if (hash(io_entry, previous_hash, io_entry->hash) != 0) {
        return host_error_set(out_error, "audit", "a text of the entry is not UTF-8");
    }
    memcpy(io_entry->previous_hash, previous_hash, len);
    io_entry->previous_hash[len] = '\0';
    return 0;
}

struct check {
    struct audit_end end;
    size_t in_page;
    int err;
    struct host_error *out_error;
};

static bool check_entry(void *ctx, const void *record)
{
    const struct record_audit *entry = record;
    struct check *check = ctx;
    long long id = entry->head.id;
    char expected[65];

    if (strcmp(entry->previous_hash, check->end.hash) != 0) {
        check->err = host_error_set(check->out_error, "audit",
                                    "entry %lld does not follow entry %lld: one between them "
                                    "was removed, or they were reordered",
                                    id, (long long)check->end.id);
    } else if (hash(entry, entry->previous_hash, expected) != 0 ||
               strcmp(entry->hash, expected) != 0) {
        check->err = host_error_set(check->out_error, "audit", "entry %lld was changed", id);
    }
    check->end.id = entry->head.id;
    check->end.count++;
    check->in_page++;
    memcpy(check->end.hash, entry->hash, sizeof check->end.hash);
    return check->err == 0;
}

int audit_verify(struct store *store, struct audit_end *out_end, struct host_error *out_error)
{
    struct check check = {.out_error = out_error};
    struct store_query query = {.kind = RECORD_AUDIT, .limit = PAGE};

    do {
        check.in_page = 0;
        query.after = check.end.id;
        if (store->read(store, &query, check_entry, &check, out_error) != 0 || check.err != 0) {
            return -1;
        }
    } while (check.in_page == PAGE);
    *out_end = check.end;
    return 0;
}
