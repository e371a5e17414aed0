/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/rule.h"
#include <string.h>
#include "cloud/rule_tree.h"

/* ---- one text against one value ---- */

static const char *skip_character(const char *text)
{
    text++;
    while (((unsigned char)*text & 0xC0) == 0x80) {
        text++;
    }
    return text;
}

/* Does the pattern cover the text? Only the last `*` is ever tried again, so the time is at
 * most the product of their lengths. */
static bool matches_pattern(const char *pattern, const char *text)
{
    const char *behind_star = NULL, *retry = NULL;

    for (;;) {
        bool is_escaped = *pattern == '\\';
        char c = is_escaped ? pattern[1] : *pattern;

        if (!is_escaped && c == '*') {
            behind_star = ++pattern;
            retry = text;
        } else if (!is_escaped && c == '?' && *text != '\0') {
            pattern++;
            text = skip_character(text);
        } else if ((is_escaped || c != '?') && c == *text) {
            if (c == '\0') {
                return true;
            }
            pattern += 1 + is_escaped;
            text++;
        } else if (behind_star != NULL && *retry != '\0') {
            pattern = behind_star;
            retry = skip_character(retry);
            text = retry;
        } else {
            return false;
        }
    }
}

/* Is it one of the values, which are in the order of strcmp()? */
static bool is_listed(const char *const values[], size_t count, const char *text)
{
    while (count > 0) {
        size_t middle = count / 2;
        int order = strcmp(text, values[middle]);

        if (order == 0) {
            return true;
        }
        if (order > 0) {
            values += middle + 1;
            count -= middle + 1;
        } else {
            count = middle;
        }
    }
    return false;
}

static bool is_equal(const struct rule_node *node, const char *value, const char *text)
{
    return node->is_pattern ? matches_pattern(value, text) : strcmp(text, value) == 0;
}

static bool holds_for(const struct rule *rule, const struct rule_node *node, const char *text)
{
    const char *const *values = rule->values + node->value;

    switch (node->op) {
    case RULE_EQUAL:
        return is_equal(node, values[0], text);
    case RULE_DIFFERS:
        return !is_equal(node, values[0], text);
    case RULE_LESS:
        return strcmp(text, values[0]) < 0;
    case RULE_LESS_EQUAL:
        return strcmp(text, values[0]) <= 0;
    case RULE_MORE:
        return strcmp(text, values[0]) > 0;
    case RULE_MORE_EQUAL:
        return strcmp(text, values[0]) >= 0;
    case RULE_IN:
        return is_listed(values, node->value_count, text);
    }
    return false;
}

/* ---- a device ---- */

static const char *text_of(const struct rule_node *node, const struct rule_subject *subject)
{
    const char *value = NULL;

    switch (node->field) {
    case RULE_ID:
        return subject->id;
    case RULE_NAME:
        return subject->name;
    case RULE_PRODUCT:
        return subject->product;
    case RULE_HARDWARE:
        return subject->hardware;
    case RULE_VERSION:
        return subject->version;
    case RULE_STATE:
        return subject->state;
    case RULE_ONLINE:
        return subject->is_online ? "yes" : "no";
    case RULE_HOLD:
        return subject->is_on_hold ? "yes" : "no";
    case RULE_ATTRIBUTE:
        value = subject->attribute != NULL ? subject->attribute(subject->ctx, node->attribute)
                                           : NULL;
        return value != NULL ? value : "";
    case RULE_TAG:
    case RULE_FIELDS:
        break;
    }
    return "";
}

/* `!=` asks for all tags, the others for one. */
static bool holds_for_tags(const struct rule *rule, const struct rule_node *node,
                           const struct rule_subject *subject)
{
    bool all = node->op == RULE_DIFFERS;

    if (subject->tag_count == 0) {
        return holds_for(rule, node, "");
    }
    for (size_t i = 0; i < subject->tag_count; i++) {
        if (holds_for(rule, node, subject->tags[i]) != all) {
            return !all;
        }
    }
    return all;
}

static bool holds(const struct rule *rule, size_t index, const struct rule_subject *subject)
{
    const struct rule_node *node = &rule->nodes[index];

    switch (node->kind) {
    case RULE_EVERY:
        return true;
    case RULE_NOT:
        return !holds(rule, node->child, subject);
    case RULE_AND:
    case RULE_OR:
        for (size_t part = node->child; part != 0; part = rule->nodes[part].sibling) {
            if (holds(rule, part, subject) == (node->kind == RULE_OR)) {
                return node->kind == RULE_OR;
            }
        }
        return node->kind == RULE_AND;
    case RULE_COMPARISON:
        return node->field == RULE_TAG ? holds_for_tags(rule, node, subject)
                                       : holds_for(rule, node, text_of(node, subject));
    }
    return false;
}

bool rule_matches(const struct rule *rule, const struct rule_subject *subject)
{
    return holds(rule, rule->root, subject);
}

/* ---- a list of devices as a rule ---- */

struct writer {
    char *out;
    size_t size, len; /* len also counts what had no room */
};

static void put(struct writer *writer, char c)
{
    if (writer->len + 1 < writer->size) {
        writer->out[writer->len] = c;
    }
    writer->len++;
}

static void put_text(struct writer *writer, const char *text)
{
    while (*text != '\0') {
        put(writer, *text++);
    }
}

/* In quotes always: then no id is a word of the language. */
static void put_quoted(struct writer *writer, const char *text)
{
    put(writer, '"');
    for (; *text != '\0'; text++) {
        if (strchr("\"\\*?", *text) != NULL) {
            put(writer, '\\');
        }
        put(writer, *text);
    }
    put(writer, '"');
}

size_t rule_put_ids(char *out, size_t out_size, const char *const ids[], size_t count)
{
    struct writer writer = {out, out_size, 0};

    put_text(&writer, "id in (");
    for (size_t i = 0; i < count; i++) {
        put_text(&writer, i > 0 ? ", " : "");
        put_quoted(&writer, ids[i]);
    }
    put(&writer, ')');
    if (out_size > 0) {
        out[writer.len < out_size ? writer.len : out_size - 1] = '\0';
    }
    return writer.len;
}
