/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "cloud/rules/action.h"
#include "cloud/rules/rule_token.h"
#include "cloud/rules/rule_tree.h"

struct parser {
    struct rule_reader reader;
    struct rule *rule;
};

static const char *const field_names[RULE_FIELDS] = {
    [RULE_ID] = "id",           [RULE_NAME] = "name",
    [RULE_PRODUCT] = "product", [RULE_HARDWARE] = "hardware",
    [RULE_VERSION] = "version", [RULE_TAG] = "tag",
    [RULE_ONLINE] = "online",   [RULE_HOLD] = "hold",
    [RULE_STATE] = "state",     [RULE_ATTRIBUTE] = "attribute.",
};

/* ---- what a rule is made of ----
 * Room for all of it is made at once: each step and each value has a character of the text of
 * its own, and so has the NUL of each text that is stored. */

static int make_room(struct rule *rule, size_t len)
{
    rule->steps = calloc(len + 1, sizeof *rule->steps);
    rule->values = calloc(len + 1, sizeof *rule->values);
    rule->texts = malloc(len + 1);
    return rule->steps != NULL && rule->values != NULL && rule->texts != NULL ? 0 : -1;
}

/* Give back the room that was not needed. Texts stay: there are pointers to them. */
static void shrink(struct rule *rule)
{
    struct rule_step *steps =
        realloc(rule->steps, (rule->step_count + 1) * sizeof *rule->steps);
    if (steps != NULL) {
        rule->steps = steps;
    }
    const char **values = realloc(rule->values, (rule->value_count + 1) * sizeof *values);
    if (values != NULL) {
        rule->values = values;
    }
}

static struct rule_step *add_step(struct rule *rule, enum rule_kind kind)
{
    struct rule_step *step = &rule->steps[rule->step_count++];

    *step = (struct rule_step){.kind = kind};
    return step;
}

static void put(struct rule *rule, char c)
{
    rule->texts[rule->text_len++] = c;
}

/* ---- values ---- */

/* Store a value's text. A pattern keeps \ before * ? and \ that are meant as such. */
static void add_value(struct rule *rule, const struct rule_token *token, bool is_pattern)
{
    bool is_quoted = token->kind == RULE_TOKEN_QUOTED;
    const char *end = token->start + token->len - is_quoted;

    rule->values[rule->value_count++] = rule->texts + rule->text_len;
    for (const char *at = token->start + is_quoted; at < end; at++) {
        if (is_quoted && *at == '\\') {
            at++;
            if (is_pattern && *at != '"') {
                put(rule, '\\');
            }
        }
        put(rule, *at);
    }
    put(rule, '\0');
}

static bool has_wildcard(const struct rule_token *token)
{
    for (size_t i = 0; i < token->len; i++) {
        if (token->start[i] == '\\') {
            i++;
        } else if (token->start[i] == '*' || token->start[i] == '?') {
            return true;
        }
    }
    return false;
}

static bool is_state(const char *text)
{
    for (enum action_state state = 1; state < ACTION_STATES; state++) {
        if (action_is_open(state) && strcmp(text, action_state_name(state)) == 0) {
            return true;
        }
    }
    return strcmp(text, "none") == 0;
}

/* Fields with few values: a slip of the pen must not look like "no device". */
static int check_value(struct parser *parser, const struct rule_step *step)
{
    const char *text = parser->rule->values[parser->rule->value_count - 1];
    bool is_yes_no = step->field == RULE_ONLINE || step->field == RULE_HOLD;

    if (is_yes_no && strcmp(text, "yes") != 0 && strcmp(text, "no") != 0) {
        return rule_fail_expected(&parser->reader, "yes or no");
    }
    if (step->field == RULE_STATE && !step->is_pattern && !is_state(text)) {
        return rule_fail_expected(&parser->reader,
                                  "a state: none, waiting_approval, queued, offered, "
                                  "downloading, downloaded, transferring, installed or "
                                  "cancelling");
    }
    return 0;
}

