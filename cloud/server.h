/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_SERVER_H
#define CLOUD_SERVER_H

#include <stdio.h>
#include "cloud/options.h"
#include "host/error.h"
#include "otter/err.h"

/* The whole server, put together: store, files, fleet, the two listeners. */
struct server;

OTTER_MUST_CHECK int server_start(const struct options *options, struct server **out_server,
                                  struct host_error *out_error);

/* What is due by the clock. Returns after how many ms it is to be called again. */
long server_tick(struct server *server);

/* Where it listens; as long as there is no admin, with the link that makes the first one. */
void server_print_addresses(const struct server *server, FILE *out);

/* Answer what is under way, write everything, and free. */
void server_stop(struct server *server);

/* `otter-cloud backup`, `restore` and `audit`: return the exit code. */
int server_backup(const struct options *options);
int server_restore(const struct options *options);
int server_audit(const struct options *options);

#endif
