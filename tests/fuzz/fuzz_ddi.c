/* SPDX-License-Identifier: Apache-2.0 */
/* The path and each reader of a body, with the body at the end of its memory; what comes out is
 * text that ends, and that JSON can hold. The first byte says which. */
#include "cloud/ddi/ddi.h"
#include "host/json.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const char *text, size_t size)
{
    FUZZ_CHECK(memchr(text, '\0', size) != NULL);
    json_t *string = json_string(text); /* NULL if it is not UTF-8 */
    FUZZ_CHECK(string != NULL);
    json_decref(string);
}

static void check_path(const uint8_t bytes[], size_t len)
{
    struct ddi_path path;
    char *text = malloc(len + 1);

    FUZZ_CHECK(text != NULL);
    memcpy(text, bytes, len);
    text[len] = '\0';
    ddi_read_path("GET", text, &path);
    FUZZ_CHECK(memchr(path.controller_id, '\0', sizeof path.controller_id) != NULL);
    FUZZ_CHECK(memchr(path.file, '\0', sizeof path.file) != NULL);
    FUZZ_CHECK(path.id >= 0);
    if (path.resource != DDI_NOT_FOUND) {
        char base[1000];
        FUZZ_CHECK(path.controller_id[0] != '\0' && path.allow != NULL);
        FUZZ_CHECK(ddi_put_base("http://h", path.controller_id, base, sizeof base) <
                   sizeof base);
        struct ddi_root root = {
            .base = base, .interval_s = 1, .link = DDI_LINK_CANCEL, .id = 1};
        char *answer = ddi_put_root(&root);
        json_t *document = answer != NULL ? json_loads(answer, 0, NULL) : NULL;
        FUZZ_CHECK(document != NULL);
        json_decref(document);
        free(answer);
    }
    free(text);
}

static void check_config(const uint8_t body[], size_t len, char reason[160])
{
    static struct ddi_config config;

    if (ddi_read_config(body, len, &config, reason) != 0) {
        check_text(reason, 160);
        return;
    }
    FUZZ_CHECK(config.count <= DDI_ATTRIBUTES_MAX);
    for (size_t i = 0; i < config.count; i++) {
        check_text(config.attributes[i].key, DDI_KEY_SIZE);
        check_text(config.attributes[i].value, DDI_VALUE_SIZE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    uint8_t which = fuzz_u8(&input);
    uint8_t *body = malloc(input.len != 0 ? input.len : 1);
    struct ddi_feedback feedback;
    struct ddi_confirmation confirmation;
    char reason[160] = "", version[65];

    FUZZ_CHECK(body != NULL);
    if (input.len != 0) {
        memcpy(body, input.bytes, input.len);
    }
    if (which == 'p') {
        check_path(body, input.len);
    } else if (which == 'c') {
        check_config(body, input.len, reason);
    } else if (which == 'y' &&
               ddi_read_confirmation(body, input.len, &confirmation, reason) == 0) {
        check_text(confirmation.detail, sizeof confirmation.detail);
    } else if (which == 'i' && ddi_read_installed(body, input.len, version, reason) == 0) {
        check_text(version, sizeof version);
    } else if (which == 'f' && ddi_read_feedback(body, input.len, &feedback, reason) == 0) {
        check_text(feedback.detail, sizeof feedback.detail);
        FUZZ_CHECK(feedback.count >= 0 && feedback.of >= 0);
    }
    check_text(reason, sizeof reason);
    free(body);
    return 0;
}
