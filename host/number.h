/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_NUMBER_H
#define HOST_NUMBER_H

#include <stddef.h>
#include <stdint.h>
#include "host/error.h"
#include "otter/err.h"

/* Numbers that people type, the same in every option of every program: decimal, or hexadecimal
 * with 0x in front. A number that begins with 0 is refused, because C reads 010 as 8, most
 * people as 10, and who types 08003000 or 03010102 means 0x in front; the error names the two
 * ways to write it.
 */

/* Read the whole of `text` as a number from `min` to `max`. `name` is what the number is for,
 * e.g. an option; NULL if the text says it. Returns 0, or -1 with the error "NAME TEXT:
 * reason" and *out_value untouched. */
OTTER_MUST_CHECK int number_parse(const char *name, const char *text, uint64_t min,
                                  uint64_t max, uint64_t *out_value,
                                  struct host_error *out_error);

/* The same for a number that goes on until another character: `text_len` characters are
 * read. */
OTTER_MUST_CHECK int number_parse_part(const char *name, const char *text, size_t text_len,
                                       uint64_t min, uint64_t max, uint64_t *out_value,
                                       struct host_error *out_error);

/* The hexadecimal digits of `text`, without 0x and with zeros in front, as in version 03010102.
 * Returns 0, or -1 if it is anything else or above UINT32_MAX. */
OTTER_MUST_CHECK int number_parse_hex_digits(const char *text, uint32_t *out_value);

#endif
