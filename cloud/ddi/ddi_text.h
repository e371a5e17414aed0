/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_DDI_TEXT_H
#define CLOUD_DDI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "host/json.h"

/* From a device's bytes to a document of bounded depth and size, whatever is in its texts: a
 * final report must not be lost because one character of a log line is broken.
 */
enum { DDI_BODY_MAX = 65536, DDI_DEPTH_MAX = 16 };

/* Parse. In strings, bytes that are not UTF-8 and halves of surrogate pairs become U+FFFD, and
 * control characters a space; NULs behind the document are ignored. `flags` are jansson's.
 * Returns NULL with what is wrong. */
json_t *ddi_parse(const uint8_t body[], size_t len, size_t flags, char out_reason[160]);

/* A text with an end: whole characters only. */
struct ddi_line {
    char *out;
    size_t size, len;
    bool is_full; /* something was left out */
};

/* Append `len` bytes of UTF-8, behind which a NUL is; a control character but \n becomes a
 * space. */
void ddi_append(struct ddi_line *line, const char *text, size_t len);

/* Append a string, a number or a boolean as text. Returns false for anything else. */
bool ddi_append_value(struct ddi_line *line, const json_t *value);

#endif
