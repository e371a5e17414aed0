/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/replay/call_cache.h"

#include <stdlib.h>
#include <string.h>
#include "board/board.h"
#include "board/stm32f1/board_state.h"
#include "board/stm32f1/bus.h"
#include "board/stm32f1/chip.h"

enum { R12 = 12, SP = 13, LR = 14, PC = 15 };
enum { ANSWERS_MAX = 4096, WRITES_MAX = 1024 };

#define SYSTICK_TICKINT 2u

/* A write to a peripheral. */
struct call_write {
    uint32_t after; /* ticks from the entry on */
    uint32_t addr, size, value;
};

struct call_answer {
    uint64_t question[2]; /* a hash */
    uint64_t ticks, instructions;
    uint32_t r[4], r12, apsr;
    uint32_t word_addrs[2]; /* r2 and r3 at the entry */
    uint8_t words[2][4];    /* what lies there at the end */
    struct call_write *writes;
    unsigned write_count;
};

struct call_cache {
    struct call_function function;
    uint32_t compare_every;
    struct call_counts counts;
    struct call_answer answers[ANSWERS_MAX];
    unsigned answer_count;
    uint64_t known_calls; /* whose answer was known */

    /* the call that is being executed and watched */
    struct board *board;                /* NULL = none */
    const struct call_answer *expected; /* to compare with; NULL = new */
    struct call_answer answer;          /* what is known of it so far */
    struct call_write writes[WRITES_MAX];
    bool fits;
    struct cpu entry; /* the core at its first instruction */
    uint64_t flash_ops;
    uint8_t sram[BOARD_SRAM_SIZE];
};

/* ---- the answers ---- */

struct call_cache *call_cache_new(const struct call_function *function, uint32_t compare_every)
{
    struct call_cache *cache = calloc(1, sizeof *cache);
    if (cache != NULL) {
        cache->function = *function;
        cache->compare_every = compare_every;
    }
    return cache;
}

void call_cache_free(struct call_cache *cache)
{
    for (unsigned i = 0; i < cache->answer_count; i++) {
        free(cache->answers[i].writes);
    }
    free(cache);
}

const struct call_counts *call_cache_counts(const struct call_cache *cache)
{
    return &cache->counts;
}

void call_cache_forget_counts(struct call_cache *cache)
{
    cache->counts = (struct call_counts){0};
}

static const struct call_answer *find(const struct call_cache *cache,
                                      const uint64_t question[2])
{
    for (unsigned i = 0; i < cache->answer_count; i++) {
        const struct call_answer *answer = &cache->answers[i];
        if (answer->question[0] == question[0] && answer->question[1] == question[1]) {
            return answer;
        }
    }
    return NULL;
}

