/* SPDX-License-Identifier: Apache-2.0 */
#include "board/host/spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "board/gokit2/dht11.h"

enum { COPY_SIZE = 80 };
#define SECONDS_MAX 1e9

bool spec_number(const char *text, uint64_t low, uint64_t high, uint64_t *out_value)
{
    /* Not octal: 010 is ten. */
    int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, base);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || value < low ||
        value > high) {
        return false;
    }
    *out_value = value;
    return true;
}

bool spec_seconds(const char *text, uint64_t *out_ticks)
{
    if (text[0] == '\0' || text[strspn(text, "0123456789.")] != '\0') {
        return false; /* strtod() would take inf, nan, signs, exponents and hexadecimal */
    }
    char *end;
    double seconds = strtod(text, &end);
    if (end == text || *end != '\0' || seconds > SECONDS_MAX) {
        return false;
    }
    *out_ticks = (uint64_t)(seconds * (BOARD_TICKS_PER_US * 1e6) + 0.5);
    return true;
}

bool spec_load(const char *text, size_t *out_path_len, bool *out_has_addr, uint32_t *out_addr)
{
    const char *at = strrchr(text, '@');
    if (at == NULL || !isdigit((unsigned char)at[1])) {
        *out_path_len = strlen(text);
        *out_has_addr = false;
        *out_addr = 0;
        return text[0] != '\0';
    }
    uint64_t addr;
    if (at == text || !spec_number(at + 1, 0, UINT32_MAX, &addr)) {
        return false;
    }
    *out_path_len = (size_t)(at - text);
    *out_has_addr = true;
    *out_addr = (uint32_t)addr;
    return true;
}

/* Split copy at the first `separator`. Returns what is behind it, NULL = there is none. */
static char *cut_off(char *text, char separator)
{
    char *at = text == NULL ? NULL : strchr(text, separator);
    if (at == NULL) {
        return NULL;
    }
    *at = '\0';
    return at + 1;
}

struct word {
    const char *word;
    int value;
};

static bool look_up(const struct word words[], const char *text, int *out_value)
{
    for (; words->word != NULL; words++) {
        if (strcmp(text, words->word) == 0) {
            *out_value = words->value;
            return true;
        }
    }
    return false;
}

static bool copy_text(const char *text, char out_copy[COPY_SIZE])
{
    size_t len = strlen(text);
    if (len >= COPY_SIZE) {
        return false;
    }
    memcpy(out_copy, text, len + 1);
    return true;
}

bool spec_cut(const char *text, struct run_cut *out_cut, bool *out_has_seed)
{
    static const struct word tears[] = {
        {"not-done", BOARD_TEAR_NOT_DONE}, {"done", BOARD_TEAR_DONE},
        {"torn", BOARD_TEAR_TORN},         {"half-erased", BOARD_TEAR_HALF_ERASED},
        {"weak", BOARD_TEAR_WEAK},         {NULL, 0}};
    char copy[COPY_SIZE];
    if (!copy_text(text, copy)) {
        return false;
    }
    char *tear_text = cut_off(copy, ':');
    char *seed_text = cut_off(tear_text, ':');
    struct run_cut cut = {.op = 0};
    int tear = BOARD_TEAR_TORN;
    if (!spec_number(copy, 0, UINT64_MAX, &cut.op) ||
        (tear_text != NULL && !look_up(tears, tear_text, &tear)) ||
        (seed_text != NULL && !spec_number(seed_text, 0, UINT64_MAX, &cut.seed))) {
        return false;
    }
    cut.tear = (enum board_tear)tear;
    *out_cut = cut;
    *out_has_seed = seed_text != NULL;
    return true;
}

static bool in_range(const char *text, uint64_t low, uint64_t high, int *out_value)
{
    uint64_t value;
    if (!spec_number(text, low, high, &value)) {
        return false;
    }
    *out_value = (int)value;
    return true;
}

static bool key_and_value(const char *key, const char *value, struct run_input *input)
{
    static const struct word keys[] = {{"key1", 1}, {"key2", 2}, {"key3", 3}, {NULL, 0}};
    static const struct word presses[] = {{"down", 1}, {"up", 0}, {NULL, 0}};
    static const struct word yes[] = {{"yes", 1}, {"no", 0}, {NULL, 0}};
    static const struct word health[] = {{"broken", 1}, {"ok", 0}, {NULL, 0}};
    static const struct word reset[] = {{"pin", 1}, {NULL, 0}};
    static const struct word power[] = {{"cycle", 1}, {NULL, 0}};
    static const struct {
        const char *key;
        enum run_input_kind kind;
        const struct word *words;
    } others[] = {{"obstacle", RUN_OBSTACLE, yes},
                  {"sensor", RUN_CLIMATE_BROKEN, health},
                  {"reset", RUN_RESET, reset},
                  {"power", RUN_POWER, power}};
    int number;
    if (look_up(keys, key, &number)) {
        input->kind = RUN_KEY;
        input->number = (unsigned)number;
        return look_up(presses, value, &input->value);
    }
    if (strcmp(key, "temp") == 0) {
        input->kind = RUN_CELSIUS;
        return in_range(value, 0, DHT11_CELSIUS_MAX, &input->value);
    }
    if (strcmp(key, "hum") == 0) {
        input->kind = RUN_HUMIDITY;
        return in_range(value, DHT11_HUMIDITY_MIN, DHT11_HUMIDITY_MAX, &input->value);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(key, others[i].key) == 0) {
            input->kind = others[i].kind;
            return look_up(others[i].words, value, &input->value);
        }
    }
    return false;
}

bool spec_input(const char *text, struct run_input *out_input)
{
    char copy[COPY_SIZE];
    if (!copy_text(text, copy)) {
        return false;
    }
    char *key = cut_off(copy, ':');
    char *value = cut_off(key, '=');
    struct run_input input = {.at = 0};
    if (value == NULL || !spec_seconds(copy, &input.at) || !key_and_value(key, value, &input)) {
        return false;
    }
    *out_input = input;
    return true;
}
