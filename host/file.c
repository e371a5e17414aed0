/* SPDX-License-Identifier: Apache-2.0 */
#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h> /* rename() */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "otter/md5.h"

int file_read(const char *path, size_t max, struct file *out_file, struct host_error *out_error)
{
    struct stat st;

    *out_file = (struct file){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not block */
    if (fd < 0) {
        return host_error_errno(out_error, path, errno);
    }
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return host_error_set(out_error, path, "not a file");
    }
    if (st.st_size == 0) {
        close(fd);
        return host_error_set(out_error, path, "the file is empty");
    }
    if ((uintmax_t)st.st_size > max) {
        close(fd);
        return host_error_set(out_error, path, "%lld bytes, at most %zu are possible",
                              (long long)st.st_size, max);
    }
    size_t size = (size_t)st.st_size, len = 0;
    uint8_t *data = malloc(size);
    while (data != NULL && len < size) {
        ssize_t part = read(fd, data + len, size - len);
        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part <= 0) {
            break;
        }
        len += (size_t)part;
    }
    close(fd);
    if (data == NULL || len != size) {
        free(data);
        return host_error_set(out_error, path,
                              data == NULL ? "not enough memory" : "cannot be read whole");
    }
    *out_file = (struct file){data, len};
    return 0;
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t part = write(fd, data, len);
        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part < 0) {
            return -1;
        }
        data += part;
        len -= (size_t)part;
    }
    return fsync(fd);
}

static int give_public_mode(int fd)
{
    mode_t mask = umask(0);
    umask(mask);
    return fchmod(fd, 0666 & ~mask);
}

/* Write a file beside `path` and move it there when it is complete. mkostemp() makes files that
 * only their owner may read; a private one stays so, and takes no other's place. */
static int put_file(const char *path, const void *data, size_t len, bool private,
                    struct host_error *out_error)
{
    static const char suffix[] = ".XXXXXX";

    char *temp = malloc(strlen(path) + sizeof suffix);
    if (temp == NULL) {
        return host_error_set(out_error, path, "not enough memory");
    }
    memcpy(temp, path, strlen(path));
    memcpy(temp + strlen(path), suffix, sizeof suffix);
    int fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0) {
        free(temp);
        return host_error_errno(out_error, path, errno);
    }
    bool good = write_all(fd, data, len) == 0 && (private || give_public_mode(fd) == 0);
    good = close(fd) == 0 && good;
    good = good && (private ? link(temp, path) : rename(temp, path)) == 0;
    int err = errno;
    if (private || !good) {
        unlink(temp);
    }
    free(temp);
    return good ? 0 : host_error_errno(out_error, path, err);
}

int file_write(const char *path, const void *data, size_t len, struct host_error *out_error)
{
    struct stat st;

    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        return host_error_set(out_error, path, "exists and is not a file");
    }
    return put_file(path, data, len, false, out_error);
}

int file_create_private(const char *path, const void *data, size_t len,
                        struct host_error *out_error)
{
    struct stat st;

    if (lstat(path, &st) == 0) {
        return host_error_set(out_error, path, "exists already; it is never overwritten");
    }
    return put_file(path, data, len, true, out_error);
}

void file_free(struct file *file)
{
    free(file->data);
    *file = (struct file){0};
}

void file_md5_hex(const struct file *file, uint8_t out_hex[32])
{
    static const char digits[] = "0123456789abcdef";
    struct otter_md5 md5;
    uint8_t digest[16];

    otter_md5_init(&md5);
    otter_md5_update(&md5, file->data, (uint32_t)file->len);
    otter_md5_final(&md5, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        out_hex[2 * i] = (uint8_t)digits[digest[i] >> 4];
        out_hex[2 * i + 1] = (uint8_t)digits[digest[i] & 15];
    }
}
