/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_RULE_TREE_H
#define CLOUD_RULE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include "cloud/rule.h"

/* A rule as rule_parse.c leaves it and rule.c asks it: nodes in one array, which name each
 * other by index. Node 0 is none.
 */
enum rule_kind { RULE_EVERY, RULE_NOT, RULE_AND, RULE_OR, RULE_COMPARISON };
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

struct rule_node {
    enum rule_kind kind;
    size_t child, sibling; /* NOT, AND, OR: the first part; and the next part of the parent */
    enum rule_field field;
    const char *attribute; /* its name */
    enum rule_operator op;
    bool is_pattern;           /* the value has wildcards; \ before a character that is none */
    size_t value, value_count; /* IN: in the order of strcmp() */
};

struct rule {
    struct rule_node *nodes;
    size_t node_count, root;
    const char **values;
    size_t value_count;
    char *texts; /* of values and attributes' names */
    size_t text_len;
};

#endif
