/* SPDX-License-Identifier: Apache-2.0 */
#include "board/host/gdb.h"

/* Memory, breakpoints and watchpoints: the packets with an address. */

enum { READ_MAX = GDB_PACKET_MAX / 2 }; /* bytes in one answer */

/* ADDR,LENGTH and then `end`; moves on to what follows. */
static bool range(const uint8_t **at, char end, uint32_t *out_addr, uint32_t *out_len)
{
    if (!gdb_hex_number(at, out_addr) || **at != ',') {
        return false;
    }
    (*at)++;
    if (!gdb_hex_number(at, out_len) || **at != (uint8_t)end) {
        return false;
    }
    *at += end != '\0' ? 1 : 0;
    return true;
}

void gdb_read_memory(struct gdb *gdb, const uint8_t *text)
{
    uint32_t addr, len;
    uint8_t bytes[READ_MAX];
    char digits[2 * READ_MAX + 1];
    if (!range(&text, '\0', &addr, &len)) {
        gdb_reply_ok(gdb, false);
        return;
    }
    size_t got = debug_read(gdb->board, addr, bytes, len < READ_MAX ? len : READ_MAX);
    if (got == 0) {
        gdb_reply_ok(gdb, false);
        return;
    }
    gdb_hex_put(digits, bytes, got);
    gdb_reply(gdb, digits);
}

void gdb_write_hex(struct gdb *gdb, const uint8_t *text)
{
    uint32_t addr, len;
    uint8_t bytes[READ_MAX];
    gdb_reply_ok(gdb, range(&text, ':', &addr, &len) && len <= READ_MAX &&
                          gdb_hex_bytes(text, bytes, len) &&
                          debug_write(gdb->board, addr, bytes, len));
}

void gdb_write_binary(struct gdb *gdb, const uint8_t *text)
{
    uint32_t addr, len;
    const uint8_t *end = gdb->wire.data + gdb->wire.len;
    gdb_reply_ok(gdb, range(&text, ':', &addr, &len) && (size_t)(end - text) == len &&
                          (len == 0 || debug_write(gdb->board, addr, text, len)));
}

/* ---- points ---- */

/* TYPE,ADDR,KIND, and conditions, which are ignored: we do not announce them to gdb. */
void gdb_change_point(struct gdb *gdb, const uint8_t *text, bool add)
{
    static const unsigned accesses[] = {0, 0, DEBUG_WRITE, DEBUG_READ,
                                        DEBUG_WRITE | DEBUG_READ};
    int type = gdb_hex_value(*text);
    uint32_t addr, kind;
    if (type > 4) {
        gdb_reply(gdb, "");
        return;
    }
    if (type < 0 || text[1] != ',') {
        gdb_reply_ok(gdb, false);
        return;
    }
    text += 2;
    if (!range(&text, '\0', &addr, &kind)) {
        gdb_reply_ok(gdb, false);
        return;
    }
    if (type <= 1) {
        bool good = !add || debug_add_break(&gdb->debug, addr);
        if (!add) {
            debug_remove_break(&gdb->debug, addr);
        }
        gdb_reply_ok(gdb, good);
        return;
    }
    struct debug_watch watch = {.addr = addr, .len = kind, .accesses = accesses[type]};
    bool good = !add || debug_add_watch(&gdb->debug, &watch);
    if (!add) {
        debug_remove_watch(&gdb->debug, &watch);
    }
    gdb_reply_ok(gdb, good);
}
