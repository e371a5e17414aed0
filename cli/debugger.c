/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/debugger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "cli/report.h"

struct gdb_server *debugger_open(unsigned port, struct host_error *out_error)
{
    char why[HOST_WHY_SIZE], option[32];
    struct gdb_server *server = malloc(sizeof *server);
    if (server == NULL) {
        (void)host_error_set(out_error, NULL, "out of memory");
    } else if (!gdb_server_open(server, port, why)) {
        (void)snprintf(option, sizeof option, "--gdb %u", port);
        (void)host_error_set(out_error, option, "%s", why);
        free(server);
        server = NULL;
    } else {
        log_event("gdb: listening on 127.0.0.1:%u", server->port);
    }
    return server;
}

void debugger_close(struct gdb_server *server)
{
    if (server != NULL) {
        gdb_server_close(server);
        free(server);
    }
}

enum board_stop debugger_run(void *ctx, struct board *board, uint64_t until)
{
    static const volatile sig_atomic_t nobody_asks = 0; /* SIGINT ends the process itself */
    struct gdb_server *server = ctx;
    enum board_stop stop;
    do {
        if (!gdb_server_serve(server, board, &nobody_asks)) {
            return BOARD_STOP_ASKED;
        }
        stop = board_run(board, until);
    } while (gdb_server_stopped(server, stop));
    if (stop == BOARD_STOP_POWER) {
        log_event("power fails in flash operation %" PRIu64, board_flash_ops(board) - 1);
    }
    return stop;
}
