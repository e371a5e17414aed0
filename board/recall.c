/* SPDX-License-Identifier: Apache-2.0 */
#include "board/recall.h"

#include <stdlib.h>
#include <string.h>
#include "board/hook.h"
#include "board/polling.h"
#include "board/stm32f1/chip.h"

enum { R12 = 12, SP = 13, LR = 14, PC = 15 };

#define SYSTICK_TICKINT 2u

/* A write to a peripheral. */
struct recall_write {
    uint32_t after; /* ticks from the entry on */
    uint32_t addr, size, value;
};

struct recall_answer {
    uint64_t question[2]; /* a hash */
    uint64_t ticks, instructions;
    uint32_t r[4], r12, apsr;
    uint32_t word_addrs[2]; /* r2 and r3 at the entry */
    uint8_t words[2][4];    /* what lies there at the end */
    struct recall_write *writes;
    unsigned write_count;
};

struct recall {
    struct recall_options options;
    struct recall_counts counts;
    struct recall_answer answers[RECALL_ANSWERS_MAX];
    unsigned answer_count;
    uint64_t known_calls; /* whose answer was known */
    struct polling polling;

    /* the call that is being executed and watched */
    struct board *board;                  /* NULL = none */
    const struct recall_answer *expected; /* to compare with; NULL = new */
    struct recall_answer answer;          /* what is known of it so far */
    struct recall_write writes[RECALL_WRITES_MAX];
    bool fits;
    struct cpu entry; /* the core at its first instruction */
    uint64_t flash_ops;
    uint8_t sram[BOARD_SRAM_SIZE];
};

/* A board that it is attached to: its hook. */
struct seat {
    struct recall *recall;
    struct board *board;

    /* the answer that is being given, and how far */
    const struct recall_answer *answer; /* NULL = none */
    uint64_t start;
    unsigned writes;
};

/* ---- memory ---- */

struct recall *recall_new(const struct recall_options *options)
{
    struct recall *recall = calloc(1, sizeof *recall);
    if (recall != NULL) {
        recall->options = *options;
    }
    return recall;
}

void recall_free(struct recall *recall)
{
    if (recall != NULL) {
        for (unsigned i = 0; i < recall->answer_count; i++) {
            free(recall->answers[i].writes);
        }
        free(recall);
    }
}

struct recall_counts recall_counts(const struct recall *recall)
{
    struct recall_counts counts = recall->counts;
    counts.rounds = recall->polling.rounds;
    return counts;
}

void recall_forget_counts(struct recall *recall)
{
    recall->counts = (struct recall_counts){0};
    recall->polling.rounds = 0;
}

static const struct recall_answer *find(const struct recall *recall, const uint64_t question[2])
{
    for (unsigned i = 0; i < recall->answer_count; i++) {
        const struct recall_answer *answer = &recall->answers[i];
        if (answer->question[0] == question[0] && answer->question[1] == question[1]) {
            return answer;
        }
    }
    return NULL;
}

/* Returns false if there is no room. */
static bool keep(struct recall *recall, const struct recall_answer *answer)
{
    if (recall->answer_count == RECALL_ANSWERS_MAX) {
        return false;
    }
    size_t size = answer->write_count * sizeof answer->writes[0];
    struct recall_write *writes = malloc(size + 1);
    if (writes == NULL) {
        return false;
    }
    memcpy(writes, answer->writes, size);
    recall->answers[recall->answer_count] = *answer;
    recall->answers[recall->answer_count].writes = writes;
    recall->answer_count++;
    return true;
}

/* ---- questions ---- */

static bool is_ram(uint32_t addr, uint32_t len)
{
    uint32_t off = addr - BOARD_SRAM_BASE;
    return off <= BOARD_SRAM_SIZE && len <= BOARD_SRAM_SIZE - off;
}

static uint8_t *ram(struct board *board, uint32_t addr)
{
    return board->sram + (addr - BOARD_SRAM_BASE);
}

/* Two hashes at once: 128 bits, and neither waits for the other. */
static void mix(uint64_t hash[2], uint64_t value)
{
    hash[0] = (hash[0] ^ value) * 0x9E3779B97F4A7C15u;
    hash[1] = (hash[1] ^ value) * 0xC2B2AE3D27D4EB4Fu;
    hash[0] ^= hash[0] >> 32;
    hash[1] ^= hash[1] >> 29;
}

