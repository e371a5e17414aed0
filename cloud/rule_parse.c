/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "cloud/action.h"
#include "cloud/rule_tree.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,
    TOKEN_QUOTED,
    TOKEN_OPERATOR,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA
};

struct token {
    enum token_kind kind;
    const char *start; /* QUOTED: with its quotes */
    size_t len;
    enum rule_operator op;
};

struct parser {
    const char *text;
    const char *at; /* behind the token */
    struct token token;
    unsigned depth;
    struct rule *rule;
    struct host_error *out_error;
};

static const char *const field_names[RULE_FIELDS] = {
    [RULE_ID] = "id",           [RULE_NAME] = "name",
    [RULE_PRODUCT] = "product", [RULE_HARDWARE] = "hardware",
    [RULE_VERSION] = "version", [RULE_TAG] = "tag",
    [RULE_ONLINE] = "online",   [RULE_HOLD] = "hold",
    [RULE_STATE] = "state",     [RULE_ATTRIBUTE] = "attribute.",
};

/* ---- errors ---- */

/* Always returns -1. */
static int fail(const struct parser *parser, const char *place, const char *what)
{
    size_t column = 1;

    for (const char *at = parser->text; at < place; at++) {
        column += ((unsigned char)*at & 0xC0) != 0x80;
    }
    return host_error_set(parser->out_error, "rule", "column %zu: %s", column, what);
}

static int fail_expected(const struct parser *parser, const char *expected)
{
    enum { SHOWN_MAX = 32, TEXT_SIZE = 256 };
    const struct token *token = &parser->token;
    char text[TEXT_SIZE];

    if (token->kind == TOKEN_END) {
        (void)snprintf(text, sizeof text, "expected %s, and the rule ends", expected);
    } else if (token->kind == TOKEN_QUOTED) {
        (void)snprintf(text, sizeof text, "expected %s, found a text in quotes", expected);
    } else {
        (void)snprintf(text, sizeof text, "expected %s, found '%.*s%s'", expected,
                       (int)(token->len < SHOWN_MAX ? token->len : SHOWN_MAX), token->start,
                       token->len > SHOWN_MAX ? "..." : "");
    }
    return fail(parser, token->start, text);
}

/* ---- characters ---- */

