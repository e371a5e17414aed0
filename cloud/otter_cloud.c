/* SPDX-License-Identifier: Apache-2.0 */
/* otter-cloud: the server; see docs/man/otter-cloud.1. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cloud/options.h"
#include "cloud/server.h"

/* Until SIGINT or SIGTERM. They are blocked before the first thread starts, so that none of the
 * server's takes them. */
static void serve(struct server *server, const sigset_t *signals)
{
    struct timespec pause = {0};

    while (sigtimedwait(signals, NULL, &pause) < 0) {
        pause.tv_nsec = server_tick(server) * 1000000L;
    }
}

static int run(const struct options *options)
{
    struct server *server;
    struct host_error error;
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a limit of size is as a full disk: a write fails */
    if (server_start(options, &server, &error) != 0) {
        return options_report(&error);
    }
    server_print_addresses(server, stdout);
    (void)fflush(stdout);
    serve(server, &signals);
    server_stop(server);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct options options;
    int code = options_parse(argc, argv, &options);

    if (code != 0) {
        return code < 0 ? EXIT_SUCCESS : code;
    }
    switch (options.command) {
    case COMMAND_BACKUP:
        code = server_backup(&options);
        break;
    case COMMAND_RESTORE:
        code = server_restore(&options);
        break;
    case COMMAND_AUDIT:
        code = server_audit(&options);
        break;
    case COMMAND_SERVE:
    default:
        code = run(&options);
    }
    options_free(&options);
    return code;
}
