/* SPDX-License-Identifier: Apache-2.0 */
/* gdb's remote serial protocol (GDB manual, appendix E) on a board that counts in a loop. */
#include "support/gdb_fixture.h"

static void test_first_stop_is_the_reset_vector(void **state)
{
    struct gdb_fixture *fixture = *state;
    assert_string_equal(fixture_ask(fixture, "?"), "T05thread:1;");
    assert_int_equal(fixture->out[0], '+');
    assert_string_equal(fixture_ask(fixture, "pf"), "10000008");  /* pc */
    assert_string_equal(fixture_ask(fixture, "pd"), "00500020");  /* sp */
    assert_string_equal(fixture_ask(fixture, "p10"), "00000001"); /* xpsr: T */
    assert_string_equal(fixture_ask(fixture, "p11"), "00500020"); /* msp */
}

static void test_features_and_description(void **state)
{
    struct gdb_fixture *fixture = *state;
    assert_non_null(strstr(fixture_ask(fixture, "qSupported:multiprocess+;swbreak+"),
                           "PacketSize=1000;QStartNoAckMode+;qXfer:features:read+"));
    char text[8000] = "";
    for (unsigned offset = 0;; offset += 100) { /* in parts of 100 bytes */
        char ask[80];
        (void)snprintf(ask, sizeof ask, "qXfer:features:read:target.xml:%x,64", offset);
        const char *part = fixture_ask(fixture, ask);
        assert_true(part[0] == 'm' || part[0] == 'l');
        strcat(text, part + 1);
        if (part[0] == 'l') {
            break;
        }
    }
    unsigned registers = 0;
    for (const char *at = text; (at = strstr(at, "<reg name=")) != NULL; at++) {
        registers++;
    }
    assert_int_equal(registers, CPU_REGISTERS);
    assert_non_null(strstr(text, "org.gnu.gdb.arm.m-profile"));
    assert_non_null(strstr(text, "</target>"));
    assert_int_equal(strlen(fixture_ask(fixture, "g")), 8 * CPU_REGISTERS);
}

static void test_registers_are_written(void **state)
{
    struct gdb_fixture *fixture = *state;
    assert_string_equal(fixture_ask(fixture, "P7=78563412"), "OK");
    assert_int_equal(fixture_register(fixture, 7), 0x12345678);
    assert_string_equal(fixture_ask(fixture, "P10=000000f9"), "OK"); /* T stays, flags */
    assert_int_equal(fixture_register(fixture, CPU_XPSR), 0xF8000000u | 1u << 24);
    assert_string_equal(fixture_ask(fixture, "P12=03100020"), "OK"); /* psp, aligned */
    assert_int_equal(fixture_register(fixture, CPU_PSP), 0x20001000);
    assert_string_equal(fixture_ask(fixture, "P16=02000000"),
                        "OK"); /* control: psp is sp now */
    assert_int_equal(fixture_register(fixture, 13), 0x20001000);
    assert_int_equal(fixture_register(fixture, CPU_MSP), 0x20005000);
    assert_string_equal(fixture_ask(fixture, "P16=00000000"), "OK");
    assert_int_equal(fixture_register(fixture, 13), 0x20005000);
    assert_string_equal(fixture_ask(fixture, "P14=ff000000"), "OK"); /* basepri: 4 bits */
    assert_int_equal(fixture_register(fixture, CPU_BASEPRI), 0xF0);
    char all[8 * CPU_REGISTERS + 2] = "G";
    strcat(all, fixture_ask(fixture, "g"));
    memcpy(all + 1, "efbeadde", 8);
    assert_string_equal(fixture_ask(fixture, all), "OK");
    assert_int_equal(fixture_register(fixture, 0), 0xDEADBEEF);
    assert_int_equal(fixture_register(fixture, 7), 0x12345678);
}

static void test_memory(void **state)
{
    struct gdb_fixture *fixture = *state;
    static const uint8_t binary[] = "X20000200,4:\x01}\x03}\x5d\xff"; /* 01 23 7d ff */
    assert_string_equal(fixture_ask(fixture, "m8000000,8"), "0050002011000008");
    assert_string_equal(fixture_ask(fixture, "m0,4"), "00500020"); /* the alias at 0 */
    assert_string_equal(fixture_ask(fixture, "M20000100,4:01020304"), "OK");
    assert_string_equal(fixture_ask(fixture, "m20000101,2"), "0203");
    assert_string_equal(fixture_data(fixture, binary, sizeof binary - 1), "OK");
    assert_string_equal(fixture_ask(fixture, "m20000200,4"), "01237dff");
    assert_string_equal(fixture_ask(fixture, "X20000200,0:"), "OK"); /* how gdb asks for X */
    assert_string_equal(fixture_ask(fixture, "M8008000,2:1234"), "OK");
    assert_int_equal(board_flash(fixture->board)[0x8000], 0x12);
    assert_int_equal(board_flash_ops(fixture->board), 0);
    assert_string_equal(fixture_ask(fixture, "m1ffff7e0,2"), "4000");     /* 64 KB */
    assert_string_equal(fixture_ask(fixture, "me000ed00,4"), "31c21f41"); /* CPUID */
    assert_string_equal(fixture_ask(fixture, "m40021014,4"), "14000000"); /* RCC_AHBENR */
}

