/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_REST_BODY_H
#define CLOUD_REST_BODY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "otter/err.h"

/* JSON bodies of people's programs. What a body may hold is a table of members; anything else
 * is an error that names the member, because a misspelt name that is ignored does something
 * else than was meant.
 */
enum { REST_BODY_MAX = 65536, REST_DEPTH_MAX = 8, REST_REASON_SIZE = 240 };

enum rest_type {
    REST_TEXT,      /* min..max bytes, without control characters */
    REST_LONG_TEXT, /* the same, and line ends and tabs may be in it */
    REST_CHOICE,    /* one of `choices` */
    REST_INTEGER,   /* min..max */
    REST_BOOLEAN,
    REST_TIME,   /* "2026-11-29T12:00:00Z", see rest_time.h */
    REST_TEXTS,  /* min..max texts of 1 to 128 bytes */
    REST_OBJECT, /* `members` */
};

struct rest_member {
    const char *name; /* NULL ends a table */
    enum rest_type type;
    bool is_required;
    bool may_be_null; /* null is the same as not there, where that can be said */
    int64_t min, max;
    const char *choices; /* with spaces */
    const struct rest_member *members;
};

/* Read a body. Returns 0 with an object that holds nothing but what `members` allows, or -1
 * with what is wrong. */
OTTER_MUST_CHECK int rest_read_body(const uint8_t bytes[], size_t len,
                                    const struct rest_member members[], json_t **out_body,
                                    char out_reason[REST_REASON_SIZE]);

/* A member of a body that was read; NULL if it is not there, or null. */
const char *rest_body_text(const json_t *body, const char *name);
/* The same for an integer; `fallback` if it is not there. */
int64_t rest_body_integer(const json_t *body, const char *name, int64_t fallback);
/* The same for a time, in ms since 1970. */
int64_t rest_body_time(const json_t *body, const char *name, int64_t fallback);

/* Is `word` one of `words`, which are separated by single spaces? */
bool rest_is_one_of(const char *word, const char *words);

#endif
