/* SPDX-License-Identifier: Apache-2.0 */
/* The names that tools look up (lab/firmware_symbols.h): the bootloader has them all, and a
 * firmware without them is told which is missing. */
#include "lab/firmware_symbols.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "host/file.h"
#include "lab/replay/boot_replay.h"
#include "lab/ring_meter.h"
#include "port/stm32f103/layout.h"
#include "port/stm32f103/partitions.h"

enum { ELF_SIZE_MAX = 16 << 20 };

static char why[HOST_WHY_SIZE];

static struct file read_elf(const char *name)
{
    char path[1024];
    struct file file;
    (void)snprintf(path, sizeof path, "%s/%s", OTTER_FIRMWARE_DIR, name);
    assert_int_equal(file_read(path, ELF_SIZE_MAX, &file, NULL), 0);
    return file;
}

static void test_bootloader_has_all(void **state)
{
    (void)state;
    struct file elf = read_elf("boot/boot.elf");
    struct elf_symbols symbols;
    assert_true(elf_symbols_read(&symbols, elf.data, elf.len, why));
    for (unsigned which = 0; which < FIRMWARE_OF_BOOT; which++) {
        uint32_t value = 0;
        if (!firmware_symbol(&symbols, (enum firmware_symbol)which, &value, why)) {
            fail_msg("%s", why);
        }
        if (which == FIRMWARE_VERIFIER_SIZE) {
            assert_in_range(value, 4, 256);
        } else if (which == FIRMWARE_BSS_END) {
            assert_in_range(value, OTTER_RAM_ADDR, OTTER_RAM_ADDR + OTTER_RAM_SIZE);
        } else {
            assert_in_range(value, OTTER_BOOT_ADDR, OTTER_BOOT_ADDR + OTTER_BOOT_SIZE);
        }
    }
    elf_symbols_free(&symbols);
    file_free(&elf);
}

static void test_app_has_its_ring(void **state)
{
    (void)state;
    struct file elf = read_elf("app/pethouse/pethouse_03010101.elf"),
                boot = read_elf("boot/boot.elf");
    struct firmware_ring ring;
    assert_true(ring_meter_find(elf.data, elf.len, &ring, why));
    assert_in_range(ring.addr, OTTER_RAM_ADDR, OTTER_RAM_ADDR + OTTER_RAM_SIZE - ring.size);
    assert_in_range(ring.tail_addr, OTTER_RAM_ADDR, OTTER_RAM_ADDR + OTTER_RAM_SIZE - 4);
    assert_in_range(ring.size, 512, 4096); /* docs/design.md: at least 512 */
    assert_false(ring_meter_find(boot.data, boot.len, &ring, why)); /* it polls */
    assert_non_null(strstr(why, "no variable rx_ring"));
    file_free(&elf);
    file_free(&boot);
}

static void test_missing_is_told(void **state)
{
    (void)state;
    struct file elf = read_elf("bench/cpu/bench_cpu.elf"), bin = read_elf("boot/boot.bin");
    struct elf_symbols symbols;
    uint32_t value;
    assert_true(elf_symbols_read(&symbols, elf.data, elf.len, why));
    assert_false(firmware_symbol(&symbols, FIRMWARE_VERIFIER_SIZE, &value, why));
    assert_non_null(strstr(why, "no symbol sizeof_otter_verifier"));
    assert_null(boot_replay_new(elf.data, elf.len, &stm32f103_layout, 0, why));
    assert_non_null(strstr(why, "no function uart_polled_receive"));
    assert_null(boot_replay_new(bin.data, bin.len, &stm32f103_layout, 0, why));
    assert_non_null(strstr(why, "no .elf"));
    elf_symbols_free(&symbols);
    file_free(&elf);
    file_free(&bin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bootloader_has_all),
        cmocka_unit_test(test_app_has_its_ring),
        cmocka_unit_test(test_missing_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
