/* SPDX-License-Identifier: Apache-2.0 */
/* gdb's remote serial protocol (GDB manual, appendix E) on a board that counts in a loop. */
#include "support/gdb_fixture.h"

static void test_first_stop_is_the_reset_vector(void **state)
{
    struct gdb_rig *rig = *state;
    assert_string_equal(rig_ask(rig, "?"), "T05thread:1;");
    assert_int_equal(rig->out[0], '+');
    assert_string_equal(rig_ask(rig, "pf"), "10000008");  /* pc */
    assert_string_equal(rig_ask(rig, "pd"), "00500020");  /* sp */
    assert_string_equal(rig_ask(rig, "p10"), "00000001"); /* xpsr: T */
    assert_string_equal(rig_ask(rig, "p11"), "00500020"); /* msp */
}

static void test_features_and_description(void **state)
{
    struct gdb_rig *rig = *state;
    assert_non_null(strstr(rig_ask(rig, "qSupported:multiprocess+;swbreak+"),
                           "PacketSize=1000;QStartNoAckMode+;qXfer:features:read+"));
    char text[8000] = "";
    for (unsigned offset = 0;; offset += 100) { /* in parts of 100 bytes */
        char ask[80];
        (void)snprintf(ask, sizeof ask, "qXfer:features:read:target.xml:%x,64", offset);
        const char *part = rig_ask(rig, ask);
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
    assert_int_equal(strlen(rig_ask(rig, "g")), 8 * CPU_REGISTERS);
}

static void test_registers_are_written(void **state)
{
    struct gdb_rig *rig = *state;
    assert_string_equal(rig_ask(rig, "P7=78563412"), "OK");
    assert_int_equal(rig_register(rig, 7), 0x12345678);
    assert_string_equal(rig_ask(rig, "P10=000000f9"), "OK"); /* T stays, flags */
    assert_int_equal(rig_register(rig, CPU_XPSR), 0xF8000000u | 1u << 24);
    assert_string_equal(rig_ask(rig, "P12=03100020"), "OK"); /* psp, aligned */
    assert_int_equal(rig_register(rig, CPU_PSP), 0x20001000);
    assert_string_equal(rig_ask(rig, "P16=02000000"), "OK"); /* control: psp is sp now */
    assert_int_equal(rig_register(rig, 13), 0x20001000);
    assert_int_equal(rig_register(rig, CPU_MSP), 0x20005000);
    assert_string_equal(rig_ask(rig, "P16=00000000"), "OK");
    assert_int_equal(rig_register(rig, 13), 0x20005000);
    assert_string_equal(rig_ask(rig, "P14=ff000000"), "OK"); /* basepri: 4 bits */
    assert_int_equal(rig_register(rig, CPU_BASEPRI), 0xF0);
    char all[8 * CPU_REGISTERS + 2] = "G";
    strcat(all, rig_ask(rig, "g"));
    memcpy(all + 1, "efbeadde", 8);
    assert_string_equal(rig_ask(rig, all), "OK");
    assert_int_equal(rig_register(rig, 0), 0xDEADBEEF);
    assert_int_equal(rig_register(rig, 7), 0x12345678);
}

static void test_memory(void **state)
{
    struct gdb_rig *rig = *state;
    static const uint8_t binary[] = "X20000200,4:\x01}\x03}\x5d\xff"; /* 01 23 7d ff */
    assert_string_equal(rig_ask(rig, "m8000000,8"), "0050002011000008");
    assert_string_equal(rig_ask(rig, "m0,4"), "00500020"); /* the alias at 0 */
    assert_string_equal(rig_ask(rig, "M20000100,4:01020304"), "OK");
    assert_string_equal(rig_ask(rig, "m20000101,2"), "0203");
    assert_string_equal(rig_data(rig, binary, sizeof binary - 1), "OK");
    assert_string_equal(rig_ask(rig, "m20000200,4"), "01237dff");
    assert_string_equal(rig_ask(rig, "X20000200,0:"), "OK"); /* how gdb asks for X */
    assert_string_equal(rig_ask(rig, "M8008000,2:1234"), "OK");
    assert_int_equal(board_flash(rig->board)[0x8000], 0x12);
    assert_int_equal(board_flash_ops(rig->board), 0);
    assert_string_equal(rig_ask(rig, "m1ffff7e0,2"), "4000");     /* 64 KB */
    assert_string_equal(rig_ask(rig, "me000ed00,4"), "31c21f41"); /* CPUID */
    assert_string_equal(rig_ask(rig, "m40021014,4"), "14000000"); /* RCC_AHBENR */
}

static void test_reading_has_no_side_effect(void **state)
{
    struct gdb_rig *rig = *state;
    uint64_t now = board_now(rig->board);
    assert_string_equal(rig_ask(rig, "m40000c00,4"), "E01"); /* nothing is there */
    assert_string_equal(rig_ask(rig, "m1ffff000,4"), "E01"); /* not modelled */
    assert_string_equal(rig_ask(rig, "m60000000,4"), "E01");
    assert_string_equal(rig_ask(rig, "m20004ffe,8"), rig_ask(rig, "m20004ffe,2"));
    assert_true(board_now(rig->board) == now);
    assert_string_equal(board_why(rig->board), "");
    assert_string_equal(rig_ask(rig, "s"), "");
    assert_string_equal(rig_run(rig), "T05thread:1;"); /* it runs still */
}

static void test_step_and_breakpoints(void **state)
{
    struct gdb_rig *rig = *state;
    uint64_t instructions = board_instructions(rig->board);
    rig_ask(rig, "vCont;s:1;c");
    assert_string_equal(rig_run(rig), "T05thread:1;");
    assert_int_equal(rig_register(rig, 15), 0x08000012);
    assert_int_equal(board_instructions(rig->board), instructions + 1);
    assert_string_equal(rig_ask(rig, "Z1,8000018,2"), "OK");
    for (unsigned i = 0; i < 3; i++) { /* the one it stands on does not hold it */
        rig_ask(rig, "c");
        assert_string_equal(rig_run(rig), "T05thread:1;");
        assert_int_equal(rig_register(rig, 15), STORE);
    }
    assert_string_equal(rig_ask(rig, "z1,8000018,2"), "OK");
    assert_string_equal(rig_ask(rig, "Z0,8000016,2"), "OK");
    rig_ask(rig, "C05;8000014"); /* with a signal and from another address */
    assert_string_equal(rig_run(rig), "T05thread:1;");
    assert_int_equal(rig_register(rig, 15), ADD);
}

static void test_watchpoints_stop_before_the_instruction(void **state)
{
    struct gdb_rig *rig = *state;
    assert_string_equal(rig_ask(rig, "M20000100,4:05000000"), "OK");
    assert_string_equal(rig_ask(rig, "Z2,20000102,1"), "OK"); /* a byte of the word */
    rig_ask(rig, "c");
    assert_string_equal(rig_run(rig), "T05watch:20000102;thread:1;");
    assert_int_equal(rig_register(rig, 15), STORE);
    assert_string_equal(rig_ask(rig, "m20000100,4"), "05000000"); /* not yet */
    rig_ask(rig, "s");                                            /* as it is, not told twice */
    assert_string_equal(rig_run(rig), "T05thread:1;");
    assert_int_equal(rig_register(rig, 15), BACK);
    assert_string_equal(rig_ask(rig, "m20000100,4"), "06000000");
    assert_string_equal(rig_ask(rig, "z2,20000102,1"), "OK");
    assert_string_equal(rig_ask(rig, "Z3,20000100,4"), "OK");
    rig_ask(rig, "c");
    assert_string_equal(rig_run(rig), "T05rwatch:20000100;thread:1;");
    assert_int_equal(rig_register(rig, 15), LOOP);
    assert_string_equal(rig_ask(rig, "z3,20000100,4"), "OK");
    assert_string_equal(rig_ask(rig, "Z4,20000100,4"), "OK");
    rig_ask(rig, "c");
    assert_string_equal(rig_run(rig), "T05awatch:20000100;thread:1;");
    assert_int_equal(rig_register(rig, 15), STORE); /* the read has been told */
    rig_ask(rig, "c");
    assert_string_equal(rig_run(rig), "T05awatch:20000100;thread:1;");
    assert_int_equal(rig_register(rig, 15), LOOP);
}

/* The same ticks and the same memory with a watchpoint that is never hit, and by single steps. */
static void test_a_debugger_costs_no_virtual_time(void **state)
{
    struct gdb_rig *rig = *state;
    struct board_options options = {.seed = 1};
    struct board *alone = board_new(&options);
    assert_non_null(alone);
    board_copy(alone, rig->board);
    assert_string_equal(rig_ask(rig, "Z4,20000400,4"), "OK");
    rig_ask(rig, "c");
    uint64_t until = board_now(alone) + 3000;
    assert_int_equal(board_run(alone, until), BOARD_STOP_TIME);
    assert_int_equal(board_run(rig->board, until), BOARD_STOP_TIME);
    assert_true(board_now(alone) == board_now(rig->board));
    assert_true(board_instructions(alone) == board_instructions(rig->board));
    rig_raw(rig, "\x03", 1);
    assert_string_equal(rig->answer, "T02thread:1;");
    while (board_instructions(rig->board) < board_instructions(alone) + 100) {
        rig_ask(rig, "s");
        rig_run(rig);
    }
    assert_int_equal(board_run(alone, board_now(rig->board)), BOARD_STOP_TIME);
    assert_true(board_now(alone) == board_now(rig->board));
    uint8_t here[4], there[4];
    assert_int_equal(debug_read(alone, COUNTER, here, 4), 4);
    assert_int_equal(debug_read(rig->board, COUNTER, there, 4), 4);
    assert_memory_equal(here, there, 4);
    board_free(alone);
}

static void test_stops_that_are_not_asked_for(void **state)
{
    struct gdb_rig *rig = *state;
    rig_ask(rig, "c800001c");
    assert_string_equal(rig_run(rig), "T05thread:1;"); /* BKPT */
    assert_int_equal(rig_register(rig, 15), 0x0800001C);
    rig_ask(rig, "c800001e"); /* UDF without a handler: lockup, and why */
    assert_string_equal(rig_run(rig), "T0bthread:1;");
    assert_int_equal(rig->answers, 2);
    rig_ask(rig, "c");
    assert_string_equal(rig_run(rig), "T0bthread:1;"); /* for ever ... */
    rig_ask(rig, "R00");                               /* ... but for a reset */
    assert_int_equal(rig->answers, 0);
    assert_int_equal(rig_register(rig, 15), 0x08000010);
    assert_string_equal(rig_ask(rig, "vRun;"), "T05thread:1;");
    rig_ask(rig, "s");
    assert_string_equal(rig_run(rig), "T05thread:1;");
}

static const char *monitor(struct gdb_rig *rig, const char *command)
{
    static char text[GDB_PACKET_MAX];
    char packet[200] = "qRcmd,";
    gdb_hex_put(packet + 6, (const uint8_t *)command, strlen(command));
    const char *answer = rig_ask(rig, packet);
    size_t len = strlen(answer) / 2;
    assert_true(gdb_hex_bytes((const uint8_t *)answer, (uint8_t *)text, len));
    text[len] = '\0';
    return text;
}

static void test_monitor(void **state)
{
    struct gdb_rig *rig = *state;
    assert_non_null(strstr(monitor(rig, "reset"), "pc 0x08000010"));
    assert_non_null(strstr(monitor(rig, "power"), "pc 0x08000010"));
    const char *info = monitor(rig, "info");
    assert_non_null(strstr(info, "resets: power 2, pin 1, software 0, watchdog 0"));
    assert_non_null(strstr(info, "flash operations 0"));
    assert_non_null(strstr(monitor(rig, "halt"), "halted"));
    assert_non_null(strstr(monitor(rig, "nonsense"), "virtual time")); /* the help */
    assert_non_null(strstr(monitor(rig, ""), "virtual time"));
}

static void test_detach_and_kill(void **state)
{
    struct gdb_rig *rig = *state;
    assert_string_equal(rig_ask(rig, "Z0,8000014,2"), "OK");
    assert_string_equal(rig_ask(rig, "D"), "OK");
    assert_true(gdb_is_running(&rig->gdb));
    assert_int_equal(board_run(rig->board, board_now(rig->board) + 1000), BOARD_STOP_TIME);
    gdb_attach(&rig->gdb, rig->board); /* another one */
    rig_ask(rig, "k");
    assert_int_equal(rig->answers, 0);
    assert_true(rig->gdb.killed);
}

static void test_the_end_of_the_run(void **state)
{
    struct gdb_rig *rig = *state;
    rig_ask(rig, "c");
    gdb_exited(&rig->gdb);
    rig_take(rig);
    assert_string_equal(rig->answer, "W00");
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_start, rig_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_first_stop_is_the_reset_vector),
        RIG_TEST(test_features_and_description),
        RIG_TEST(test_registers_are_written),
        RIG_TEST(test_memory),
        RIG_TEST(test_reading_has_no_side_effect),
        RIG_TEST(test_step_and_breakpoints),
        RIG_TEST(test_watchpoints_stop_before_the_instruction),
        RIG_TEST(test_a_debugger_costs_no_virtual_time),
        RIG_TEST(test_stops_that_are_not_asked_for),
        RIG_TEST(test_monitor),
        RIG_TEST(test_detach_and_kill),
        RIG_TEST(test_the_end_of_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
