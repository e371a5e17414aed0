/* SPDX-License-Identifier: Apache-2.0 */
#include "glitch/starts.h"
#include <stdio.h>
#include <stdlib.h>
#include "otter/bytes.h"

enum {
    MARK_FUNCTION = 1,
    MARK_STATE = 2,
    MARK_RECOVERY = 4,
    MARK_FAULT = 8,
    MARK_SHORTCUT = 16
};

/* Longer than any loop that waits for the chip: 5 ms for the clock, 1 ms for a character. */
enum { SILENT_MAX = 200000 };

/* Where states are compared: often in what is outside of the hash and the curve. */
static const char *const state_functions[] = {
    "reset_handler",      "otter_decide_action",  "otter_crc32",
    "otter_verify_image", "otter_sha512_init",    "otter_sha512_update",
    "otter_sha512_final", "otter_ed25519_verify", "otter_journal_append"};

static uint8_t *mark_at(struct starts *starts, uint32_t addr)
{
    return &starts->marks[(addr - OTTER_BOOT_ADDR) % OTTER_BOOT_SIZE / 2];
}

static bool ends(struct starts *starts, enum start_end end)
{
    starts->ended = true;
    starts->end = end;
    return false;
}

/* Behind the bootloader. In RAM, and where there is no memory, the core finds out itself what it can do. */
static bool leave(struct starts *starts, uint32_t pc)
{
    if (pc - OTTER_FLASH_ADDR < OTTER_FLASH_SIZE) {
        bool is_app = pc - OTTER_APP_ADDR < OTTER_APP_SIZE;

        starts->left_at = pc;
        return ends(starts, is_app && device_has_good_app(starts->board, starts->image)
                                ? START_GOOD_APP
                                : START_ACCEPTED);
    }
    starts->strayed = true;
    if (device_is_bad_code(starts->board, pc)) {
        starts->left_at = pc;
        return ends(starts, START_ACCEPTED);
    }
    return --starts->silent != 0 || ends(starts, START_HANGS);
}

static bool is_known(struct starts *starts)
{
    uint64_t state = known_state(starts->board, starts->ram_end);

    if (known_has(&starts->known, state)) {
        return true;
    }
    if (starts->path_len < STARTS_PATH_MAX) {
        starts->path[starts->path_len++] = state;
    }
    return false;
}

static bool visit(void *ctx, uint32_t pc)
{
    struct starts *starts = ctx;
    uint32_t off = (pc < OTTER_FLASH_SIZE ? pc : pc - OTTER_FLASH_ADDR); /* 0 is flash, too */
    unsigned mark;

    if (off >= OTTER_BOOT_SIZE) {
        return leave(starts, pc);
    }
    mark = starts->marks[off / 2];
    starts->silent = mark != 0 ? SILENT_MAX : starts->silent - 1;
    if (--starts->left == 0 || starts->silent == 0) {
        return ends(starts, START_HANGS);
    }
    if ((mark & (MARK_RECOVERY | MARK_FAULT)) != 0) {
        return ends(starts, (mark & MARK_FAULT) != 0 ? START_HANGS : START_RECOVERY);
    }
    if ((mark & MARK_STATE) != 0 && is_known(starts)) {
        return ends(starts, START_KNOWN);
    }
    if ((mark & MARK_SHORTCUT) != 0) {
        (void)shortcut_take(&starts->shortcut, starts->board, pc);
    }
    return true;
}

/* Where the bootloader's vector table leads a fault: there it waits for the watchdog. */
static uint32_t fault_handler(struct board *board)
{
    enum { HARD_FAULT = 3 };

    return otter_get_le32(board_flash(board) + 4 * HARD_FAULT) & ~1U;
}

struct starts *starts_new(const struct symbols *symbols, enum device_image image,
                          const struct board *board, uint64_t budget)
{
    struct starts *starts = calloc(1, sizeof *starts);
    const struct board_options options = {.seed = 1};

    if (starts == NULL || (starts->board = board_new(&options)) == NULL) {
        fprintf(stderr, "test_glitch: out of memory\n");
        exit(EXIT_FAILURE);
    }
    board_copy(starts->board, board);
    starts->image = image;
    starts->ram_end = symbols_addr(symbols, "ld_bss_end");
    starts->budget = budget;
    shortcut_find(&starts->shortcut, symbols);
    for (unsigned i = 0; i < symbols->count; i++) {
        const struct symbol *symbol = &symbols->list[i];

        if (symbol->type == 't' || symbol->type == 'T') {
            *mark_at(starts, symbol->addr) |= MARK_FUNCTION;
        }
    }
    for (unsigned i = 0; i < sizeof state_functions / sizeof state_functions[0]; i++) {
        *mark_at(starts, symbols_addr(symbols, state_functions[i])) |= MARK_STATE;
    }
    *mark_at(starts, starts->shortcut.sha512_init) |= MARK_SHORTCUT;
    *mark_at(starts, starts->shortcut.ed25519_verify) |= MARK_SHORTCUT;
    *mark_at(starts, symbols_addr(symbols, "recover")) |= MARK_RECOVERY;
    *mark_at(starts, fault_handler(starts->board)) |= MARK_FAULT;
    return starts;
}

void starts_free(struct starts *starts)
{
    known_free(&starts->known);
    board_free(starts->board);
    free(starts);
}

static enum start_end run_start(struct starts *starts)
{
    enum board_stop stop;

    board_attach(starts->board, &starts->debug);
    starts->debug.visit = visit;
    starts->debug.visit_ctx = starts;
    starts->left = starts->budget;
    starts->silent = SILENT_MAX;
    starts->ended = false;
    stop = board_run(starts->board, UINT64_MAX);
    if (starts->ended) {
        return starts->end;
    }
    return stop == BOARD_STOP_LOCKUP ? START_HANGS : START_UNKNOWN;
}

static enum starts_verdict end_well(struct starts *starts)
{
    for (unsigned i = 0; i < starts->path_len; i++) {
        known_add(&starts->known, starts->path[i]);
    }
    return STARTS_GOOD;
}

enum starts_verdict starts_run(struct starts *starts)
{
    starts->path_len = 0;
    starts->strayed = false;
    for (starts->count = 0; starts->count < STARTS_MAX;) {
        uint64_t operations = board_flash_ops(starts->board);
        enum start_end end = run_start(starts);
        bool is_quiet = starts->count != 0 && board_flash_ops(starts->board) == operations;

        starts->ends[starts->count++] = end;
        if (end == START_ACCEPTED) {
            return STARTS_ACCEPTED;
        }
        if (end == START_KNOWN || (end == START_GOOD_APP && is_quiet)) {
            return end_well(starts);
        }
        if (end == START_RECOVERY && is_quiet) {
            return STARTS_RECOVERY;
        }
        board_reset(starts->board);
    }
    return STARTS_ENDLESS;
}

const char *starts_end_name(enum start_end end)
{
    static const char *const names[START_ENDS] = {
        "the good app starts", "ANOTHER CODE STARTS",  "goes on as known",
        "waits for an image",  "hangs, until a reset", "does what is not modelled"};

    return names[end];
}

const char *starts_verdict_name(enum starts_verdict verdict)
{
    static const char *const names[STARTS_VERDICTS] = {"the good app runs", "recovery",
                                                       "ACCEPTED", "NEVER QUIET"};

    return names[verdict];
}
