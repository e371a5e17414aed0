/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PETHOUSE_KEYS_H
#define PETHOUSE_KEYS_H

#include <stdbool.h>
#include <stdint.h>

/* One key: from a bouncing contact to what the person meant.
 *
 * Pure logic, polled by the main loop with the contact's level and the time; a gap between two
 * polls (a page erase stalls the CPU for up to 40 ms) only makes events later. Times may wrap.
 */
enum {
    KEY_DEBOUNCE_MS = 10,
    KEY_LONG_MS = 2000,
};

enum key_event {
    KEY_NONE,
    KEY_PRESSED,
    KEY_LONG,     /* held for KEY_LONG_MS, told once, while still held */
    KEY_SHORT,    /* released before that */
    KEY_RELEASED, /* released after KEY_LONG */
};

struct key {
    bool contact; /* level seen last */
    bool pressed; /* debounced */
    bool is_long;
    uint32_t contact_ms; /* since when the contact has its level */
    uint32_t pressed_ms;
};

/* Start with the key up; a key held at power-on counts as pressed from the first poll on. */
void key_init(struct key *key);

/* Take the contact's level at now_ms. Returns what happened. */
enum key_event key_poll(struct key *key, bool contact, uint32_t now_ms);

#endif
