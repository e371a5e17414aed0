/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/replay/boot_replay.h"

#include "lab/firmware_symbols.h"
#include "otter/swap.h"
#include "port/stm32f103/partitions.h"

enum { STACK_SIZE = 4096 }; /* a verification that used more would not be remembered */

static bool find_verification(const struct elf_symbols *symbols, struct call_function *out,
                              char out_why[HOST_WHY_SIZE])
{
    const uint32_t of_app =
        1u << OTTER_IMAGE_AT_APP; /* else it reads APPBAK and the spare page */
    *out = (struct call_function){.stack_size = STACK_SIZE,
                                  .flash = {{OTTER_BOOT_ADDR, OTTER_BOOT_SIZE, UINT32_MAX},
                                            {OTTER_APP_ADDR, OTTER_APP_SIZE, of_app},
                                            {OTTER_SPARE_ADDR, OTTER_SPARE_SIZE, ~of_app},
                                            {OTTER_BACKUP_ADDR, OTTER_BACKUP_SIZE, ~of_app}}};
    return firmware_symbol(symbols, FIRMWARE_VERIFY_IMAGE, &out->addr, out_why) &&
           firmware_symbol(symbols, FIRMWARE_VERIFIER_SIZE, &out->context_size, out_why);
}

static bool find_loops(const struct elf_symbols *symbols, uint32_t out_loops[REPLAY_LOOPS],
                       char out_why[HOST_WHY_SIZE])
{
    return firmware_symbol(symbols, FIRMWARE_POLLED_RECEIVE, &out_loops[0], out_why) &&
           firmware_symbol(symbols, FIRMWARE_POLLED_SEND, &out_loops[1], out_why);
}

struct replay *boot_replay_new(const uint8_t elf[], size_t len, enum boot_replay what,
                               uint32_t compare_every, char out_why[HOST_WHY_SIZE])
{
    struct replay_options options = {.compare_every = compare_every};
    struct replay *replay = NULL;
    struct elf_symbols symbols;
    if (loader_guess(elf, len) != LOADER_ELF) {
        (void)loader_fail(out_why, "is no .elf, where functions can be found");
        return NULL;
    }
    if (!elf_symbols_read(&symbols, elf, len, out_why)) {
        return NULL;
    }
    if (find_loops(&symbols, options.loops, out_why) &&
        (what == BOOT_REPLAY_WAITS ||
         find_verification(&symbols, &options.function, out_why))) {
        replay = replay_new(&options);
        if (replay == NULL) {
            (void)loader_fail(out_why, "out of memory");
        }
    }
    elf_symbols_free(&symbols);
    return replay;
}
