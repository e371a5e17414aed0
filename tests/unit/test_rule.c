/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "cloud/rules/rule.h"
#include "support/guard.h"

/* Authority: cloud/rules/rule.h. */

static const char *attribute(const void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "shop.no") == 0 ? "17" : strcmp(name, "Floor") == 0 ? "" : NULL;
}

static const char *const tags[] = {"beach", "pilot-2", "\xE6\xB5\x8B\xE8\xAF\x95"};

static const struct rule_subject otter = {
    .id = "a0b1c2d3e4f5",
    .name = "Otter \"No*1\" \xE6\xB0\xB4\xE7\x8D\xBA",
    .product = "pethouse",
    .hardware = "03010100",
    .version = "03010101",
    .state = "none",
    .is_online = true,
    .tags = tags,
    .tag_count = 3,
    .attribute = attribute,
};

static const struct rule_subject bare = {.id = "x",
                                         .name = "",
                                         .product = "",
                                         .hardware = "",
                                         .version = "",
                                         .state = "queued",
                                         .is_on_hold = true};

static bool matches(const char *text, const struct rule_subject *subject)
{
    struct guard copy = guard_copy((const uint8_t *)text, strlen(text) + 1);
    struct host_error error = {.reason = ""};
    struct rule *rule;

    if (rule_parse((const char *)copy.bytes, &rule, &error) != 0) {
        fail_msg("'%s': %s", text, error.reason);
    }
    guard_free(&copy); /* the rule has all it needs */
    bool is_match = rule_matches(rule, subject);
    rule_free(rule);
    return is_match;
}

struct answer {
    const char *text;
    bool of_otter, of_bare;
};

static void check_answers(const struct answer answers[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (matches(answers[i].text, &otter) != answers[i].of_otter ||
            matches(answers[i].text, &bare) != answers[i].of_bare) {
            fail_msg("'%s' does not match as it should", answers[i].text);
        }
    }
}
#define CHECK_ANSWERS(answers) check_answers(answers, sizeof(answers) / sizeof(answers)[0])

static void an_empty_rule_is_every_device(void **state)
{
    static const struct answer answers[] = {{"", true, true}, {" \t\r\n", true, true}};

    (void)state;
    CHECK_ANSWERS(answers);
}

static void every_field_and_operator(void **state)
{
    static const struct answer answers[] = {
        {"id = a0b1c2d3e4f5", true, false},
        {"id=x", false, true},
        {"name = \"\"", false, true},
        {"product = pethouse", true, false},
        {"product = Pethouse", false, false}, /* bytes */
        {"hardware=03010100", true, false},
        {"version != 03010101", false, true},
        {"version < 03010102", true, true},
        {"version < 03010101", false, true},
        {"version <= 03010101", true, true},
        {"version > 03010100", true, false},
        {"version > 03010101", false, false},
        {"version >= 03010101", true, false},
        {"online = yes", true, false},
        {"online != yes", false, true},
        {"hold = no", true, false},
        {"state = none", true, false},
        {"state in (queued, offered)", false, true},
        {"state = q*", false, true},
        {"attribute.shop.no = 17", true, false},
        {"ATTRIBUTE.shop.no = 17", true, false},
        {"attribute.Shop.no = 17", false, false}, /* names are the device's own */
        {"attribute.Floor = \"\"", true, true},
        {"attribute.none != 17", true, true},
        {"Version < 03010102 AND Online = yes", true, false},
    };

    (void)state;
    CHECK_ANSWERS(answers);
}

static void and_or_not_in_their_order(void **state)
{
    static const struct answer answers[] = {
        {"id = x or id = y and id = z", false, true},
        {"(id = x or id = y) and id = z", false, false},
        {"id = z and id = y or id = x", false, true},
        {"not id = x and id = y", false, false},
        {"not (id = x and id = y)", true, true},
        {"not id = x or id = x", true, true},
        {"not not id = x", false, true},
        {"not not not id = x", true, false},
        {"((id=x))", false, true},
        {"id = x or id = y or online = yes", true, true},
        {"id = x and hold = yes and online = no", false, true},
        {"id = x and hold = yes and online = yes", false, false},
        {"version < 03010102 and tag = beach and not online = no", true, false},
    };

    (void)state;
    CHECK_ANSWERS(answers);
}

