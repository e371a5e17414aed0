/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODULED_STORE_H
#define MODULED_STORE_H

#include "agent/agent.h"
#include "host/error.h"

/* The daemon's folder, for its owner alone:
 *
 *    image.part   the image while it comes in; survives a kill, and is gone on with
 *    image        the image when it is whole and checked
 *    state.json   the agent's state, replaced as a whole
 *    token        the device's own token, mode 0600
 *    control      the control socket
 *    lock         held while a daemon runs on this folder
 */
enum { STORE_PATH_SIZE = 640 };

struct store {
    const char *dir;
    int lock_fd;
    int image_fd; /* -1 = there is none */
    char part[STORE_PATH_SIZE], image[STORE_PATH_SIZE], state[STORE_PATH_SIZE];
    char token[STORE_PATH_SIZE], control[STORE_PATH_SIZE];
};

/* For agent_config.sink, with the store as ctx. */
extern const struct agent_sink store_sink;

/* Make the folder if need be, lock it, remove what a kill left of files half written, find the
 * image. */
OTTER_MUST_CHECK int store_open(struct store *store, const char *dir,
                                struct host_error *out_error);
void store_close(struct store *store);

/* Hand the saved state to the agent, if there is one. A broken one is moved to state.json.bad
 * and reported with -1; the agent is then as new. */
OTTER_MUST_CHECK int store_restore(const struct store *store, struct agent *agent,
                                   uint64_t now_ms, struct host_error *out_error);
OTTER_MUST_CHECK int store_save(const struct store *store, const char *state,
                                struct host_error *out_error);

/* The image as what the module offers. Its `read` uses the store. */
OTTER_MUST_CHECK int store_offer(struct store *store, struct module_file *out_file);

/* A token from a file: its first word. */
OTTER_MUST_CHECK int store_read_token(const char *path, char out[AGENT_TOKEN_MAX + 1],
                                      struct host_error *out_error);

/* The device's own token: made at the first call if `may_make`, else "" without one. */
OTTER_MUST_CHECK int store_own_token(const struct store *store, bool may_make,
                                     char out[AGENT_TOKEN_MAX + 1],
                                     struct host_error *out_error);

#endif