static void test_reading_has_no_side_effect(void **state)
{
    struct gdb_fixture *fixture = *state;
    uint64_t now = board_now(fixture->board);
    assert_string_equal(fixture_ask(fixture, "m40000c00,4"), "E01"); /* nothing is there */
    assert_string_equal(fixture_ask(fixture, "m1ffff000,4"), "E01"); /* not modelled */
    assert_string_equal(fixture_ask(fixture, "m60000000,4"), "E01");
    assert_string_equal(fixture_ask(fixture, "m20004ffe,8"),
                        fixture_ask(fixture, "m20004ffe,2"));
    assert_true(board_now(fixture->board) == now);
    assert_string_equal(board_why(fixture->board), "");
    assert_string_equal(fixture_ask(fixture, "s"), "");
    assert_string_equal(fixture_run(fixture), "T05thread:1;"); /* it runs still */
}

static void test_step_and_breakpoints(void **state)
{
    struct gdb_fixture *fixture = *state;
    uint64_t instructions = board_instructions(fixture->board);
    fixture_ask(fixture, "vCont;s:1;c");
    assert_string_equal(fixture_run(fixture), "T05thread:1;");
    assert_int_equal(fixture_register(fixture, 15), 0x08000012);
    assert_int_equal(board_instructions(fixture->board), instructions + 1);
    assert_string_equal(fixture_ask(fixture, "Z1,8000018,2"), "OK");
    for (unsigned i = 0; i < 3; i++) { /* the breakpoint at which it stands does not stop it */
        fixture_ask(fixture, "c");
        assert_string_equal(fixture_run(fixture), "T05thread:1;");
        assert_int_equal(fixture_register(fixture, 15), STORE);
    }
    assert_string_equal(fixture_ask(fixture, "z1,8000018,2"), "OK");
    assert_string_equal(fixture_ask(fixture, "Z0,8000016,2"), "OK");
    fixture_ask(fixture, "C05;8000014"); /* with a signal and from another address */
    assert_string_equal(fixture_run(fixture), "T05thread:1;");
    assert_int_equal(fixture_register(fixture, 15), ADD);
}

static void test_watchpoints_stop_before_the_instruction(void **state)
{
    struct gdb_fixture *fixture = *state;
    assert_string_equal(fixture_ask(fixture, "M20000100,4:05000000"), "OK");
    assert_string_equal(fixture_ask(fixture, "Z2,20000102,1"), "OK"); /* a byte of the word */
    fixture_ask(fixture, "c");
    assert_string_equal(fixture_run(fixture), "T05watch:20000102;thread:1;");
    assert_int_equal(fixture_register(fixture, 15), STORE);
    assert_string_equal(fixture_ask(fixture, "m20000100,4"), "05000000"); /* not yet */
    fixture_ask(fixture, "s"); /* does not report it twice */
    assert_string_equal(fixture_run(fixture), "T05thread:1;");
    assert_int_equal(fixture_register(fixture, 15), BACK);
    assert_string_equal(fixture_ask(fixture, "m20000100,4"), "06000000");
    assert_string_equal(fixture_ask(fixture, "z2,20000102,1"), "OK");
    assert_string_equal(fixture_ask(fixture, "Z3,20000100,4"), "OK");
    fixture_ask(fixture, "c");
    assert_string_equal(fixture_run(fixture), "T05rwatch:20000100;thread:1;");
    assert_int_equal(fixture_register(fixture, 15), LOOP);
    assert_string_equal(fixture_ask(fixture, "z3,20000100,4"), "OK");
    assert_string_equal(fixture_ask(fixture, "Z4,20000100,4"), "OK");
    fixture_ask(fixture, "c");
    assert_string_equal(fixture_run(fixture), "T05awatch:20000100;thread:1;");
    assert_int_equal(fixture_register(fixture, 15), STORE); /* the read has been reported */
    fixture_ask(fixture, "c");
    assert_string_equal(fixture_run(fixture), "T05awatch:20000100;thread:1;");
    assert_int_equal(fixture_register(fixture, 15), LOOP);
}

/* The same ticks and the same memory with a watchpoint that is never hit, and by single
 * steps. */
