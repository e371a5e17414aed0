/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "otter/image.h"
#include "otter/partition.h"
#include "otter/startup.h"
#include "port/stm32f103/layout.h"
#include "port/stm32f103/partitions.h"
#include "support/ram_flash.h"
#include "support/receiver_fixture.h"

/* Authority: otter/partition.h: which flash an update can be installed in, and that whatever
 * cannot hold one is left alone. */

static struct otter_port port = {.program_size = 2};
static struct otter_layout layout;

static bool fits(void)
{
    return otter_layout_check(&port, &layout);
}

/* A right layout with a page between all regions, so that one can grow or move by one page and
 * meet no other. */
static void make(uint16_t page_size, uint32_t slot_pages)
{
    uint32_t page = 0x9000; /* a multiple of 3, too, for pages of three times something */

    port.page_size = page_size;
    port.program_size = 2;
    layout.boot = (struct otter_region){page * page_size, 8 * page_size};
    layout.journal = (struct otter_region){(page + 9) * page_size, page_size};
    layout.spare = (struct otter_region){(page + 11) * page_size, page_size};
    layout.flag = (struct otter_region){(page + 13) * page_size, page_size};
    layout.app = (struct otter_region){(page + 15) * page_size, slot_pages * page_size};
    layout.backup =
        (struct otter_region){(page + 16 + slot_pages) * page_size, slot_pages * page_size};
    layout.ram = (struct otter_region){0x20000000, 0x5000};
}

static struct otter_region *const regions[] = {&layout.boot, &layout.journal, &layout.spare,
                                               &layout.flag, &layout.app,     &layout.backup};
enum { REGIONS = sizeof regions / sizeof regions[0] };

static void test_layouts_that_fit(void **state)
{
    (void)state;
    port.program_size = 2;
    for (unsigned i = 0; i < RAM_FLASH_MAPS; i++) {
        port.page_size = ram_flash_maps[i].page_size;
        assert_true(otter_layout_check(&port, ram_flash_maps[i].layout));
        assert_int_equal(ram_flash_maps[i].layout->app.size,
                         ram_flash_maps[i].slot_pages * port.page_size);
    }
    port.page_size = OTTER_PAGE_SIZE;
    assert_true(otter_layout_check(&port, &stm32f103_layout));
    make(0x400, 26);
    assert_true(fits());
    make(0x1000, 400);
    assert_true(fits());
}

static void test_order_and_place_are_free(void **state)
{
    struct otter_region app;

    (void)state;
    make(0x800, 60);
    app = layout.app;
    layout.app = layout.backup;
    layout.backup = app;
    assert_true(fits());
    layout.boot.addr = 0; /* the first byte of all */
    assert_true(fits());
    layout.journal.addr = 0U - port.page_size; /* the last one */
    assert_true(fits());
}

static void test_page_size(void **state)
{
    (void)state;
    make(0x200, 26);
    assert_false(fits());
    make(0x600, 26); /* not a power of two, which an entry's place is found by */
    assert_false(fits());
    make(0xC00, 26);
    assert_false(fits());
    make(0x400, 26);
    port.page_size = 0;
    assert_false(fits());
}

static void test_programming_unit(void **state)
{
    (void)state;
    for (unsigned size = 0; size <= 32; size++) {
        make(0x400, 26);
        port.program_size = (uint8_t)size;
        assert_int_equal(fits(), size == 2);
    }
}

static void test_slots(void **state)
{
    (void)state;
    make(0x400, 59); /* as many as there are page marks */
    assert_true(fits());
    make(0x400, 60);
    assert_false(fits());
    make(0x800, 187);
    assert_true(fits());
    make(0x800, 188);
    assert_false(fits());
    make(0x400, 0);
    assert_false(fits());
    make(0x400, 26);
    layout.app.size = layout.backup.size -= 2;
    assert_false(fits());
    for (int larger = 0; larger < 2; larger++) {
        make(0x400, 26);
        layout.backup.size += larger != 0 ? 0x400 : 0U - 0x400U;
        assert_false(fits());
    }
}

static void test_one_page_each(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 3; i++) { /* journal, spare, flag */
        make(0x400, 26);
        regions[i]->size = 0x800;
        assert_false(fits());
        regions[i]->size = 0x200;
        assert_false(fits());
        regions[i]->size = 0;
        assert_false(fits());
    }
}

static void test_ram_has_room_for_a_stack(void **state)
{
    (void)state;
    make(0x400, 26);
    layout.ram.size = OTTER_IMAGE_STACK_MIN;
    assert_true(fits());
    layout.ram.size = OTTER_IMAGE_STACK_MIN - 1;
    assert_false(fits());
    layout.ram.size = 0;
    assert_false(fits());
}

