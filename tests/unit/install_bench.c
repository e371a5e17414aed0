/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "otter/bytes.h"
#include "otter/md5.h"
#include "support/rng.h"
#include "unit/install_bench.h"

struct ram_flash flash;
uint8_t before[RAM_FLASH_SIZE];
const struct otter_port *const port = &flash.port;
const struct otter_layout *const layout = &ram_flash_layout;

/* ---- what was reported ---- */

struct install_report reports[INSTALL_REPORTS_MAX];
unsigned reports_len;

static void report(enum otter_install_step step, uint32_t value)
{
    assert_true(reports_len < sizeof reports / sizeof reports[0]);
    reports[reports_len].step = step;
    reports[reports_len].value = value;
    reports_len++;
}

unsigned reports_at;

void expect(enum otter_install_step step, uint32_t value)
{
    if (reports_at >= reports_len || reports[reports_at].step != step ||
        reports[reports_at].value != value) {
        fail_msg("report %u of %u is %d [%u], not %d [%u]", reports_at, reports_len,
                 reports[reports_at].step, (unsigned)reports[reports_at].value, step,
                 (unsigned)value);
    }
    reports_at++;
}

bool is_next(enum otter_install_step step)
{
    return reports_at < reports_len && reports[reports_at].step == step;
}

void expect_many(enum otter_install_step step, uint32_t count)
{
    while (count-- != 0) {
        expect(step, 0);
    }
}

void expect_no_more(void)
{
    assert_int_equal(reports_at, reports_len);
}

void expect_checking(uint32_t size, enum otter_install_step verdict)
{
    uint32_t chunks = (size + 255) / 256;

    reports_at = 0;
    expect(OTTER_INSTALL_START, size);
    expect(OTTER_INSTALL_CHECK, chunks);
    expect_many(OTTER_INSTALL_CHECK_CHUNK, chunks);
    expect(verdict, 0);
}

void expect_copy(uint32_t size)
{
    uint32_t chunks = (size + 255) / 256;

    expect(OTTER_INSTALL_ERASE, (size + 1023) / 1024);
    expect(OTTER_INSTALL_COPY, chunks);
    expect_many(OTTER_INSTALL_COPY_CHUNK, chunks);
    expect(OTTER_INSTALL_VERIFY, 0);
}

int install(void)
{
    reports_len = 0;
    return otter_install(port, layout, report);
}

/* ---- flash before and after ---- */

/* What makes a program of random bytes: a stack pointer in RAM, a reset vector in the slot. */
static void put_vectors(uint8_t image[8])
{
    otter_put_le32(image, layout->ram.addr + layout->ram.size);
    otter_put_le32(image + 4, layout->app.addr + 0x101);
}

void prepare(uint32_t size)
{
    uint64_t random = size;
    struct otter_flag flag = {.image_size = size};
    struct otter_md5 md5;

    ram_flash_init(&flash);
    rng_fill(&random, flash.bytes, sizeof flash.bytes);
    put_vectors(flash.bytes + off_of(&layout->backup));
    otter_md5_init(&md5);
    otter_md5_update(&md5, ram_flash_peek(&flash, layout->backup.addr), size);
    otter_md5_final(&md5, flag.md5);
    assert_int_equal(otter_flag_write(port, layout, &flag), 0);
    ram_flash_restart(&flash);
    memcpy(before, flash.bytes, sizeof before);
}

uint32_t off_of(const struct otter_region *region)
{
    return region->addr - RAM_FLASH_ADDR;
}

bool is_app_old(void)
{
    return memcmp(flash.bytes + off_of(&layout->app), before + off_of(&layout->app),
                  layout->app.size) == 0;
}

bool is_app_new(uint32_t size)
{
    const uint8_t *app = flash.bytes + off_of(&layout->app);
    uint32_t end = (size + 1023) / 1024 * 1024;

    for (uint32_t i = size; i < end; i++) {
        if (app[i] != 0xFF) {
            return false;
        }
    }
    return memcmp(app, before + off_of(&layout->backup), size) == 0 &&
           memcmp(app + end, before + off_of(&layout->app) + end, layout->app.size - end) == 0;
}

void expect_rest_untouched(void)
{
    uint32_t flag = off_of(&layout->flag), app = off_of(&layout->app);
    uint32_t backup = off_of(&layout->backup);

    assert_memory_equal(flash.bytes, before, flag);
    assert_memory_equal(flash.bytes + flag + layout->flag.size,
                        before + flag + layout->flag.size, app - flag - layout->flag.size);
    assert_memory_equal(flash.bytes + backup, before + backup, RAM_FLASH_SIZE - backup);
    assert_int_equal(flash.refused, 0);
    assert_true(flash.unfed_max <= 1);
}

bool is_flag_blank(void)
{
    for (uint32_t i = 0; i < layout->flag.size; i++) {
        if (ram_flash_peek(&flash, layout->flag.addr)[i] != 0xFF) {
            return false;
        }
    }
    return true;
}

bool is_pending(void)
{
    struct otter_flag flag;

    return otter_flag_read(port, layout, &flag) == 0;
}
