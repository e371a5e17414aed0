/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks on the real bootloader, in the model: images that nobody signed for this device lie
 * in APPBAK, with a right request for them, or good ones with a forged request. The app that
 * was there is started, byte for byte, and the journal says why. test_verify goes through far
 * more of them natively; this shows that the ARM binary does the same. Authority: issue 4,
 * "Security"; docs/security.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include "otter/bytes.h"
#include "otter/image.h"
#include "otter/journal.h"
#include "otter/update.h"
#include "tests/support/attack_fixture.h"
#include "tests/support/firmware.h"
#include "tests/support/rng.h"
#include "tests/support/journal_fixture.h"

#define BOOT       "boot/boot.bin"
#define BOOT_EVERY "boot/boot_every_start.bin"
#define APP        "app/pethouse/pethouse_03010101.bin"
#define NEWER      "app/pethouse/pethouse_03010102.bin"
#define MUTE       "app/app_no_confirm/app_no_confirm.bin"
#define ELSEWHERE  "tests/fw/app_other_hardware/app_other_hardware.bin"

enum { SLOT = 26 * RAM_FLASH_PAGE, TRAILER = OTTER_IMAGE_TRAILER_SIZE };

static const struct otter_layout *const layout = &ram_flash_layout;

/* A signed image of this build that would be installed; the attacker begins with a copy. */
static uint8_t good[SLOT], image[SLOT];
static uint32_t good_size;

static uint8_t *trailer_of(uint32_t size)
{
    return image + size - TRAILER;
}

static void copy_good(const char *name)
{
    memset(image, 0xFF, sizeof image);
    good_size = (uint32_t)firmware_read_to(name, good, sizeof good);
    memcpy(image, good, good_size);
}

static int begin(void **state)
{
    (void)state;
    attack_set_up(BOOT, APP);
    copy_good(MUTE);
    return 0;
}

/* `image` lies in APPBAK, and the app asks as it should for `size` bytes to be installed. */
static void ask(uint32_t size)
{
    attack_begin();
    attack_put(OTTER_IMAGE_AT_NEW, image, size);
    assert_int_equal(otter_update_request(&attack_flash.port, layout,
                                          &(struct otter_flag){.image_size = size}),
                     0);
}

/* It is refused; the next attack begins with the good image again. */
static void expect_refused(const char *name, uint32_t size, enum otter_reason reason)
{
    ask(size);
    attack_expect_refused(name, reason);
    memset(image, 0xFF, sizeof image);
    memcpy(image, good, good_size);
}

/* ---- images ---- */

/* None of the refusals below is a matter of chance. */
static void test_good_image_is_installed(void **state)
{
    (void)state;
    ask(good_size);
    assert_int_equal(attack_start(), ATTACK_MUTE);
    assert_int_equal(attack_count("Install", 0), 1);
    assert_int_equal(attack_count("Trial", 1), 1);
}

static void test_unsigned(void **state)
{
    uint8_t *trailer = trailer_of(good_size);

    (void)state;
    otter_put_le32(trailer + OTTER_IMAGE_KEY_ID, 0);
    expect_refused("key id 0", good_size, OTTER_REASON_UNSIGNED);
    memset(trailer + OTTER_IMAGE_HEADER_SIZE, 0, OTTER_IMAGE_SIGNATURE_SIZE);
    expect_refused("signature 0", good_size, OTTER_REASON_SIGNATURE);
    memset(trailer + OTTER_IMAGE_HEADER_SIZE, 0xFF, OTTER_IMAGE_SIGNATURE_SIZE);
    expect_refused("signature blank", good_size, OTTER_REASON_SIGNATURE);
}

/* The attacker has a key, too. */
static void sign_with_another_key(uint8_t *trailer, bool names_it)
{
    static const uint8_t seed[32] = "whoever does this has no key, so";
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t packed[32];
    size_t packed_len = sizeof packed, len = OTTER_IMAGE_SIGNATURE_SIZE;
    size_t signed_len = (size_t)(trailer - image) + OTTER_IMAGE_HEADER_SIZE;

    assert_int_equal(EVP_PKEY_get_raw_public_key(key, packed, &packed_len), 1);
    if (names_it) {
        memcpy(trailer + OTTER_IMAGE_KEY_ID, packed, 4);
    }
    assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, key), 1);
    assert_int_equal(
        EVP_DigestSign(context, trailer + OTTER_IMAGE_HEADER_SIZE, &len, image, signed_len), 1);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
}

static void test_wrong_key(void **state)
{
    (void)state;
    sign_with_another_key(trailer_of(good_size), true);
    expect_refused("another key", good_size, OTTER_REASON_UNKNOWN_KEY);
    sign_with_another_key(trailer_of(good_size), false);
    expect_refused("another key in our key's name", good_size, OTTER_REASON_SIGNATURE);
}

