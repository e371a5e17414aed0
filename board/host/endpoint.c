/* SPDX-License-Identifier: Apache-2.0 */
#include "board/host/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* The terminal is raw before a peer opens it: one that echoes would send the chip its own
 * bytes. The slave is closed again, so that POLLHUP on the master says whether a peer is
 * there. */
static bool make_raw(const char *slave)
{
    int fd = open(slave, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    struct termios tio;
    bool good = tcgetattr(fd, &tio) == 0;
    if (good) {
        cfmakeraw(&tio);
        good = tcsetattr(fd, TCSANOW, &tio) == 0;
    }
    int error = errno;
    (void)close(fd);
    errno = error;
    return good;
}

/* A run that was killed leaves a link to a pseudo terminal. Nothing else is replaced. */
static bool is_stale_link(const char *path)
{
    char target[ENDPOINT_NAME_SIZE];
    ssize_t len = readlink(path, target, sizeof target - 1);
    if (len < 0) {
        return false;
    }
    target[len] = '\0';
    return strncmp(target, "/dev/pts/", 9) == 0;
}

static bool open_pty(struct endpoint *endpoint, const char *path, char out_why[HOST_WHY_SIZE])
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) {
        return loader_fail(out_why, "cannot make a pseudo terminal: %s", strerror(errno));
    }
    endpoint->in_fd = master;
    endpoint->out_fd = master;
    const char *slave = NULL;
    if (grantpt(master) != 0 || unlockpt(master) != 0 || (slave = ptsname(master)) == NULL ||
        strlen(slave) >= sizeof endpoint->slave || !make_raw(slave) ||
        fcntl(master, F_SETFL, O_NONBLOCK) != 0) {
        return loader_fail(out_why, "cannot make a pseudo terminal: %s", strerror(errno));
    }
    (void)snprintf(endpoint->slave, sizeof endpoint->slave, "%s", slave);
    if (is_stale_link(path)) {
        (void)unlink(path);
    }
    if (symlink(endpoint->slave, path) != 0) {
        return loader_fail(out_why, "%s", strerror(errno));
    }
    endpoint->link = strdup(path);
    if (endpoint->link == NULL) {
        (void)unlink(path);
        return loader_fail(out_why, "out of memory");
    }
    return true;
}

static const char *path_of(const char *spec, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(spec, prefix, len) == 0 && spec[len] != '\0' ? spec + len : NULL;
}

bool endpoint_is_spec(const char *spec)
{
    return strcmp(spec, "null") == 0 || strcmp(spec, "-") == 0 ||
           path_of(spec, "pty:") != NULL || path_of(spec, "file:") != NULL;
}

bool endpoint_open(struct endpoint *endpoint, const char *spec, char out_why[HOST_WHY_SIZE])
{
    struct endpoint fresh = {.kind = ENDPOINT_NULL, .in_fd = -1, .out_fd = -1};
    *endpoint = fresh;
    if (strcmp(spec, "null") == 0) {
        return true;
    }
    if (strcmp(spec, "-") == 0) {
        endpoint->kind = ENDPOINT_STDIO;
        endpoint->in_fd = STDIN_FILENO;
        endpoint->out_fd = STDOUT_FILENO;
        return true;
    }
    const char *path;
    if ((path = path_of(spec, "pty:")) != NULL) {
        endpoint->kind = ENDPOINT_PTY;
        if (!open_pty(endpoint, path, out_why)) {
            endpoint_close(endpoint);
            return false;
        }
        return true;
    }
    if ((path = path_of(spec, "file:")) != NULL) {
        endpoint->kind = ENDPOINT_FILE;
        endpoint->out_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        return endpoint->out_fd >= 0 || loader_fail(out_why, "%s", strerror(errno));
    }
    return loader_fail(out_why, "not one of `-', `null', `pty:PATH', `file:PATH'");
}

void endpoint_close(struct endpoint *endpoint)
{
    if (endpoint->kind == ENDPOINT_PTY || endpoint->kind == ENDPOINT_FILE) {
        if (endpoint->out_fd >= 0) {
            (void)close(endpoint->out_fd);
        }
    }
    if (endpoint->link != NULL) {
        /* Remove only our own link: another run may have taken the name since. */
        char target[ENDPOINT_NAME_SIZE];
        ssize_t len = readlink(endpoint->link, target, sizeof target);
        if (len == (ssize_t)strlen(endpoint->slave) &&
            memcmp(target, endpoint->slave, (size_t)len) == 0) {
            (void)unlink(endpoint->link);
        }
        free(endpoint->link);
        endpoint->link = NULL;
    }
    endpoint->in_fd = -1;
    endpoint->out_fd = -1;
}

static bool peer_is_there(const struct endpoint *endpoint)
{
    struct pollfd fd = {.fd = endpoint->out_fd, .events = POLLOUT};
    return poll(&fd, 1, 0) == 1 && (fd.revents & POLLHUP) == 0;
}

bool endpoint_flush(struct endpoint *endpoint)
{
    size_t done = 0;
    if (endpoint->kind == ENDPOINT_NULL) {
        endpoint->out_len = 0;
        return true;
    }
    bool give_up =
        endpoint->out_len > 0 && endpoint->kind == ENDPOINT_PTY && !peer_is_there(endpoint);
    while (done < endpoint->out_len && !give_up && endpoint->error == 0) {
        ssize_t put = write(endpoint->out_fd, endpoint->out + done, endpoint->out_len - done);
        if (put >= 0) {
            done += (size_t)put;
        } else if (errno != EINTR) {
            give_up = true;
            if (endpoint->kind != ENDPOINT_PTY) {
                endpoint->error = errno;
            }
        }
    }
    endpoint->lost += endpoint->out_len - done;
    endpoint->out_len = 0;
    return endpoint->error == 0;
}

void endpoint_send(struct endpoint *endpoint, uint8_t byte)
{
    if (endpoint->out_len == ENDPOINT_OUT_SIZE) {
        (void)endpoint_flush(endpoint);
    }
    endpoint->out[endpoint->out_len++] = byte;
}

size_t endpoint_receive(struct endpoint *endpoint, uint8_t bytes[], size_t max)
{
    if (endpoint->in_fd < 0 || max == 0) {
        return 0;
    }
    struct pollfd fd = {.fd = endpoint->in_fd, .events = POLLIN};
    if (poll(&fd, 1, 0) != 1 || (fd.revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) == 0) {
        return 0;
    }
    ssize_t got = read(endpoint->in_fd, bytes, max);
    if (got > 0) {
        return (size_t)got;
    }
    bool for_good = got == 0 || (errno != EINTR && errno != EAGAIN);
    if (for_good && endpoint->kind == ENDPOINT_STDIO) {
        endpoint->in_fd = -1;
    }
    return 0;
}
