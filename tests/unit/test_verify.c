/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include "host/ed25519_key.h"
#include "otter/bytes.h"
#include "otter/verify.h"
#include "support/ram_flash.h"
#include "support/rng.h"

/* Authority: docs/flash-format.md chapter 3 and docs/security.md: what an attacker may put into
 * a slot. Images are signed by OpenSSL. */

enum { BIN = 2000, SIZE = BIN + OTTER_IMAGE_TRAILER_SIZE, HEADER = BIN, NUMBER = 0x03010102 };
enum { KEYS = 3, TRUSTED = 2 }; /* the third is the attacker's */

static struct ram_flash flash;
static struct otter_ed25519_key keys[KEYS];
static EVP_PKEY *private_keys[KEYS];
static struct otter_verifier verifier;
static uintptr_t key_count;
static uint8_t image[SIZE + 64];

static void make_keys(void)
{
    for (int i = 0; i < KEYS; i++) {
        uint8_t seed[32], packed[32];
        size_t len = sizeof packed;

        memset(seed, 'a' + i, sizeof seed);
        private_keys[i] =
            EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
        assert_non_null(private_keys[i]);
        assert_int_equal(EVP_PKEY_get_raw_public_key(private_keys[i], packed, &len), 1);
        assert_int_equal(ed25519_key_unpack(packed, &keys[i]), 0);
    }
}

static void sign(uint8_t bytes[], uint32_t size, int key)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = OTTER_IMAGE_SIGNATURE_SIZE;

    assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, private_keys[key]), 1);
    assert_int_equal(EVP_DigestSign(context, bytes + size - len, &len, bytes, size - len), 1);
    EVP_MD_CTX_free(context);
}

/* A program of `bin` bytes, signed with keys[key] under the id of keys[id]. */
static void make(uint8_t bytes[], uint32_t bin, uint64_t seed, int key, int id)
{
    struct otter_image trailer = {.length = bin, .number = NUMBER};

    rng_fill(&seed, bytes, bin);
    otter_put_le32(bytes, verifier.layout->ram.addr + verifier.layout->ram.size);
    otter_put_le32(bytes + 4, verifier.layout->app.addr + 9);
    memcpy(trailer.hardware, verifier.hardware, 8);
    memcpy(trailer.version, "03010102", 8);
    trailer.key_id = otter_get_le32(keys[id].packed);
    otter_image_put_trailer(bytes + bin, &trailer);
    sign(bytes, bin + OTTER_IMAGE_TRAILER_SIZE, key);
}

static void put(enum otter_image_at where, const uint8_t bytes[], uint32_t size)
{
    ram_flash_init(&flash);
    for (uint32_t off = 0; off < size; off += RAM_FLASH_PAGE) {
        uint32_t len = size - off < RAM_FLASH_PAGE ? size - off : RAM_FLASH_PAGE;

        ram_flash_poke(&flash,
                       otter_swap_page_addr(verifier.layout, where, off / RAM_FLASH_PAGE),
                       bytes + off, len);
    }
}

static enum otter_reason ask(uint32_t size)
{
    uint32_t number = 0;
    enum otter_reason reason =
        otter_verify_image(&verifier, OTTER_IMAGE_AT_NEW, &size, &number);

    assert_int_equal(number, reason == OTTER_REASON_NONE ? NUMBER : 0);
    assert_int_equal(flash.operations, 0);
    return reason;
}

static enum otter_reason ask_about(const uint8_t bytes[], uint32_t size)
{
    put(OTTER_IMAGE_AT_NEW, bytes, size);
    return ask(size);
}

static int set_up(void **state)
{
    (void)state;
    key_count = TRUSTED;
    verifier = (struct otter_verifier){.port = &flash.port,
                                       .layout = &ram_flash_layout,
                                       .hardware = "03010100",
                                       .keys = keys,
                                       .key_count = &key_count};
    make(image, BIN, 1, 0, 0);
    return 0;
}