static void mix_bytes(uint64_t hash[2], const uint8_t *bytes, size_t len)
{
    uint64_t value;
    for (; len >= sizeof value; len -= sizeof value, bytes += sizeof value) {
        memcpy(&value, bytes, sizeof value);
        mix(hash, value);
    }
    while (len-- > 0) {
        mix(hash, *bytes++);
    }
}

/* What the call that begins asks. False if it is not one that can be remembered. */
static bool read_question(struct recall *recall, struct board *board,
                          struct recall_answer *out_answer)
{
    const struct recall_options *options = &recall->options;
    const struct cpu *cpu = &board->cpu;
    bool interrupts = cpu->irq_enabled != 0 || (cpu->systick_ctrl & SYSTICK_TICKINT) != 0;
    if (!is_ram(cpu->r[0], options->context_size) || !is_ram(cpu->r[2], 4) ||
        !is_ram(cpu->r[3], 4) || !is_ram(cpu->r[SP], 0) || cpu->r[1] > 31 || interrupts ||
        cpu->ipsr != 0 || cpu->itstate != 0 || cpu->flash_is_slow ||
        board->links.debug != NULL) {
        return false;
    }
    uint64_t *hash = out_answer->question;
    hash[0] = hash[1] = 0;
    for (unsigned i = 0; i < 4; i++) {
        mix(hash, cpu->r[i]);
    }
    mix(hash, cpu->r[SP]);
    mix(hash, cpu->r[LR]);
    mix(hash, cpu->ticks_per_cycle);
    mix(hash, cpu->fetch_wait);
    mix_bytes(hash, ram(board, cpu->r[0]), options->context_size);
    for (unsigned i = 0; i < 2; i++) {
        out_answer->word_addrs[i] = cpu->r[2 + i];
        mix_bytes(hash, ram(board, cpu->r[2 + i]), 4);
    }
    for (unsigned i = 0; i < RECALL_FLASH_MAX; i++) {
        const struct recall_flash *flash = &options->flash[i];
        if ((flash->seconds >> cpu->r[1] & 1) != 0) {
            mix_bytes(hash, board->flash.bytes + (flash->addr - BOARD_FLASH_BASE), flash->len);
        }
    }
    return true;
}

/* ---- a call that is executed ---- */

static bool watching_read(void *ctx, uint32_t addr, unsigned size, uint32_t *out_value)
{
    struct board *board = ctx;
    const struct seat *seat = board->links.hook.ctx;
    seat->recall->fits = false;
    return bus_read(board, addr, size, out_value);
}

static bool watching_write(void *ctx, uint32_t addr, unsigned size, uint32_t value)
{
    struct board *board = ctx;
    const struct seat *seat = board->links.hook.ctx;
    struct recall *recall = seat->recall;
    struct recall_answer *answer = &recall->answer;
    uint64_t after = board->cpu.now - recall->entry.now;
    if (answer->write_count == RECALL_WRITES_MAX || after > UINT32_MAX) {
        recall->fits = false;
    } else {
        recall->writes[answer->write_count++] =
            (struct recall_write){(uint32_t)after, addr, size, value};
    }
    return bus_write(board, addr, size, value);
}

static void stop_watching(struct recall *recall)
{
    struct board *board = recall->board;
    recall->board = NULL;
    board->cpu.bus.read = bus_read;
    board->cpu.bus.write = bus_write;
}

static void watch(struct recall *recall, struct board *board, struct recall_answer *answer,
                  const struct recall_answer *expected)
{
    if (recall->board != NULL) { /* the other one goes on unwatched */
        stop_watching(recall);
        recall->counts.others++;
    }
    recall->board = board;
    recall->expected = expected;
    recall->answer = *answer;
    recall->answer.writes = recall->writes;
    recall->answer.write_count = 0;
    recall->fits = true;
    recall->entry = board->cpu;
    recall->flash_ops = board->flash.ops;
    memcpy(recall->sram, board->sram, sizeof recall->sram);
    board->cpu.bus.read = watching_read;
    board->cpu.bus.write = watching_write;
}

