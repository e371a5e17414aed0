/* SPDX-License-Identifier: Apache-2.0 */
/* Rules as people and programs send them. What is refused is said in one line, with its column;
 * what is taken asks any device without a fault, and its denial asks the opposite. The same
 * bytes as a device's id: the list that is written of it is a rule, and has this device. */
#include "cloud/rules/rule.h"
#include "tests/fuzz/fuzz.h"

enum { IDS_SIZE = 2 * 4096 + 32 };

static const char *attribute(const void *ctx, const char *name)
{
    FUZZ_CHECK(name != NULL && name[0] != '\0');
    return strlen(name) % 2 == 0 ? ctx : NULL;
}

static bool ask(const struct rule *rule, char *text)
{
    const char *tags[] = {text, "beach", ""};
    struct rule_subject subject = {.id = text,
                                   .name = text,
                                   .product = "pethouse",
                                   .hardware = "03010100",
                                   .version = "03010101",
                                   .state = "none",
                                   .is_online = true,
                                   .tags = tags,
                                   .tag_count = strlen(text) % 4,
                                   .attribute = attribute,
                                   .ctx = text};

    return rule_matches(rule, &subject);
}

static void check_refused(const struct host_error *error)
{
    FUZZ_CHECK(strcmp(error->thing, "rule") == 0);
    FUZZ_CHECK(strncmp(error->reason, "column ", 7) == 0 ||
               strncmp(error->reason, "is longer", 9) == 0);
    for (const char *at = error->reason; *at != '\0'; at++) {
        FUZZ_CHECK(*at >= ' ' && *at <= '~');
    }
}

/* Only a rule that is nested as deep as is allowed cannot be denied. */
static void check_denied(const char *text, char *subject, bool matched)
{
    static char denied[RULE_TEXT_MAX + 8];
    struct host_error error;
    struct rule *rule;
    size_t len = strlen(text);

    if (strspn(text, " \t\r\n") == len || len + 8 > RULE_TEXT_MAX) {
        return;
    }
    (void)snprintf(denied, sizeof denied, "not (%s)", text);
    if (rule_parse(denied, &rule, &error) == 0) {
        FUZZ_CHECK(ask(rule, subject) != matched);
        rule_free(rule);
    } else {
        FUZZ_CHECK(strstr(error.reason, "too many") != NULL);
    }
}

static void check_ids(const char *text)
{
    static char list[IDS_SIZE];
    struct host_error error;
    struct rule *rule;
    size_t len = rule_put_ids(list, sizeof list, &text, 1);

    FUZZ_CHECK(len < sizeof list && len == strlen(list));
    struct rule_subject subject = {.id = text};
    if (rule_parse(list, &rule, &error) == 0) {
        FUZZ_CHECK(rule_matches(rule, &subject));
        subject.id = "another";
        FUZZ_CHECK(rule_matches(rule, &subject) == (strcmp(text, "another") == 0));
        rule_free(rule);
    } else {
        FUZZ_CHECK(strstr(error.reason, "not UTF-8") != NULL ||
                   strstr(error.reason, "control character") != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct host_error error = {.reason = ""};
    struct rule *rule;
    char *text = malloc(size + 1);

    FUZZ_CHECK(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    if (strlen(text) <= 4096) {
        check_ids(text);
    }
    char *subject = text + strlen(text) / 2;
    if (rule_parse(text, &rule, &error) == 0) {
        FUZZ_CHECK(error.reason[0] == '\0');
        bool matched = ask(rule, subject);
        rule_free(rule);
        check_denied(text, subject, matched);
    } else {
        FUZZ_CHECK(rule == NULL);
        check_refused(&error);
    }
    free(text);
    return 0;
}
