/* SPDX-License-Identifier: Apache-2.0 */
#include "board/polling.h"

#include <string.h>

static void note(struct polling *polling, const struct board *board, bool with_sram)
{
    polling->board = board;
    polling->expects = false;
    polling->cpu = board->cpu;
    polling->has_sram = with_sram;
    if (with_sram) {
        memcpy(polling->sram, board->sram, sizeof polling->sram);
    }
}

/* Whatever the round has looked at, it was so all the time. */
static bool nothing_happened(const struct polling *polling, const struct board *board)
{
    return cpu_next_event(&polling->cpu) > board->cpu.now;
}

static bool registers_are_as_noted(const struct polling *polling, const struct board *board)
{
    const struct cpu *cpu = &board->cpu, *noted = &polling->cpu;
    return memcmp(cpu->r, noted->r, sizeof cpu->r) == 0 && cpu_xpsr(cpu) == cpu_xpsr(noted) &&
           cpu->irq_entries == noted->irq_entries &&
           cpu->ticks_per_cycle == noted->ticks_per_cycle;
}

static bool sram_is_as_noted(const struct polling *polling, const struct board *board)
{
    return memcmp(board->sram, polling->sram, sizeof polling->sram) == 0;
}

/* How many rounds of `ticks` end before anything happens. One less: the last of them is executed, so that a
 * watchdog is fed when it was. */
static uint64_t rounds_to_pass(const struct board *board, uint64_t ticks, uint64_t until)
{
    uint64_t next = cpu_next_event(&board->cpu);
    next = next < until ? next : until;
    uint64_t rounds = next > board->cpu.now ? (next - board->cpu.now - 1) / ticks : 0;
    return rounds > 0 ? rounds - 1 : 0;
}

/* Rounds are being executed that could have been passed over. */
static enum polling_result compare(struct polling *polling, const struct board *board)
{
    if (board->cpu.now < polling->cpu.now) {
        return POLLING_GOES_ON;
    }
    polling->expects = false;
    return board->cpu.now == polling->cpu.now &&
                   board->cpu.instructions == polling->cpu.instructions &&
                   registers_are_as_noted(polling, board) && sram_is_as_noted(polling, board)
               ? POLLING_COMPARED
               : POLLING_DIFFERS;
}

enum polling_result polling_called(struct polling *polling, struct board *board,
                                   uint32_t compare_every, uint64_t until)
{
    struct cpu *cpu = &board->cpu;
    bool quiet = cpu->irq_enabled == 0 && board->links.debug == NULL;
    if (polling->expects && polling->board == board) {
        return compare(polling, board);
    }
    bool same = quiet && polling->board == board && nothing_happened(polling, board) &&
                registers_are_as_noted(polling, board);
    if (same && polling->has_sram && sram_is_as_noted(polling, board)) {
        uint64_t ticks = cpu->now - polling->cpu.now;
        uint64_t rounds = rounds_to_pass(board, ticks, until);
        bool compares =
            rounds > 0 && compare_every != 0 && ++polling->waits % compare_every == 0;
        struct cpu *to = compares ? &polling->cpu : cpu;
        to->instructions =
            cpu->instructions + rounds * (cpu->instructions - polling->cpu.instructions);
        to->now = cpu->now + rounds * ticks;
        cpu->next_event = 0;
        polling->expects = compares;
        if (compares) {
            return POLLING_GOES_ON;
        }
        polling->rounds += rounds;
        polling->cpu = *cpu; /* the memory is the same */
        return POLLING_GOES_ON;
    }
    note(polling, board, same);
    return POLLING_GOES_ON;
}
