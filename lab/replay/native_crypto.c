/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/replay/native_crypto.h"

#include <string.h>
#include "board/debug.h"
#include "lab/firmware_symbols.h"
#include "otter/sha512.h"
#include "port/stm32f103/partitions.h"

enum { LR = 14, PC = 15, STACK_MIN = 2048 };

bool native_crypto_init(struct native_crypto *crypto, const struct elf_symbols *symbols,
                        char out_why[HOST_WHY_SIZE])
{
    crypto->result_count = 0;
    return firmware_symbol(symbols, FIRMWARE_SHA512_INIT, &crypto->sha512_init, out_why) &&
           firmware_symbol(symbols, FIRMWARE_ED25519_VERIFY, &crypto->ed25519_verify, out_why);
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
    static struct otter_sha512 sha512; /* as it is after init: always the same */

    if (sha512.constants[0] == 0) {
        otter_sha512_init(&sha512);
    }
    return is_in(debug_register(board, 0), sizeof sha512, OTTER_RAM_ADDR, OTTER_RAM_SIZE) &&
           debug_write(board, debug_register(board, 0), (const uint8_t *)&sha512,
                       sizeof sha512);
}

static bool is_same(const struct native_crypto_result *a, const struct native_crypto_result *b)
{
    return memcmp(&a->key, &b->key, sizeof a->key) == 0 &&
           memcmp(a->signature, b->signature, sizeof a->signature) == 0 &&
           memcmp(a->digest, b->digest, sizeof a->digest) == 0;
}

static uint32_t result_of(struct native_crypto *crypto, struct native_crypto_result *asked)
{
    unsigned i = 0;

    while (i < crypto->result_count && !is_same(&crypto->results[i], asked)) {
        i++;
    }
    if (i == crypto->result_count) {
        i = i < NATIVE_CRYPTO_RESULTS ? i : NATIVE_CRYPTO_RESULTS - 1;
        crypto->result_count = i + 1;
        asked->result = otter_ed25519_verify(&asked->key, asked->signature, asked->digest);
        crypto->results[i] = *asked;
    }
    return crypto->results[i].result;
}

static bool verify(struct native_crypto *crypto, struct board *board)
{
    struct native_crypto_result asked;

    if (!load(board, 0, &asked.key, sizeof asked.key) ||
        !load(board, 1, asked.signature, sizeof asked.signature) ||
        !load(board, 2, asked.digest, sizeof asked.digest)) {
        return false;
    }
    debug_set_register(board, 0, result_of(crypto, &asked));
    return true;
}

bool native_crypto_call(struct native_crypto *crypto, struct board *board, uint32_t pc)
{
    uint32_t lr = debug_register(board, LR);
    uint32_t sp = debug_register(board, CPU_MSP);

    if ((lr & 1) == 0 || lr - OTTER_BOOT_ADDR >= OTTER_BOOT_SIZE ||
        !is_in(sp, 4, OTTER_RAM_ADDR + STACK_MIN, OTTER_RAM_SIZE - STACK_MIN) ||
        !(pc == crypto->sha512_init ? init(board)
                                    : pc == crypto->ed25519_verify && verify(crypto, board))) {
        return false;
    }
    for (unsigned i = 1; i < 4; i++) { /* the caller counts on nothing in these */
        debug_set_register(board, i, 0);
    }
    debug_set_register(board, PC, lr);
    return true;
}