static void test_good_image_at_every_place(void **state)
{
    (void)state;
    for (int key = 0; key < TRUSTED; key++) {
        static uint8_t whole[26 * 1024];
        static const uint32_t sizes[] = {
            12, 16, 908, 912, 916, 960, 1024, 4000, sizeof whole - OTTER_IMAGE_TRAILER_SIZE};

        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            uint32_t size = sizes[i] + OTTER_IMAGE_TRAILER_SIZE;

            make(whole, sizes[i], i, key, key);
            for (enum otter_image_at where = OTTER_IMAGE_AT_APP; where <= OTTER_IMAGE_AT_NEW;
                 where++) {
                for (uint32_t given = 0; given <= size; given += size) {
                    uint32_t found = given, number = 0;

                    put(where, whole, size);
                    assert_int_equal(otter_verify_image(&verifier, where, &found, &number),
                                     OTTER_REASON_NONE);
                    assert_int_equal(found, size);
                    assert_int_equal(number, NUMBER);
                    assert_true(flash.feeds >= size / 64);
                }
            }
        }
    }
}

static void test_unsigned(void **state)
{
    (void)state;
    otter_put_le32(image + HEADER + 36, 0);
    memset(image + SIZE - 64, 0, 64);
    assert_int_equal(ask_about(image, SIZE), OTTER_REASON_UNSIGNED);
}

static void test_wrong_key(void **state)
{
    (void)state;
    make(image, BIN, 1, 2, 2);
    assert_int_equal(ask_about(image, SIZE), OTTER_REASON_UNKNOWN_KEY);
    make(image, BIN, 1, 2, 0); /* under our key's name */
    assert_int_equal(ask_about(image, SIZE), OTTER_REASON_SIGNATURE);
    make(image, BIN, 1, 1, 0); /* ours, but not the one it names */
    assert_int_equal(ask_about(image, SIZE), OTTER_REASON_SIGNATURE);
    key_count = 0;
    make(image, BIN, 1, 0, 0);
    assert_int_equal(ask_about(image, SIZE), OTTER_REASON_UNKNOWN_KEY);
}

static void test_other_hardware(void **state)
{
    (void)state;
    verifier.hardware = "03010101";
    assert_int_equal(ask_about(image, SIZE), OTTER_REASON_HARDWARE);
    memcpy(image + HEADER + 16, verifier.hardware, 8); /* renamed without a new signature */
    assert_int_equal(ask_about(image, SIZE), OTTER_REASON_SIGNATURE);
}

static void test_vectors_that_lead_out_of_the_slot(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        make(image, BIN, 1, 0, 0);
        if (i == 0) {
            otter_put_le32(image, 0x08000000);
        } else {
            otter_put_le32(image + 4, verifier.layout->app.addr + (i == 1 ? 0x100 : 0x6801));
        }
        sign(image, SIZE, 0);
        assert_int_equal(ask_about(image, SIZE), OTTER_REASON_NOT_STARTABLE);
    }
}