static void test_page_borders(void **state)
{
    (void)state;
    for (unsigned i = 0; i < REGIONS; i++) {
        make(0x800, 26);
        regions[i]->addr += 2;
        assert_false(fits());
        regions[i]->addr += 0x400 - 2; /* a border of smaller pages */
        assert_false(fits());
    }
    make(0x400, 26);
    layout.boot.size += 2;
    assert_false(fits());
    layout.boot.size = 0;
    assert_false(fits());
}

static void test_end_of_addresses(void **state)
{
    (void)state;
    for (unsigned i = 0; i < REGIONS; i++) {
        make(0x400, 26);
        regions[i]->addr = 0U - regions[i]->size;
        assert_true(fits());
        regions[i]->addr += 0x400; /* one page beyond: none, or, of one page, the first */
        assert_int_equal(fits(), regions[i]->size == 0x400);
    }
}

/* The first, and the last, page of each region in each other one. */
static void test_no_byte_in_two_regions(void **state)
{
    (void)state;
    for (unsigned i = 0; i < REGIONS; i++) {
        for (unsigned other = 0; other < REGIONS; other++) {
            if (i == other) {
                continue;
            }
            make(0x400, 26);
            regions[i]->addr = regions[other]->addr + regions[other]->size;
            /* behind it one page is free, and what `i` has left; behind the last all is */
            assert_int_equal(fits(), regions[i]->size == 0x400 || i == other + 1 ||
                                         other == REGIONS - 1);
            regions[i]->addr -= 0x400;
            assert_false(fits());
            regions[i]->addr = regions[other]->addr - regions[i]->size + 0x400;
            assert_false(fits());
        }
    }
}

/* ---- who asks ---- */

/* Layouts of RAM flash that do not fit, each for a reason of its own. */
enum { WRONG_LAYOUTS = 5 };

static void make_wrong(unsigned i, struct otter_layout *out, struct otter_port *out_port)
{
    *out = ram_flash_layout;
    if (i == 0) {
        out->spare.addr = out->journal.addr;
    } else if (i == 1) {
        out->backup.size -= RAM_FLASH_PAGE;
    } else if (i == 2) {
        out->app.addr += 2;
    } else if (i == 3) {
        out_port->program_size = 4;
    } else {
        out_port->page_size = RAM_FLASH_PAGE / 2;
    }
}

static enum otter_reason verify(const void *ctx, enum otter_image_at place, uint32_t *size,
                                uint32_t *out_number)
{
    (void)ctx;
    (void)place;
    (void)size;
    (void)out_number;
    fail_msg("an image is looked for");
    return OTTER_REASON_NO_IMAGE;
}

static void test_startup_leaves_the_flash_alone(void **state)
{
    static struct ram_flash flash;

    (void)state;
    for (unsigned i = 0; i < WRONG_LAYOUTS; i++) {
        struct otter_layout wrong;
        struct otter_startup startup = {
            .port = &flash.port, .layout = &wrong, .verify = verify};

        ram_flash_init(&flash);
        make_wrong(i, &wrong, &flash.port);
        assert_int_equal(otter_startup_run(&startup, &otter_flag_functions),
                         OTTER_STARTUP_NOTHING);
        assert_int_equal(flash.operations, 0);
        assert_int_equal(flash.reads, 0);
        assert_int_equal(flash.refused, 0);
    }
}

static void test_receiver_refuses_every_offer(void **state)
{
    static struct receiver_fixture fixture;
    static const uint32_t sizes[] = {8, 1024, 25 * 1024};

    (void)state;
    for (unsigned i = 0; i < WRONG_LAYOUTS; i++) {
        for (unsigned n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
            fixture_init(&fixture, sizes[n], n);
            make_wrong(i, &fixture.layout, &fixture.flash.port);
            fixture_boot(&fixture);
            fixture_offer(&fixture);
            fixture_poll(&fixture);
            fixture_expect_ack(&fixture, OTTER_CMD_OFFER_ACK, (uint8_t)(fixture.module_sn - 1));
            fixture_expect(&fixture, OTTER_CMD_RECEIVER_STOP);
            fixture_run(&fixture, 20000);
            assert_int_equal(fixture.flash.operations, 0);
            assert_int_equal(fixture.flash.refused, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts_that_fit),
        cmocka_unit_test(test_order_and_place_are_free),
        cmocka_unit_test(test_page_size),
        cmocka_unit_test(test_programming_unit),
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_one_page_each),
        cmocka_unit_test(test_ram_has_room_for_a_stack),
        cmocka_unit_test(test_page_borders),
        cmocka_unit_test(test_end_of_addresses),
        cmocka_unit_test(test_no_byte_in_two_regions),
        cmocka_unit_test(test_startup_leaves_the_flash_alone),
        cmocka_unit_test(test_receiver_refuses_every_offer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
