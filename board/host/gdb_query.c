/* SPDX-License-Identifier: Apache-2.0 */
#include "board/host/gdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What gdb asks about the target, and the commands of `monitor`. */

enum { MONITOR_MAX = 64, ANSWER_MAX = 600 };

/* The order is that of enum cpu_register. */
static const char description[] =
    "<?xml version=\"1.0\"?>\n"
    "<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
    "<target>\n"
    "<architecture>arm</architecture>\n"
    "<feature name=\"org.gnu.gdb.arm.m-profile\">\n"
    "<reg name=\"r0\" bitsize=\"32\"/>\n<reg name=\"r1\" bitsize=\"32\"/>\n"
    "<reg name=\"r2\" bitsize=\"32\"/>\n<reg name=\"r3\" bitsize=\"32\"/>\n"
    "<reg name=\"r4\" bitsize=\"32\"/>\n<reg name=\"r5\" bitsize=\"32\"/>\n"
    "<reg name=\"r6\" bitsize=\"32\"/>\n<reg name=\"r7\" bitsize=\"32\"/>\n"
    "<reg name=\"r8\" bitsize=\"32\"/>\n<reg name=\"r9\" bitsize=\"32\"/>\n"
    "<reg name=\"r10\" bitsize=\"32\"/>\n<reg name=\"r11\" bitsize=\"32\"/>\n"
    "<reg name=\"r12\" bitsize=\"32\"/>\n"
    "<reg name=\"sp\" bitsize=\"32\" type=\"data_ptr\"/>\n"
    "<reg name=\"lr\" bitsize=\"32\"/>\n"
    "<reg name=\"pc\" bitsize=\"32\" type=\"code_ptr\"/>\n"
    "<reg name=\"xpsr\" bitsize=\"32\"/>\n"
    "</feature>\n"
    "<feature name=\"org.gnu.gdb.arm.m-system\">\n"
    "<reg name=\"msp\" bitsize=\"32\" type=\"data_ptr\"/>\n"
    "<reg name=\"psp\" bitsize=\"32\" type=\"data_ptr\"/>\n"
    "<reg name=\"primask\" bitsize=\"32\"/>\n"
    "<reg name=\"basepri\" bitsize=\"32\"/>\n"
    "<reg name=\"faultmask\" bitsize=\"32\"/>\n"
    "<reg name=\"control\" bitsize=\"32\"/>\n"
    "</feature>\n"
    "</target>\n";

/* Does `text` start with this? Then `*text` is moved past it. */
static bool eat(const char **text, const char *prefix)
{
    size_t len = strlen(prefix);
    if (strncmp(*text, prefix, len) != 0) {
        return false;
    }
    *text += len;
    return true;
}

/* OFFSET,LENGTH of the description: m = there is more, l = this is the last. */
static void read_description(struct gdb *gdb, const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    uint32_t offset, len;
    if (!gdb_hex_number(&at, &offset) || *at++ != ',' || !gdb_hex_number(&at, &len) ||
        *at != '\0' || offset >= sizeof description) {
        gdb_reply(gdb, "E01");
        return;
    }
    char answer[sizeof description + 1];
    size_t rest = sizeof description - 1 - offset;
    size_t part = len < rest ? len : rest;
    answer[0] = part < rest ? 'm' : 'l';
    memcpy(answer + 1, description + offset, part);
    gdb_wire_send(&gdb->wire, answer, part + 1);
}

/* ---- monitor ---- */

static void tell_info(const struct board *board, char out_text[ANSWER_MAX])
{
    uint64_t us = board_now(board) / BOARD_TICKS_PER_US;
    (void)snprintf(
        out_text, ANSWER_MAX,
        "virtual time %llu.%06llu s, %llu ticks\n"
        "instructions %llu\n"
        "flash operations %llu (the next one has this number)\n"
        "resets: power %u, pin %u, software %u, watchdog %u\n"
        "%s%s",
        (unsigned long long)(us / 1000000), (unsigned long long)(us % 1000000),
        (unsigned long long)board_now(board), (unsigned long long)board_instructions(board),
        (unsigned long long)board_flash_ops(board), board_resets(board, BOARD_RESET_POWER),
        board_resets(board, BOARD_RESET_PIN), board_resets(board, BOARD_RESET_SOFTWARE),
        board_resets(board, BOARD_RESET_WATCHDOG), board_why(board),
        board_why(board)[0] != '\0' ? "\n" : "");
}

