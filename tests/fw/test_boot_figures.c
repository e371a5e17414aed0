/* SPDX-License-Identifier: Apache-2.0 */
/* What the bootloader may take: RAM, flash time and wear, measured on the
 * model (bench/boot_figures.h). The limits are the product's; docs/design.md
 * says what others take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "bench/boot_figures.h"

enum {
    RAM_MAX = 3072,
    SLOT_PAGES = OTTER_APP_SIZE / OTTER_PAGE_SIZE,
    UPDATES_PER_JOURNAL_ERASE = 8,
};
#define FLASH_RATIO_MAX 1.10
#define START_MS_MAX    5.0

static struct boot_figures figures;

static int measure(void **state)
{
    const char *wrong = boot_figures_measure(OTTER_FIRMWARE_DIR, &figures);

    (void)state;
    if (wrong != NULL) {
        print_error("%s\n", wrong);
    }
    return wrong != NULL;
}

static void test_ram(void **state)
{
    (void)state;
    for (unsigned i = 0; i < BOOT_CASES; i++) {
        const struct boot_stay *stay = &figures.stays[i];

        print_message("%-10s %8.2f ms, stack %4u bytes\n", boot_case_name((enum boot_case)i),
                      boot_ms(stay), (unsigned)stay->stack);
        assert_in_range(stay->statics + stay->stack, 1, figures.ram_bytes);
    }
    print_message("RAM %u bytes\n", (unsigned)figures.ram_bytes);
    assert_true(figures.ram_bytes <= RAM_MAX);
}

static void test_clean_start(void **state)
{
    (void)state;
    assert_true(boot_ms(&figures.stays[BOOT_CLEAN]) <= START_MS_MAX);
    assert_true(boot_ms(&figures.stays[BOOT_CLEAN_26K]) <= START_MS_MAX);
}

/* A swap of two full slots writes each half-word and erases each page of both once; what is
 * more, is the journal. */
static void test_flash_time_of_an_installation(void **state)
{
    const struct boot_stay *install = &figures.stays[BOOT_INSTALL];

    (void)state;
    print_message("%u erases, %u programs, ratio %.4f\n", (unsigned)install->erases,
                  (unsigned)install->programs, figures.install_flash_ratio);
    assert_true(install->erases >= 2 * SLOT_PAGES);
    assert_true(install->programs > OTTER_APP_SIZE);
    assert_true(figures.install_flash_ratio <= FLASH_RATIO_MAX);
}

static void test_wear_of_the_slots(void **state)
{
    (void)state;
    assert_int_equal(figures.install_erases_max, 1);
    assert_int_equal(figures.revert_app_erases_max, 2);
    assert_int_equal(figures.revert_area_erases_max, 1);
}

static void test_wear_of_the_journal(void **state)
{
    (void)state;
    assert_in_range(figures.journal_erases_max, 1,
                    BOOT_JOURNAL_UPDATES / UPDATES_PER_JOURNAL_ERASE);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ram),
        cmocka_unit_test(test_clean_start),
        cmocka_unit_test(test_flash_time_of_an_installation),
        cmocka_unit_test(test_wear_of_the_slots),
        cmocka_unit_test(test_wear_of_the_journal),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, measure, NULL);
}
