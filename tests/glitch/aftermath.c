/* SPDX-License-Identifier: Apache-2.0 */
#include "glitch/aftermath.h"
#include <stdio.h>
#include <stdlib.h>
#include "glitch/boot_symbols.h"
#include "otter/bytes.h"

enum { MARK_FUNCTION = 1, MARK_STATE = 2, MARK_RECOVERY = 4, MARK_FAULT = 8, MARK_NATIVE = 16 };

/* Longer than any loop that waits for the chip: 5 ms for the clock, 1 ms for a character. */
enum { SILENT_MAX = 200000 };

/* Where states are compared: often in what is outside of the hash and the curve. */
static const enum firmware_symbol state_functions[] = {
    FIRMWARE_RESET_HANDLER, FIRMWARE_DECIDE_ACTION,  FIRMWARE_CRC32,
    FIRMWARE_VERIFY_IMAGE,  FIRMWARE_SHA512_INIT,    FIRMWARE_SHA512_UPDATE,
    FIRMWARE_SHA512_FINAL,  FIRMWARE_ED25519_VERIFY, FIRMWARE_JOURNAL_APPEND};

static void give_up(const char *why)
{
    fprintf(stderr, "fw_glitch: %s\n", why);
    exit(EXIT_FAILURE);
}

static uint8_t *mark_at(struct aftermath *after, uint32_t addr)
{
    return &after->marks[(addr - OTTER_BOOT_ADDR) % OTTER_BOOT_SIZE / 2];
}

static bool ends(struct aftermath *after, enum start_end end)
{
    after->ended = true;
    after->end = end;
    return false;
}

/* Behind the bootloader. In RAM, and where there is no memory, the core finds out itself what
 * it can do. */
static bool leave(struct aftermath *after, uint32_t pc)
{
    if (pc - OTTER_FLASH_ADDR < OTTER_FLASH_SIZE) {
        bool is_app = pc - OTTER_APP_ADDR < OTTER_APP_SIZE;

        after->left_at = pc;
        return ends(after, is_app && device_has_good_app(after->board, after->image)
                               ? START_GOOD_APP
                               : START_ACCEPTED);
    }
    after->strayed = true;
    if (device_is_bad_code(after->board, pc)) {
        after->left_at = pc;
        return ends(after, START_ACCEPTED);
    }
    return --after->silent != 0 || ends(after, START_HANGS);
}

static bool is_known(struct aftermath *after)
{
    uint64_t state = state_cache_hash(after->board, after->ram_end);

    if (state_cache_has(&after->known, state)) {
        return true;
    }
    if (after->path_len < AFTERMATH_PATH_MAX) {
        after->path[after->path_len++] = state;
    }
    return false;
}

static bool visit(void *ctx, uint32_t pc)
{
    struct aftermath *after = ctx;
    uint32_t off = (pc < OTTER_FLASH_SIZE ? pc : pc - OTTER_FLASH_ADDR); /* 0 is flash, too */
    unsigned mark;

    if (off >= OTTER_BOOT_SIZE) {
        return leave(after, pc);
    }
    mark = after->marks[off / 2];
    after->silent = mark != 0 ? SILENT_MAX : after->silent - 1;
    if (--after->left == 0 || after->silent == 0) {
        return ends(after, START_HANGS);
    }
    if ((mark & (MARK_RECOVERY | MARK_FAULT)) != 0) {
        return ends(after, (mark & MARK_FAULT) != 0 ? START_HANGS : START_RECOVERY);
    }
    if ((mark & MARK_STATE) != 0 && is_known(after)) {
        return ends(after, START_KNOWN);
    }
    if ((mark & MARK_NATIVE) != 0) {
        (void)native_crypto_call(&after->crypto, after->board, pc);
    }
    return true;
}

/* Where the bootloader's vector table leads a fault: there it waits for the watchdog. */
static uint32_t fault_handler(struct board *board)
{
    enum { HARD_FAULT = 3 };

    return otter_get_le32(board_flash(board) + 4 * HARD_FAULT) & ~1U;
}

