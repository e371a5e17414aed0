/* SPDX-License-Identifier: Apache-2.0 */
#include "glitch/survey.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "glitch/boot_symbols.h"

static const enum firmware_symbol spans[] = {FIRMWARE_SHA512_INIT, FIRMWARE_SHA512_UPDATE,
                                             FIRMWARE_SHA512_FINAL, FIRMWARE_ED25519_VERIFY};
enum { SP = 13, LR = 14 };

static uint32_t index_of(uint32_t pc)
{
    return (pc - OTTER_BOOT_ADDR) % OTTER_BOOT_SIZE / 2;
}

static void follow_span(struct survey *survey, uint32_t pc)
{
    uint32_t sp = debug_register(survey->board, SP);

    if (survey->in_span && pc == survey->span_return && sp >= survey->span_sp) {
        survey->in_span = false;
    }
    if (!survey->in_span && survey->is_entry[index_of(pc)]) {
        survey->in_span = true;
        survey->span_return = debug_register(survey->board, LR) & ~1U;
        survey->span_sp = sp;
    }
}

static bool count(struct survey *survey, struct survey_address *address)
{
    if (survey->in_span) {
        address->first = address->count == 0 ? survey->position : address->first;
        address->last = survey->position;
        address->count++;
    }
    survey->position++;
    return true;
}

static bool visit(void *ctx, uint32_t pc)
{
    struct survey *survey = ctx;
    struct survey_address *address = &survey->addresses[index_of(pc)];

    if (pc - OTTER_BOOT_ADDR >= OTTER_BOOT_SIZE) {
        survey->is_over = true;
        return false;
    }
    follow_span(survey, pc);
    survey->pc = pc;
    if (survey->chooses == NULL) {
        return count(survey, address);
    }
    if (survey->chooses(survey->ctx, survey, survey->in_span && address->count > SURVEY_LOOP)) {
        return false;
    }
    survey->position++;
    return true;
}

static void begin(struct survey *survey, enum device_image image)
{
    testbed_free(survey->bed);
    survey->bed = device_new(image);
    survey->board = testbed_board(survey->bed);
    survey->position = 0;
    survey->in_span = survey->is_over = false;
    board_attach(survey->board, &survey->debug);
    survey->debug.visit = visit;
    survey->debug.visit_ctx = survey;
}

struct survey *survey_new(enum device_image image)
{
    struct survey *survey = calloc(1, sizeof *survey);

    if (survey == NULL) {
        fprintf(stderr, "fw_glitch: out of memory\n");
        exit(EXIT_FAILURE);
    }
    for (unsigned i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        survey->is_entry[index_of(boot_symbol(spans[i]))] = true;
    }
    begin(survey, image);
    (void)board_run(survey->board, UINT64_MAX);
    if (!survey->is_over || !device_has_good_app(survey->board, image)) {
        fprintf(stderr, "fw_glitch: %s: without a glitch, the good app is not started\n",
                device_image_name(image));
        exit(EXIT_FAILURE);
    }
    survey->positions = survey->position;
    for (uint32_t i = 0; i < OTTER_BOOT_SIZE / 2; i++) {
        const struct survey_address *address = &survey->addresses[i];

        survey->inside += address->count > SURVEY_LOOP ? address->count : 0;
    }
    survey->outside = survey->positions - survey->inside;
    begin(survey, image);
    return survey;
}

void survey_free(struct survey *survey)
{
    testbed_free(survey->bed);
    free(survey);
}

bool survey_next(struct survey *survey)
{
    if (survey->debug.hit == DEBUG_VISIT) { /* past the one it stands before */
        survey->position++;
        debug_resume(survey->board, false);
    }
    (void)board_run(survey->board, UINT64_MAX);
    return !survey->is_over;
}

bool survey_is_edge(const struct survey *survey)
{
    const struct survey_address *address = &survey->addresses[index_of(survey->pc)];

    return address->first == survey->position || address->last == survey->position;
}
