/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols of ELF files (board/host/elf_symbols.h), from files made here, byte by byte. */
#include "board/host/elf_symbols.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Header, one program header, four sections: none, the symbols, their names, and the file
 * ends. */
enum {
    PHOFF = 52,
    SHOFF = PHOFF + 32,
    SYMBOLS = SHOFF + 3 * 40,
    SYMBOL_COUNT = 7,
    NAMES = SYMBOLS + SYMBOL_COUNT * 16,
    ELF_SIZE = NAMES + 16
};
enum { NOTYPE, OBJECT, FUNC, SECTION, GLOBAL = 0x10 };

static uint8_t elf[ELF_SIZE];
static char why[HOST_WHY_SIZE];

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

static void put_section(unsigned index, uint32_t type, uint32_t off, uint32_t size,
                        uint32_t link)
{
    uint8_t *section = elf + SHOFF + (size_t)40 * index;
    put32(section + 4, type);
    put32(section + 16, off);
    put32(section + 20, size);
    put32(section + 24, link);
}

static void put_symbol(unsigned index, uint32_t name, uint32_t value, uint32_t size,
                       uint8_t info)
{
    uint8_t *symbol = elf + SYMBOLS + (size_t)16 * index;
    put32(symbol, name);
    put32(symbol + 4, value);
    put32(symbol + 8, size);
    symbol[12] = info;
}

static int make(void **state)
{
    (void)state;
    memset(elf, 0, sizeof elf);
    memcpy(elf, "\177ELF\1\1\1", 7);
    put16(elf + 16, 2);
    put16(elf + 18, 40);
    put32(elf + 28, PHOFF);
    put32(elf + 32, SHOFF);
    put16(elf + 42, 32);
    put16(elf + 44, 1);
    put16(elf + 46, 40);
    put16(elf + 48, 3);
    put_section(1, 2, SYMBOLS, SYMBOL_COUNT * 16, 2);
    put_section(2, 3, NAMES, 16, 0);
    memcpy(elf + NAMES, "\0late\0ab\0var\0end", 16); /* the last one does not end */
    put_symbol(1, 1, 0x08000203, 4, GLOBAL | FUNC);
    put_symbol(2, 6, 0x08000101, 8, FUNC);
    put_symbol(3, 9, 0x20000100, 2, OBJECT);
    put_symbol(4, 13, 0x20000301, 0, GLOBAL | NOTYPE);
    put_symbol(5, 9, 0x08000000, 0, SECTION);
    put_symbol(6, 99, 0x08000300, 4, FUNC); /* a name outside of the names */
    return 0;
}

static void test_finds_by_kind_and_name(void **state)
{
    (void)state;
    struct elf_symbols symbols;
    assert_true(elf_symbols_read(&symbols, elf, sizeof elf, why));
    assert_int_equal(symbols.count, 4);
    assert_int_equal(elf_symbols_find(&symbols, ELF_FUNCTION, "late")->value, 0x08000202);
    assert_int_equal(elf_symbols_find(&symbols, ELF_FUNCTION, "ab")->size, 8);
    assert_int_equal(elf_symbols_find(&symbols, ELF_OBJECT, "var")->value, 0x20000100);
    assert_int_equal(elf_symbols_find(&symbols, ELF_VALUE, "end")->value, 0x20000301);
    assert_null(elf_symbols_find(&symbols, ELF_OBJECT, "ab"));
    assert_null(elf_symbols_find(&symbols, ELF_FUNCTION, "b")); /* the end of one */
    assert_null(elf_symbols_find(&symbols, ELF_FUNCTION, "lat"));
    assert_null(elf_symbols_find(&symbols, ELF_VALUE, "")); /* the null symbol's */
    elf_symbols_free(&symbols);
    assert_null(elf_symbols_find(&symbols, ELF_FUNCTION, "ab"));
}

static void test_in_the_order_of_addresses(void **state)
{
    (void)state;
    static const char *const names[] = {"ab", "late", "var", "end"};
    struct elf_symbols symbols;
    assert_true(elf_symbols_read(&symbols, elf, sizeof elf, why));
    for (unsigned i = 0; i < 4; i++) {
        assert_string_equal(symbols.list[i].name, names[i]);
    }
    elf_symbols_free(&symbols);
}

static void test_function_at_an_address(void **state)
{
    (void)state;
    struct elf_symbols symbols;
    assert_true(elf_symbols_read(&symbols, elf, sizeof elf, why));
    assert_string_equal(elf_symbols_at(&symbols, 0x08000100)->name, "ab");
    assert_string_equal(elf_symbols_at(&symbols, 0x08000107)->name, "ab");
    assert_null(elf_symbols_at(&symbols, 0x08000108));
    assert_null(elf_symbols_at(&symbols, 0x080000FF));
    assert_null(elf_symbols_at(&symbols, 0x20000100)); /* a variable */
    elf_symbols_free(&symbols);
}

static void expect_refused(size_t len, const char *word)
{
    struct elf_symbols symbols;
    uint8_t *file = malloc(len + 1); /* its end is guarded by the sanitizer */
    assert_non_null(file);
    memcpy(file, elf, len);
    assert_false(elf_symbols_read(&symbols, file, len, why));
    assert_non_null(strstr(why, word));
    assert_null(symbols.list);
    free(file);
}

static void test_without_a_table(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof elf; len++) {
        expect_refused(len, "ELF file");
    }
    put_section(1, 8, SYMBOLS, SYMBOL_COUNT * 16, 2); /* no bytes in the file */
    expect_refused(sizeof elf, "no symbol table");
    put_section(1, 2, SYMBOLS, SYMBOL_COUNT * 16, 3); /* names in a section that is not there */
    expect_refused(sizeof elf, "no symbol table");
    put_section(1, 2, UINT32_MAX - 8, 16, 2);
    expect_refused(sizeof elf, "no symbol table");
    put16(elf + 48, 1);
    expect_refused(sizeof elf, "no symbol table");
    put16(elf + 18, 62);
    expect_refused(sizeof elf, "not for ARM");
}

/* Whatever stands in the tables, nothing outside of the file is read (the sanitizers'
 * business). */
static void test_every_byte_changed(void **state)
{
    static const uint8_t values[] = {0x00, 0x01, 0x7F, 0xFF};
    for (unsigned i = 0; i < ELF_SIZE; i++) {
        for (unsigned j = 0; j < sizeof values; j++) {
            struct elf_symbols symbols;
            (void)make(state);
            elf[i] = values[j];
            if (elf_symbols_read(&symbols, elf, sizeof elf, why)) {
                assert_in_range(symbols.count, 0, SYMBOL_COUNT);
                (void)elf_symbols_find(&symbols, ELF_FUNCTION, "ab");
                (void)elf_symbols_at(&symbols, 0x08000100);
            }
            elf_symbols_free(&symbols);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_finds_by_kind_and_name, make),
        cmocka_unit_test_setup(test_in_the_order_of_addresses, make),
        cmocka_unit_test_setup(test_function_at_an_address, make),
        cmocka_unit_test_setup(test_without_a_table, make),
        cmocka_unit_test_setup(test_every_byte_changed, make),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
