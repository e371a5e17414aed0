/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/replay/boot_replay.h"

#include "lab/firmware_symbols.h"
#include "otter/swap.h"

enum { STACK_SIZE = 4096 }; /* a verification that used more would not be remembered */

static bool find_verification(const struct elf_symbols *symbols,
                              const struct otter_layout *layout, struct call_function *out,
                              char out_why[HOST_WHY_SIZE])
{
    uint32_t unsigned_addr;
    if (firmware_symbol(symbols, FIRMWARE_VERIFY_UNSIGNED, &unsigned_addr, out_why)) {
        *out = (struct call_function){.addr = 0};
        return true; /* it verifies no signature, and that is quick */
    }
    const uint32_t of_app =
        1u << OTTER_IMAGE_AT_APP; /* else it reads APPBAK and the spare page */
    *out =
        (struct call_function){.stack_size = STACK_SIZE,
                               .flash = {{layout->boot.addr, layout->boot.size, UINT32_MAX},
                                         {layout->app.addr, layout->app.size, of_app},
                                         {layout->spare.addr, layout->spare.size, ~of_app},
                                         {layout->backup.addr, layout->backup.size, ~of_app}}};
    return firmware_symbol(symbols, FIRMWARE_VERIFY_IMAGE, &out->addr, out_why) &&
           firmware_symbol(symbols, FIRMWARE_VERIFIER_SIZE, &out->context_size, out_why);
}

static bool find_loops(const struct elf_symbols *symbols, uint32_t out_loops[REPLAY_LOOPS],
                       char out_why[HOST_WHY_SIZE])
{
    return firmware_symbol(symbols, FIRMWARE_POLLED_RECEIVE, &out_loops[0], out_why) &&
           firmware_symbol(symbols, FIRMWARE_POLLED_SEND, &out_loops[1], out_why);
}

struct replay *boot_replay_new(const uint8_t elf[], size_t len,
                               const struct otter_layout *layout, uint32_t compare_every,
                               char out_why[HOST_WHY_SIZE])
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
        (layout == NULL || find_verification(&symbols, layout, &options.function, out_why))) {
        replay = replay_new(&options);
        if (replay == NULL) {
            (void)loader_fail(out_why, "out of memory");
        }
    }
    elf_symbols_free(&symbols);
    return replay;
}
