/* SPDX-License-Identifier: Apache-2.0 */
/* Loading firmware files: good ones of every kind, and every way to be wrong. Files lie in
 * blocks of their exact size, so a sanitizer sees a read past the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "board/host/loader.h"

static uint8_t flash[BOARD_FLASH_SIZE];
static struct loader loader;
static char why[HOST_WHY_SIZE];

static int start(void **state)
{
    (void)state;
    memset(flash, 0xA5, sizeof flash); /* an old program */
    loader = (struct loader){.flash = flash};
    memset(why, 0, sizeof why);
    return 0;
}

static bool put_kind(enum loader_kind kind, const void *bytes, size_t len, uint32_t addr)
{
    uint8_t *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    why[0] = '\0';
    bool good = loader_put(&loader, kind, exact, len, addr, why);
    free(exact);
    assert_int_equal(good, why[0] == '\0'); /* a reason exactly when it failed */
    assert_null(strchr(why, '\n'));
    return good;
}

static bool put(const void *bytes, size_t len)
{
    return put_kind(loader_guess(bytes, len), bytes, len, BOARD_FLASH_BASE);
}

static bool put_text(const char *text)
{
    return put(text, strlen(text));
}

static void assert_why(const char *part)
{
    if (strstr(why, part) == NULL) {
        fail_msg("reason is `%s', not about `%s'", why, part);
    }
}

static void assert_flash_is_old(void)
{
    for (size_t i = 0; i < sizeof flash; i++) {
        assert_int_equal(flash[i], 0xA5);
    }
}

/* ---- plain binary ---- */

static void test_loader_bin_erases_its_pages_like_a_programmer(void **state)
{
    (void)state;
    assert_true(put_kind(LOADER_BIN, "\1\2\3", 3, 0x080007FE)); /* over a page's end */
    assert_int_equal(flash[0x3FF], 0xA5);
    assert_int_equal(flash[0x400], 0xFF);
    assert_int_equal(flash[0x7FE], 1);
    assert_int_equal(flash[0x7FF], 2);
    assert_int_equal(flash[0x800], 3);
    assert_int_equal(flash[0xBFF], 0xFF);
    assert_int_equal(flash[0xC00], 0xA5);
    /* A second file in the same page does not erase the first. */
    assert_true(put_kind(LOADER_BIN, "\7", 1, 0x08000900));
    assert_int_equal(flash[0x800], 3);
    assert_int_equal(flash[0x900], 7);
}

static void test_loader_bin_outside_of_flash(void **state)
{
    (void)state;
    static uint8_t big[BOARD_FLASH_SIZE + 1];
    assert_false(put_kind(LOADER_BIN, big, sizeof big, 0x08000000));
    assert_why("does not fit");
    assert_false(put_kind(LOADER_BIN, big, 2, 0x0800FFFF));
    assert_why("does not fit");
    assert_false(put_kind(LOADER_BIN, big, 2, 0x08010000));
    assert_why("not in the flash");
    assert_false(put_kind(LOADER_BIN, big, 2, 0x20000000));
    assert_why("not in the flash");
    assert_false(put_kind(LOADER_BIN, big, sizeof big, 0xFFFFFFFF));
    assert_why("not in the flash");
    assert_false(put_kind(LOADER_BIN, big, 0, 0x08000000));
    assert_why("nothing to load");
    assert_flash_is_old();
    assert_true(put_kind(LOADER_BIN, big, BOARD_FLASH_SIZE, 0x08000000));
}

static void test_loader_knows_the_size_of_the_flash(void **state)
{
    (void)state;
    static uint8_t large[BOARD_FLASH_MAX], file[BOARD_FLASH_MAX + 1];
    loader = (struct loader){.flash = large, .size = BOARD_FLASH_MAX};
    assert_true(put_kind(LOADER_BIN, "\7", 1, 0x0801FFFF));
    assert_int_equal(large[BOARD_FLASH_MAX - 1], 7);
    assert_true(loader_is_beyond(&loader, 0x08000000, 127 * 1024));
    assert_false(loader_is_beyond(&loader, 0x0801FC00, 1024));
    assert_false(put_kind(LOADER_BIN, file, 2, 0x0801FFFF));
    assert_why("does not fit");
    assert_false(put_kind(LOADER_BIN, file, sizeof file, 0x08000000));
    assert_why("does not fit");
    assert_false(put_kind(LOADER_BIN, file, 1, 0x08020000));
    assert_why("not in the flash");
}

/* ---- Intel HEX ---- */

