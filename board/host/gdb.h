/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOST_GDB_H
#define BOARD_HOST_GDB_H

#include "board/debug.h"
#include "board/host/gdb_packet.h"

/* gdb's remote serial protocol for the modelled board: bytes in, bytes out, no I/O. The caller
 * runs the board in slices while gdb_is_running(), and reports what stopped it. Sockets are in
 * gdb_server.h.
 */
struct gdb {
    struct board *board;
    struct board_debug debug;
    struct gdb_wire wire;
    bool running;
    bool detached; /* D: the board goes on alone */
    bool killed;   /* k: the run must end */
    char stop_reply[64];
};

/* A debugger has connected: the board stands still. */
void gdb_attach(struct gdb *gdb, struct board *board);

/* The debugger is gone: its points are removed, the board goes on. */
void gdb_detach(struct gdb *gdb);

/* Take bytes from the debugger, never during board_run(). Returns how many were taken: not all
 * when answers wait for gdb_take(), or when the session is over. */
size_t gdb_feed(struct gdb *gdb, const uint8_t bytes[], size_t len);
size_t gdb_take(struct gdb *gdb, uint8_t out_bytes[], size_t max);

bool gdb_is_running(const struct gdb *gdb);

/* board_run() has returned for another reason than BOARD_STOP_TIME. Returns true if the stop is
 * the debugger's: then the board stands still until gdb_is_running() again. */
bool gdb_stopped(struct gdb *gdb, enum board_stop stop);

/* The run is over. */
void gdb_exited(struct gdb *gdb);

/* ---- between gdb.c, gdb_memory.c and gdb_query.c ---- */
void gdb_reply(struct gdb *gdb, const char *text);
void gdb_reply_ok(struct gdb *gdb, bool good); /* OK, or E01 */
void gdb_continue(struct gdb *gdb, const char *actions);

/* m, M, X, Z and z; `text` is what follows the letter. */
void gdb_read_memory(struct gdb *gdb, const uint8_t *text);
void gdb_write_hex(struct gdb *gdb, const uint8_t *text);
void gdb_write_binary(struct gdb *gdb, const uint8_t *text);
void gdb_change_point(struct gdb *gdb, const uint8_t *text, bool add);

/* q, Q, v. Sends the answer. */
void gdb_query(struct gdb *gdb, const char *text);

#endif