static int parse_value(struct parser *parser, struct rule_step *step)
{
    const struct rule_token *token = &parser->reader.token;

    if (rule_is_keyword(token)) {
        return rule_fail_expected(&parser->reader,
                                  "a value (this word needs quotes to be one)");
    }
    if (token->kind != RULE_TOKEN_WORD && token->kind != RULE_TOKEN_QUOTED) {
        return rule_fail_expected(&parser->reader, "a value");
    }
    bool is_pattern = has_wildcard(token);
    if (is_pattern && step->op != RULE_EQUAL && step->op != RULE_DIFFERS) {
        return rule_fail(
            &parser->reader, token->start,
            "* and ? stand for other characters with = and != only (in quotes, \\* "
            "and \\? are themselves)");
    }
    step->is_pattern = is_pattern;
    step->value_count++;
    add_value(parser->rule, token, is_pattern);
    return check_value(parser, step) == 0 ? rule_read_next(&parser->reader) : -1;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int parse_list(struct parser *parser, struct rule_step *step)
{
    if (parser->reader.token.kind != RULE_TOKEN_OPEN) {
        return rule_fail_expected(&parser->reader, "( and values");
    }
    if (rule_read_next(&parser->reader) != 0) {
        return -1;
    }
    while (parser->reader.token.kind != RULE_TOKEN_CLOSE || step->value_count > 0) {
        if (parse_value(parser, step) != 0) {
            return -1;
        }
        if (parser->reader.token.kind == RULE_TOKEN_CLOSE) {
            break;
        }
        if (parser->reader.token.kind != RULE_TOKEN_COMMA) {
            return rule_fail_expected(&parser->reader, "a comma or )");
        }
        if (rule_read_next(&parser->reader) != 0) {
            return -1;
        }
    }
    if (step->value_count > 1) {
        qsort(parser->rule->values + step->value, step->value_count,
              sizeof parser->rule->values[0], compare_texts);
    }
    return rule_read_next(&parser->reader);
}

/* ---- comparisons ---- */

static int parse_attribute(struct parser *parser, struct rule_step *step)
{
    const struct rule_token *token = &parser->reader.token;
    size_t prefix = strlen(field_names[RULE_ATTRIBUTE]);

    if (token->len == prefix || has_wildcard(token)) {
        return rule_fail_expected(&parser->reader, "the attribute's name: attribute.NAME");
    }
    step->attribute = parser->rule->texts + parser->rule->text_len;
    for (size_t i = prefix; i < token->len; i++) {
        put(parser->rule, token->start[i]);
    }
    put(parser->rule, '\0');
    return rule_read_next(&parser->reader);
}

static int parse_field(struct parser *parser, struct rule_step *step)
{
    const struct rule_token *token = &parser->reader.token;
    size_t prefix = strlen(field_names[RULE_ATTRIBUTE]);

    if (token->kind == RULE_TOKEN_WORD && token->len >= prefix &&
        strncasecmp(token->start, field_names[RULE_ATTRIBUTE], prefix) == 0) {
        step->field = RULE_ATTRIBUTE;
        return parse_attribute(parser, step);
    }
    for (unsigned i = 0; i < RULE_ATTRIBUTE; i++) {
        if (rule_is_word(token, field_names[i])) {
            step->field = (enum rule_field)i;
            return rule_read_next(&parser->reader);
        }
    }
    return rule_fail_expected(&parser->reader,
                              "a field (id, name, product, hardware, version, tag, online, "
                              "hold, state, attribute.NAME), not or (");
}

static int parse_operator(struct parser *parser, struct rule_step *step)
{
    const struct rule_token *token = &parser->reader.token;
    bool is_in = rule_is_word(token, "in");

    if (token->kind != RULE_TOKEN_OPERATOR && !is_in) {
        return rule_fail_expected(&parser->reader, "= != < <= > >= or in");
    }
    step->op = is_in ? RULE_IN : token->op;
    bool has_order = step->op != RULE_EQUAL && step->op != RULE_DIFFERS;
    if (has_order && (step->field == RULE_ONLINE || step->field == RULE_HOLD)) {
        return rule_fail_expected(&parser->reader, "= or !=");
    }
    if (has_order && !is_in && (step->field == RULE_TAG || step->field == RULE_STATE)) {
        return rule_fail_expected(&parser->reader, "= != or in");
    }
    return rule_read_next(&parser->reader);
}

static int parse_comparison(struct parser *parser)
{
    struct rule_step *step = add_step(parser->rule, RULE_COMPARE);

    step->value = parser->rule->value_count;
    if (parse_field(parser, step) != 0 || parse_operator(parser, step) != 0) {
        return -1;
    }
    return step->op == RULE_IN ? parse_list(parser, step) : parse_value(parser, step);
}

/* ---- what joins them ---- */

/* Jumps whose target is not known yet, each with the one before it as its target; they are
 * numbered from 1, and 0 is none. */
static void add_jump(struct rule *rule, enum rule_kind kind, size_t *io_last)
{
    struct rule_step *step = add_step(rule, kind);

    step->target = *io_last;
    *io_last = rule->step_count;
}

static void land(struct rule *rule, size_t *io_last)
{
    while (*io_last != 0) {
        struct rule_step *step = &rule->steps[*io_last - 1];

        *io_last = step->target;
        step->target = rule->step_count;
    }
}

/* What is open: one level for the rule, and one for each parenthesis. */
struct level {
    size_t ands, ors; /* jumps to the end of the `and` and of the `or` */
    unsigned nots;    /* before the part that is being read */
};

struct levels {
    struct level all[RULE_DEPTH_MAX + 1];
    unsigned count, nots; /* nots of all levels */
};

static struct level *top(struct levels *levels)
{
    return &levels->all[levels->count - 1];
}

/* `not` and ( before a comparison, and the comparison. */
static int parse_part(struct parser *parser, struct levels *levels)
{
    while (rule_is_word(&parser->reader.token, "not") ||
           parser->reader.token.kind == RULE_TOKEN_OPEN) {
        if (levels->count - 1 + levels->nots == RULE_DEPTH_MAX) {
            return rule_fail(&parser->reader, parser->reader.token.start,
                             "too many ( and not inside each other");
        }
        if (parser->reader.token.kind == RULE_TOKEN_OPEN) {
            levels->all[levels->count++] = (struct level){.nots = 0};
        } else {
            top(levels)->nots++;
            levels->nots++;
        }
        if (rule_read_next(&parser->reader) != 0) {
            return -1;
        }
    }
    return parse_comparison(parser);
}

/* A part is complete: a comparison, or what was in parentheses. */
static void end_part(struct rule *rule, struct levels *levels)
{
    struct level *level = top(levels);

    if (level->nots % 2 != 0) {
        (void)add_step(rule, RULE_NOT);
    }
    levels->nots -= level->nots;
    level->nots = 0;
}

static void end_level(struct rule *rule, struct levels *levels)
{
    land(rule, &top(levels)->ands);
    land(rule, &top(levels)->ors);
    levels->count--;
}

/* All ) behind a part, and then `and`, `or` or the end. */
static int parse_join(struct parser *parser, struct levels *levels)
{
    struct rule *rule = parser->rule;

    end_part(rule, levels);
    while (parser->reader.token.kind == RULE_TOKEN_CLOSE && levels->count > 1) {
        end_level(rule, levels);
        end_part(rule, levels);
        if (rule_read_next(&parser->reader) != 0) {
            return -1;
        }
    }
    if (rule_is_word(&parser->reader.token, "and")) {
        add_jump(rule, RULE_IF_FALSE, &top(levels)->ands);
    } else if (rule_is_word(&parser->reader.token, "or")) {
        land(rule, &top(levels)->ands);
        add_jump(rule, RULE_IF_TRUE, &top(levels)->ors);
    } else if (parser->reader.token.kind != RULE_TOKEN_END || levels->count > 1) {
        return rule_fail_expected(&parser->reader,
                                  levels->count > 1 ? "and, or or )" : "and, or or the end");
    } else {
        end_level(rule, levels);
        return 0;
    }
    return rule_read_next(&parser->reader);
}

static int parse(struct parser *parser)
{
    struct levels levels = {.count = 1};

    if (rule_read_next(&parser->reader) != 0) {
        return -1;
    }
    if (parser->reader.token.kind == RULE_TOKEN_END) {
        return 0; /* no steps: true */
    }
    while (levels.count > 0) {
        if (parse_part(parser, &levels) != 0 || parse_join(parser, &levels) != 0) {
            return -1;
        }
    }
    return 0;
}

int rule_parse(const char *text, struct rule **out_rule, struct host_error *out_error)
{
    struct parser parser = {{text, text, {.kind = RULE_TOKEN_END, .start = text}, out_error},
                            NULL};

    *out_rule = NULL;
    if (rule_check_characters(&parser.reader) != 0) {
        return -1;
    }
    parser.rule = calloc(1, sizeof *parser.rule);
    if (parser.rule == NULL || make_room(parser.rule, strlen(text)) != 0) {
        rule_free(parser.rule);
        return host_error_set(out_error, "rule", "no memory");
    }
    if (parse(&parser) != 0) {
        rule_free(parser.rule);
        return -1;
    }
    shrink(parser.rule);
    *out_rule = parser.rule;
    return 0;
}

void rule_free(struct rule *rule)
{
    if (rule != NULL) {
        free(rule->steps);
        free(rule->values);
        free(rule->texts);
        free(rule);
    }
}
