/* SPDX-License-Identifier: Apache-2.0 */
/* The Intel HEX writer. Authority: Intel Hexadecimal Object File Format Specification, rev.
 * A. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "host/hex.h"

static char *text;
static size_t text_len;

static FILE *begin(void)
{
    FILE *out = open_memstream(&text, &text_len);
    assert_non_null(out);
    return out;
}

static void assert_text(FILE *out, const char *expected)
{
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, expected);
    free(text);
}

static void test_hex_end_of_file_record(void **state)
{
    (void)state;
    FILE *out = begin();
    hex_write_end(out);
    assert_text(out, ":00000001FF\n");
}

static void test_hex_data_with_upper_address(void **state)
{
    static const uint8_t data[] = {0x02, 0x33, 0x7A};
    (void)state;
    FILE *out = begin();
    hex_write(out, 0x08000030, data, sizeof data);
    assert_text(out,
                ":020000040800F2\n:0300300002337A1E\n"); /* data record: the spec's example */
}

static void test_hex_records_end_at_multiples_of_16(void **state)
{
    uint8_t data[20];
    (void)state;
    memset(data, 0, sizeof data);
    FILE *out = begin();
    hex_write(out, 0x0800300C, data, sizeof data);
    assert_text(out, ":020000040800F2\n:04300C0000000000C0\n"
                     ":1030100000000000000000000000000000000000B0\n");
}

static void test_hex_crosses_64k(void **state)
{
    static const uint8_t data[] = {1, 2};
    (void)state;
    FILE *out = begin();
    hex_write(out, 0x0800FFFF, data, sizeof data);
    assert_text(out, ":020000040800F2\n:01FFFF000100\n:020000040801F1\n:0100000002FD\n");
}

static void test_hex_every_record_sums_to_zero(void **state)
{
    uint8_t data[1000];
    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 37);
    FILE *out = begin();
    hex_write(out, 0x08003000, data, sizeof data);
    hex_write_end(out);
    fclose(out);
    size_t records = 0, bytes = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        unsigned sum = 0, byte;
        assert_int_equal(line[0], ':');
        for (size_t i = 1; line[i] != 0; i += 2) {
            assert_int_equal(sscanf(line + i, "%2x", &byte), 1);
            sum += byte;
        }
        assert_int_equal(sum & 0xFF, 0);
        assert_int_equal(sscanf(line + 1, "%2x", &byte), 1);
        if (line[8] == '0')
            bytes += byte;
        records++;
    }
    free(text);
    assert_int_equal(bytes, sizeof data);
    assert_int_equal(records, 1 + 63 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hex_end_of_file_record),
        cmocka_unit_test(test_hex_data_with_upper_address),
        cmocka_unit_test(test_hex_records_end_at_multiples_of_16),
        cmocka_unit_test(test_hex_crosses_64k),
        cmocka_unit_test(test_hex_every_record_sums_to_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
