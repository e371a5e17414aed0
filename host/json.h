/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_JSON_H
#define HOST_JSON_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include "otter/err.h"

/* What JSON documents of these programs need and jansson does not have. An object keeps the
 * order in which its members were added. What cannot be made for lack of memory is NULL,
 * json_add() passes that on to the whole document, and json_print() refuses it: that is the
 * only place where a caller must look.
 */

/* Add a member; takes over `value`. Without memory for it, *io_object is released and becomes
 * NULL. */
void json_add(json_t **io_object, const char *name, json_t *value);

/* A string, e.g. a file's name or what a device sent: bytes that are not UTF-8 become
 * U+FFFD. */
json_t *json_text(const char *text);

/* Bytes of the UTF-8 character at `characters`, which ends with NUL; 0 = it is none. */
size_t json_character_len(const char *characters);

/* Bytes of `text` up to the last character that ends within the first `max` bytes: where a text
 * is cut. Bytes that are not UTF-8 count as one character each. */
size_t json_prefix_len(const char *text, size_t max);

/* `len` bytes as lower-case hexadecimal digits. */
json_t *json_hex(const uint8_t bytes[], size_t len);

/* A number that is never negative. JSON of jansson ends at 2^63 - 1; above it is a string of
 * digits. */
json_t *json_count(uint64_t value);

/* A real number, rounded to `digits` digits after the point (0 to 6). */
json_t *json_fixed(double value, unsigned digits);

/* Print the document as one line of ASCII and release it. Returns 0, or -1 if it is NULL or
 * `out` fails. */
OTTER_MUST_CHECK int json_print(json_t *document, FILE *out);

/* The same with each member of the object on a line of its own, for files that people read,
 * too. */
OTTER_MUST_CHECK int json_print_lines(json_t *document, FILE *out);

#endif