/* What begins where, in the bootloader. */
static void mark_all(struct aftermath *after)
{
    const struct elf_symbols *symbols = boot_symbols();

    for (size_t i = 0; i < symbols->count; i++) {
        if (symbols->list[i].kind == ELF_FUNCTION) {
            *mark_at(after, symbols->list[i].value) |= MARK_FUNCTION;
        }
    }
    for (unsigned i = 0; i < sizeof state_functions / sizeof state_functions[0]; i++) {
        *mark_at(after, boot_symbol(state_functions[i])) |= MARK_STATE;
    }
    *mark_at(after, after->crypto.sha512_init) |= MARK_NATIVE;
    *mark_at(after, after->crypto.ed25519_verify) |= MARK_NATIVE;
    *mark_at(after, boot_symbol(FIRMWARE_RECOVER)) |= MARK_RECOVERY;
    *mark_at(after, fault_handler(after->board)) |= MARK_FAULT;
}

struct aftermath *aftermath_new(enum device_image image, const struct board *board,
                                uint64_t budget)
{
    struct aftermath *after = calloc(1, sizeof *after);
    const struct board_options options = {.seed = 1};
    char why[HOST_WHY_SIZE];

    if (after == NULL || (after->board = board_new(&options)) == NULL) {
        give_up("out of memory");
    }
    if (!native_crypto_init(&after->crypto, boot_symbols(), why)) {
        give_up(why);
    }
    board_copy(after->board, board);
    after->image = image;
    after->ram_end = boot_symbol(FIRMWARE_BSS_END);
    after->budget = budget;
    mark_all(after);
    return after;
}

void aftermath_free(struct aftermath *after)
{
    state_cache_free(&after->known);
    board_free(after->board);
    free(after);
}

static enum start_end run_start(struct aftermath *after)
{
    enum board_stop stop;

    board_attach(after->board, &after->debug);
    after->debug.visit = visit;
    after->debug.visit_ctx = after;
    after->left = after->budget;
    after->silent = SILENT_MAX;
    after->ended = false;
    stop = board_run(after->board, UINT64_MAX);
    if (after->ended) {
        return after->end;
    }
    return stop == BOARD_STOP_LOCKUP ? START_HANGS : START_UNKNOWN;
}

static enum aftermath_verdict end_well(struct aftermath *after)
{
    for (unsigned i = 0; i < after->path_len; i++) {
        if (!state_cache_add(&after->known, after->path[i])) {
            give_up("out of memory");
        }
    }
    return AFTERMATH_GOOD;
}

enum aftermath_verdict aftermath_run(struct aftermath *after)
{
    after->path_len = 0;
    after->strayed = false;
    for (after->count = 0; after->count < AFTERMATH_MAX;) {
        uint64_t operations = board_flash_ops(after->board);
        enum start_end end = run_start(after);
        bool is_quiet = after->count != 0 && board_flash_ops(after->board) == operations;

        after->ends[after->count++] = end;
        if (end == START_ACCEPTED) {
            return AFTERMATH_ACCEPTED;
        }
        if (end == START_KNOWN || (end == START_GOOD_APP && is_quiet)) {
            return end_well(after);
        }
        if (end == START_RECOVERY && is_quiet) {
            return AFTERMATH_RECOVERY;
        }
        board_reset(after->board);
    }
    return AFTERMATH_ENDLESS;
}

const char *aftermath_end_name(enum start_end end)
{
    static const char *const names[START_ENDS] = {
        "the good app starts", "ANOTHER CODE STARTS",  "goes on as known",
        "waits for an image",  "hangs, until a reset", "does what is not modelled"};

    return names[end];
}

const char *aftermath_verdict_name(enum aftermath_verdict verdict)
{
    static const char *const names[AFTERMATH_VERDICTS] = {"the good app runs", "recovery",
                                                          "ACCEPTED", "NEVER QUIET"};

    return names[verdict];
}