/* S + L satisfies the same equation. */
static void test_signature_that_is_good_modulo_the_order(void **state)
{
    static const uint8_t order[32] = {0xED, 0xD3, 0xF5, 0x5C, 0x1A,       0x63,
                                      0x12, 0x58, 0xD6, 0x9C, 0xF7,       0xA2,
                                      0xDE, 0xF9, 0xDE, 0x14, [31] = 0x10};
    uint8_t *s = image + good_size - 32;
    unsigned carry = 0;

    (void)state;
    for (unsigned i = 0; i < 32; i++) {
        carry += s[i] + order[i];
        s[i] = (uint8_t)carry;
        carry >>= 8;
    }
    expect_refused("S + L", good_size, OTTER_REASON_SIGNATURE);
}

static void test_truncated(void **state)
{
    (void)state;
    expect_refused("without trailer", good_size - TRAILER, OTTER_REASON_NO_IMAGE);
    expect_refused("without signature", good_size - 64, OTTER_REASON_NO_IMAGE);
    expect_refused("a word less", good_size - 4, OTTER_REASON_NO_IMAGE);
    expect_refused("half of it", good_size / 2, OTTER_REASON_NO_IMAGE);
    expect_refused("its vectors", 8, OTTER_REASON_NO_IMAGE);
    memset(image + good_size - 4, 0xFF, 4);
    expect_refused("last word not written", good_size, OTTER_REASON_SIGNATURE);
    memset(image + RAM_FLASH_PAGE / 2, 0xFF, 256);
    expect_refused("a piece not written", good_size, OTTER_REASON_SIGNATURE);
}

static void test_extended(void **state)
{
    uint8_t trailer[TRAILER];

    (void)state;
    memcpy(trailer, trailer_of(good_size), TRAILER);
    expect_refused("a word more", good_size + 4, OTTER_REASON_NO_IMAGE);
    expect_refused("a slot full", SLOT, OTTER_REASON_NO_IMAGE);
    memcpy(image + good_size, trailer, TRAILER);
    expect_refused("a second trailer", good_size + TRAILER, OTTER_REASON_NO_IMAGE);
    memcpy(image + good_size, trailer, TRAILER);
    otter_put_le32(image + good_size + 12, good_size);
    expect_refused("... with its length", good_size + TRAILER, OTTER_REASON_SIGNATURE);
    memset(trailer_of(good_size), 0, 8); /* code before the trailer */
    memcpy(trailer_of(good_size) + 8, trailer, TRAILER);
    otter_put_le32(trailer_of(good_size) + 8 + 12, good_size - TRAILER + 8);
    expect_refused("8 bytes of code", good_size + 8, OTTER_REASON_SIGNATURE);
}

static void test_patched_lengths(void **state)
{
    static const uint32_t lengths[] = {0,          8,          0x6800,     0x6801,    0x10000,
                                       0x08003000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    uint32_t length = good_size - TRAILER;
    char name[40];

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        (void)snprintf(name, sizeof name, "length %08x", (unsigned)lengths[i]);
        otter_put_le32(trailer_of(good_size) + 12, lengths[i]);
        expect_refused(name, good_size, OTTER_REASON_NO_IMAGE);
    }
    for (uint32_t by = 4; by <= 128; by *= 2) {
        (void)snprintf(name, sizeof name, "length - %u", (unsigned)by);
        otter_put_le32(trailer_of(good_size) + 12, length - by);
        expect_refused(name, good_size, OTTER_REASON_NO_IMAGE);
    }
}

/* A bit in each byte of the header, at both ends of R and S, in the vectors and in the code. */
static void test_bit_flips_in_every_field(void **state)
{
    static const struct {
        unsigned from, to; /* in the trailer */
        enum otter_reason reason;
    } fields[] = {
        {0, 8, OTTER_REASON_NO_IMAGE},                                        /* magic */
        {8, 10, OTTER_REASON_NO_IMAGE},                                       /* format */
        {10, 12, OTTER_REASON_SIGNATURE},                                     /* flags */
        {12, 16, OTTER_REASON_NO_IMAGE},                                      /* length */
        {16, 24, OTTER_REASON_HARDWARE},    {24, 32, OTTER_REASON_SIGNATURE}, /* version */
        {32, 36, OTTER_REASON_SIGNATURE},                                     /* number */
        {36, 40, OTTER_REASON_UNKNOWN_KEY}, {40, 48, OTTER_REASON_NO_IMAGE},  /* reserved */
        {48, 50, OTTER_REASON_SIGNATURE},                                     /* R */
        {78, 82, OTTER_REASON_SIGNATURE},                                     /* R, S */
        {110, 112, OTTER_REASON_SIGNATURE},
    };
    uint64_t random = 11;
    char name[40];

    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        for (unsigned off = fields[i].from; off < fields[i].to; off++) {
            unsigned bit = rng_below(&random, 8);

            (void)snprintf(name, sizeof name, "trailer byte %u, bit %u", off, bit);
            trailer_of(good_size)[off] ^= (uint8_t)(1U << bit);
            expect_refused(name, good_size, fields[i].reason);
        }
    }
    for (unsigned i = 0; i < 12; i++) {
        uint32_t off = 8 + rng_below(&random, good_size - TRAILER - 8);
        unsigned bit = rng_below(&random, 8);

        (void)snprintf(name, sizeof name, "byte %u, bit %u", (unsigned)off, bit);
        image[off] ^= (uint8_t)(1U << bit);
        expect_refused(name, good_size, OTTER_REASON_SIGNATURE);
    }
}

