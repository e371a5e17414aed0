/* SPDX-License-Identifier: Apache-2.0 */
#include "keys.h"

void key_init(struct key *key)
{
    *key = (struct key){0};
}

enum key_event key_poll(struct key *key, bool contact, uint32_t now_ms)
{
    if (contact != key->contact) {
        key->contact = contact;
        key->contact_ms = now_ms;
    }
    if (key->contact != key->pressed && now_ms - key->contact_ms >= KEY_DEBOUNCE_MS) {
        key->pressed = key->contact;
        if (key->pressed) {
            key->pressed_ms = now_ms;
            key->is_long = false;
            return KEY_PRESSED;
        }
        return key->is_long ? KEY_RELEASED : KEY_SHORT;
    }
    if (key->pressed && key->contact && !key->is_long &&
        now_ms - key->pressed_ms >= KEY_LONG_MS) {
        key->is_long = true;
        return KEY_LONG;
    }
    return KEY_NONE;
}