static void tags_are_asked_one_by_one(void **state)
{
    static const struct answer answers[] = {
        {"tag = beach", true, false},
        {"tag = pilot-2", true, false},
        {"tag = \"\xE6\xB5\x8B\xE8\xAF\x95\"", true, false},
        {"tag = beac", false, false},
        {"tag != beach", false, true},
        {"tag != sea", true, true},
        {"not tag = beach", false, true},
        {"tag = pilot*", true, false},
        {"tag != pilot*", false, true},
        {"tag in (sea, pilot-2)", true, false},
        {"tag in (sea, shore)", false, false},
        {"tag = beach and tag = pilot-2", true, false},
        {"tag = \"\"", false, true}, /* has none */
        {"tag = ?*", true, false},
    };

    (void)state;
    CHECK_ANSWERS(answers);
}

static void lists(void **state)
{
    static const struct answer answers[] = {
        {"id in (x)", false, true},
        {"id in (a, b, a0b1c2d3e4f5, z, y, x)", true, true},
        {"id in (z,y,w,c,b,a)", false, false},
        {"id in ()", false, false},
        {"not id in ()", true, true},
        {"id IN (\"x\",\"x\")", false, true},
    };

    (void)state;
    CHECK_ANSWERS(answers);
}

static const struct {
    const char *pattern, *name;
    bool is_match;
} patterns[] = {
    {"*", "", true},
    {"?", "", false},
    {"?*", "", false},
    {"\"a*\"", "abc", true},
    {"a*", "ba", false},
    {"*c", "abcc", true},
    {"*c", "abcd", false},
    {"a*b*c", "a1b2b3c", true},
    {"a*b*c", "a1c2b", false},
    {"*ab*ab", "abab", true},
    {"*ab*ab", "ab", false},
    {"a?c", "abc", true},
    {"a?c", "ac", false},
    {"a?c", "abbc", false},
    {"\"a?c\"",
     "a\xE6\xB0\xB4"
     "c",
     true}, /* a character, not a byte */
    {"\"*\xE6\xB0\xB4?\"", "1\xE6\xB0\xB4\xE7\x8D\xBA", true},
    {"\"\\*\"", "*", true},
    {"\"\\*\"", "a", false},
    {"\"\\?\"", "?", true},
    {"\"\\?\"", "a", false},
    {"\"a\\**\"", "a*b", true},
    {"\"a\\**\"", "ab*", false},
    {"\"*\\?\"", "why?", true},
    {"\"*\\?\"", "why", false},
    {"\"*\\\\*\"", "a\\b", true},
    {"\"*\\\\*\"", "ab", false},
    {"\"\\\\\"", "\\", true},
    {"\"\\\"*\"", "\"a", true},
    {"a**b", "ab", true},
    {"*****b", "aaaaaaaaaaaaaaaaaaaaaaaa", false},
};

static void wildcards(void **state)
{
    char text[80];

    (void)state;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct rule_subject subject = bare;

        subject.name = patterns[i].name;
        (void)snprintf(text, sizeof text, "name = %s", patterns[i].pattern);
        if (matches(text, &subject) != patterns[i].is_match) {
            fail_msg("%s and '%s'", text, patterns[i].name);
        }
        (void)snprintf(text, sizeof text, "name != %s", patterns[i].pattern);
        assert_int_equal(matches(text, &subject), !patterns[i].is_match);
    }
}

/* What takes other matchers years takes this one no time. */
static void many_wildcards_in_a_long_text(void **state)
{
    enum { NAME_LEN = 4000, STARS = 200 };
    static char name[NAME_LEN + 1], text[2 * STARS + 16] = "name = ";
    struct rule_subject subject = bare;

    (void)state;
    memset(name, 'a', NAME_LEN);
    for (unsigned i = 0; i < STARS; i++) {
        memcpy(text + strlen(text), "a*", 3);
    }
    memcpy(text + strlen(text), "b", 2);
    subject.name = name;
    assert_false(matches(text, &subject));
    name[NAME_LEN - 1] = 'b';
    assert_true(matches(text, &subject));
}

