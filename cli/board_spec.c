/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/board_spec.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "board/gokit2/dht11.h"
#include "host/number.h"

enum { COPY_SIZE = 80 };
#define SECONDS_MAX 1e9

static int wrong(const char *option, const char *text, const char *reason,
                 struct host_error *out_error)
{
    char thing[HOST_THING_SIZE];
    (void)snprintf(thing, sizeof thing, "%s %s", option, text);
    return host_error_set(out_error, thing, "%s", reason);
}

/* ---- seconds ---- */

static bool read_seconds(const char *text, uint64_t *out_ticks)
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

int spec_seconds(const char *option, const char *text, uint64_t *out_ticks,
                 struct host_error *out_error)
{
    return read_seconds(text, out_ticks)
               ? 0
               : wrong(option, text, "not a number of seconds", out_error);
}

/* ---- FILE[@ADDR] ---- */

int spec_load(const char *option, const char *text, struct spec_load *out_load,
              struct host_error *out_error)
{
    const char *at = strrchr(text, '@');
    struct spec_load load = {.path_len = strlen(text)};
    struct host_error error = {.reason = "not FILE[@ADDR]"};
    if (at != NULL && isdigit((unsigned char)at[1])) {
        uint64_t addr;
        if (number_parse(NULL, at + 1, 0, UINT32_MAX, &addr, &error) != 0) {
            return wrong(option, text, error.reason, out_error);
        }
        load = (struct spec_load){(size_t)(at - text), true, (uint32_t)addr};
    }
    if (load.path_len == 0) {
        return wrong(option, text, error.reason, out_error);
    }
    *out_load = load;
    return 0;
}

/* ---- words ---- */

/* Split copy at the first `separator`. Returns what comes after it, NULL = there is none. */
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

/* ---- OP[:TEAR][:SEED] ---- */

int spec_cut(const char *option, const char *text, struct run_cut *out_cut, bool *out_has_seed,
             struct host_error *out_error)
{
    static const struct word tears[] = {
        {"not-done", BOARD_TEAR_NOT_DONE}, {"done", BOARD_TEAR_DONE},
        {"torn", BOARD_TEAR_TORN},         {"half-erased", BOARD_TEAR_HALF_ERASED},
        {"weak", BOARD_TEAR_WEAK},         {NULL, 0}};
    struct host_error error = {.reason = "not OP[:not-done|done|torn|half-erased|weak][:SEED]"};
    char copy[COPY_SIZE];
    if (!copy_text(text, copy)) {
        return wrong(option, text, error.reason, out_error);
    }
    char *tear_text = cut_off(copy, ':');
    char *seed_text = cut_off(tear_text, ':');
    struct run_cut cut = {.op = 0};
    int tear = BOARD_TEAR_TORN;
    if ((tear_text != NULL && !look_up(tears, tear_text, &tear)) ||
        number_parse(NULL, copy, 0, UINT64_MAX, &cut.op, &error) != 0 ||
        (seed_text != NULL &&
         number_parse(NULL, seed_text, 0, UINT64_MAX, &cut.seed, &error) != 0)) {
        return wrong(option, text, error.reason, out_error);
    }
    cut.tear = (enum board_tear)tear;
    *out_cut = cut;
    *out_has_seed = seed_text != NULL;
    return 0;
}

/* ---- SECONDS:KEY=VALUE ---- */

static bool in_range(const char *text, uint64_t low, uint64_t high, int *out_value,
                     struct host_error *out_error)
{
    uint64_t value;
    if (number_parse(NULL, text, low, high, &value, out_error) != 0) {
        return false;
    }
    *out_value = (int)value;
    return true;
}

/* The reason of a wrong number is left in *out_error; that of anything else is the form. */
static bool key_and_value(const char *key, const char *value, struct run_input *input,
                          struct host_error *out_error)
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
        return in_range(value, 0, DHT11_CELSIUS_MAX, &input->value, out_error);
    }
    if (strcmp(key, "hum") == 0) {
        input->kind = RUN_HUMIDITY;
        return in_range(value, DHT11_HUMIDITY_MIN, DHT11_HUMIDITY_MAX, &input->value,
                        out_error);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(key, others[i].key) == 0) {
            input->kind = others[i].kind;
            return look_up(others[i].words, value, &input->value);
        }
    }
    return false;
}

int spec_input(const char *option, const char *text, struct run_input *out_input,
               struct host_error *out_error)
{
    struct host_error error = {
        .reason = "not SECONDS:KEY=VALUE; KEY=VALUE is key1..3=down|up, temp=0..60, hum=5..95, "
                  "obstacle=yes|no, sensor=broken|ok, reset=pin or power=cycle"};
    char copy[COPY_SIZE];
    if (!copy_text(text, copy)) {
        return wrong(option, text, error.reason, out_error);
    }
    char *key = cut_off(copy, ':');
    char *value = cut_off(key, '=');
    struct run_input input = {.at = 0};
    if (value == NULL || !read_seconds(copy, &input.at) ||
        !key_and_value(key, value, &input, &error)) {
        return wrong(option, text, error.reason, out_error);
    }
    *out_input = input;
    return 0;
}