static void monitor(struct gdb *gdb, const char *command)
{
    char answer[ANSWER_MAX];
    struct board *board = gdb->board;
    const char *what = NULL;
    if (strcmp(command, "reset") == 0) {
        board_reset(board);
        what = "reset";
    } else if (strcmp(command, "power") == 0) {
        board_power_on(board);
        what = "power off and on";
    } else if (strcmp(command, "halt") == 0) {
        gdb->running = false;
        what = "halted";
    }
    if (what != NULL) {
        (void)snprintf(answer, sizeof answer, "%s; pc 0x%08x\n", what,
                       (unsigned)debug_register(board, 15));
    } else if (strcmp(command, "info") == 0) {
        tell_info(board, answer);
    } else {
        (void)snprintf(answer, sizeof answer,
                       "reset   press the reset button\n"
                       "power   pull the plug and put it back\n"
                       "halt    say where the core stands\n"
                       "info    virtual time, instructions, flash operations, resets\n");
    }
    char digits[2 * ANSWER_MAX];
    gdb_hex_put(digits, (const uint8_t *)answer, strlen(answer));
    gdb_reply(gdb, digits);
}

static void monitor_hex(struct gdb *gdb, const char *text)
{
    uint8_t command[MONITOR_MAX + 1] = {0};
    size_t digits = strlen(text);
    if (digits > (size_t)2 * MONITOR_MAX || digits % 2 != 0 ||
        !gdb_hex_bytes((const uint8_t *)text, command, digits / 2)) {
        gdb_reply(gdb, "E01");
        return;
    }
    monitor(gdb, (const char *)command);
}

static void restart(struct gdb *gdb)
{
    board_reset(gdb->board);
    gdb->running = false;
    (void)snprintf(gdb->stop_reply, sizeof gdb->stop_reply, "T05thread:1;");
    gdb_reply(gdb, gdb->stop_reply);
}

void gdb_query(struct gdb *gdb, const char *text)
{
    char answer[80];
    if (eat(&text, "qSupported")) {
        (void)snprintf(answer, sizeof answer,
                       "PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;vContSupported+",
                       (unsigned)GDB_PACKET_MAX);
        gdb_reply(gdb, answer);
    } else if (eat(&text, "qXfer:features:read:target.xml:")) {
        read_description(gdb, text);
    } else if (eat(&text, "qXfer:features:read:")) {
        gdb_reply(gdb, "E00"); /* no such annex */
    } else if (eat(&text, "qRcmd,")) {
        monitor_hex(gdb, text);
    } else if (strcmp(text, "QStartNoAckMode") == 0) {
        gdb_reply(gdb, "OK");
        gdb->wire.no_ack = true;
    } else if (strcmp(text, "qC") == 0) {
        gdb_reply(gdb, "QC1");
    } else if (strcmp(text, "qfThreadInfo") == 0) {
        gdb_reply(gdb, "m1");
    } else if (strcmp(text, "qsThreadInfo") == 0) {
        gdb_reply(gdb, "l");
    } else if (eat(&text, "qAttached")) {
        gdb_reply(gdb, "1"); /* so that quitting gdb lets the board go on */
    } else if (strcmp(text, "vCont?") == 0) {
        gdb_reply(gdb, "vCont;c;C;s;S;t"); /* gdb steps by s only if there is t as well */
    } else if (eat(&text, "vCont")) {
        gdb_continue(gdb, text);
    } else if (eat(&text, "vRun")) {
        restart(gdb);
    } else {
        gdb_reply(gdb, ""); /* not supported */
    }
}
