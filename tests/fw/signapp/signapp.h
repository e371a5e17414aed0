/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIGNAPP_H
#define TESTS_SIGNAPP_H

#include <stdint.h>
#include "otter/ed25519.h"

/* Between signapp.c in the board and test_signature.c around it. */

/* In flash, where an app begins. */
struct signapp_input {
    uint32_t wait; /* erased: not yet */
    struct otter_ed25519_key key;
    uint8_t signature[64];
    uint32_t message_len;
    uint8_t message[26624 - 96 - 64 - 8];
};

/* In the retained RAM. */
enum { SIGNAPP_READY = 0x52454144, SIGNAPP_DONE = 0x444F4E45 };
struct signapp_output {
    uint32_t state;
    uint32_t wrong; /* what otter_ed25519_verify() returned */
    uint32_t init_cycles, hash_cycles, verify_cycles;
    uint8_t digest[64];
};

#endif