/* ---- errors ---- */

static const struct {
    const char *text, *reason; /* how it begins */
} wrong[] = {
    {"colour = red", "column 1: expected a field (id, name, "},
    {"id = x colour", "column 8: expected and, or or the end, found 'colour'"},
    {"id", "column 3: expected = != < <= > >= or in, and the rule ends"},
    {"id x", "column 4: expected = != < <= > >= or in, found 'x'"},
    {"id =", "column 5: expected a value, and the rule ends"},
    {"id = =", "column 6: expected a value, found '='"},
    {"id = and", "column 6: expected a value (this word needs quotes to be one), found"},
    {"id = x and", "column 11: expected a field ("},
    {"id = x or or", "column 11: expected a field ("},
    {"not", "column 4: expected a field ("},
    {"(id = x", "column 8: expected and, or or ), and the rule ends"},
    {"id = x)", "column 7: expected and, or or the end, found ')'"},
    {"()", "column 2: expected a field ("},
    {"id in x", "column 7: expected ( and values, found 'x'"},
    {"id in (x", "column 9: expected a comma or ), and the rule ends"},
    {"id in (x y)", "column 10: expected a comma or ), found 'y'"},
    {"id in (x,)", "column 10: expected a value, found ')'"},
    {"id in (,x)", "column 8: expected a value, found ','"},
    {"id in (a*)", "column 8: * and ? stand for other characters with = and != only"},
    {"version < 03*", "column 11: * and ? stand for other characters"},
    {"online = maybe", "column 10: expected yes or no, found 'maybe'"},
    {"online = *", "column 10: expected yes or no, found '*'"},
    {"hold < yes", "column 6: expected = or !=, found '<'"},
    {"online in (yes)", "column 8: expected = or !=, found 'in'"},
    {"tag < a", "column 5: expected = != or in, found '<'"},
    {"state = quued", "column 9: expected a state: none, waiting_approval, queued, "},
    {"state = confirmed", "column 9: expected a state: none, "},
    {"attribute. = x", "column 1: expected the attribute's name: attribute.NAME"},
    {"attribute.* = x", "column 1: expected the attribute's name"},
    {"attribute = x", "column 1: expected a field ("},
    {"name = \"abc", "column 8: this text has no closing quote"},
    {"name = \"abc\\", "column 12: after \\ comes one of \" \\ * ?"},
    {"name = \"a\\b\"", "column 10: after \\ comes one of"},
    {"name = a$b", "column 9: this character has no meaning here"},
    {"name = \xE6\xB0\xB4", "column 8: this character has no meaning here"},
    {"name = \"\xE6\xB0\xB4\" x", "column 12: expected and, or or the end, found 'x'"},
    {"id ! x", "column 4: this character has no meaning here"},
    {"\"id\" = x", "column 1: expected a field (id, name, product, hardware, version, "},
    {"id = aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd e",
     "column 47: expected and, or or the end, found 'e'"},
    {"aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd", "column 1: expected a field"},
    {"name = \"a\nb\x01\"", "column 12: a control character"},
    {"name = \x7F", "column 8: a control character"},
    {"name = \"\x80\"", "column 9: these bytes are not UTF-8"},
    {"name = \"\xC0\xAF\"", "column 9: these bytes are not UTF-8"},
    {"name = \"\xED\xA0\x80\"", "column 9: these bytes are not UTF-8"},
    {"name = \"\xE0\x80\xAF\"", "column 9: these bytes are not UTF-8"},
    {"name = \"\xF4\x90\x80\x80\"", "column 9: these bytes are not UTF-8"},
    {"name = \"\xF0\x80\x80\x80\"", "column 9: these bytes are not UTF-8"},
    {"name = \"\xFF\"", "column 9: these bytes are not UTF-8"},
    {"name = \"\xE6\xB0", "column 9: these bytes are not UTF-8"},
};

