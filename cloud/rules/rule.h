/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_RULE_H
#define CLOUD_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "host/error.h"
#include "otter/err.h"

/* Which devices: the one filter language, for deployments, lists and pre-flight.
 *
 *   version < 03010102 and tag = beach and not online = no
 *   id in (a0b1c2d3e4f5, a0b1c2d3e4f6) or name = "Otter*"
 *
 * A comparison is FIELD OPERATOR VALUE; operators are = != < <= > >= and `in (VALUE, ...)`.
 * Texts are compared as bytes, which is the vendor's rule for versions. With = and != a value
 * may hold `*` for any characters and `?` for one. Values need quotes only if they hold other
 * characters than letters, digits and _ - . : * ?, or are a word of the language; between
 * quotes, \" \\ \* \? are these characters and nothing else. Comparisons are joined by not,
 * and, or (in this order of strength) and parentheses; words and fields are in lower or upper
 * case. An empty rule is every device, and `id in ()` is none.
 *
 * Fields: id, name, product, hardware, version, tag, online (yes, no), hold (yes, no), state
 * (of its open action, or none), attribute.NAME. A device has many tags: `tag = x` asks whether
 * one of them is x, `tag != x` whether none is; there is no order of tags. A field that a
 * device does not have is "", and so is the only tag of a device without tags.
 */
enum { RULE_TEXT_MAX = 16384, RULE_DEPTH_MAX = 32 };

struct rule;

/* What a rule asks about one device. Texts are never NULL. */
struct rule_subject {
    const char *id, *name, *product, *hardware, *version, *state;
    bool is_online, is_on_hold;
    const char *const *tags;
    size_t tag_count;
    /* The value of an attribute, or NULL. */
    const char *(*attribute)(const void *ctx, const char *name);
    const void *ctx;
};

/* Read a rule. Returns 0, or -1 with an error that names the column, in characters from 1, and
 * what was expected there. */
OTTER_MUST_CHECK int rule_parse(const char *text, struct rule **out_rule,
                                struct host_error *out_error);
void rule_free(struct rule *rule); /* NULL is allowed */

bool rule_matches(const struct rule *rule, const struct rule_subject *subject);

/* Is the rule nothing but a list of devices, `id in (...)` or `id = x`? Then its ids, which are
 * the rule's. */
bool rule_is_list(const struct rule *rule, const char *const **out_ids, size_t *out_count);

/* Write `id in (...)` for a list of devices: the text that rule_parse() reads, if the ids are
 * UTF-8 without control characters. Returns its length without NUL, as snprintf does. */
size_t rule_put_ids(char *out, size_t out_size, const char *const ids[], size_t count);

#endif
