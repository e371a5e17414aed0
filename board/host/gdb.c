/* SPDX-License-Identifier: Apache-2.0 */
#include "board/host/gdb.h"

#include <stdio.h>
#include <string.h>

/* Packets, stop replies, registers. Numbers are hexadecimal, registers in the target's
 * order. */

enum {
    WORD_DIGITS = 8,
    SIGNAL_INT = 2,
    SIGNAL_ILL = 4,
    SIGNAL_TRAP = 5,
    SIGNAL_SEGV = 11,
};

void gdb_reply(struct gdb *gdb, const char *text)
{
    gdb_wire_send(&gdb->wire, text, strlen(text));
}

void gdb_reply_ok(struct gdb *gdb, bool good)
{
    gdb_reply(gdb, good ? "OK" : "E01");
}

/* ---- running and stopping ---- */

static void set_stop_reply(struct gdb *gdb, unsigned signal)
{
    static const char *const names[] = {"", "watch", "rwatch", "awatch"};
    const struct board_debug *debug = &gdb->debug;
    if (debug->hit == DEBUG_WATCH) {
        (void)snprintf(gdb->stop_reply, sizeof gdb->stop_reply, "T%02x%s:%08x;thread:1;",
                       signal, names[debug->watch.accesses & 3u], (unsigned)debug->hit_addr);
    } else {
        (void)snprintf(gdb->stop_reply, sizeof gdb->stop_reply, "T%02xthread:1;", signal);
    }
}

void gdb_attach(struct gdb *gdb, struct board *board)
{
    memset(gdb, 0, sizeof *gdb);
    gdb->board = board;
    board_attach(board, &gdb->debug);
    set_stop_reply(gdb, SIGNAL_TRAP);
}

void gdb_detach(struct gdb *gdb)
{
    board_attach(gdb->board, NULL);
    gdb->detached = true;
    gdb->running = true;
}

bool gdb_is_running(const struct gdb *gdb)
{
    return gdb->running;
}

static void stop(struct gdb *gdb, unsigned signal)
{
    gdb->running = false;
    set_stop_reply(gdb, signal);
    gdb_reply(gdb, gdb->stop_reply);
}

static void say(struct gdb *gdb, const char *text)
{
    char packet[2 * 256 + 2] = "O";
    char line[256];
    (void)snprintf(line, sizeof line, "%s\n", text);
    gdb_hex_put(packet + 1, (const uint8_t *)line, strlen(line));
    gdb_reply(gdb, packet);
}

bool gdb_stopped(struct gdb *gdb, enum board_stop why)
{
    if (gdb->detached || gdb->killed || !gdb->running) {
        return false;
    }
    switch (why) {
    case BOARD_STOP_ASKED:
        if (gdb->debug.hit == DEBUG_NONE) {
            return false;
        }
        stop(gdb, SIGNAL_TRAP);
        return true;
    case BOARD_STOP_BKPT:
        stop(gdb, SIGNAL_TRAP);
        return true;
    case BOARD_STOP_LOCKUP:
        say(gdb, board_why(gdb->board));
        stop(gdb, SIGNAL_SEGV);
        return true;
    case BOARD_STOP_UNKNOWN:
        say(gdb, board_why(gdb->board));
        stop(gdb, SIGNAL_ILL);
        return true;
    case BOARD_STOP_TIME:
    case BOARD_STOP_POWER:
    case BOARD_STOP_TRAP:
    case BOARD_STOP_ENDPOINT:
    case BOARD_STOP_STATE:
        break;
    }
    return false;
}

void gdb_exited(struct gdb *gdb)
{
    if (!gdb->detached && !gdb->killed) {
        gdb_reply(gdb, "W00");
        gdb_detach(gdb);
    }
}

/* c, s: [ADDR]; C, S: SIGNAL[;ADDR], where the signal has no meaning here. */
static void go_on(struct gdb *gdb, const uint8_t *text, bool step, bool has_signal)
{
    uint32_t addr;
    bool has_addr = *text != '\0';
    if (has_signal) {
        uint32_t signal;
        if (!gdb_hex_number(&text, &signal) || (*text != ';' && *text != '\0')) {
            gdb_reply_ok(gdb, false);
            return;
        }
        has_addr = *text == ';';
        text += has_addr ? 1 : 0;
    }
    if (has_addr && (!gdb_hex_number(&text, &addr) || *text != '\0')) {
        gdb_reply_ok(gdb, false);
        return;
    }
    if (has_addr) {
        debug_set_register(gdb->board, 15, addr);
    }
    debug_resume(gdb->board, step);
    gdb->running = true;
}

/* vCont;ACTION[:THREAD]...: the first action counts, as there is one thread. */
void gdb_continue(struct gdb *gdb, const char *actions)
{
    switch (actions[0] == ';' ? actions[1] : '\0') {
    case 'c':
    case 'C':
        go_on(gdb, (const uint8_t *)"", false, false);
        break;
    case 's':
    case 'S':
        go_on(gdb, (const uint8_t *)"", true, false);
        break;
    default:
        gdb_reply_ok(gdb, false);
        break;
    }
}

