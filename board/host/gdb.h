/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOST_GDB_H
#define BOARD_HOST_GDB_H

#include "board/debug.h"
#include "board/host/gdb_packet.h"

/* gdb's remote serial protocol for the modelled board: bytes in, bytes out, no I/O. The caller runs
 * the board while gdb_is_running(), in slices, and tells what stopped it. Sockets: gdb_server.h.
 */
struct gdb {
    struct board *board;
    struct board_debug debug;
    struct gdb_wire wire;
    bool running;
    bool detached; /* D, the board goes on alone */
    bool killed;   /* k, the run is to end */
    char stop_reply[64];
};

/* A debugger comes: the board stands still. */
void gdb_attach(struct gdb *gdb, struct board *board);

/* It is gone: no more points, the board goes on. */
void gdb_detach(struct gdb *gdb);

/* Take bytes, never while the board is inside board_run(). Returns how many were taken: fewer when
 * answers are waiting for gdb_take(), or when it is over. */
size_t gdb_feed(struct gdb *gdb, const uint8_t bytes[], size_t len);
size_t gdb_take(struct gdb *gdb, uint8_t out_bytes[], size_t max);

bool gdb_is_running(const struct gdb *gdb);

/* board_run() came back, not because its time was over. Returns whether that is for the debugger:
 * then the board stands still until gdb_is_running() again. */
bool gdb_stopped(struct gdb *gdb, enum board_stop stop);

/* The run is over. */
void gdb_exited(struct gdb *gdb);

/* ---- between gdb.c, gdb_memory.c and gdb_query.c ---- */
void gdb_reply(struct gdb *gdb, const char *text);
void gdb_reply_ok(struct gdb *gdb, bool good); /* OK, or E01 */
void gdb_continue(struct gdb *gdb, const char *actions);

/* m, M, X, Z and z; `text` is what stands behind the letter. */
void gdb_read_memory(struct gdb *gdb, const uint8_t *text);
void gdb_write_hex(struct gdb *gdb, const uint8_t *text);
void gdb_write_binary(struct gdb *gdb, const uint8_t *text);
void gdb_change_point(struct gdb *gdb, const uint8_t *text, bool add);

/* q, Q, v. Sends the answer. */
void gdb_query(struct gdb *gdb, const char *text);

#endif
