/* SPDX-License-Identifier: Apache-2.0 */
/* An image is judged when it is uploaded, by the keys that its product has then. When the
 * product gets another key, what is signed with that one is judged again. */
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "cloud/rest/rest_call.h"
#include "cloud/rest/rest_rows.h"
#include "cloud/rules/preflight.h"
#include "cloud/store/firmware_signature.h"

struct keys {
    const struct record_product *before, *product;
};

static bool is_new(const struct keys *keys, const char *key)
{
    return key[0] != '\0' && strcasecmp(key, keys->before->key1) != 0 &&
           strcasecmp(key, keys->before->key2) != 0;
}

static bool is_signed_with(const struct record_firmware *firmware, const struct keys *keys,
                           const char *key)
{
    return is_new(keys, key) && preflight_is_key(firmware->key_id, key);
}

static bool is_concerned(const void *ctx, const void *record)
{
    const struct record_firmware *firmware = record;
    const struct keys *keys = ctx;

    return firmware->product == keys->product->head.id && firmware->kind == FIRMWARE_OTTER &&
           (is_signed_with(firmware, keys, keys->product->key1) ||
            is_signed_with(firmware, keys, keys->product->key2));
}

/* What cannot be read stays as it was judged before. */
static int64_t judge(const struct rest *rest, const struct record_product *product,
                     const struct record_firmware *firmware)
{
    struct record_firmware judged = *firmware;
    struct host_error error;
    int fd = firmware_files_open_one(rest->files, firmware, &error);

    if (fd < 0) {
        return firmware->signature;
    }
    int err = firmware_read_trailer(fd, product, &judged, &error);
    (void)close(fd);
    return err == 0 ? judged.signature : firmware->signature;
}

bool rest_judge_signatures(struct rest_call *call, const struct record_product *before,
                           const struct record_product *product,
                           struct fleet_signature **out_signatures, size_t *out_count)
{
    const struct keys keys = {.before = before, .product = product};
    const struct rest_page all = {.limit = SIZE_MAX};
    struct rest_rows rows;

    *out_signatures = NULL;
    *out_count = 0;
    rest_rows_of_fleet(call->rest->fleet, RECORD_FIRMWARE, &all, is_concerned, &keys, &rows);
    if (rows.count > 0 && !rows.failed) {
        *out_signatures = calloc(rows.count, sizeof **out_signatures);
    }
    for (size_t i = 0; *out_signatures != NULL && i < rows.count; i++) {
        const struct record_firmware *firmware = rest_row(&rows, i);

        (*out_signatures)[i] = (struct fleet_signature){
            .firmware = firmware->head.id,
            .signature = judge(call->rest, product, firmware),
        };
        *out_count = i + 1;
    }
    bool has_failed = rows.failed || *out_count < rows.count;
    rest_rows_free(&rows);
    if (has_failed) {
        rest_fail(call, 500, "not enough memory");
    }
    return !has_failed;
}
