/* SPDX-License-Identifier: Apache-2.0 */
#include "support/signed_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

const uint8_t signed_image_vectors[8] = {0x00, 0x50, 0x00, 0x20, 0x09, 0x31, 0x00, 0x08};

void signed_image_make(const struct key_file *key, uint8_t out_image[SIGNED_IMAGE_SIZE])
{
    struct otter_image trailer = {.length = SIGNED_PROGRAM_SIZE,
                                  .number = 0x03010102,
                                  .key_id = key != NULL ? key->id : 0};
    size_t len = SIGNED_IMAGE_SIZE - OTTER_IMAGE_SIGNATURE_SIZE;
    struct host_error error;

    for (int i = 0; i < SIGNED_PROGRAM_SIZE; i++) {
        out_image[i] = (uint8_t)(i * 7);
    }
    memcpy(out_image, signed_image_vectors, sizeof signed_image_vectors);
    memcpy(trailer.hardware, "00000001", 8);
    memcpy(trailer.version, "03010102", 8);
    otter_image_put_trailer(out_image + SIGNED_PROGRAM_SIZE, &trailer);
    if (key != NULL) {
        assert_int_equal(key_file_sign(key, out_image, len, out_image + len, &error), 0);
    }
}

void signed_image_key(const struct key_file *key, char out_text[SIGNED_KEY_TEXT_SIZE])
{
    for (int i = 0; i < 32; i++) {
        (void)snprintf(out_text + 2 * i, 3, "%02x", key->public_key.packed[i]);
    }
}