/* The bytes of the UTF-8 character at `text`, or 0 if it is none (RFC 3629, chapter 4). */
static size_t character_len(const unsigned char *text)
{
    size_t len = text[0] < 0x80 ? 1 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : 4;

    if ((text[0] >= 0x80 && text[0] < 0xC2) || text[0] > 0xF4) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((text[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    bool is_bad = (text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xED && text[1] > 0x9F) ||
                  (text[0] == 0xF0 && text[1] < 0x90) || (text[0] == 0xF4 && text[1] > 0x8F);
    return is_bad ? 0 : len;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int check_characters(const struct parser *parser)
{
    if (strnlen(parser->text, RULE_TEXT_MAX + 1) > RULE_TEXT_MAX) {
        return host_error_set(parser->out_error, "rule", "is longer than %d bytes",
                              (int)RULE_TEXT_MAX);
    }
    for (const char *at = parser->text; *at != '\0';) {
        size_t len = character_len((const unsigned char *)at);

        if (len == 0) {
            return fail(parser, at, "these bytes are not UTF-8");
        }
        if (((unsigned char)*at < ' ' && !is_space(*at)) || *at == 0x7F) {
            return fail(parser, at, "a control character");
        }
        at += len;
    }
    return 0;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("_-.:*?", c) != NULL);
}

/* ---- tokens ---- */

static int read_quoted(struct parser *parser)
{
    const char *at = parser->at + 1;

    while (*at != '"') {
        if (*at == '\\') {
            at++;
            if (*at == '\0' || strchr("\"\\*?", *at) == NULL) {
                return fail(parser, at - 1, "after \\ comes one of \" \\ * ?");
            }
        } else if (*at == '\0') {
            return fail(parser, parser->at, "this text has no closing quote");
        }
        at++;
    }
    parser->token.kind = TOKEN_QUOTED;
    parser->token.len = (size_t)(at + 1 - parser->at);
    return 0;
}

static int read_sign(struct parser *parser)
{
    static const struct {
        const char *text;
        enum token_kind kind;
        enum rule_operator op;
    } signs[] = {
        {"!=", TOKEN_OPERATOR, RULE_DIFFERS},
        {"<=", TOKEN_OPERATOR, RULE_LESS_EQUAL},
        {">=", TOKEN_OPERATOR, RULE_MORE_EQUAL},
        {"=", TOKEN_OPERATOR, RULE_EQUAL},
        {"<", TOKEN_OPERATOR, RULE_LESS},
        {">", TOKEN_OPERATOR, RULE_MORE},
        {"(", TOKEN_OPEN, 0},
        {")", TOKEN_CLOSE, 0},
        {",", TOKEN_COMMA, 0},
    };

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        size_t len = strlen(signs[i].text);

        if (strncmp(parser->at, signs[i].text, len) == 0) {
            parser->token.kind = signs[i].kind;
            parser->token.op = signs[i].op;
            parser->token.len = len;
            return 0;
        }
    }
    return fail(parser, parser->at,
                "this character has no meaning here; a value that holds it needs quotes");
}

static int next(struct parser *parser)
{
    while (is_space(*parser->at)) {
        parser->at++;
    }
    parser->token = (struct token){.kind = TOKEN_END, .start = parser->at};
    if (*parser->at == '\0') {
        return 0;
    }
    if (is_plain(*parser->at)) {
        parser->token.kind = TOKEN_WORD;
        while (is_plain(parser->token.start[parser->token.len])) {
            parser->token.len++;
        }
    } else if ((*parser->at == '"' ? read_quoted(parser) : read_sign(parser)) != 0) {
        return -1;
    }
    parser->at += parser->token.len;
    return 0;
}

static bool is_word(const struct token *token, const char *word)
{
    return token->kind == TOKEN_WORD && token->len == strlen(word) &&
           strncasecmp(token->start, word, token->len) == 0;
}

static bool is_keyword(const struct token *token)
{
    return is_word(token, "and") || is_word(token, "or") || is_word(token, "not") ||
           is_word(token, "in");
}

/* ---- what a rule is made of ----
 * Room for all of it is made at once: each node and each value has a character of the text of
 * its own, and each stored text one more than it needs. */

static int make_room(struct rule *rule, size_t len)
{
    rule->nodes = calloc(len + 2, sizeof *rule->nodes);
    rule->values = calloc(len + 1, sizeof *rule->values);
    rule->texts = malloc(len + 1);
    rule->node_count = 1;
    return rule->nodes != NULL && rule->values != NULL && rule->texts != NULL ? 0 : -1;
}

/* Give back the room that was not needed. Texts stay: there are pointers to them. */
static void shrink(struct rule *rule)
{
    void *nodes = realloc(rule->nodes, rule->node_count * sizeof *rule->nodes);
    rule->nodes = nodes != NULL ? nodes : rule->nodes;
    if (rule->value_count > 0) {
        void *values = realloc(rule->values, rule->value_count * sizeof *rule->values);
        rule->values = values != NULL ? values : rule->values;
    }
}

static size_t add_node(struct rule *rule, enum rule_kind kind, size_t child)
{
    rule->nodes[rule->node_count] = (struct rule_node){.kind = kind, .child = child};
    return rule->node_count++;
}

static void put(struct rule *rule, char c)
{
    rule->texts[rule->text_len++] = c;
}

/* ---- values ---- */

/* Store a value's text. A pattern keeps \ before * ? and \ that are meant as such. */
static void add_value(struct rule *rule, const struct token *token, bool is_pattern)
{
    bool is_quoted = token->kind == TOKEN_QUOTED;
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

static bool has_wildcard(const struct token *token)
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
static int check_value(struct parser *parser, const struct rule_node *node)
{
    const char *text = parser->rule->values[parser->rule->value_count - 1];
    bool is_yes_no = node->field == RULE_ONLINE || node->field == RULE_HOLD;

    if (is_yes_no && strcmp(text, "yes") != 0 && strcmp(text, "no") != 0) {
        return fail_expected(parser, "yes or no");
    }
    if (node->field == RULE_STATE && !node->is_pattern && !is_state(text)) {
        return fail_expected(parser, "a state: none, waiting_approval, queued, offered, "
                                     "downloading, downloaded, transferring, installed or "
                                     "cancelling");
    }
    return 0;
}

static int parse_value(struct parser *parser, struct rule_node *node)
{
    const struct token *token = &parser->token;

    if (is_keyword(token)) {
        return fail_expected(parser, "a value (this word needs quotes to be one)");
    }
    if (token->kind != TOKEN_WORD && token->kind != TOKEN_QUOTED) {
        return fail_expected(parser, "a value");
    }
    bool is_pattern = has_wildcard(token);
    if (is_pattern && node->op != RULE_EQUAL && node->op != RULE_DIFFERS) {
        return fail(parser, token->start,
                    "* and ? stand for other characters with = and != only (in quotes, \\* "
                    "and \\? are themselves)");
    }
    node->is_pattern = is_pattern;
    node->value_count++;
    add_value(parser->rule, token, is_pattern);
    return check_value(parser, node) == 0 ? next(parser) : -1;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int parse_list(struct parser *parser, struct rule_node *node)
{
    if (parser->token.kind != TOKEN_OPEN) {
        return fail_expected(parser, "( and values");
    }
    if (next(parser) != 0) {
        return -1;
    }
    while (parser->token.kind != TOKEN_CLOSE || node->value_count > 0) {
        if (parse_value(parser, node) != 0) {
            return -1;
        }
        if (parser->token.kind == TOKEN_CLOSE) {
            break;
        }
        if (parser->token.kind != TOKEN_COMMA) {
            return fail_expected(parser, "a comma or )");
        }
        if (next(parser) != 0) {
            return -1;
        }
    }
    if (node->value_count > 1) {
        qsort(parser->rule->values + node->value, node->value_count,
              sizeof parser->rule->values[0], compare_texts);
    }
    return next(parser);
}

/* ---- comparisons ---- */

static int parse_attribute(struct parser *parser, struct rule_node *node)
{
    const struct token *token = &parser->token;
    size_t prefix = strlen(field_names[RULE_ATTRIBUTE]);

    if (token->len == prefix || has_wildcard(token)) {
        return fail_expected(parser, "the attribute's name: attribute.NAME");
    }
    node->attribute = parser->rule->texts + parser->rule->text_len;
    for (size_t i = prefix; i < token->len; i++) {
        put(parser->rule, token->start[i]);
    }
    put(parser->rule, '\0');
    return next(parser);
}

static int parse_field(struct parser *parser, struct rule_node *node)
{
    const struct token *token = &parser->token;
    size_t prefix = strlen(field_names[RULE_ATTRIBUTE]);

    if (token->kind == TOKEN_WORD && token->len >= prefix &&
        strncasecmp(token->start, field_names[RULE_ATTRIBUTE], prefix) == 0) {
        node->field = RULE_ATTRIBUTE;
        return parse_attribute(parser, node);
    }
    for (unsigned i = 0; i < RULE_ATTRIBUTE; i++) {
        if (is_word(token, field_names[i])) {
            node->field = (enum rule_field)i;
            return next(parser);
        }
    }
    return fail_expected(parser, "a field (id, name, product, hardware, version, tag, online, "
                                 "hold, state, attribute.NAME), not or (");
}

static int parse_operator(struct parser *parser, struct rule_node *node)
{
    const struct token *token = &parser->token;
    bool is_in = is_word(token, "in");

    if (token->kind != TOKEN_OPERATOR && !is_in) {
        return fail_expected(parser, "= != < <= > >= or in");
    }
    node->op = is_in ? RULE_IN : token->op;
    bool has_order = node->op != RULE_EQUAL && node->op != RULE_DIFFERS;
    if (has_order && (node->field == RULE_ONLINE || node->field == RULE_HOLD)) {
        return fail_expected(parser, "= or !=");
    }
    if (has_order && !is_in && (node->field == RULE_TAG || node->field == RULE_STATE)) {
        return fail_expected(parser, "= != or in");
    }
    return next(parser);
}

/* The parsing functions return a node, or 0 with an error. */
static size_t parse_comparison(struct parser *parser)
{
    struct rule_node node = {.kind = RULE_COMPARISON, .value = parser->rule->value_count};
    size_t index = add_node(parser->rule, RULE_COMPARISON, 0);

    if (parse_field(parser, &node) != 0 || parse_operator(parser, &node) != 0) {
        return 0;
    }
    if ((node.op == RULE_IN ? parse_list(parser, &node) : parse_value(parser, &node)) != 0) {
        return 0;
    }
    parser->rule->nodes[index] = node;
    return index;
}

/* ---- what joins them ---- */

static size_t parse_or(struct parser *parser);

static size_t parse_group(struct parser *parser)
{
    size_t index = next(parser) == 0 ? parse_or(parser) : 0;

    if (index != 0 && parser->token.kind != TOKEN_CLOSE) {
        (void)fail_expected(parser, "and, or or )");
        return 0;
    }
    return index != 0 && next(parser) == 0 ? index : 0;
}

static size_t parse_not(struct parser *parser)
{
    bool is_not = is_word(&parser->token, "not");
    size_t index;

    if (!is_not && parser->token.kind != TOKEN_OPEN) {
        return parse_comparison(parser);
    }
    if (parser->depth == RULE_DEPTH_MAX) {
        (void)fail(parser, parser->token.start, "too many ( and not inside each other");
        return 0;
    }
    parser->depth++;
    if (is_not) {
        index = next(parser) == 0 ? parse_not(parser) : 0;
        index = index != 0 ? add_node(parser->rule, RULE_NOT, index) : 0;
    } else {
        index = parse_group(parser);
    }
    parser->depth--;
    return index;
}

/* Parts with `word` between them: one node, however many they are. */
static size_t parse_parts(struct parser *parser, const char *word, enum rule_kind kind,
                          size_t (*parse_part)(struct parser *))
{
    size_t first = parse_part(parser);

    if (first == 0 || !is_word(&parser->token, word)) {
        return first;
    }
    size_t parent = add_node(parser->rule, kind, first);
    for (size_t last = first; is_word(&parser->token, word);) {
        size_t part = next(parser) == 0 ? parse_part(parser) : 0;

        if (part == 0) {
            return 0;
        }
        parser->rule->nodes[last].sibling = part;
        last = part;
    }
    return parent;
}

static size_t parse_and(struct parser *parser)
{
    return parse_parts(parser, "and", RULE_AND, parse_not);
}

static size_t parse_or(struct parser *parser)
{
    return parse_parts(parser, "or", RULE_OR, parse_and);
}

static int parse(struct parser *parser)
{
    if (next(parser) != 0) {
        return -1;
    }
    if (parser->token.kind == TOKEN_END) {
        parser->rule->root = add_node(parser->rule, RULE_EVERY, 0);
        return 0;
    }
    parser->rule->root = parse_or(parser);
    if (parser->rule->root == 0) {
        return -1;
    }
    return parser->token.kind == TOKEN_END ? 0 : fail_expected(parser, "and, or or the end");
}

int rule_parse(const char *text, struct rule **out_rule, struct host_error *out_error)
{
    struct parser parser = {.text = text, .at = text, .out_error = out_error};

    *out_rule = NULL;
    if (check_characters(&parser) != 0) {
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
        free(rule->nodes);
        free(rule->values);
        free(rule->texts);
        free(rule);
    }
}