static void errors_name_the_column_and_what_was_expected(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct guard copy =
            guard_copy((const uint8_t *)wrong[i].text, strlen(wrong[i].text) + 1);
        struct host_error error = {.reason = ""};
        struct rule *rule;

        assert_int_equal(rule_parse((const char *)copy.bytes, &rule, &error), -1);
        assert_null(rule);
        assert_string_equal(error.thing, "rule");
        if (strncmp(error.reason, wrong[i].reason, strlen(wrong[i].reason)) != 0) {
            fail_msg("'%s': %s", wrong[i].text, error.reason);
        }
        assert_int_equal(rule_parse((const char *)copy.bytes, &rule, NULL), -1);
        guard_free(&copy);
    }
}

static int parse_only(const char *text, struct host_error *error)
{
    struct rule *rule;
    int result = rule_parse(text, &rule, error);

    rule_free(rule);
    return result;
}

static void depth_has_a_limit(void **state)
{
    struct host_error error;
    char text[400];

    (void)state;
    for (unsigned depth = RULE_DEPTH_MAX - 1; depth <= RULE_DEPTH_MAX + 1; depth++) {
        bool is_good = depth <= RULE_DEPTH_MAX;

        memset(text, '(', depth);
        (void)snprintf(text + depth, sizeof text - depth, "id=x");
        memset(text + depth + 4, ')', depth);
        text[2 * depth + 4] = '\0';
        assert_int_equal(parse_only(text, &error), is_good ? 0 : -1);
        text[0] = '\0';
        for (unsigned i = 0; i < depth; i++) {
            memcpy(text + strlen(text), "not ", 5);
        }
        memcpy(text + strlen(text), "id=x", 5);
        assert_int_equal(parse_only(text, &error), is_good ? 0 : -1);
    }
    assert_non_null(strstr(error.reason, "column 129: too many ( and not inside each other"));
}

static void length_has_a_limit_and_width_has_none(void **state)
{
    static char text[RULE_TEXT_MAX + 2];
    struct host_error error;

    (void)state;
    memset(text, ' ', sizeof text - 1);
    memcpy(text, "id=x", 4);
    for (size_t at = 4; at + 8 <= RULE_TEXT_MAX; at += 8) {
        memcpy(text + at, " or id=y", 8);
    }
    assert_int_equal(parse_only(text, &error), -1);
    assert_string_equal(error.reason, "is longer than 16384 bytes");
    text[RULE_TEXT_MAX] = '\0';
    assert_int_equal(parse_only(text, &error), 0);
    assert_true(matches(text, &bare));
    assert_false(matches(text, &otter));
    memcpy(text, "id in (", 7);
    for (size_t at = 7; at < RULE_TEXT_MAX - 1; at++) { /* as many values as fit */
        text[at] = at % 2 == 0 ? ',' : 'a';
    }
    memcpy(text + RULE_TEXT_MAX - 4, ",x) ", 4);
    assert_true(matches(text, &bare));
}

/* ---- lists of devices ---- */

static void a_list_of_ids_comes_back(void **state)
{
    static const char *const ids[] = {"a0b1c2d3e4f5", "x", "and", "a \"b\"\\ (*?)",
                                      "\xE6\xB0\xB4", ""};
    char text[200], small[12];

    (void)state;
    for (size_t count = 0; count <= 6; count++) {
        size_t len = rule_put_ids(text, sizeof text, ids, count);

        assert_int_equal(len, strlen(text));
        for (size_t i = 0; i < 6; i++) {
            struct rule_subject subject = bare;

            subject.id = ids[i];
            assert_int_equal(matches(text, &subject), i < count);
        }
    }
    size_t len = rule_put_ids(small, sizeof small, ids, 1);
    assert_int_equal(len, strlen("id in (\"a0b1c2d3e4f5\")"));
    assert_string_equal(small, "id in (\"a0b");
    assert_int_equal(rule_put_ids(NULL, 0, ids, 1), len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_rule_is_every_device),
        cmocka_unit_test(every_field_and_operator),
        cmocka_unit_test(and_or_not_in_their_order),
        cmocka_unit_test(tags_are_asked_one_by_one),
        cmocka_unit_test(lists),
        cmocka_unit_test(wildcards),
        cmocka_unit_test(many_wildcards_in_a_long_text),
        cmocka_unit_test(errors_name_the_column_and_what_was_expected),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test(length_has_a_limit_and_width_has_none),
        cmocka_unit_test(a_list_of_ids_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
