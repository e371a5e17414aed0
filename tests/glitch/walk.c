/* SPDX-License-Identifier: Apache-2.0 */
#include "glitch/walk.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const spans[] = {"otter_sha512_init", "otter_sha512_update",
                                    "otter_sha512_final", "otter_ed25519_verify"};
enum { SP = 13, LR = 14 };

static uint32_t index_of(uint32_t pc)
{
    return (pc - OTTER_BOOT_ADDR) % OTTER_BOOT_SIZE / 2;
}

static void follow_span(struct walk *walk, uint32_t pc)
{
    uint32_t sp = debug_register(walk->board, SP);

    if (walk->in_span && pc == walk->span_return && sp >= walk->span_sp) {
        walk->in_span = false;
    }
    if (!walk->in_span && walk->is_entry[index_of(pc)]) {
        walk->in_span = true;
        walk->span_return = debug_register(walk->board, LR) & ~1U;
        walk->span_sp = sp;
    }
}

static bool survey(struct walk *walk, struct walk_address *address)
{
    if (walk->in_span) {
        address->first = address->count == 0 ? walk->position : address->first;
        address->last = walk->position;
        address->count++;
    }
    walk->position++;
    return true;
}

static bool visit(void *ctx, uint32_t pc)
{
    struct walk *walk = ctx;
    struct walk_address *address = &walk->addresses[index_of(pc)];

    if (pc - OTTER_BOOT_ADDR >= OTTER_BOOT_SIZE) {
        walk->is_over = true;
        return false;
    }
    follow_span(walk, pc);
    walk->pc = pc;
    if (walk->chooses == NULL) {
        return survey(walk, address);
    }
    if (walk->chooses(walk->ctx, walk, walk->in_span && address->count > WALK_LOOP)) {
        return false;
    }
    walk->position++;
    return true;
}

static void begin(struct walk *walk, enum device_image image)
{
    board_free(walk->board);
    walk->board = device_new(image);
    walk->position = 0;
    walk->in_span = walk->is_over = false;
    board_attach(walk->board, &walk->debug);
    walk->debug.visit = visit;
    walk->debug.visit_ctx = walk;
}

struct walk *walk_new(const struct symbols *symbols, enum device_image image)
{
    struct walk *walk = calloc(1, sizeof *walk);

    if (walk == NULL) {
        fprintf(stderr, "test_glitch: out of memory\n");
        exit(EXIT_FAILURE);
    }
    for (unsigned i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        walk->is_entry[index_of(symbols_addr(symbols, spans[i]))] = true;
    }
    begin(walk, image);
    (void)board_run(walk->board, UINT64_MAX);
    if (!walk->is_over || !device_has_good_app(walk->board, image)) {
        fprintf(stderr, "test_glitch: %s: without a glitch, the good app is not started\n",
                device_image_name(image));
        exit(EXIT_FAILURE);
    }
    walk->positions = walk->position;
    for (uint32_t i = 0; i < OTTER_BOOT_SIZE / 2; i++) {
        const struct walk_address *address = &walk->addresses[i];

        walk->inside += address->count > WALK_LOOP ? address->count : 0;
    }
    walk->outside = walk->positions - walk->inside;
    begin(walk, image);
    return walk;
}

void walk_free(struct walk *walk)
{
    board_free(walk->board);
    free(walk);
}

bool walk_next(struct walk *walk)
{
    if (walk->debug.hit == DEBUG_VISIT) { /* past the one it stands before */
        walk->position++;
        debug_resume(walk->board, false);
    }
    (void)board_run(walk->board, UINT64_MAX);
    return !walk->is_over;
}

bool walk_is_edge(const struct walk *walk)
{
    const struct walk_address *address = &walk->addresses[index_of(walk->pc)];

    return address->first == walk->position || address->last == walk->position;
}
