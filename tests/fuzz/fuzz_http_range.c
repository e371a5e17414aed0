/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions and ranges of any text: the part is always within the file. The four headers are
 * lines; one that begins with '!' is not there. */
#include "cloud/http/http_range.h"
#include "tests/fuzz/fuzz.h"

static const char *next_line(char **io_text)
{
    char *line = *io_text;
    size_t len = strcspn(line, "\n");

    *io_text += len + (line[len] != '\0');
    line[len] = '\0';
    return line[0] != '!' ? line : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    int64_t file_size = fuzz_u16(&input) % 1001;
    char *text = malloc(input.len + 1), *at = text;

    FUZZ_CHECK(text != NULL);
    memcpy(text, input.bytes, input.len);
    text[input.len] = '\0';
    struct http_conditions conditions = {.range = next_line(&at)};
    conditions.if_range = next_line(&at);
    conditions.if_match = next_line(&at);
    conditions.if_none_match = next_line(&at);
    struct http_part part = http_choose_part(&conditions, "abc", file_size);
    FUZZ_CHECK(part.off >= 0 && part.len >= 0 && part.off + part.len <= file_size);
    FUZZ_CHECK(part.status != 200 || (part.off == 0 && part.len == file_size));
    FUZZ_CHECK(part.status != 206 || (part.len > 0 && conditions.range != NULL));
    FUZZ_CHECK(part.status == 200 || part.status == 206 || part.len == 0);
    FUZZ_CHECK(part.status != 412 || conditions.if_match != NULL);
    FUZZ_CHECK(part.status != 304 || conditions.if_none_match != NULL);
    free(text);
    return 0;
}