static void add_record(char *text, const char *body)
{
    unsigned sum = 0;
    char two[3] = "";
    for (size_t i = 0; body[i] != '\0'; i += 2) {
        memcpy(two, body + i, 2);
        sum += (unsigned)strtoul(two, NULL, 16);
    }
    sprintf(text + strlen(text), ":%s%02X\n", body, (0x100 - (sum & 0xFF)) & 0xFF);
}

static void test_loader_hex_good(void **state)
{
    (void)state;
    char text[400] = "";
    add_record(text, "020000040800");
    add_record(text, "10300000000500206D310008FFFFFFFF01020304");
    add_record(text, "0430100011223344");
    add_record(text, "0400000508003131");
    add_record(text, "00000001");
    assert_int_equal(loader_guess((const uint8_t *)text, strlen(text)), LOADER_HEX);
    assert_true(put_text(text));
    assert_memory_equal(flash + 0x3000, "\x00\x05\x00\x20\x6D\x31\x00\x08", 8);
    assert_memory_equal(flash + 0x300C, "\x01\x02\x03\x04\x11\x22\x33\x44\xFF", 9);
    assert_int_equal(flash[0x2FFF], 0xA5);
    assert_int_equal(flash[0x3400], 0xA5);
}

/* Literal lines with sums worked out by hand: 02+00+00+04+08+00 = 0E, two's complement F2. */
static void test_loader_hex_literals(void **state)
{
    (void)state;
    assert_true(put_text(":020000040800F2\n:0100000042BD\n:00000001FF\n"));
    assert_int_equal(flash[0], 0x42);
    assert_false(put_text(":020000040800F2\n:0430100011223344AE\n:00000001FF\n"));
    assert_why("line 2: bad checksum");
}

static void test_loader_hex_segment_wraps(void **state)
{
    (void)state;
    char text[200] = "";
    /* 20-bit addresses cannot reach 0x08000000: that is reported, nothing is guessed. */
    add_record(text, "020000021000");
    add_record(text, "04FFFE0001020304");
    add_record(text, "00000001");
    assert_false(put_text(text));
    assert_why("line 2: address 0x0001FFFE is not in the flash");
    assert_flash_is_old();
}

static void test_loader_hex_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {":0100000042BD\n:00000001FF\n", "line 1: address 0x00000000 is not in the flash"},
        {":020000040800F3\n:00000001FF\n", "line 1: bad checksum"},
        {":020000040800F2\n:0100000042BD\n", "no end record"},
        {":020000040800F2\n:00000001FF\n", "nothing to load"},
        {":020000040800F2\n:00000001FF\n:00000001FF\n", "line 3: more data after"},
        {":020000040800F2\n0100000042BD\n", "line 2: does not begin with a colon"},
        {":020000040800F2\n:0100000042BD00\n", "line 2: longer than"},
        {":020000040800F2\n:010000004\n", "line 2: not a hexadecimal digit"},
        {":020000040800F2\n:01000000GGBD\n", "line 2: not a hexadecimal digit"},
        {":020000040800F2\n:00000006FA\n", "line 2: unknown record type 06"},
        {":0100000408F3\n:00000001FF\n", "line 1: record type 04 with 1 bytes instead of 2"},
        {":0100000100FE\n", "line 1: record type 01 with 1 bytes instead of 0"},
        {":020000040800F2\n:0100000042BD\n:0100000042BD\n:00000001FF\n",
         "line 3: address 0x08000000 is given twice"},
        {":020000040800F2\n:02FFFF0042427C\n:00000001FF\n", "line 2: does not fit"},
        {":02000004FFFFFC\n:02FFFF0042427C\n:00000001FF\n", "line 2: address 0xFFFFFFFF"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_false(put_text(cases[i].text));
        assert_why(cases[i].reason);
    }
    assert_flash_is_old();
}

/* A HEX file that is cut off is never taken, and never as another kind. */
static void test_loader_hex_truncated_everywhere(void **state)
{
    (void)state;
    char good[200] = "";
    add_record(good, "020000040800");
    add_record(good, "0400000041424344");
    add_record(good, "0400000508003131");
    add_record(good, "00000001");
    size_t whole = strlen(good) - 1; /* the last newline may be missing */
    for (size_t len = 1; len < whole; len++) {
        if (put(good, len)) {
            fail_msg("taken when cut off after byte %zu", len);
        }
        assert_int_equal(loader_guess((const uint8_t *)good, len), LOADER_HEX);
    }
    assert_flash_is_old();
    assert_true(put(good, whole));
}

