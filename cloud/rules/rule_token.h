/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_RULE_TOKEN_H
#define CLOUD_RULE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include "cloud/rules/rule_tree.h"
#include "host/error.h"
#include "otter/err.h"

/* A rule's text as words, quoted texts and signs; for rule_parse.c only.
 */
enum rule_token_kind {
    RULE_TOKEN_END,
    RULE_TOKEN_WORD,
    RULE_TOKEN_QUOTED,
    RULE_TOKEN_OPERATOR,
    RULE_TOKEN_OPEN,
    RULE_TOKEN_CLOSE,
    RULE_TOKEN_COMMA
};

struct rule_token {
    enum rule_token_kind kind;
    const char *start; /* QUOTED: with its quotes */
    size_t len;
    enum rule_operator op;
};

struct rule_reader {
    const char *text;
    const char *at; /* behind the token */
    struct rule_token token;
    struct host_error *out_error;
};

/* Look at the whole text before anything else: its length, UTF-8, no control characters.
 * Returns 0 or -1, as all that may fail here. */
OTTER_MUST_CHECK int rule_check_characters(const struct rule_reader *reader);

/* Read the next token. */
OTTER_MUST_CHECK int rule_read_next(struct rule_reader *reader);

/* Is it this word, in lower or upper case? */
bool rule_is_word(const struct rule_token *token, const char *word);

/* Is it and, or, not or in? */
bool rule_is_keyword(const struct rule_token *token);

/* An error with the column of `place`. Always returns -1. */
int rule_fail(const struct rule_reader *reader, const char *place, const char *what);

/* An error at the token, which is not what was expected. Always returns -1. */
int rule_fail_expected(const struct rule_reader *reader, const char *expected);

#endif
