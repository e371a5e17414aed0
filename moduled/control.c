/* SPDX-License-Identifier: Apache-2.0 */
#include "moduled/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 8, CLIENT_WAIT_S = 10 };

static int set_address(struct sockaddr_un *address, const char *path,
                       struct host_error *out_error)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path) {
        return host_error_set(out_error, path, "too long for a socket: at most %zu characters",
                              sizeof address->sun_path - 1);
    }
    memcpy(address->sun_path, path, strlen(path));
    return 0;
}

int control_open(struct control *control, const char *path, struct host_error *out_error)
{
    struct sockaddr_un address;

    *control = (struct control){.fd = -1, .path = path};
    for (int i = 0; i < CONTROL_CLIENTS; i++) {
        control->clients[i] = -1;
    }
    if (set_address(&address, path, out_error) != 0) {
        return -1;
    }
    control->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)unlink(path); /* of a daemon that was killed: the folder is ours, it is locked */
    mode_t mask = umask(0177);
    int err = control->fd < 0
                  ? -1
                  : bind(control->fd, (const struct sockaddr *)&address, sizeof address);
    umask(mask);
    if (err != 0 || listen(control->fd, BACKLOG) != 0) {
        return host_error_errno(out_error, path, errno);
    }
    return 0;
}

void control_close(struct control *control)
{
    for (int i = 0; i < CONTROL_CLIENTS; i++) {
        if (control->clients[i] >= 0) {
            close(control->clients[i]);
        }
    }
    if (control->fd >= 0) {
        close(control->fd);
        (void)unlink(control->path);
    }
}

static void take_client(struct control *control)
{
    int fd = accept4(control->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    for (int i = 0; fd >= 0 && i < CONTROL_CLIENTS; i++) {
        if (control->clients[i] < 0) {
            control->clients[i] = fd;
            return;
        }
    }
    if (fd >= 0) {
        close(control->clients[0]); /* the oldest does not say anything */
        control->clients[0] = fd;
    }
}

void control_serve(struct control *control,
                   void (*answer)(void *ctx, const char *word,
                                  char out_text[CONTROL_ANSWER_SIZE]),
                   void *ctx)
{
    char word[CONTROL_WORD_SIZE], text[CONTROL_ANSWER_SIZE];

    take_client(control);
    for (int i = 0; i < CONTROL_CLIENTS; i++) {
        int fd = control->clients[i];
        ssize_t len = fd < 0 ? -1 : recv(fd, word, sizeof word - 1, MSG_DONTWAIT);
        if (fd < 0 || (len < 0 && (errno == EAGAIN || errno == EINTR))) {
            continue;
        }
        if (len > 0) {
            word[len] = '\0';
            answer(ctx, word, text);
            (void)!send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        close(fd);
        control->clients[i] = -1;
    }
}

int control_ask(const char *path, const char *word, char out_text[CONTROL_ANSWER_SIZE],
                struct host_error *out_error)
{
    struct sockaddr_un address;
    struct timeval wait = {.tv_sec = CLIENT_WAIT_S};

    if (set_address(&address, path, out_error) != 0) {
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0 ||
        connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        int err = errno;
        if (fd >= 0) {
            close(fd);
        }
        return err == ENOENT || err == ECONNREFUSED
                   ? host_error_set(out_error, path, "no otter-module runs there")
                   : host_error_errno(out_error, path, err);
    }
    ssize_t len = send(fd, word, strlen(word), MSG_NOSIGNAL);
    if (len >= 0) {
        len = recv(fd, out_text, CONTROL_ANSWER_SIZE - 1, 0);
    }
    close(fd);
    if (len <= 0) {
        return host_error_set(out_error, path, "no answer");
    }
    out_text[len] = '\0';
    return 0;
}
