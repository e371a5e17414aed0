/* SPDX-License-Identifier: Apache-2.0 */
#include "support/case_options.h"
#include <stdlib.h>
#include <string.h>

static bool is_known(const char *known, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = strstr(known, name); at != NULL && len > 2;
         at = strstr(at + 1, name)) {
        if ((at == known || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0')) {
            return true;
        }
    }
    return false;
}

static bool parse_number(const char *text, uint64_t *out_number)
{
    char *end;

    *out_number = strtoull(text, &end, 10);
    return end != text && *end == '\0';
}

static bool parse(struct case_options *options, const char *name, const char *value)
{
    const struct {
        const char *name;
        uint64_t *number;
        const char **text;
    } all[] = {{"--every", &options->every, NULL},  {"--cases", &options->cases, NULL},
               {"--seed", &options->seed, NULL},    {"--map", NULL, &options->map},
               {"--plan", NULL, &options->plan},    {"--json", NULL, &options->json},
               {"--repeat", NULL, &options->repeat}};

    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(all[i].name, name) != 0) {
            continue;
        }
        if (all[i].number != NULL) {
            return parse_number(value, all[i].number);
        }
        *all[i].text = value;
        return true;
    }
    return false;
}

bool case_options_parse(struct case_options *options, int argc, char **argv, int first,
                        const char *known)
{
    for (int i = first; i < argc; i += 2) {
        if (i + 1 == argc || !is_known(known, argv[i]) ||
            !parse(options, argv[i], argv[i + 1])) {
            return false;
        }
    }
    return true;
}
