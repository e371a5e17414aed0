/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_HOST_ENDPOINT_H
#define BOARD_HOST_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/host/loader.h"

/* The far end of a serial line of the board, on the host:
 *
 *   -          standard input and output
 *   pty:PATH   a new pseudo terminal, raw; PATH becomes a symbolic link to it until the end
 *   file:PATH  what the chip sends goes into the file (made anew); the chip receives nothing
 *   null       not connected
 *
 * Like a wire, a pty loses what is sent while no peer has it open. Only writes to standard
 * output and to a file can block.
 */
enum endpoint_kind { ENDPOINT_NULL, ENDPOINT_STDIO, ENDPOINT_PTY, ENDPOINT_FILE };
enum { ENDPOINT_OUT_SIZE = 4096, ENDPOINT_NAME_SIZE = 64 };

struct endpoint {
    enum endpoint_kind kind;
    int in_fd, out_fd; /* -1 = none */
    char *link;        /* of a pty, malloc'ed */
    char slave[ENDPOINT_NAME_SIZE];
    uint8_t out[ENDPOINT_OUT_SIZE]; /* sent by the chip, not yet written */
    size_t out_len;
    uint64_t lost; /* bytes that no peer took */
    int error;     /* errno of a write that failed; the run is over */
};

/* Has `spec` one of the forms above? Opens nothing. */
bool endpoint_is_spec(const char *spec);

/* Open what `spec` describes. False with the reason. */
bool endpoint_open(struct endpoint *endpoint, const char *spec, char out_why[HOST_WHY_SIZE]);
void endpoint_close(struct endpoint *endpoint);

/* Take one byte from the chip; may write. */
void endpoint_send(struct endpoint *endpoint, uint8_t byte);

/* Write what is waiting. False if that failed for good (errno in endpoint->error). */
bool endpoint_flush(struct endpoint *endpoint);

/* Take what has come for the chip, up to `max` bytes, without waiting. 0 = nothing now. At the
 * end of standard input in_fd becomes -1. */
size_t endpoint_receive(struct endpoint *endpoint, uint8_t bytes[], size_t max);

#endif
