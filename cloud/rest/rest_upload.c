/* SPDX-License-Identifier: Apache-2.0 */
/* An upload: the file is durable before the fleet hears of it, so that a firmware that is in a
 * list can be served. */
#include <stdio.h>
#include <string.h>

#include "cloud/rest/rest_call.h"

enum { NOTES_MAX = 4000 };

/* The fields that an MCU says in 8 characters: digits and letters. */
static bool is_field(const char *text)
{
    static const char allowed[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    return strlen(text) == RECORD_FIELD_MAX && strspn(text, allowed) == RECORD_FIELD_MAX;
}

static bool is_clean(const char *text, size_t min, size_t max)
{
    size_t len = strlen(text);

    if (len < min || len > max) {
        return false;
    }
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7F) {
            return false;
        }
    }
    return true;
}

static const char *query(const struct rest_call *call, const char *name)
{
    const char *text = http_query(call->request, name);

    return text != NULL ? text : "";
}

static const char *wrong_name(const char *name)
{
    if (!is_clean(name, 1, RECORD_FILE_NAME_MAX) || strpbrk(name, "/\\\"") != NULL ||
        strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        return "name: the file's name is needed, 1 to 128 bytes without / \\ and \"";
    }
    return NULL;
}

/* What is wrong with what was typed; NULL = nothing. */
static const char *wrong_parameter(const struct rest_call *call, int64_t kind)
{
    const char *version = query(call, "version"), *hardware = query(call, "hardware");
    const char *from_min = query(call, "from_min");
    const char *bad_name = wrong_name(query(call, "name"));

    if (bad_name != NULL) {
        return bad_name;
    }
    if (kind == FIRMWARE_PLAIN && !is_field(version)) {
        return "version: 8 letters or digits are needed for a plain file, like 03010102";
    }
    if (kind == FIRMWARE_PLAIN && !is_field(hardware)) {
        return "hardware: 8 letters or digits are needed for a plain file, like 00000003";
    }
    if (kind == FIRMWARE_OPAQUE && !is_clean(version, 1, RECORD_VERSION_MAX)) {
        return "version: 1 to 64 bytes are needed for an opaque file";
    }
    if (kind == FIRMWARE_OPAQUE && hardware[0] != '\0' && !is_field(hardware)) {
        return "hardware: not 8 letters or digits";
    }
    if (kind == 0 && (version[0] != '\0' || hardware[0] != '\0')) {
        return "version and hardware come from the file's trailer: leave them out, or say kind";
    }
    if (from_min[0] != '\0' && !is_field(from_min)) {
        return "from_min: not 8 letters or digits";
    }
    return strlen(query(call, "notes")) > NOTES_MAX ? "notes: longer than 4000 bytes" : NULL;
}

/* 0 = as the trailer says; -1 = no such kind. */
static int64_t read_kind(const char *word)
{
    return word[0] == '\0' || strcmp(word, "auto") == 0 ? 0
           : strcmp(word, "plain") == 0                 ? FIRMWARE_PLAIN
           : strcmp(word, "opaque") == 0                ? FIRMWARE_OPAQUE
                                                        : -1;
}

static void fill(const struct rest_call *call, int64_t kind, struct record_firmware *out)
{
    memset(out, 0, sizeof *out);
    out->kind = kind;
    out->signature = SIGNATURE_NONE;
    (void)snprintf(out->name, sizeof out->name, "%s", query(call, "name"));
    (void)snprintf(out->version, sizeof out->version, "%s", query(call, "version"));
    (void)snprintf(out->hardware, sizeof out->hardware, "%s", query(call, "hardware"));
    (void)snprintf(out->from_min, sizeof out->from_min, "%s", query(call, "from_min"));
    out->notes = query(call, "notes");
}

/* Returns false after it has ended the call. */
static bool read_parameters(struct rest_call *call, struct record_product *out_product,
                            struct record_firmware *out_firmware)
{
    int64_t kind = read_kind(query(call, "kind")), product = 0;

    if (!rest_query_integer(call, "product", 1, INT64_MAX, &product)) {
        return false;
    }
    const char *wrong = kind < 0       ? "kind: not one of: auto plain opaque"
                        : product == 0 ? "product: its id is needed"
                                       : wrong_parameter(call, kind);
    if (wrong != NULL) {
        rest_fail(call, 400, "%s", wrong);
        return false;
    }
    if (!fleet_get_record(call->rest->fleet, RECORD_PRODUCT, product, out_product)) {
        rest_fail(call, 400, "product: there is none with this id");
        return false;
    }
    fill(call, kind, out_firmware);
    out_firmware->product = product;
    return true;
}

/* What is wrong with the file; false after it has ended the call. What can be refused is
 * refused before the file has a name. */
static bool check(struct rest_call *call, int fd, struct record_firmware *io_firmware,
                  const struct record_product *product)
{
    int64_t typed_kind = io_firmware->kind;
    struct fleet_answer answer;
    struct host_error error;

    if (fd < 0) {
        rest_fail(call, 400, "the file's bytes are needed as body");
        return false;
    }
    if (firmware_files_inspect(fd, product, io_firmware, &error) != 0) {
        rest_fail(call, 400, "%s: %s", io_firmware->name, error.reason);
        return false;
    }
    if (io_firmware->kind == 0) {
        rest_fail(call, 400,
                  "the file has no trailer of otter: say kind=plain with its version and "
                  "hardware, or kind=opaque with its version");
        return false;
    }
    if (typed_kind != 0 && io_firmware->kind != typed_kind) {
        rest_fail(call, 400, "the file has a trailer of otter: upload it with kind=auto");
        return false;
    }
    fleet_check_firmware(call->rest->fleet, io_firmware, &answer);
    if (answer.result != FLEET_DONE) {
        rest_fail_answer(call, &answer);
        return false;
    }
    return true;
}

/* After FAILED nobody knows whether the database has the record: then the file stays. */
static void added(void *ctx, const struct fleet_answer *answer)
{
    struct rest_call *call = ctx;
    bool stays = answer->result == FLEET_DONE || answer->result == FLEET_FAILED;

    firmware_files_settle(call->rest->files, &call->upload,
                          stays ? NULL : fleet_store(call->rest->fleet));
    rest_done(call, answer);
}

void rest_upload_firmware(struct rest_call *call)
{
    struct firmware_files *files = call->rest->files;
    struct record_product product;
    struct record_firmware firmware;
    struct host_error error;
    int fd = http_body_fd(call->request);

    if (!read_parameters(call, &product, &firmware) || !check(call, fd, &firmware, &product)) {
        return;
    }
    if (firmware_files_keep(files, fd, &firmware, &call->upload, &error) != 0) {
        firmware_files_settle(files, &call->upload, fleet_store(call->rest->fleet));
        rest_fail(call, 507, "%s: %s", firmware.name, error.reason);
        return;
    }
    firmware.created_at = rest_now_ms(call->rest);
    call->ok_status = 201;
    fleet_add_firmware(call->rest->fleet, call->person.name, &firmware, added, call);
}
