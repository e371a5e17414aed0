/* SPDX-License-Identifier: Apache-2.0 */
#include "glitch/shortcut.h"
#include <string.h>
#include "board/debug.h"
#include "otter/ed25519.h"
#include "otter/sha512.h"
#include "port/stm32f103/partitions.h"

enum { LR = 14, PC = 15, STACK_MIN = 2048 };

/* What a call of the curve was about, and its result: the same few come again and again. */
struct call {
    struct otter_ed25519_key key;
    uint8_t signature[64], digest[64];
};
enum { CALLS = 16 };
static struct {
    struct call call;
    uint32_t result;
} calls[CALLS];
static unsigned call_count;

void shortcut_find(struct shortcut *shortcut, const struct symbols *symbols)
{
    shortcut->sha512_init = symbols_addr(symbols, "otter_sha512_init");
    shortcut->ed25519_verify = symbols_addr(symbols, "otter_ed25519_verify");
}

static bool is_in(uint32_t addr, size_t len, uint32_t base, uint32_t size)
{
    return addr - base < size && len <= size - (addr - base);
}

static bool load(const struct board *board, unsigned argument, void *out, size_t len)
{
    uint32_t addr = debug_register(board, argument);

    return (is_in(addr, len, OTTER_FLASH_ADDR, OTTER_FLASH_SIZE) ||
            is_in(addr, len, OTTER_RAM_ADDR, OTTER_RAM_SIZE)) &&
           debug_read(board, addr, out, len) == len;
}

static bool init(struct board *board)
{
    static struct otter_sha512 sha512;

    if (sha512.constants[0] == 0) {
        otter_sha512_init(&sha512);
    }
    return is_in(debug_register(board, 0), sizeof sha512, OTTER_RAM_ADDR, OTTER_RAM_SIZE) &&
           debug_write(board, debug_register(board, 0), (const uint8_t *)&sha512,
                       sizeof sha512);
}

static uint32_t result_of(const struct call *call)
{
    unsigned i = 0;

    while (i < call_count && memcmp(&calls[i].call, call, sizeof *call) != 0) {
        i++;
    }
    if (i == call_count) {
        call_count = call_count < CALLS ? call_count + 1 : CALLS;
        i = i < CALLS ? i : CALLS - 1;
        calls[i].call = *call;
        calls[i].result = otter_ed25519_verify(&call->key, call->signature, call->digest);
    }
    return calls[i].result;
}

static bool verify(struct board *board)
{
    struct call call;

    if (!load(board, 0, &call.key, sizeof call.key) ||
        !load(board, 1, call.signature, sizeof call.signature) ||
        !load(board, 2, call.digest, sizeof call.digest)) {
        return false;
    }
    debug_set_register(board, 0, result_of(&call));
    return true;
}

bool shortcut_take(const struct shortcut *shortcut, struct board *board, uint32_t pc)
{
    uint32_t lr = debug_register(board, LR);
    uint32_t sp = debug_register(board, CPU_MSP);

    if ((lr & 1) == 0 || lr - OTTER_BOOT_ADDR >= OTTER_BOOT_SIZE ||
        !is_in(sp, 4, OTTER_RAM_ADDR + STACK_MIN, OTTER_RAM_SIZE - STACK_MIN) ||
        !(pc == shortcut->sha512_init ? init(board)
                                      : pc == shortcut->ed25519_verify && verify(board))) {
        return false;
    }
    for (unsigned i = 1; i < 4; i++) { /* the caller counts on nothing in these */
        debug_set_register(board, i, 0);
    }
    debug_set_register(board, PC, lr);
    return true;
}
