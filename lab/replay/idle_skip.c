/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/replay/idle_skip.h"

#include <string.h>

static void note_sram(struct idle_skip *skip, const struct board *board)
{
    skip->has_sram = true;
    memcpy(skip->sram, board->sram, sizeof skip->sram);
}

static void note(struct idle_skip *skip, const struct board *board, bool with_sram)
{
    skip->board = board;
    skip->expects = false;
    skip->cpu = board->cpu;
    skip->has_sram = false;
    if (with_sram) {
        note_sram(skip, board);
    }
}

/* Whatever the round has looked at, it was so all the time. */
static bool nothing_happened(const struct idle_skip *skip, const struct board *board)
{
    return cpu_next_event(&skip->cpu) > board->cpu.now;
}

static bool registers_are_as_noted(const struct idle_skip *skip, const struct board *board)
{
    const struct cpu *cpu = &board->cpu, *noted = &skip->cpu;
    return memcmp(cpu->r, noted->r, sizeof cpu->r) == 0 && cpu_xpsr(cpu) == cpu_xpsr(noted) &&
           cpu->irq_entries == noted->irq_entries &&
           cpu->ticks_per_cycle == noted->ticks_per_cycle;
}

static bool sram_is_as_noted(const struct idle_skip *skip, const struct board *board)
{
    return skip->has_sram && memcmp(board->sram, skip->sram, sizeof skip->sram) == 0;
}

static bool wrote_nothing(const struct idle_skip *skip, const struct board *board)
{
    return board->cpu.sram_writes == skip->cpu.sram_writes || sram_is_as_noted(skip, board);
}

/* How many rounds of `ticks` end before anything happens. One less: the last of them is
 * executed, so that a watchdog is fed when it was. */
static uint64_t rounds_to_pass(const struct board *board, uint64_t ticks, uint64_t until)
{
    uint64_t next = cpu_next_event(&board->cpu);
    next = next < until ? next : until;
    uint64_t rounds = next > board->cpu.now ? (next - board->cpu.now - 1) / ticks : 0;
    return rounds > 0 ? rounds - 1 : 0;
}

/* Rounds are being executed that could have been passed over. */
static enum idle_skip_result compare(struct idle_skip *skip, const struct board *board)
{
    if (board->cpu.now < skip->cpu.now) {
        return IDLE_SKIP_GOES_ON;
    }
    skip->expects = false;
    return board->cpu.now == skip->cpu.now &&
                   board->cpu.instructions == skip->cpu.instructions &&
                   registers_are_as_noted(skip, board) && sram_is_as_noted(skip, board)
               ? IDLE_SKIP_COMPARED
               : IDLE_SKIP_DIFFERS;
}

enum idle_skip_result idle_skip_round(struct idle_skip *skip, struct board *board,
                                      uint32_t compare_every, uint64_t until)
{
    struct cpu *cpu = &board->cpu;
    if (skip->expects && skip->board == board) {
        return compare(skip, board);
    }
    bool same = board->links.debug == NULL && skip->board == board &&
                nothing_happened(skip, board) && registers_are_as_noted(skip, board);
    if (same && wrote_nothing(skip, board)) {
        uint64_t ticks = cpu->now - skip->cpu.now;
        uint64_t rounds = rounds_to_pass(board, ticks, until);
        bool compares = rounds > 0 && compare_every != 0 && ++skip->waits % compare_every == 0;
        struct cpu *to = compares ? &skip->cpu : cpu;
        to->instructions =
            cpu->instructions + rounds * (cpu->instructions - skip->cpu.instructions);
        to->now = cpu->now + rounds * ticks;
        cpu->next_event = 0;
        skip->expects = compares;
        if (compares) {
            note_sram(skip, board);
            return IDLE_SKIP_GOES_ON;
        }
        skip->rounds += rounds;
        skip->cpu = *cpu;
        return IDLE_SKIP_GOES_ON;
    }
    note(skip, board, same);
    return IDLE_SKIP_GOES_ON;
}

void idle_skip_abandon(struct idle_skip *skip, const struct board *board)
{
    if (skip->board == board) {
        skip->board = NULL;
    }
}