/* Has it left everything else as it was? */
static bool is_clean(struct recall *recall, struct board *board)
{
    const struct cpu *cpu = &board->cpu, *entry = &recall->entry;
    uint32_t sp = entry->r[SP] - BOARD_SRAM_BASE;
    uint32_t stack_end = sp > recall->options.stack_size ? sp - recall->options.stack_size : 0;
    for (unsigned i = 0; i < 2; i++) { /* its results may differ */
        memcpy(recall->sram + (recall->answer.word_addrs[i] - BOARD_SRAM_BASE),
               recall->answer.words[i], 4);
    }
    return memcmp(&cpu->r[4], &entry->r[4], 8 * sizeof cpu->r[0]) == 0 &&
           cpu->irq_entries == entry->irq_entries && recall->flash_ops == board->flash.ops &&
           memcmp(recall->sram, board->sram, stack_end) == 0 &&
           memcmp(recall->sram + sp, board->sram + sp, BOARD_SRAM_SIZE - sp) == 0;
}

static bool is_same(const struct recall_answer *a, const struct recall_answer *b)
{
    return a->ticks == b->ticks && a->instructions == b->instructions &&
           memcmp(a->r, b->r, sizeof a->r) == 0 &&
           memcmp(a->words, b->words, sizeof a->words) == 0 &&
           a->write_count == b->write_count &&
           memcmp(a->writes, b->writes, a->write_count * sizeof a->writes[0]) == 0;
}

/* The call has returned. */
static void take_answer(struct recall *recall, struct board *board)
{
    struct recall_answer *answer = &recall->answer;
    const struct cpu *cpu = &board->cpu;
    answer->ticks = cpu->now - recall->entry.now;
    answer->instructions = cpu->instructions - recall->entry.instructions;
    memcpy(answer->r, cpu->r, sizeof answer->r);
    answer->r12 = cpu->r[R12];
    answer->apsr = cpu_apsr(cpu);
    for (unsigned i = 0; i < 2; i++) {
        memcpy(answer->words[i], ram(board, answer->word_addrs[i]), 4);
    }
    bool fits = recall->fits && is_clean(recall, board);
    const struct recall_answer *expected = recall->expected;
    stop_watching(recall);
    if (expected == NULL) {
        bool kept = fits && keep(recall, answer);
        recall->counts.executed += kept;
        recall->counts.others += !kept;
        return;
    }
    recall->counts.compared++;
    if (!fits || !is_same(answer, expected)) {
        recall->counts.differences++;
        chip_unknown(board,
                     "a remembered call now returns 0x%X after %llu ticks, not 0x%X after %llu",
                     (unsigned)answer->r[0], (unsigned long long)answer->ticks,
                     (unsigned)expected->r[0], (unsigned long long)expected->ticks);
    }
}

/* The call under way will not return: a reset, or the board becomes another. */
static void abandon(struct seat *seat)
{
    struct recall *recall = seat->recall;
    seat->answer = NULL;
    if (recall->board == seat->board) {
        stop_watching(recall);
        recall->counts.others++;
    }
    if (recall->polling.board == seat->board) {
        recall->polling.board = NULL;
    }
}

/* ---- a call that is answered ---- */

static void begin(struct seat *seat)
{
    struct recall *recall = seat->recall;
    struct board *board = seat->board;
    struct recall_answer answer;
    if (!read_question(recall, board, &answer)) {
        recall->counts.others++;
        return;
    }
    const struct recall_answer *known = find(recall, answer.question);
    uint32_t compare_every = recall->options.compare_every;
    if (known == NULL || (compare_every != 0 && ++recall->known_calls % compare_every == 0)) {
        watch(recall, board, &answer, known);
        return;
    }
    recall->counts.remembered++;
    seat->answer = known;
    seat->start = board->cpu.now;
    seat->writes = 0;
}