/* ---- registers ---- */

static void register_bytes(const struct gdb *gdb, unsigned n, uint8_t out_bytes[4])
{
    uint32_t value = debug_register(gdb->board, n);
    for (unsigned i = 0; i < 4; i++) {
        out_bytes[i] = (uint8_t)(value >> (8 * i));
    }
}

static bool set_register(struct gdb *gdb, unsigned n, const uint8_t bytes[4])
{
    if (n >= CPU_REGISTERS) {
        return false;
    }
    debug_set_register(gdb->board, n,
                       (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                           (uint32_t)bytes[3] << 24);
    return true;
}

static void read_registers(struct gdb *gdb)
{
    char text[CPU_REGISTERS * WORD_DIGITS + 1];
    for (unsigned n = 0; n < CPU_REGISTERS; n++) {
        uint8_t bytes[4];
        register_bytes(gdb, n, bytes);
        gdb_hex_put(text + (size_t)n * WORD_DIGITS, bytes, sizeof bytes);
    }
    gdb_reply(gdb, text);
}

static void write_registers(struct gdb *gdb, const uint8_t *text)
{
    uint8_t bytes[4 * CPU_REGISTERS];
    bool good = gdb_hex_bytes(text, bytes, sizeof bytes);
    for (unsigned n = 0; good && n < CPU_REGISTERS; n++) {
        if (n != CPU_MSP && n != CPU_PSP) { /* sp is one of them; the other is set with P */
            good = set_register(gdb, n, bytes + 4 * (size_t)n);
        }
    }
    gdb_reply_ok(gdb, good);
}

static void read_register(struct gdb *gdb, const uint8_t *text)
{
    uint32_t n;
    uint8_t bytes[4];
    char digits[WORD_DIGITS + 1];
    if (!gdb_hex_number(&text, &n) || *text != '\0' || n >= CPU_REGISTERS) {
        gdb_reply_ok(gdb, false);
        return;
    }
    register_bytes(gdb, n, bytes);
    gdb_hex_put(digits, bytes, sizeof bytes);
    gdb_reply(gdb, digits);
}

static void write_register(struct gdb *gdb, const uint8_t *text)
{
    uint32_t n;
    uint8_t bytes[4];
    gdb_reply_ok(gdb, gdb_hex_number(&text, &n) && *text == '=' &&
                          gdb_hex_bytes(text + 1, bytes, sizeof bytes) &&
                          set_register(gdb, n, bytes));
}

/* ---- packets ---- */

static void packet(struct gdb *gdb)
{
    const uint8_t *text = gdb->wire.data + 1;
    char command = (char)gdb->wire.data[0];
    switch (command) {
    case '?':
        gdb_reply(gdb, gdb->stop_reply);
        break;
    case 'c':
    case 's':
        go_on(gdb, text, command == 's', false);
        break;
    case 'C':
    case 'S':
        go_on(gdb, text, command == 'S', true);
        break;
    case 'g':
        read_registers(gdb);
        break;
    case 'G':
        write_registers(gdb, text);
        break;
    case 'p':
        read_register(gdb, text);
        break;
    case 'P':
        write_register(gdb, text);
        break;
    case 'm':
        gdb_read_memory(gdb, text);
        break;
    case 'M':
        gdb_write_hex(gdb, text);
        break;
    case 'X':
        gdb_write_binary(gdb, text);
        break;
    case 'Z':
    case 'z':
        gdb_change_point(gdb, text, command == 'Z');
        break;
    case 'H':
    case 'T':
        gdb_reply_ok(gdb, true); /* there is one thread */
        break;
    case 'R':
        board_reset(gdb->board); /* no answer */
        break;
    case 'D':
        gdb_reply_ok(gdb, true);
        gdb_detach(gdb);
        break;
    case 'k': /* no answer */
        gdb_detach(gdb);
        gdb->killed = true;
        break;
    case 'q':
    case 'Q':
    case 'v':
        gdb_query(gdb, (const char *)gdb->wire.data);
        break;
    default:
        gdb_reply(gdb, ""); /* not supported */
        break;
    }
}

size_t gdb_feed(struct gdb *gdb, const uint8_t bytes[], size_t len)
{
    size_t done = 0;
    while (done < len && !gdb->detached && gdb_wire_has_room(&gdb->wire)) {
        switch (gdb_wire_feed(&gdb->wire, bytes[done++])) {
        case GDB_NOTHING:
            break;
        case GDB_PACKET:
            packet(gdb);
            break;
        case GDB_TOO_LONG:
            gdb_reply_ok(gdb, false);
            break;
        case GDB_INTERRUPT:
            if (gdb->running) {
                stop(gdb, SIGNAL_INT);
            }
            break;
        }
    }
    return done;
}

size_t gdb_take(struct gdb *gdb, uint8_t out_bytes[], size_t max)
{
    return gdb_wire_take(&gdb->wire, out_bytes, max);
}
