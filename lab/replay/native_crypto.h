/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_REPLAY_NATIVE_CRYPTO_H
#define LAB_REPLAY_NATIVE_CRYPTO_H

#include <stdbool.h>
#include <stdint.h>
#include "board/board.h"
#include "board/host/elf_symbols.h"
#include "otter/ed25519.h"

/* Hash and curve without their 12 million instructions: where a board is about to execute one
 * of their two long functions as the caller meant it, the host's build of the same source does
 * it, with what lies in the board's memory. For what runs after a glitch, never for what the
 * glitch falls into.
 */
enum { NATIVE_CRYPTO_RESULTS = 16 };

struct native_crypto {
    uint32_t sha512_init, ed25519_verify; /* where they are */

    /* The curve's results: the same few questions come again and again. */
    struct native_crypto_result {
        struct otter_ed25519_key key;
        uint8_t signature[64], digest[64];
        uint32_t result;
    } results[NATIVE_CRYPTO_RESULTS];
    unsigned result_count;
};

/* Find the functions of a firmware. Returns false with the reason if it has them not. */
bool native_crypto_init(struct native_crypto *crypto, const struct elf_symbols *symbols,
                        char out_why[HOST_WHY_SIZE]);

/* At the entry of a function, at `pc`: do its work, and leave the board where it was called.
 * Returns false if nothing was done: it is another function, its arguments lie in no memory, or
 * its return address not in the bootloader. */
bool native_crypto_call(struct native_crypto *crypto, struct board *board, uint32_t pc);

#endif