static void test_a_debugger_costs_no_virtual_time(void **state)
{
    struct gdb_fixture *fixture = *state;
    struct board_options options = {.seed = 1};
    struct board *alone = board_new(&options);
    assert_non_null(alone);
    board_copy(alone, fixture->board);
    assert_string_equal(fixture_ask(fixture, "Z4,20000400,4"), "OK");
    fixture_ask(fixture, "c");
    uint64_t until = board_now(alone) + 3000;
    assert_int_equal(board_run(alone, until), BOARD_STOP_TIME);
    assert_int_equal(board_run(fixture->board, until), BOARD_STOP_TIME);
    assert_true(board_now(alone) == board_now(fixture->board));
    assert_true(board_instructions(alone) == board_instructions(fixture->board));
    fixture_raw(fixture, "\x03", 1);
    assert_string_equal(fixture->answer, "T02thread:1;");
    while (board_instructions(fixture->board) < board_instructions(alone) + 100) {
        fixture_ask(fixture, "s");
        fixture_run(fixture);
    }
    assert_int_equal(board_run(alone, board_now(fixture->board)), BOARD_STOP_TIME);
    assert_true(board_now(alone) == board_now(fixture->board));
    uint8_t here[4], there[4];
    assert_int_equal(debug_read(alone, COUNTER, here, 4), 4);
    assert_int_equal(debug_read(fixture->board, COUNTER, there, 4), 4);
    assert_memory_equal(here, there, 4);
    board_free(alone);
}

static void test_stops_that_are_not_asked_for(void **state)
{
    struct gdb_fixture *fixture = *state;
    fixture_ask(fixture, "c800001c");
    assert_string_equal(fixture_run(fixture), "T05thread:1;"); /* BKPT */
    assert_int_equal(fixture_register(fixture, 15), 0x0800001C);
    fixture_ask(fixture, "c800001e"); /* UDF without a handler: lockup, and why */
    assert_string_equal(fixture_run(fixture), "T0bthread:1;");
    assert_int_equal(fixture->answers, 2);
    fixture_ask(fixture, "c");
    assert_string_equal(fixture_run(fixture), "T0bthread:1;"); /* always ... */
    fixture_ask(fixture, "R00");                               /* ... until a reset */
    assert_int_equal(fixture->answers, 0);
    assert_int_equal(fixture_register(fixture, 15), 0x08000010);
    assert_string_equal(fixture_ask(fixture, "vRun;"), "T05thread:1;");
    fixture_ask(fixture, "s");
    assert_string_equal(fixture_run(fixture), "T05thread:1;");
}

static const char *monitor(struct gdb_fixture *fixture, const char *command)
{
    static char text[GDB_PACKET_MAX];
    char packet[200] = "qRcmd,";
    gdb_hex_put(packet + 6, (const uint8_t *)command, strlen(command));
    const char *answer = fixture_ask(fixture, packet);
    size_t len = strlen(answer) / 2;
    assert_true(gdb_hex_bytes((const uint8_t *)answer, (uint8_t *)text, len));
    text[len] = '\0';
    return text;
}

static void test_monitor(void **state)
{
    struct gdb_fixture *fixture = *state;
    assert_non_null(strstr(monitor(fixture, "reset"), "pc 0x08000010"));
    assert_non_null(strstr(monitor(fixture, "power"), "pc 0x08000010"));
    const char *info = monitor(fixture, "info");
    assert_non_null(strstr(info, "resets: power 2, pin 1, software 0, watchdog 0"));
    assert_non_null(strstr(info, "flash operations 0"));
    assert_non_null(strstr(monitor(fixture, "halt"), "halted"));
    assert_non_null(strstr(monitor(fixture, "nonsense"), "virtual time")); /* the help */
    assert_non_null(strstr(monitor(fixture, ""), "virtual time"));
}

static void test_detach_and_kill(void **state)
{
    struct gdb_fixture *fixture = *state;
    assert_string_equal(fixture_ask(fixture, "Z0,8000014,2"), "OK");
    assert_string_equal(fixture_ask(fixture, "D"), "OK");
    assert_true(gdb_is_running(&fixture->gdb));
    assert_int_equal(board_run(fixture->board, board_now(fixture->board) + 1000),
                     BOARD_STOP_TIME);
    gdb_attach(&fixture->gdb, fixture->board); /* another one */
    fixture_ask(fixture, "k");
    assert_int_equal(fixture->answers, 0);
    assert_true(fixture->gdb.killed);
}

static void test_the_end_of_the_run(void **state)
{
    struct gdb_fixture *fixture = *state;
    fixture_ask(fixture, "c");
    gdb_exited(&fixture->gdb);
    fixture_take(fixture);
    assert_string_equal(fixture->answer, "W00");
}

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start, fixture_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_first_stop_is_the_reset_vector),
        FIXTURE_TEST(test_features_and_description),
        FIXTURE_TEST(test_registers_are_written),
        FIXTURE_TEST(test_memory),
        FIXTURE_TEST(test_reading_has_no_side_effect),
        FIXTURE_TEST(test_step_and_breakpoints),
        FIXTURE_TEST(test_watchpoints_stop_before_the_instruction),
        FIXTURE_TEST(test_a_debugger_costs_no_virtual_time),
        FIXTURE_TEST(test_stops_that_are_not_asked_for),
        FIXTURE_TEST(test_monitor),
        FIXTURE_TEST(test_detach_and_kill),
        FIXTURE_TEST(test_the_end_of_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
