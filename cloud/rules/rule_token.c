/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/rules/rule_token.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- errors ---- */

int rule_fail(const struct rule_reader *reader, const char *place, const char *what)
{
    size_t column = 1;

    for (const char *at = reader->text; at < place; at++) {
        column += ((unsigned char)*at & 0xC0) != 0x80;
    }
    return host_error_set(reader->out_error, "rule", "column %zu: %s", column, what);
}

int rule_fail_expected(const struct rule_reader *reader, const char *expected)
{
    enum { SHOWN_MAX = 32, TEXT_SIZE = 256 };
    const struct rule_token *token = &reader->token;
    char text[TEXT_SIZE];

    if (token->kind == RULE_TOKEN_END) {
        (void)snprintf(text, sizeof text, "expected %s, and the rule ends", expected);
    } else if (token->kind == RULE_TOKEN_QUOTED) {
        (void)snprintf(text, sizeof text, "expected %s, found a text in quotes", expected);
    } else {
        (void)snprintf(text, sizeof text, "expected %s, found '%.*s%s'", expected,
                       (int)(token->len < SHOWN_MAX ? token->len : SHOWN_MAX), token->start,
                       token->len > SHOWN_MAX ? "..." : "");
    }
    return rule_fail(reader, token->start, text);
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

int rule_check_characters(const struct rule_reader *reader)
{
    if (strnlen(reader->text, RULE_TEXT_MAX + 1) > RULE_TEXT_MAX) {
        return host_error_set(reader->out_error, "rule", "is longer than %d bytes",
                              (int)RULE_TEXT_MAX);
    }
    for (const char *at = reader->text; *at != '\0';) {
        size_t len = character_len((const unsigned char *)at);

        if (len == 0) {
            return rule_fail(reader, at, "these bytes are not UTF-8");
        }
        if (((unsigned char)*at < ' ' && !is_space(*at)) || *at == 0x7F) {
            return rule_fail(reader, at, "a control character");
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

static int read_quoted(struct rule_reader *reader)
{
    const char *at = reader->at + 1;

    while (*at != '"') {
        if (*at == '\\') {
            at++;
            if (*at == '\0' || strchr("\"\\*?", *at) == NULL) {
                return rule_fail(reader, at - 1, "after \\ comes one of \" \\ * ?");
            }
        } else if (*at == '\0') {
            return rule_fail(reader, reader->at, "this text has no closing quote");
        }
        at++;
    }
    reader->token.kind = RULE_TOKEN_QUOTED;
    reader->token.len = (size_t)(at + 1 - reader->at);
    return 0;
}

static int read_sign(struct rule_reader *reader)
{
    static const struct {
        const char *text;
        enum rule_token_kind kind;
        enum rule_operator op;
    } signs[] = {
        {"!=", RULE_TOKEN_OPERATOR, RULE_DIFFERS},
        {"<=", RULE_TOKEN_OPERATOR, RULE_LESS_EQUAL},
        {">=", RULE_TOKEN_OPERATOR, RULE_MORE_EQUAL},
        {"=", RULE_TOKEN_OPERATOR, RULE_EQUAL},
        {"<", RULE_TOKEN_OPERATOR, RULE_LESS},
        {">", RULE_TOKEN_OPERATOR, RULE_MORE},
        {"(", RULE_TOKEN_OPEN, 0},
        {")", RULE_TOKEN_CLOSE, 0},
        {",", RULE_TOKEN_COMMA, 0},
    };

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        size_t len = strlen(signs[i].text);

        if (strncmp(reader->at, signs[i].text, len) == 0) {
            reader->token.kind = signs[i].kind;
            reader->token.op = signs[i].op;
            reader->token.len = len;
            return 0;
        }
    }
    return rule_fail(reader, reader->at,
                     "this character has no meaning here; a value that holds it needs quotes");
}

int rule_read_next(struct rule_reader *reader)
{
    while (is_space(*reader->at)) {
        reader->at++;
    }
    reader->token = (struct rule_token){.kind = RULE_TOKEN_END, .start = reader->at};
    if (*reader->at == '\0') {
        return 0;
    }
    if (is_plain(*reader->at)) {
        reader->token.kind = RULE_TOKEN_WORD;
        while (is_plain(reader->token.start[reader->token.len])) {
            reader->token.len++;
        }
    } else if ((*reader->at == '"' ? read_quoted(reader) : read_sign(reader)) != 0) {
        return -1;
    }
    reader->at += reader->token.len;
    return 0;
}

bool rule_is_word(const struct rule_token *token, const char *word)
{
    return token->kind == RULE_TOKEN_WORD && token->len == strlen(word) &&
           strncasecmp(token->start, word, token->len) == 0;
}

bool rule_is_keyword(const struct rule_token *token)
{
    return rule_is_word(token, "and") || rule_is_word(token, "or") ||
           rule_is_word(token, "not") || rule_is_word(token, "in");
}
