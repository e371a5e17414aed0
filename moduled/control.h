/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODULED_CONTROL_H
#define MODULED_CONTROL_H

#include <stddef.h>
#include "host/error.h"
#include "otter/err.h"

/* The control socket: a unix socket of whole packets in the state folder, for its owner alone.
 * A client sends one word ("status", "approve", "deny", "force", "poll") and gets one packet
 * back: a JSON object, with `error` if it could not be done.
 */
enum { CONTROL_CLIENTS = 4, CONTROL_WORD_SIZE = 32, CONTROL_ANSWER_SIZE = 8192 };

struct control {
    int fd;
    const char *path;
    int clients[CONTROL_CLIENTS]; /* -1 = free */
};

OTTER_MUST_CHECK int control_open(struct control *control, const char *path,
                                  struct host_error *out_error);
void control_close(struct control *control);

/* Take who knocks, and read what is there. Calls `answer` for each word. */
void control_serve(struct control *control,
                   void (*answer)(void *ctx, const char *word,
                                  char out_text[CONTROL_ANSWER_SIZE]),
                   void *ctx);

/* The client's side: send `word`, wait for the answer. */
OTTER_MUST_CHECK int control_ask(const char *path, const char *word,
                                 char out_text[CONTROL_ANSWER_SIZE],
                                 struct host_error *out_error);

#endif
