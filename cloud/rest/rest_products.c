/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/rest/rest_call.h"
#include "cloud/rest/rest_json.h"
#include "cloud/rest/rest_rows.h"
#include "host/number.h"

enum { KEY_LEN = 64 };

void rest_list_products(struct rest_call *call)
{
    struct rest_rows rows;
    struct rest_page page;

    if (!rest_query_page(call, &page)) {
        return;
    }
    rest_rows_of_fleet(call->rest->fleet, RECORD_PRODUCT, &page, NULL, NULL, &rows);
    rest_reply_rows(call, &rows, rest_json_product);
}

void rest_get_product(struct rest_call *call)
{
    struct record_product product;
    char header[32];

    if (!fleet_get_record(call->rest->fleet, RECORD_PRODUCT, call->id, &product)) {
        rest_fail(call, 404, "there is no such product");
        return;
    }
    (void)snprintf(header, sizeof header, "ETag: \"%u\"", (unsigned)product.head.rev);
    rest_reply_json_with(call, 200, header, rest_json_product(&product));
}

static void take_text(const json_t *body, const char *name, char *io_text, size_t size)
{
    const char *text = rest_body_text(body, name);

    if (text != NULL) {
        (void)snprintf(io_text, size, "%s", text); /* its length was checked */
    }
}

static bool is_key(const char *text)
{
    size_t len = strlen(text);

    return len == 0 || (len == KEY_LEN && strspn(text, "0123456789abcdefABCDEF") == KEY_LEN);
}

/* Returns false after it has ended the call. */
static bool check_members(struct rest_call *call, const struct record_product *product)
{
    size_t hardware_len = strlen(product->hardware);

    if (!is_key(product->key1) || !is_key(product->key2)) {
        rest_fail(call, 400, "key1 and key2: not 64 hexadecimal digits");
        return false;
    }
    if (hardware_len != 0 && hardware_len != RECORD_FIELD_MAX) {
        rest_fail(call, 400, "hardware: not 8 characters");
        return false;
    }
    return true;
}

static void take_members(const json_t *body, struct record_product *io_product)
{
    const json_t *unsigned_ok = json_object_get(body, "unsigned_ok");

    take_text(body, "name", io_product->name, sizeof io_product->name);
    take_text(body, "product_key", io_product->product_key, sizeof io_product->product_key);
    take_text(body, "hardware", io_product->hardware, sizeof io_product->hardware);
    take_text(body, "key1", io_product->key1, sizeof io_product->key1);
    take_text(body, "key2", io_product->key2, sizeof io_product->key2);
    if (unsigned_ok != NULL) {
        io_product->unsigned_ok = json_is_true(unsigned_ok);
    }
    io_product->slot_size = rest_body_integer(body, "slot_size", io_product->slot_size);
}

void rest_add_product(struct rest_call *call)
{
    struct record_product product;

    memset(&product, 0, sizeof product);
    take_members(call->body, &product);
    call->ok_status = 201;
    if (!check_members(call, &product)) {
        return;
    }
    fleet_put_product(call->rest->fleet, call->person.name, &product, NULL, 0, rest_done, call);
}

/* If-Match: "3". Returns false after it has ended the call. */
static bool read_rev(struct rest_call *call, uint32_t *out_rev)
{
    const char *tag = http_header(call->request, "If-Match");
    size_t len = tag != NULL ? strlen(tag) : 0;
    uint64_t rev;

    if (tag == NULL) {
        rest_fail(call, 428, "If-Match is needed: the ETag, or the rev, of what was read");
        return false;
    }
    if (len < 3 || tag[0] != '"' || tag[len - 1] != '"' ||
        number_parse_part(NULL, tag + 1, len - 2, 1, UINT32_MAX - 1, &rev, NULL) != 0) {
        rest_fail(call, 400, "If-Match: not a rev in quotes");
        return false;
    }
    *out_rev = (uint32_t)rev;
    return true;
}

void rest_change_product(struct rest_call *call)
{
    struct record_product before, product;
    struct fleet_signature *signatures;
    size_t count;
    uint32_t rev;

    if (!read_rev(call, &rev)) {
        return;
    }
    if (!fleet_get_record(call->rest->fleet, RECORD_PRODUCT, call->id, &before)) {
        rest_fail(call, 404, "there is no such product");
        return;
    }
    product = before;
    take_members(call->body, &product);
    product.head.rev = rev; /* of what the person has seen */
    if (!check_members(call, &product) ||
        !rest_judge_signatures(call, &before, &product, &signatures, &count)) {
        return;
    }
    fleet_put_product(call->rest->fleet, call->person.name, &product, signatures, count,
                      rest_done, call);
    free(signatures);
}
