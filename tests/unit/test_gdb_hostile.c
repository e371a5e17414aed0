/* SPDX-License-Identifier: Apache-2.0 */
/* A peer that is not gdb: framing errors, arguments out of any range, random bytes. */
#include "support/gdb_fixture.h"

static void test_bad_check_sum_is_refused(void **state)
{
    struct gdb_fixture *fixture = *state;
    fixture_raw(fixture, "$?#40", 5);
    assert_string_equal(fixture->out, "-");
    fixture_raw(fixture, "$?#zz", 5);
    assert_string_equal(fixture->out, "-");
    fixture_raw(fixture, "$?#3f", 5);
    assert_string_equal(fixture->out, "+$T05thread:1;#d7");
}

static void test_last_packet_is_sent_again(void **state)
{
    struct gdb_fixture *fixture = *state;
    fixture_raw(fixture, "-", 1);
    assert_int_equal(fixture->out_len, 0); /* there is none yet */
    assert_string_equal(fixture_ask(fixture, "qC"), "QC1");
    fixture_raw(fixture, "-", 1);
    assert_string_equal(fixture->answer, "QC1");
    fixture_raw(fixture, "+", 1);
    assert_int_equal(fixture->out_len, 0);
}

static void test_no_ack_mode(void **state)
{
    struct gdb_fixture *fixture = *state;
    assert_string_equal(fixture_ask(fixture, "QStartNoAckMode"), "OK");
    assert_int_equal(fixture->out[0], '+'); /* of this packet still */
    assert_string_equal(fixture_ask(fixture, "qC"), "QC1");
    assert_int_equal(fixture->out[0], '$');
    fixture_raw(fixture, "-$qC#00", 7);
    assert_int_equal(fixture->out_len, 0);
}

static void test_a_cut_packet_is_forgotten(void **state)
{
    struct gdb_fixture *fixture = *state;
    fixture_raw(fixture, "abc\x01$m2000$qC#b4", 16);
    assert_string_equal(fixture->out, "+$QC1#c5");
    fixture_raw(fixture, "$qC#$qC#b4", 10);
    assert_string_equal(fixture->answer, "QC1");
}

static void test_escapes(void **state)
{
    struct gdb_fixture *fixture = *state;
    assert_string_equal(fixture_ask(fixture, "q}c"), "QC1");
    fixture_ask(fixture, "qC}"); /* nothing after the escape */
    assert_string_equal(fixture->out, "-");
    fixture_ask(fixture, "");
    assert_string_equal(fixture->out, "+$#00");
}

static void test_too_long_packet(void **state)
{
    struct gdb_fixture *fixture = *state;
    static char text[2 * GDB_PACKET_MAX];
    memset(text, 'q', sizeof text);
    assert_string_equal(fixture_data(fixture, text, GDB_PACKET_MAX), "");
    assert_string_equal(fixture_data(fixture, text, GDB_PACKET_MAX + 1), "E01");
    assert_string_equal(fixture_data(fixture, text, sizeof text), "E01");
    assert_string_equal(fixture_ask(fixture, "qC"), "QC1");
}

static void test_interrupt_only_while_running(void **state)
{
    struct gdb_fixture *fixture = *state;
    fixture_raw(fixture, "\x03\x03", 2);
    assert_int_equal(fixture->out_len, 0);
    fixture_ask(fixture, "c");
    fixture_raw(fixture, "\x03\x03", 2);
    assert_int_equal(fixture->answers, 1);
    assert_string_equal(fixture->answer, "T02thread:1;");
}

static void test_bad_arguments(void **state)
{
    static const char *const refused[] = {"p",
                                          "pz",
                                          "p17",
                                          "pffffffff",
                                          "p100000000",
                                          "p1,",
                                          "P",
                                          "P1",
                                          "P1=",
                                          "P1=123",
                                          "P17=00000000",
                                          "P1=0000000g",
                                          "P1=000000000",
                                          "G",
                                          "G00",
                                          "m",
                                          "m20000000",
                                          "m20000000,",
                                          "m20000000,0",
                                          "m,4",
                                          "m20000000;4",
                                          "m120000000,4",
                                          "m20000000,4,",
                                          "mffffffff,4",
                                          "M20000000,4",
                                          "M20000000,4:",
                                          "M20000000,4:0102",
                                          "M20000000,1:0102",
                                          "M20000000,ffffffff:00",
                                          "M20004fff,2:0102",
                                          "M800ffff,2:0102",
                                          "M40000000,1:00",
                                          "Me000ed08,4:00000000",
                                          "M0,4:00000000",
                                          "X20000000,2:a",
                                          "X20000000,1:ab",
                                          "X20004fff,2:ab",
                                          "Xg",
                                          "X",
                                          "c1g",
                                          "s1g",
                                          "Cg",
                                          "C",
                                          "S05x",
                                          "C05;",
                                          "C05;g",
                                          "Z",
                                          "Z0",
                                          "Z0,",
                                          "Z0,8000000",
                                          "Zg,1,1",
                                          "Z2,20000000,0",
                                          "Z2,20004fff,2",
                                          "Z2,60000000,4",
                                          "Z2,20000000,ffffffff",
                                          "Z3,8000000,4",
                                          "Z2,ffffffff,4",
                                          "Z2,e000ed00,4",
                                          "z2,20000000",
                                          "vCont",
                                          "vCont;x",
                                          "vCont;t",
                                          "vCont;",
                                          "qRcmd,1",
                                          "qRcmd,zz",
                                          "qXfer:features:read:target.xml:",
                                          "qXfer:features:read:target.xml:0",
                                          "qXfer:features:read:target.xml:ffffffff,10",
                                          "qXfer:features:read:target.xml:0,10x"};
    struct gdb_fixture *fixture = *state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (strcmp(fixture_ask(fixture, refused[i]), "E01") != 0) {
            fail_msg("%s: \"%s\"", refused[i], fixture->answer);
        }
        assert_false(gdb_is_running(&fixture->gdb));
    }
    static const char *const unknown[] = {
        "Z5,0,0", "Zf,0,0", "vMustReplyEmpty", "vFlashErase:0,1", "qFooBar", "Q", "!",
        "\x80",   "zz"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        const char *answer = fixture_ask(fixture, unknown[i]);
        assert_true(answer[0] == '\0' || strcmp(unknown[i], "zz") == 0);
    }
    char command[300] = "qRcmd,"; /* longer than any */
    memset(command + 6, '6', 200);
    assert_string_equal(fixture_ask(fixture, command), "E01");
}

