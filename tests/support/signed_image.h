/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_SIGNED_IMAGE_H
#define TESTS_SUPPORT_SIGNED_IMAGE_H

#include "host/key_file.h"
#include "otter/image.h"

enum {
    SIGNED_PROGRAM_SIZE = 3000,
    SIGNED_IMAGE_SIZE = SIGNED_PROGRAM_SIZE + OTTER_IMAGE_TRAILER_SIZE,
    SIGNED_KEY_TEXT_SIZE = 65
};

/* How a program begins: a stack in 20 KB of RAM; a reset handler behind the vectors of one at
 * 0x08003000. */
extern const uint8_t signed_image_vectors[8];

/* A program with a trailer, hardware 00000001, version 03010102: signed, or `key` is NULL. A
 * failure ends the cmocka test. */
void signed_image_make(const struct key_file *key, uint8_t out_image[SIGNED_IMAGE_SIZE]);

/* The key as a product names it. */
void signed_image_key(const struct key_file *key, char out_text[SIGNED_KEY_TEXT_SIZE]);

#endif