/* Returns false if there is no room. */
static bool keep(struct call_cache *cache, const struct call_answer *answer)
{
    if (cache->answer_count == ANSWERS_MAX) {
        return false;
    }
    size_t size = answer->write_count * sizeof answer->writes[0];
    struct call_write *writes = malloc(size + 1);
    if (writes == NULL) {
        return false;
    }
    memcpy(writes, answer->writes, size);
    cache->answers[cache->answer_count] = *answer;
    cache->answers[cache->answer_count].writes = writes;
    cache->answer_count++;
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

/* The context, wherever it lies: a constant one is in flash. NULL = in neither. */
static const uint8_t *context(const struct call_cache *cache, struct board *board)
{
    uint32_t addr = board->cpu.r[0], len = cache->function.context_size;
    uint32_t off = addr - BOARD_FLASH_BASE, size = board_flash_size(board);
    if (is_ram(addr, len)) {
        return ram(board, addr);
    }
    return off <= size && len <= size - off ? chip_flash(board) + off : NULL;
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

/* Can the call that begins be remembered, as far as its beginning shows? */
static bool is_question(const struct call_cache *cache, struct board *board)
{
    const struct cpu *cpu = &board->cpu;
    bool interrupts =
        cpu->irq_enabled != 0 || (cpu->systick_ctrl & SYSTICK_TICKINT) != 0 || cpu->ipsr != 0;
    return context(cache, board) != NULL && cpu->r[1] <= 31 && is_ram(cpu->r[2], 4) &&
           is_ram(cpu->r[3], 4) && is_ram(cpu->r[SP], 0) && !interrupts && cpu->itstate == 0 &&
           !cpu->flash_is_slow && board->links.debug == NULL;
}

/* What the call that begins asks. */
static void read_question(const struct call_cache *cache, struct board *board,
                          struct call_answer *out_answer)
{
    const struct cpu *cpu = &board->cpu;
    uint64_t *hash = out_answer->question;
    hash[0] = hash[1] = 0;
    for (unsigned i = 0; i < 4; i++) {
        mix(hash, cpu->r[i]);
    }
    mix(hash, cpu->r[SP]);
    mix(hash, cpu->r[LR]);
    mix(hash, cpu->ticks_per_cycle);
    mix(hash, cpu->fetch_wait);
    mix_bytes(hash, context(cache, board), cache->function.context_size);
    for (unsigned i = 0; i < 2; i++) {
        out_answer->word_addrs[i] = cpu->r[2 + i];
        mix_bytes(hash, ram(board, cpu->r[2 + i]), 4);
    }
    for (unsigned i = 0; i < CALL_FLASH_MAX; i++) {
        const struct call_flash *flash = &cache->function.flash[i];
        if ((flash->places >> cpu->r[1] & 1) != 0) {
            mix_bytes(hash, chip_flash(board) + (flash->addr - BOARD_FLASH_BASE), flash->len);
        }
    }
}

/* ---- a call that is executed ---- */

void call_cache_access(struct call_cache *cache, const struct board *board,
                       const struct board_access *access)
{
    struct call_answer *answer = &cache->answer;
    uint64_t after = board->cpu.now - cache->entry.now;
    if (!access->writes || answer->write_count == WRITES_MAX || after > UINT32_MAX) {
        cache->fits = false;
        return;
    }
    cache->writes[answer->write_count++] =
        (struct call_write){(uint32_t)after, access->addr, access->size, access->value};
}

static void stop_watching(struct call_cache *cache)
{
    board_hook_listen(cache->board, false);
    cache->board = NULL;
}

static void watch(struct call_cache *cache, struct board *board,
                  const struct call_answer *answer, const struct call_answer *expected)
{
    if (cache->board != NULL) { /* the other one goes on unwatched */
        stop_watching(cache);
        cache->counts.others++;
    }
    cache->board = board;
    cache->expected = expected;
    cache->answer = *answer;
    cache->answer.writes = cache->writes;
    cache->answer.write_count = 0;
    cache->fits = true;
    cache->entry = board->cpu;
    cache->flash_ops = board_flash_ops(board);
    memcpy(cache->sram, board->sram, sizeof cache->sram);
    board_hook_listen(board, true);
}

/* Has it left everything else as it was? */
static bool is_clean(struct call_cache *cache, const struct board *board)
{
    const struct cpu *cpu = &board->cpu, *entry = &cache->entry;
    uint32_t sp = entry->r[SP] - BOARD_SRAM_BASE, stack_size = cache->function.stack_size;
    uint32_t stack_end = sp > stack_size ? sp - stack_size : 0;
    for (unsigned i = 0; i < 2; i++) { /* its results may differ */
        memcpy(cache->sram + (cache->answer.word_addrs[i] - BOARD_SRAM_BASE),
               cache->answer.words[i], 4);
    }
    return memcmp(&cpu->r[4], &entry->r[4], 8 * sizeof cpu->r[0]) == 0 &&
           cpu->irq_entries == entry->irq_entries &&
           cache->flash_ops == board_flash_ops(board) &&
           memcmp(cache->sram, board->sram, stack_end) == 0 &&
           memcmp(cache->sram + sp, board->sram + sp, BOARD_SRAM_SIZE - sp) == 0;
}

static bool is_same(const struct call_answer *a, const struct call_answer *b)
{
    return a->ticks == b->ticks && a->instructions == b->instructions &&
           memcmp(a->r, b->r, sizeof a->r) == 0 &&
           memcmp(a->words, b->words, sizeof a->words) == 0 &&
           a->write_count == b->write_count &&
           memcmp(a->writes, b->writes, a->write_count * sizeof a->writes[0]) == 0;
}

/* The call has returned. */
static void take_answer(struct call_cache *cache, struct board *board)
{
    struct call_answer *answer = &cache->answer;
    const struct cpu *cpu = &board->cpu;
    answer->ticks = cpu->now - cache->entry.now;
    answer->instructions = cpu->instructions - cache->entry.instructions;
    memcpy(answer->r, cpu->r, sizeof answer->r);
    answer->r12 = cpu->r[R12];
    answer->apsr = cpu_apsr(cpu);
    for (unsigned i = 0; i < 2; i++) {
        memcpy(answer->words[i], ram(board, answer->word_addrs[i]), 4);
    }
    bool fits = cache->fits && is_clean(cache, board);
    const struct call_answer *expected = cache->expected;
    stop_watching(cache);
    if (expected == NULL) {
        bool kept = fits && keep(cache, answer);
        cache->counts.executed += kept;
        cache->counts.others += !kept;
        return;
    }
    cache->counts.compared++;
    if (!fits || !is_same(answer, expected)) {
        cache->counts.differences++;
        chip_unknown(board,
                     "a remembered call now returns 0x%X after %llu ticks, not 0x%X after %llu",
                     (unsigned)answer->r[0], (unsigned long long)answer->ticks,
                     (unsigned)expected->r[0], (unsigned long long)expected->ticks);
    }
}

void call_cache_abandon(struct call_cache *cache, const struct board *board)
{
    if (cache->board == board) {
        stop_watching(cache);
        cache->counts.others++;
    }
}

/* ---- a call that begins or ends ---- */

uint32_t call_cache_trap(const struct call_cache *cache, const struct board *board)
{
    return cache->board == board ? cache->entry.r[LR] & ~1u : cache->function.addr;
}

static void begin(struct call_cache *cache, struct board *board, struct call_giving *out_giving)
{
    if (!is_question(cache, board)) {
        cache->counts.others++;
        return;
    }
    struct call_answer answer;
    read_question(cache, board, &answer);
    const struct call_answer *known = find(cache, answer.question);
    uint32_t every = cache->compare_every;
    if (known == NULL || (every != 0 && ++cache->known_calls % every == 0)) {
        watch(cache, board, &answer, known);
        return;
    }
    cache->counts.remembered++;
    *out_giving = (struct call_giving){known, board->cpu.now, 0};
}

void call_cache_trapped(struct call_cache *cache, struct board *board,
                        struct call_giving *out_giving)
{
    if (cache->board != board) {
        begin(cache, board, out_giving);
    } else if (board->cpu.r[SP] == cache->entry.r[SP]) { /* else: a call inside of it */
        take_answer(cache, board);
    }
}

/* ---- a call that is answered ---- */

static void end(struct call_giving *giving, struct board *board)
{
    const struct call_answer *answer = giving->answer;
    struct cpu *cpu = &board->cpu;
    memcpy(cpu->r, answer->r, sizeof answer->r);
    cpu->r[R12] = answer->r12;
    cpu_set_apsr(cpu, answer->apsr);
    cpu->sram_writes++;
    for (unsigned i = 0; i < 2; i++) {
        memcpy(ram(board, answer->word_addrs[i]), answer->words[i], 4);
    }
    cpu->r[PC] = cpu->r[LR] & ~1u;
    cpu->instructions += answer->instructions;
    cpu->next_event = 0;
    giving->answer = NULL;
}

void call_cache_give(struct call_giving *giving, struct board *board, uint64_t until)
{
    const struct call_answer *answer = giving->answer;
    while (giving->answer != NULL && board->cpu.now < until && !chip_is_halted(board) &&
           !board->stop_asked) {
        bool writes = giving->writes < answer->write_count;
        const struct call_write *write = &answer->writes[giving->writes];
        uint64_t next = giving->start + (writes ? write->after : answer->ticks);
        chip_pass_time(board, next < until ? next : until);
        if (board->cpu.now < next || board->cpu.now >= until || chip_is_halted(board)) {
            continue;
        }
        if (writes) {
            (void)bus_write(board, write->addr, write->size, write->value);
            giving->writes++;
        } else {
            end(giving, board);
        }
    }
}
