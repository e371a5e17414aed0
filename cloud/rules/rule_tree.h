/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_RULE_TREE_H
#define CLOUD_RULE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include "cloud/rules/rule.h"

/* A rule as rule_parse.c leaves it and rule.c carries it out: steps that are done one after the
 * other and change one truth value, which is true at the start. A jump leads forward only, at
 * most behind the last step. So neither file needs recursion.
 */
enum rule_kind {
    RULE_COMPARE, /* the truth value becomes that of a comparison */
    RULE_NOT,     /* ... its opposite */
    RULE_IF_TRUE, /* go on at `target` if it is true: between the parts of an `or` */
    RULE_IF_FALSE,
};
enum rule_operator {
    RULE_EQUAL,
    RULE_DIFFERS,
    RULE_LESS,
    RULE_LESS_EQUAL,
    RULE_MORE,
    RULE_MORE_EQUAL,
    RULE_IN
};
enum rule_field {
    RULE_ID,
    RULE_NAME,
    RULE_PRODUCT,
    RULE_HARDWARE,
    RULE_VERSION,
    RULE_TAG,
    RULE_ONLINE,
    RULE_HOLD,
    RULE_STATE,
    RULE_ATTRIBUTE,
    RULE_FIELDS,
};

struct rule_step {
    enum rule_kind kind;
    size_t target; /* of a jump */
    enum rule_field field;
    const char *attribute; /* its name */
    enum rule_operator op;
    bool is_pattern;           /* the value has wildcards; \ before a character that is none */
    size_t value, value_count; /* IN: in the order of strcmp() */
};

struct rule {
    struct rule_step *steps;
    size_t step_count;
    const char **values;
    size_t value_count;
    char *texts; /* of values and attributes' names */
    size_t text_len;
};

#endif
