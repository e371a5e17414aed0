/* SPDX-License-Identifier: Apache-2.0 */
#include "host/push_session.h"

#include <errno.h>
#include <poll.h>

uint32_t push_session_now_ms(const struct push_session *session)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((now.tv_sec - session->start.tv_sec) * 1000 +
                      (now.tv_nsec - session->start.tv_nsec) / 1000000);
}

void push_session_init(struct push_session *session, struct serial *serial,
                       const struct module_config *config)
{
    session->serial = serial;
    session->bytes_in = 0;
    session->out_off = 0;
    session->out_len = 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &session->start);
    module_init(&session->module, config, 0);
}

short push_session_events(struct push_session *session)
{
    if (session->out_off == session->out_len) {
        session->out_off = 0;
        session->out_len = module_take(&session->module, session->out, sizeof session->out);
    }
    return session->out_off != session->out_len ? POLLIN | POLLOUT : POLLIN;
}

uint32_t push_session_next_ms(const struct push_session *session)
{
    return module_next_ms(&session->module, push_session_now_ms(session));
}

static int receive(struct push_session *session, struct host_error *out_error)
{
    uint8_t in[512];
    long len = serial_read(session->serial, in, sizeof in, out_error);

    if (len < 0) {
        return -1;
    }
    session->bytes_in += (uint64_t)len;
    module_receive(&session->module, in, (size_t)len, push_session_now_ms(session));
    return 0;
}

static int send(struct push_session *session, struct host_error *out_error)
{
    long len = serial_write(session->serial, session->out + session->out_off,
                            session->out_len - session->out_off, out_error);

    if (len < 0) {
        return -1;
    }
    session->out_off += (size_t)len;
    return 0;
}

int push_session_serve(struct push_session *session, short revents,
                       struct host_error *out_error)
{
    if ((revents & POLLIN) != 0) {
        if (receive(session, out_error) != 0) {
            return -1;
        }
    } else if ((revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
        return serial_set_gone(session->serial, out_error);
    }
    if ((revents & POLLOUT) != 0 && send(session, out_error) != 0) {
        return -1;
    }
    module_poll(&session->module, push_session_now_ms(session));
    return 0;
}

int push_session_turn(struct push_session *session, uint32_t max_wait_ms,
                      const sigset_t *wait_mask, struct host_error *out_error)
{
    struct pollfd fd = {.fd = session->serial->fd, .events = push_session_events(session)};
    uint32_t wait_ms = push_session_next_ms(session);

    if (wait_ms > max_wait_ms) {
        wait_ms = max_wait_ms;
    }
    struct timespec timeout = {.tv_sec = wait_ms / 1000,
                               .tv_nsec = (long)(wait_ms % 1000) * 1000000};
    int ready = ppoll(&fd, 1, &timeout, wait_mask);
    if (ready < 0 && errno != EINTR) {
        return host_error_errno(out_error, session->serial->path, errno);
    }
    if (ready <= 0) {
        fd.revents = 0;
    }
    return push_session_serve(session, fd.revents, out_error);
}

void push_session_cancel(struct push_session *session)
{
    module_cancel(&session->module, push_session_now_ms(session));
}

bool push_session_is_busy(const struct push_session *session)
{
    return module_is_busy(&session->module) || session->out_off != session->out_len;
}