static void test_loader_hex_every_byte_changed(void **state)
{
    (void)state;
    char good[200] = "";
    add_record(good, "020000040800");
    add_record(good, "0400000041424344");
    add_record(good, "00000001");
    size_t len = strlen(good);
    for (size_t i = 0; i < len; i++) {
        for (unsigned value = 0; value < 256; value++) {
            char changed[200];
            memcpy(changed, good, len);
            changed[i] = (char)value;
            (void)start(NULL);
            /* One changed digit breaks the checksum; case and white space do not matter. */
            if (put_kind(LOADER_HEX, changed, len, 0) &&
                (changed[i] | 0x20) != (good[i] | 0x20) && good[i] != '\n') {
                fail_msg("taken with byte %zu = %02X", i, value);
            }
        }
    }
}

/* ---- ELF ---- */

struct segment {
    uint32_t type, offset, paddr, filesz, memsz;
};
enum { ELF_SIZE = 0x200, PHOFF = 52, SHOFF = 0x150 };

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value & 0xFFFF);
    put16(at + 2, value >> 16);
}

static void make_elf(uint8_t elf[ELF_SIZE], const struct segment *segments, unsigned count)
{
    memset(elf, 0, ELF_SIZE);
    memcpy(elf, "\177ELF\1\1\1", 7);
    put16(elf + 16, 2);
    put16(elf + 18, 40);
    put32(elf + 20, 1);
    put32(elf + 28, PHOFF);
    put16(elf + 40, 52);
    put16(elf + 42, 32);
    put16(elf + 44, count);
    for (unsigned i = 0; i < count; i++) {
        uint8_t *p = elf + PHOFF + (size_t)32 * i;
        put32(p, segments[i].type);
        put32(p + 4, segments[i].offset);
        put32(p + 8, 0x20000000); /* p_vaddr must not matter */
        put32(p + 12, segments[i].paddr);
        put32(p + 16, segments[i].filesz);
        put32(p + 20, segments[i].memsz);
    }
    for (unsigned i = 0x100; i < 0x140; i++) {
        elf[i] = (uint8_t)i;
    }
}

static const struct segment two_segments[] = {
    {1, 0x100, 0x08003000, 0x30, 0x30},
    {1, 0x130, 0x08003030, 0x10, 0x80}, /* .data, followed by .bss */
    {1, 0x140, 0x20000100, 0, 0x400},   /* .bss alone: nothing to load */
    {0x70000001, 0x100, 0, 8, 8},       /* ARM_EXIDX: not loaded */
};

static void test_loader_elf_by_load_address(void **state)
{
    (void)state;
    uint8_t elf[ELF_SIZE];
    make_elf(elf, two_segments, 4);
    assert_int_equal(loader_guess(elf, sizeof elf), LOADER_ELF);
    assert_true(put(elf, sizeof elf));
    assert_memory_equal(flash + 0x3000, elf + 0x100, 0x40);
    assert_int_equal(flash[0x3040], 0xFF);
    assert_int_equal(flash[0x2FFF], 0xA5);
    assert_int_equal(flash[0], 0xA5);
}

/* What GNU ld makes when the addresses allow: the ELF header itself inside the first
 * segment. */
static void test_loader_elf_headers_are_not_programmed(void **state)
{
    (void)state;
    uint8_t elf[ELF_SIZE];
    static const struct segment with_headers[] = {{1, 0, 0x08002F00, 0x140, 0x140}};
    make_elf(elf, with_headers, 1);
    put32(elf + 32, SHOFF);
    put16(elf + 46, 40);
    put16(elf + 48, 2);
    uint8_t *section = elf + SHOFF + 40;
    put32(section + 4, 1); /* PROGBITS */
    put32(section + 8, 2); /* ALLOC */
    put32(section + 16, 0x100);
    put32(section + 20, 0x40);
    assert_true(put(elf, sizeof elf));
    assert_int_equal(flash[0x2F00], 0xA5);
    assert_memory_equal(flash + 0x3000, elf + 0x100, 0x40);
}

