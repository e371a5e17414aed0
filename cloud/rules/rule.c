/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/rules/rule.h"
#include <string.h>
#include "cloud/rules/rule_tree.h"

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
        const char *at = is_escaped ? pattern + 1 : pattern;
        char c = *at;

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

static bool is_equal(const struct rule_step *step, const char *value, const char *text)
{
    return step->is_pattern ? matches_pattern(value, text) : strcmp(text, value) == 0;
}

static bool holds_for(const struct rule *rule, const struct rule_step *step, const char *text)
{
    const char *const *values = rule->values + step->value;

    switch (step->op) {
    case RULE_EQUAL:
        return is_equal(step, values[0], text);
    case RULE_DIFFERS:
        return !is_equal(step, values[0], text);
    case RULE_LESS:
        return strcmp(text, values[0]) < 0;
    case RULE_LESS_EQUAL:
        return strcmp(text, values[0]) <= 0;
    case RULE_MORE:
        return strcmp(text, values[0]) > 0;
    case RULE_MORE_EQUAL:
        return strcmp(text, values[0]) >= 0;
    case RULE_IN:
        return is_listed(values, step->value_count, text);
    }
    return false;
}

/* ---- a device ---- */

static const char *text_of(const struct rule_step *step, const struct rule_subject *subject)
{
    const char *value = NULL;

    switch (step->field) {
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
        value = subject->attribute != NULL ? subject->attribute(subject->ctx, step->attribute)
                                           : NULL;
        return value != NULL ? value : "";
    case RULE_TAG:
    case RULE_FIELDS:
        break;
    }
    return "";
}

/* `!=` asks for all tags, the others for one. */
static bool holds_for_tags(const struct rule *rule, const struct rule_step *step,
                           const struct rule_subject *subject)
{
    bool all = step->op == RULE_DIFFERS;

    if (subject->tag_count == 0) {
        return holds_for(rule, step, "");
    }
    for (size_t i = 0; i < subject->tag_count; i++) {
        if (holds_for(rule, step, subject->tags[i]) != all) {
            return !all;
        }
    }
    return all;
}

bool rule_matches(const struct rule *rule, const struct rule_subject *subject)
{
    bool truth = true;

    for (size_t i = 0; i < rule->step_count;) {
        const struct rule_step *step = &rule->steps[i++];

        switch (step->kind) {
        case RULE_COMPARE:
            truth = step->field == RULE_TAG ? holds_for_tags(rule, step, subject)
                                            : holds_for(rule, step, text_of(step, subject));
            break;
        case RULE_NOT:
            truth = !truth;
            break;
        case RULE_IF_TRUE:
        case RULE_IF_FALSE:
            i = truth == (step->kind == RULE_IF_TRUE) ? step->target : i;
            break;
        }
    }
    return truth;
}

/* ---- a list of devices as a rule ---- */

bool rule_is_list(const struct rule *rule, const char *const **out_ids, size_t *out_count)
{
    const struct rule_step *step = rule->steps;

    if (rule->step_count != 1 || step->kind != RULE_COMPARE || step->field != RULE_ID ||
        step->is_pattern || (step->op != RULE_IN && step->op != RULE_EQUAL)) {
        return false;
    }
    *out_ids = rule->values + step->value;
    *out_count = step->op == RULE_IN ? step->value_count : 1;
    return true;
}

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