static void wait(struct recall *recall, struct board *board, uint64_t until)
{
    switch (polling_called(&recall->polling, board, recall->options.compare_every, until)) {
    case POLLING_GOES_ON:
        return;
    case POLLING_DIFFERS:
        recall->counts.differences++;
        chip_unknown(board, "a loop that polls does not do the same in each round");
        break;
    case POLLING_COMPARED:
        break;
    }
    recall->counts.compared_waits++;
}

static void give(struct seat *seat)
{
    const struct recall_answer *answer = seat->answer;
    struct board *board = seat->board;
    struct cpu *cpu = &board->cpu;
    memcpy(cpu->r, answer->r, sizeof answer->r);
    cpu->r[R12] = answer->r12;
    cpu_set_apsr(cpu, answer->apsr);
    for (unsigned i = 0; i < 2; i++) {
        memcpy(ram(board, answer->word_addrs[i]), answer->words[i], 4);
    }
    cpu->r[PC] = cpu->r[LR] & ~1u;
    cpu->instructions += answer->instructions;
    cpu->next_event = 0;
    seat->answer = NULL;
}

/* Let time pass in the answer that is being given. */
static void go_on(struct seat *seat, uint64_t until)
{
    struct board *board = seat->board;
    const struct recall_answer *answer = seat->answer;
    while (seat->answer != NULL && board->cpu.now < until && !chip_is_halted(board) &&
           !board->stop_asked) {
        bool writes = seat->writes < answer->write_count;
        const struct recall_write *write = &answer->writes[seat->writes];
        uint64_t next = seat->start + (writes ? write->after : answer->ticks);
        chip_pass_time(board, next < until ? next : until);
        if (board->cpu.now < next || board->cpu.now >= until || chip_is_halted(board)) {
            continue;
        }
        if (writes) {
            (void)bus_write(board, write->addr, write->size, write->value);
            seat->writes++;
        } else {
            give(seat);
        }
    }
}

/* ---- the hook ---- */

static unsigned traps(void *ctx, uint32_t out_addrs[BOARD_TRAPS_MAX])
{
    const struct seat *seat = ctx;
    const struct recall *recall = seat->recall;
    bool watched = recall->board == seat->board;
    unsigned count = 0;
    out_addrs[count] = watched ? recall->entry.r[LR] & ~1u : recall->options.function;
    count += out_addrs[count] != 0;
    for (unsigned i = 0; i < RECALL_POLLS; i++) {
        out_addrs[count] = recall->options.polls[i];
        count += out_addrs[count] != 0;
    }
    return count;
}

static bool trapped(void *ctx, struct board *board, uint64_t until)
{
    struct seat *seat = ctx;
    struct recall *recall = seat->recall;
    uint32_t pc = board->cpu.r[PC];
    if (seat->answer != NULL) {
        go_on(seat, until);
        return seat->answer != NULL;
    }
    for (unsigned i = 0; i < RECALL_POLLS; i++) {
        if (pc == recall->options.polls[i]) {
            wait(recall, board, until);
        }
    }
    if (recall->board != board && pc == recall->options.function) {
        begin(seat);
    } else if (recall->board == board && pc == (recall->entry.r[LR] & ~1u) &&
               board->cpu.r[SP] == recall->entry.r[SP]) { /* else: a call inside of it */
        take_answer(recall, board);
    }
    return seat->answer != NULL;
}

static void has_reset(void *ctx, struct board *board)
{
    (void)board;
    abandon(ctx);
}

static void has_copied(void *ctx, struct board *board, const void *from)
{
    struct seat *seat = ctx;
    const struct seat *source = from;
    (void)board;
    abandon(seat);
    if (source != NULL) {
        seat->answer = source->answer;
        seat->start = source->start;
        seat->writes = source->writes;
    }
}

static void release(void *ctx, struct board *board)
{
    (void)board;
    abandon(ctx);
    free(ctx);
}

bool board_attach_recall(struct board *board, struct recall *recall)
{
    struct seat *seat = NULL;
    if (recall != NULL) {
        seat = calloc(1, sizeof *seat);
        if (seat == NULL) {
            return false;
        }
        seat->recall = recall;
        seat->board = board;
    }
    const struct board_hook hook = {seat, traps, trapped, has_reset, has_copied, release};
    board_set_hook(board, seat != NULL ? &hook : NULL);
    return true;
}
