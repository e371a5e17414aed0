/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_DEBUGGER_H
#define CLI_DEBUGGER_H

#include "board/host/gdb_server.h"
#include "host/error.h"

/* The option --gdb PORT of the commands that run a board. */

/* Listen on 127.0.0.1 (port 0 takes a free one) and print where. NULL after an error. */
struct gdb_server *debugger_open(unsigned port, struct host_error *out_error);

/* Tell the debugger that the run is over, and free the server, which may be NULL. */
void debugger_close(struct gdb_server *server);

/* board_run() with the debugger served before and after it, for whoever runs the board in
 * slices: comes back when the slice is over, however often gdb has stopped in it. `ctx` is the
 * server. Prints a line when the power fails. Returns as board_run(); BOARD_STOP_ASKED: gdb
 * ended the run. */
enum board_stop debugger_run(void *ctx, struct board *board, uint64_t until);

#endif