static void test_vectors_that_lead_elsewhere(void **state)
{
    static const uint32_t vectors[][2] = {
        {0x20005000, 0x08000101}, /* into the bootloader */
        {0x20005000, 0x08009801}, /* into APPBAK */
        {0x20005000, 0x20000101}, /* into RAM */
        {0x20005000, 0x08003100}, /* no Thumb */
        {0x20005004, 0x08003101}, {0, 0x08003101}, {0xFFFFFFFF, 0xFFFFFFFF},
    };
    char name[40];

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        (void)snprintf(name, sizeof name, "vectors %08x %08x", (unsigned)vectors[i][0],
                       (unsigned)vectors[i][1]);
        otter_put_le32(image, vectors[i][0]);
        otter_put_le32(image + 4, vectors[i][1]);
        expect_refused(name, good_size, OTTER_REASON_NOT_STARTABLE);
    }
}

/* Two images of one length: the trailer of either is not the other's. */
static void test_trailer_of_another_image(void **state)
{
    static uint8_t other[SLOT];
    size_t size = firmware_read_to(APP, other, sizeof other);

    (void)state;
    copy_good(NEWER);
    assert_int_equal(size, good_size);
    memcpy(image, other, size - TRAILER);
    expect_refused("the old app as the new one", good_size, OTTER_REASON_SIGNATURE);
    memcpy(trailer_of(good_size), other + size - TRAILER, TRAILER);
    expect_refused("the new app as the old one", good_size, OTTER_REASON_SIGNATURE);
    memcpy(trailer_of(good_size) + 24, other + size - TRAILER + 24, TRAILER - 24);
    expect_refused("of the header the first half", good_size, OTTER_REASON_SIGNATURE);
}

static void test_old_version_is_not_taken_again(void **state)
{
    (void)state;
    attack_set_up(BOOT, NEWER);
    copy_good(APP);
    expect_refused("the version before", good_size, OTTER_REASON_OLDER);
}

static void test_signed_for_other_hardware(void **state)
{
    (void)state;
    copy_good(ELSEWHERE);
    expect_refused("other hardware", good_size, OTTER_REASON_HARDWARE);
    memcpy(trailer_of(good_size) + OTTER_IMAGE_HARDWARE, "03010100", 8);
    expect_refused("... called ours", good_size, OTTER_REASON_SIGNATURE);
}

/* A request in which only the checksum is right, and one in which only that is wrong. */
static void expect_not_asked(uint16_t length, uint32_t wrong)
{
    struct otter_journal journal;
    char name[40];

    attack_begin();
    attack_put(OTTER_IMAGE_AT_NEW, image, good_size);
    otter_journal_read(&attack_flash.port, layout, &journal);
    journal_request_put(attack_flash.bytes + (journal.addr - RAM_FLASH_ADDR), journal.number,
                        length, wrong);
    (void)snprintf(name, sizeof name, "request %u, checksum ^ %u", length, (unsigned)wrong);
    attack_expect_app(name);
    assert_int_equal(attack_count("Install", 0), 0);
}

static void test_forged_requests(void **state)
{
    static const uint16_t lengths[] = {0, 1, 3, 7, 0x6800, 0x6801, 0x8000, 0xFFFF};

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        expect_not_asked(lengths[i], 0);
    }
    expect_not_asked((uint16_t)good_size, 1);
    expect_not_asked((uint16_t)good_size, 0x80000000);
}

int main(void)
{
#define ATTACK(test) cmocka_unit_test_setup(test, begin)
    const struct CMUnitTest tests[] = {
        ATTACK(test_good_image_is_installed),
        ATTACK(test_unsigned),
        ATTACK(test_wrong_key),
        ATTACK(test_signature_that_is_good_modulo_the_order),
        ATTACK(test_truncated),
        ATTACK(test_extended),
        ATTACK(test_patched_lengths),
        ATTACK(test_bit_flips_in_every_field),
        ATTACK(test_vectors_that_lead_elsewhere),
        ATTACK(test_trailer_of_another_image),
        ATTACK(test_old_version_is_not_taken_again),
        ATTACK(test_signed_for_other_hardware),
        ATTACK(test_forged_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
