/* SPDX-License-Identifier: Apache-2.0 */
/* The ids and keys of the real bootloader, found in its .bin by the five words, are those that
 * it uses: exchanged there, they count. Authority: docs/flash-format.md chapter 7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "otter/boot_ids.h"
#include "otter/bytes.h"
#include "otter/image.h"
#include "tests/support/attack_fixture.h"
#include "tests/support/firmware.h"

#define BOOT "boot/boot.bin"
#define ANY  "boot/boot_any.bin"
#define APP  "app/pethouse/pethouse_03010101.bin"

static const struct otter_layout *const layout = &ram_flash_layout;

static uint8_t *at(uint32_t addr)
{
    return attack_flash.bytes + (addr - RAM_FLASH_ADDR);
}

static struct otter_boot_ids find(void)
{
    struct otter_boot_ids ids;

    assert_int_equal(otter_boot_ids_find(&attack_flash.port, layout, &ids), 0);
    return ids;
}

static const uint8_t *app_header(void)
{
    return at(layout->app.addr + attack_app.length - OTTER_IMAGE_TRAILER_SIZE);
}

static int begin(void **state)
{
    (void)state;
    attack_set_up(BOOT, APP);
    attack_begin();
    return 0;
}

static void test_ids_are_those_of_the_build(void **state)
{
    struct otter_boot_ids ids = find();

    (void)state;
    assert_int_equal(ids.does, OTTER_BOOT_VERIFIES);
    assert_in_range(ids.key_count, 1, 2);
    /* pethouse is signed with the first key, for the same hardware */
    assert_int_equal(otter_get_le32(at(ids.keys_addr)),
                     otter_get_le32(app_header() + OTTER_IMAGE_KEY_ID));
    assert_memory_equal(at(ids.info_addr) + OTTER_BOOT_INFO_HARDWARE,
                        app_header() + OTTER_IMAGE_HARDWARE, 8);
    assert_memory_equal(at(ids.info_addr), "00000004", 8);
}

static void test_forms_say_what_they_do(void **state)
{
    static const struct {
        const char *name;
        unsigned does;
    } forms[] = {
        {"boot/boot_every_start.bin", OTTER_BOOT_VERIFIES | OTTER_BOOT_EVERY_START},
        {"boot/boot_unsigned.bin", OTTER_BOOT_TUTORIAL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        (void)firmware_read_to(forms[i].name, at(layout->boot.addr), layout->boot.size);
        assert_int_equal(find().does, forms[i].does);
    }
}

/* A start that goes by no digest record. */
static enum attack_end start_without_a_journal(void)
{
    memset(at(layout->journal.addr), 0xFF, layout->journal.size);
    memset(at(layout->flag.addr), 0xFF, layout->flag.size);
    return attack_start();
}

static void test_exchanged_in_the_bin_they_count(void **state)
{
    struct otter_boot_ids ids = find();
    uint8_t *key = at(ids.keys_addr);
    uint8_t *hardware = at(ids.info_addr) + OTTER_BOOT_INFO_HARDWARE;

    (void)state;
    assert_int_equal(start_without_a_journal(), ATTACK_APP);
    hardware[7] ^= 1;
    assert_int_equal(start_without_a_journal(), ATTACK_RECOVERY);
    hardware[7] ^= 1;
    for (unsigned byte = 0; byte < OTTER_BOOT_KEY_SIZE; byte += 21) { /* id, y, x */
        key[byte] ^= 1;
        assert_int_equal(start_without_a_journal(), ATTACK_RECOVERY);
        key[byte] ^= 1;
    }
    /* no key at all, by the fifth word */
    at(layout->boot.addr)[OTTER_BOOT_WORDS_OFFSET + 16] = 0;
    assert_int_equal(start_without_a_journal(), ATTACK_RECOVERY);
    at(layout->boot.addr)[OTTER_BOOT_WORDS_OFFSET + 16] = ids.key_count;
    assert_int_equal(start_without_a_journal(), ATTACK_APP);
}

/* boot_any is nobody's: what a tool writes into it makes it the bootloader of somebody. */
static void test_boot_any_becomes_a_products(void **state)
{
    struct otter_boot_ids ids = find();
    uint8_t key[OTTER_BOOT_KEY_SIZE], hardware[8];
    uint8_t *words = at(layout->boot.addr + OTTER_BOOT_WORDS_OFFSET);

    (void)state;
    memcpy(key, at(ids.keys_addr), sizeof key);
    memcpy(hardware, at(ids.info_addr) + OTTER_BOOT_INFO_HARDWARE, sizeof hardware);
    (void)firmware_read_to(ANY, at(layout->boot.addr), layout->boot.size);
    ids = find();
    assert_int_equal(ids.does, OTTER_BOOT_VERIFIES);
    assert_int_equal(ids.key_count, 0);
    assert_memory_equal(at(ids.info_addr) + OTTER_BOOT_INFO_HARDWARE, "????????", 8);
    assert_memory_equal(at(ids.info_addr) + OTTER_BOOT_INFO_PRODUCT,
                        "????????????????????????????????", 32);
    for (unsigned i = 0; i < 2 * OTTER_BOOT_KEY_SIZE; i++) {
        assert_int_equal(at(ids.keys_addr)[i], 0xFF);
    }
    assert_int_equal(start_without_a_journal(), ATTACK_RECOVERY);

    memcpy(at(ids.info_addr) + OTTER_BOOT_INFO_HARDWARE, hardware, sizeof hardware);
    for (unsigned count = 1; count <= 2; count++) {
        otter_put_le32(words + 12, OTTER_BOOT_KEYS + count * OTTER_BOOT_KEY_SIZE);
        otter_put_le32(words + 16, count);
        assert_int_equal(find().key_count, count);
        assert_int_equal(start_without_a_journal(), ATTACK_RECOVERY);
        memcpy(at(ids.keys_addr) + (count - 1) * sizeof key, key, sizeof key);
        assert_int_equal(start_without_a_journal(), ATTACK_APP);
        memset(at(ids.keys_addr), 0xFF, sizeof key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_ids_are_those_of_the_build, begin),
        cmocka_unit_test_setup(test_forms_say_what_they_do, begin),
        cmocka_unit_test_setup(test_exchanged_in_the_bin_they_count, begin),
        cmocka_unit_test_setup(test_boot_any_becomes_a_products, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