static void test_loader_elf_wrong(void **state)
{
    (void)state;
    static const struct {
        unsigned at, size;
        uint32_t value;
        const char *reason;
    } cases[] = {
        {18, 2, 62, "not for ARM (machine 62)"},
        {4, 1, 2, "not 32-bit"},
        {5, 1, 2, "not 32-bit little-endian"},
        {16, 2, 1, "not an executable (type 1)"},
        {44, 2, 0, "without program headers"},
        {42, 2, 16, "without program headers"},
        {28, 4, 0xFFFFFFF0, "truncated in its program headers"},
        {44, 2, 0xFFFF, "truncated in its program headers"},
        {PHOFF + 4, 4, 0xFFFFFFF0, "truncated in segment 0"},
        {PHOFF + 16, 4, 0xFFFFFFF0, "truncated in segment 0"},
        {PHOFF + 20, 4, 1, "larger than its memory"},
        {PHOFF + 12, 4, 0x20000000, "segment 0: address 0x20000000 is not in the flash"},
        {PHOFF + 12, 4, 0x0800FFF0, "segment 0: does not fit"},
        {PHOFF + 44, 4, 0x08003000, "segment 1: address 0x08003000 is given twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t elf[ELF_SIZE];
        make_elf(elf, two_segments, 4);
        if (cases[i].size == 1) {
            elf[cases[i].at] = (uint8_t)cases[i].value;
        } else if (cases[i].size == 2) {
            put16(elf + cases[i].at, cases[i].value);
        } else {
            put32(elf + cases[i].at, cases[i].value);
        }
        assert_false(put(elf, sizeof elf));
        assert_why(cases[i].reason);
    }
    assert_flash_is_old();
}

static void test_loader_elf_truncated_everywhere(void **state)
{
    (void)state;
    uint8_t elf[ELF_SIZE];
    make_elf(elf, two_segments, 4);
    for (size_t len = 4; len < 0x140; len++) {
        if (put(elf, len)) {
            fail_msg("taken when cut off after byte %zu", len);
        }
    }
    assert_flash_is_old();
    assert_true(put(elf, 0x140));
}

/* Every byte of the headers is set to values that overflow: any answer is right, as long as
 * there is one. */
static void test_loader_elf_every_header_byte_hostile(void **state)
{
    (void)state;
    static const uint8_t values[] = {0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF};
    for (size_t i = 0; i < PHOFF + 4 * 32; i++) {
        for (size_t v = 0; v < sizeof values; v++) {
            uint8_t elf[ELF_SIZE];
            make_elf(elf, two_segments, 4);
            put32(elf + 32, SHOFF);
            put16(elf + 46, 40);
            put16(elf + 48, 2);
            elf[i] = values[v];
            (void)put_kind(LOADER_ELF, elf, sizeof elf, 0);
            (void)put_kind(LOADER_ELF, elf, sizeof elf - 1, 0);
        }
    }
}

/* ---- files ---- */

static void write_temp(char path[32], const void *bytes, size_t len)
{
    strcpy(path, "/tmp/otter-loader-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

static void test_loader_files(void **state)
{
    (void)state;
    char path[32];
    uint8_t elf[ELF_SIZE];
    make_elf(elf, two_segments, 4);
    assert_false(loader_put_file(&loader, "/nonexistent/app.bin", false, 0, why));
    assert_why("No such file");
    assert_false(loader_put_file(&loader, "/", false, 0, why));
    assert_why("directory");

    write_temp(path, "", 0);
    assert_false(loader_put_file(&loader, path, false, 0, why));
    assert_why("empty file");
    unlink(path);

    write_temp(path, elf, sizeof elf);
    assert_false(loader_put_file(&loader, path, true, 0x08003000, why));
    assert_why("ELF file: it has its own addresses");
    assert_flash_is_old();
    assert_true(loader_put_file(&loader, path, false, 0, why));
    assert_int_equal(flash[0x3001], 1);
    unlink(path);

    write_temp(path, "S00600004844521B\n", 17);
    assert_false(loader_put_file(&loader, path, true, 0x08003000, why));
    assert_why("S-record file");
    unlink(path);

    write_temp(path, "\x11\x22", 2);
    assert_true(loader_put_file(&loader, path, false, 0, why));
    assert_int_equal(flash[0], 0x11);
    assert_true(loader_put_file(&loader, path, true, 0x0800FFFE, why));
    assert_int_equal(flash[0xFFFF], 0x22);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_loader_bin_erases_its_pages_like_a_programmer, start),
        cmocka_unit_test_setup(test_loader_bin_outside_of_flash, start),
        cmocka_unit_test_setup(test_loader_knows_the_size_of_the_flash, start),
        cmocka_unit_test_setup(test_loader_hex_good, start),
        cmocka_unit_test_setup(test_loader_hex_literals, start),
        cmocka_unit_test_setup(test_loader_hex_segment_wraps, start),
        cmocka_unit_test_setup(test_loader_hex_wrong, start),
        cmocka_unit_test_setup(test_loader_hex_truncated_everywhere, start),
        cmocka_unit_test_setup(test_loader_hex_every_byte_changed, start),
        cmocka_unit_test_setup(test_loader_elf_by_load_address, start),
        cmocka_unit_test_setup(test_loader_elf_headers_are_not_programmed, start),
        cmocka_unit_test_setup(test_loader_elf_wrong, start),
        cmocka_unit_test_setup(test_loader_elf_truncated_everywhere, start),
        cmocka_unit_test_setup(test_loader_elf_every_header_byte_hostile, start),
        cmocka_unit_test_setup(test_loader_files, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