/* Every bit of trailer and signature, and one in every eighth byte of the program. */
static void test_flipped_bits(void **state)
{
    (void)state;
    for (uint32_t bit = 0; bit < SIZE * 8; bit += bit < HEADER * 8 ? 61 : 1) {
        image[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (ask_about(image, SIZE) == OTTER_REASON_NONE) {
            fail_msg("bit %u of byte %u may be flipped", bit % 8, bit / 8);
        }
        image[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_int_equal(ask_about(image, SIZE), OTTER_REASON_NONE);
}

static void test_truncated_and_extended(void **state)
{
    (void)state;
    put(OTTER_IMAGE_AT_NEW, image, SIZE);
    for (uint32_t size = 1; size < SIZE + 200; size++) {
        assert_int_equal(ask(size), size == SIZE ? OTTER_REASON_NONE : OTTER_REASON_NO_IMAGE);
    }
    for (uint32_t odd = 1; odd < 4; odd++) { /* genuine, but no whole number of words */
        make(image, BIN + odd, 1, 0, 0);
        assert_int_equal(ask_about(image, SIZE + odd), OTTER_REASON_NO_IMAGE);
    }
    make(image, BIN, 1, 0, 0);
    /* cut in the program, the trailer moved up: with its length, and with one that fits */
    memmove(image + BIN - 4, image + BIN, OTTER_IMAGE_TRAILER_SIZE);
    assert_int_equal(ask_about(image, SIZE - 4), OTTER_REASON_NO_IMAGE);
    otter_put_le32(image + BIN - 4 + 12, BIN - 4);
    assert_int_equal(ask_about(image, SIZE - 4), OTTER_REASON_SIGNATURE);
}

static void test_trailer_of_another_image(void **state)
{
    uint8_t other[SIZE];

    (void)state;
    make(other, BIN, 2, 0, 0);
    memcpy(image + BIN, other + BIN, OTTER_IMAGE_TRAILER_SIZE);
    assert_int_equal(ask_about(image, SIZE), OTTER_REASON_SIGNATURE);
}

static void test_patched_length(void **state)
{
    static const uint32_t lengths[] = {0,      8,          BIN - 4,    BIN + 4,   SIZE,
                                       0x6800, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFF90};

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        otter_put_le32(image + HEADER + 12, lengths[i]);
        sign(image, SIZE, 0); /* even by ourselves */
        assert_int_equal(ask_about(image, SIZE), OTTER_REASON_NO_IMAGE);
        assert_int_equal(ask(0), OTTER_REASON_NO_IMAGE);
    }
}

static void test_sizes_that_cannot_be(void **state)
{
    static const uint32_t sizes[] = {1, 48, 111, 112, 0x6801, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF};

    (void)state;
    put(OTTER_IMAGE_AT_NEW, image, SIZE);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(ask(sizes[i]), OTTER_REASON_NO_IMAGE);
    }
}

static void test_garbage_is_no_image(void **state)
{
    uint64_t random = 5;

    (void)state;
    ram_flash_init(&flash);
    assert_int_equal(ask(0), OTTER_REASON_NO_IMAGE); /* blank */
    for (int i = 0; i < 300; i++) {
        rng_fill(&random, flash.bytes, RAM_FLASH_SIZE);
        /* magics without a trailer after them */
        for (int k = 0; k < 20; k++) {
            memcpy(flash.bytes + 4 * (size_t)rng_below(&random, RAM_FLASH_SIZE / 4 - 2),
                   "otter-im", 8);
        }
        assert_int_equal(ask(0), OTTER_REASON_NO_IMAGE);
    }
}

static void test_flash_that_cannot_be_read(void **state)
{
    uint32_t reads;

    (void)state;
    assert_int_equal(ask_about(image, SIZE), OTTER_REASON_NONE);
    reads = flash.reads;
    for (uint32_t at = 1; at <= reads; at++) {
        put(OTTER_IMAGE_AT_NEW, image, SIZE);
        flash.fail_read_at = at;
        assert_true(ask(SIZE) != OTTER_REASON_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_good_image_at_every_place, set_up),
        cmocka_unit_test_setup(test_unsigned, set_up),
        cmocka_unit_test_setup(test_wrong_key, set_up),
        cmocka_unit_test_setup(test_other_hardware, set_up),
        cmocka_unit_test_setup(test_vectors_that_lead_out_of_the_slot, set_up),
        cmocka_unit_test_setup(test_flipped_bits, set_up),
        cmocka_unit_test_setup(test_truncated_and_extended, set_up),
        cmocka_unit_test_setup(test_trailer_of_another_image, set_up),
        cmocka_unit_test_setup(test_patched_length, set_up),
        cmocka_unit_test_setup(test_sizes_that_cannot_be, set_up),
        cmocka_unit_test_setup(test_garbage_is_no_image, set_up),
        cmocka_unit_test_setup(test_flash_that_cannot_be_read, set_up),
    };

    make_keys();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
