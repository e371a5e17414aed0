/* SPDX-License-Identifier: Apache-2.0 */
#include "board/host/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool state_load(const char *path, uint8_t flash[], size_t size, char out_why[HOST_WHY_SIZE])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        if (errno != ENOENT) {
            return loader_fail(out_why, "%s", strerror(errno));
        }
        memset(flash, 0xFF, size);
        return true;
    }
    struct stat st;
    uint8_t *bytes = malloc(size);
    bool good = false;
    if (bytes == NULL) {
        (void)loader_fail(out_why, "out of memory");
    } else if (fstat(fd, &st) != 0) {
        (void)loader_fail(out_why, "%s", strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        (void)loader_fail(out_why, "not a file");
    } else if (st.st_size != (off_t)size) {
        (void)loader_fail(out_why, "%lld bytes: not the flash of a board (%zu)",
                          (long long)st.st_size, size);
    } else {
        size_t len = 0;
        ssize_t got = 0;
        while (len < size && (got = read(fd, bytes + len, size - len)) > 0) {
            len += (size_t)got;
        }
        good = len == size;
        if (good) {
            memcpy(flash, bytes, size);
        } else {
            (void)loader_fail(out_why, "%s", got < 0 ? strerror(errno) : "read too short");
        }
    }
    free(bytes);
    (void)close(fd);
    return good;
}

static bool write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, bytes, len);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return false;
        }
        bytes += put;
        len -= (size_t)put;
    }
    return true;
}

/* The rename is durable only when the folder has been written. An error is ignored: not all
 * file systems can do it. */
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    char *folder = malloc(len + 2);
    if (folder == NULL) {
        return;
    }
    memcpy(folder, path, len);
    memcpy(folder + len, ".", 2);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
}

static bool save(const char *path, const uint8_t flash[], size_t size, bool is_durable,
                 char out_why[HOST_WHY_SIZE])
{
    size_t room = strlen(path) + 32;
    char *temporary = malloc(room);
    if (temporary == NULL) {
        return loader_fail(out_why, "out of memory");
    }
    (void)snprintf(temporary, room, "%s.%ld.new", path, (long)getpid());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    bool good = fd >= 0 && write_all(fd, flash, size) && (!is_durable || fsync(fd) == 0);
    int error = errno;
    if (fd >= 0 && close(fd) != 0 && good) {
        good = false;
        error = errno;
    }
    if (good && rename(temporary, path) != 0) {
        good = false;
        error = errno;
    }
    if (!good) {
        if (fd >= 0) {
            (void)unlink(temporary);
        }
        (void)loader_fail(out_why, "cannot save: %s", strerror(error));
    } else if (is_durable) {
        sync_folder(path);
    }
    free(temporary);
    return good;
}

bool state_save(const char *path, const uint8_t flash[], size_t size,
                char out_why[HOST_WHY_SIZE])
{
    return save(path, flash, size, true, out_why);
}

bool state_replace(const char *path, const uint8_t flash[], size_t size,
                   char out_why[HOST_WHY_SIZE])
{
    return save(path, flash, size, false, out_why);
}