static void test_tables_are_bounded(void **state)
{
    struct gdb_fixture *fixture = *state;
    char text[60];
    for (unsigned i = 0; i < DEBUG_BREAKS + 2; i++) {
        (void)snprintf(text, sizeof text, "Z0,%x,2", 0x08001000 + 2 * i);
        assert_string_equal(fixture_ask(fixture, text), i < DEBUG_BREAKS ? "OK" : "E01");
    }
    assert_string_equal(fixture_ask(fixture, "Z0,8001000,2"), "OK"); /* again: there already */
    assert_string_equal(fixture_ask(fixture, "z0,8001000,2"), "OK");
    assert_string_equal(fixture_ask(fixture, "z0,8001000,2"), "OK");
    assert_string_equal(fixture_ask(fixture, "Z0,8001000,2"), "OK");
    for (unsigned i = 0; i < DEBUG_WATCHES + 2; i++) {
        (void)snprintf(text, sizeof text, "Z2,%x,4", 0x20001000 + 4 * i);
        assert_string_equal(fixture_ask(fixture, text), i < DEBUG_WATCHES ? "OK" : "E01");
    }
    assert_string_equal(fixture_ask(fixture, "Z2,20001000,4"), "OK");
}

static void test_longest_read_fits_one_packet(void **state)
{
    struct gdb_fixture *fixture = *state;
    assert_int_equal(strlen(fixture_ask(fixture, "m8000000,ffffffff")), GDB_PACKET_MAX);
    assert_int_equal(strlen(fixture_ask(fixture, "m20000000,800")), GDB_PACKET_MAX);
}

static void test_a_peer_that_does_not_listen_is_not_served(void **state)
{
    struct gdb_fixture *fixture = *state;
    static const char ask[] = "$m8000000,800#";
    char frame[32];
    unsigned sum = 0;
    for (const char *c = ask + 1; *c != '#'; c++) {
        sum += (uint8_t)*c;
    }
    (void)snprintf(frame, sizeof frame, "%s%02x", ask, sum & 0xFFu);
    unsigned taken = 0;
    while (gdb_feed(&fixture->gdb, (const uint8_t *)frame, strlen(frame)) == strlen(frame)) {
        assert_true(++taken < 10); /* bytes are left with the caller */
    }
    fixture_take(fixture);
    assert_true(fixture->answers >= 2);
    assert_string_equal(fixture_ask(fixture, "qC"), "QC1"); /* served again */
}

static uint32_t random_next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Packets of random text, most of it made of what commands are made of, and raw bytes. */
static void test_random_bytes(void **state)
{
    static const char alphabet[] = "0123456789abcdef,;:=}mMXZzPpGqvcsC?HT#$-+\x03";
    struct gdb_fixture *fixture = *state;
    uint32_t seed = 7;
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t text[40];
        size_t len = random_next(&seed) % sizeof text;
        for (size_t k = 0; k < len; k++) {
            uint32_t pick = random_next(&seed);
            text[k] = (pick & 0xF00) == 0 ? (uint8_t)pick
                                          : (uint8_t)alphabet[pick % (sizeof alphabet - 1)];
        }
        bool whole = random_next(&seed) % 4 != 0 && memchr(text, '#', len) == NULL &&
                     memchr(text, '$', len) == NULL;
        if (whole) {
            (void)fixture_data(fixture, text, len);
        } else {
            (void)gdb_feed(&fixture->gdb, text, len);
            fixture->out_len = gdb_take(&fixture->gdb, (uint8_t *)fixture->out, GDB_OUT_SIZE);
        }
        if (gdb_is_running(&fixture->gdb)) {
            enum board_stop stop = board_run(fixture->board, board_now(fixture->board) + 2000);
            (void)gdb_stopped(&fixture->gdb, stop);
            (void)gdb_feed(&fixture->gdb, (const uint8_t *)"\x03", 1);
            fixture->out_len = gdb_take(&fixture->gdb, (uint8_t *)fixture->out, GDB_OUT_SIZE);
        }
        if (fixture->gdb.detached) {
            gdb_attach(&fixture->gdb, fixture->board);
        }
    }
}

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start, fixture_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_bad_check_sum_is_refused),
        FIXTURE_TEST(test_last_packet_is_sent_again),
        FIXTURE_TEST(test_no_ack_mode),
        FIXTURE_TEST(test_a_cut_packet_is_forgotten),
        FIXTURE_TEST(test_escapes),
        FIXTURE_TEST(test_too_long_packet),
        FIXTURE_TEST(test_interrupt_only_while_running),
        FIXTURE_TEST(test_bad_arguments),
        FIXTURE_TEST(test_tables_are_bounded),
        FIXTURE_TEST(test_longest_read_fits_one_packet),
        FIXTURE_TEST(test_a_peer_that_does_not_listen_is_not_served),
        FIXTURE_TEST(test_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
