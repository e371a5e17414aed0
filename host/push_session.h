/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_PUSH_SESSION_H
#define HOST_PUSH_SESSION_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include "host/error.h"
#include "host/serial.h"
#include "module/module.h"
#include "otter/err.h"

/* The loop between a serial port and the module's side of the protocol, for programs that are
 * the module. What happens comes through the module's event callback, in codes; there is no
 * text and no signal here.
 *
 * A program without other work calls push_session_turn() again and again. One with its own poll
 * or epoll waits for push_session_events() on serial->fd, no longer than
 * push_session_next_ms(), and then calls push_session_serve(). Call the module itself
 * (module_offer(), ...) between these calls, with push_session_now_ms(). About 15 KB.
 */
enum { PUSH_SESSION_OUT_SIZE = 512 };

struct push_session {
    struct module module;
    struct serial *serial;
    struct timespec start;
    uint64_t bytes_in;
    uint8_t out[PUSH_SESSION_OUT_SIZE]; /* taken from the module, not yet written */
    size_t out_off, out_len;
};

/* Begin as after the module's power-on. `config` and `serial`, which is open, must outlive
 * it. */
void push_session_init(struct push_session *session, struct serial *serial,
                       const struct module_config *config);

/* Milliseconds since push_session_init(): the module's clock. */
uint32_t push_session_now_ms(const struct push_session *session);

/* What to wait for on serial->fd: POLLIN, or POLLIN | POLLOUT. */
short push_session_events(struct push_session *session);

/* Milliseconds until push_session_serve() is due even if nothing comes. */
uint32_t push_session_next_ms(const struct push_session *session);

/* Move bytes as poll()'s `revents` for serial->fd allow (0 = only the time has passed), and do
 * what is due.
 * Returns 0, or -1 if the port failed. */
OTTER_MUST_CHECK int push_session_serve(struct push_session *session, short revents,
                                        struct host_error *out_error);

/* Wait for the port, a timer, `max_wait_ms` or a signal that `wait_mask` lets through (NULL:
 * the mask stays), whatever comes first, and serve once. Returns 0, or -1 if the port
 * failed. */
OTTER_MUST_CHECK int push_session_turn(struct push_session *session, uint32_t max_wait_ms,
                                       const sigset_t *wait_mask, struct host_error *out_error);

/* Tell an MCU that waits for pieces that none will come (module_cancel()). */
void push_session_cancel(struct push_session *session);

/* Is there still something to send, or an answer to wait for? After push_session_cancel() go on
 * until not, or until patience is over. */
bool push_session_is_busy(const struct push_session *session);

#endif
