/* SPDX-License-Identifier: Apache-2.0 */
#include "host/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h> /* rename() */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/private_key.h"
#include "otter/md5.h"

enum { LOOK_MAX = 1 << 20 }; /* where a private key is looked for in a file */

/* ---- reading ---- */

/* Read up to `size` bytes from `fd`. Returns how many came, -1 with errno. */
static ssize_t read_up_to(int fd, uint8_t data[], size_t size)
{
    size_t len = 0;

    while (len < size) {
        ssize_t part = read(fd, data + len, size - len);
        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part < 0) {
            return -1;
        }
        if (part == 0) {
            break;
        }
        len += (size_t)part;
    }
    return (ssize_t)len;
}

static int read_open(int fd, const char *path, size_t size, struct file *out_file,
                     struct host_error *out_error)
{
    uint8_t *data = malloc(size);
    ssize_t len = data == NULL ? 0 : read_up_to(fd, data, size);

    if (data == NULL || len < 0) {
        int err = data == NULL ? ENOMEM : errno;
        free(data);
        return host_error_errno(out_error, path, err);
    }
    *out_file = (struct file){data, (size_t)len};
    return 0;
}

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
    int rc = read_open(fd, path, (size_t)st.st_size, out_file, out_error);
    close(fd);
    if (rc == 0 && out_file->len != (size_t)st.st_size) {
        file_free(out_file);
        return host_error_set(out_error, path, "cannot be read whole");
    }
    return rc;
}

int file_read_stream(const char *path, size_t max, struct file *out_file,
                     struct host_error *out_error)
{
    struct stat st;

    if (stat(path, &st) != 0 || (!S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode))) {
        return file_read(path, max, out_file, out_error);
    }
    *out_file = (struct file){0};
    int fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        return host_error_errno(out_error, path, errno);
    }
    int rc = read_open(fd, path, max + 1, out_file, out_error);
    close(fd);
    if (rc == 0 && (out_file->len == 0 || out_file->len > max)) {
        rc = out_file->len == 0
                 ? host_error_set(out_error, path, "nothing comes from it")
                 : host_error_set(out_error, path, "more than %zu bytes come from it", max);
        file_free(out_file);
    }
    return rc;
}

/* ---- what may be written over ---- */

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* One that cannot be read may hold a key, too. */
static int refuse_private_key(const char *path, struct host_error *out_error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return host_error_errno(out_error, path, errno);
    }
    struct file head = {0};
    int rc = read_open(fd, path, LOOK_MAX, &head, out_error);
    close(fd);
    if (rc == 0 && private_key_is_in(head.data, head.len)) {
        rc = host_error_set(out_error, path, "holds a private key; it is never written over");
    }
    file_free(&head);
    return rc;
}

/* What `path` names at present. A mode of 0: nothing yet. */
static int look_at_output(const char *path, struct stat *out_st, struct host_error *out_error)
{
    *out_st = (struct stat){0};
    if (stat(path, out_st) != 0) {
        struct stat link;
        *out_st = (struct stat){0};
        if (errno != ENOENT) {
            return host_error_errno(out_error, path, errno);
        }
        return lstat(path, &link) == 0
                   ? host_error_set(out_error, path, "a symbolic link to nothing")
                   : 0;
    }
    if (S_ISDIR(out_st->st_mode)) {
        return host_error_errno(out_error, path, EISDIR);
    }
    if (S_ISBLK(out_st->st_mode)) {
        return host_error_set(out_error, path, "a whole disk");
    }
    if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0) {
        return host_error_errno(out_error, path, errno);
    }
    return S_ISREG(out_st->st_mode) ? refuse_private_key(path, out_error) : 0;
}

int file_check_output(const char *path, const char *const inputs[], size_t input_count,
                      struct host_error *out_error)
{
    struct stat st, input;

    if (path[0] == '\0') {
        return host_error_set(out_error, "output file", "its name is empty");
    }
    if (look_at_output(path, &st, out_error) != 0) {
        return -1;
    }
    for (size_t i = 0; S_ISREG(st.st_mode) && i < input_count; i++) {
        if (inputs[i] != NULL && stat(inputs[i], &input) == 0 && is_same(&st, &input)) {
            return host_error_set(out_error, path, "input and output are the same file");
        }
    }
    return 0;
}

/* ---- writing ---- */

static int write_bytes(int fd, const uint8_t *data, size_t len)
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
    return 0;
}

/* Into what cannot be replaced. Nobody at the other end of a pipe is an error, not a signal. */
static int write_through(const char *path, int fd, const void *data, size_t len,
                         struct host_error *out_error)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;

    int out = fd >= 0 ? dup(fd) : open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    if (out < 0) {
        return host_error_errno(out_error, path, errno);
    }
    (void)sigaction(SIGPIPE, &ignore, &before);
    int err = write_bytes(out, data, len) == 0 ? 0 : errno;
    (void)sigaction(SIGPIPE, &before, NULL);
    if (close(out) != 0 && err == 0) {
        err = errno;
    }
    return err == 0 ? 0 : host_error_errno(out_error, path, err);
}

static mode_t public_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/* Of a file that is not complete yet; mkostemp() puts letters and digits for the Xs. */
static const char unfinished[] = ".otter-XXXXXX";

/* A name for mkostemp() in the folder of `path`; NULL without memory. */
static char *temporary_beside(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t folder = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    char *temp = malloc(folder + sizeof unfinished);

    if (temp != NULL) {
        memcpy(temp, path, folder);
        memcpy(temp + folder, unfinished, sizeof unfinished);
    }
    return temp;
}

static bool is_unfinished(int folder, const char *name)
{
    static const char random[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t head = strcspn(unfinished, "X");
    struct stat st;

    return strlen(name) == sizeof unfinished - 1 && strncmp(name, unfinished, head) == 0 &&
           name[head + strspn(name + head, random)] == '\0' &&
           fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

void file_remove_unfinished(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (is_unfinished(dirfd(dir), entry->d_name)) {
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
}

int file_sync_folder(const char *path, struct host_error *out_error)
{
    char *folder = strdup(path);
    if (folder == NULL) {
        return host_error_errno(out_error, path, ENOMEM);
    }
    int fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int err = fd >= 0 && fsync(fd) == 0 ? 0 : errno;
    if (fd >= 0) {
        close(fd);
    }
    free(folder);
    /* Some file systems have no such thing for folders, and then write them in their own
     * order; a folder that may be written but not read cannot be opened for it. Neither is the
     * fault of a file that is there as a whole. */
    bool is_refused = err == EINVAL || (fd < 0 && err == EACCES);
    return err == 0 || is_refused ? 0 : host_error_errno(out_error, path, err);
}

enum placing { REPLACE, CREATE };

/* Write a file beside `path` and give it that name when it is complete. The name is durable
 * only with its folder: without that a power cut may bring back what was there before. */
static int put_file(const char *path, const void *data, size_t len, enum placing placing,
                    const struct stat *like, struct host_error *out_error)
{
    char *temp = temporary_beside(path);
    if (temp == NULL) {
        return host_error_errno(out_error, path, ENOMEM);
    }
    int fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0) {
        int err = errno;
        free(temp);
        return host_error_errno(out_error, path, err);
    }
    /* Only the superuser can give a file away; then it stays whose it was. */
    bool is_given = fchown(fd, like->st_uid, like->st_gid) == 0;
    (void)is_given;
    bool good =
        write_bytes(fd, data, len) == 0 && fchmod(fd, like->st_mode) == 0 && fsync(fd) == 0;
    int err = errno;
    if (close(fd) != 0 && good) {
        good = false;
        err = errno;
    }
    if (good && (placing == CREATE ? link(temp, path) : rename(temp, path)) != 0) {
        good = false;
        err = errno;
    }
    if (placing == CREATE || !good) {
        unlink(temp);
    }
    free(temp);
    if (!good) {
        return host_error_errno(out_error, path, err);
    }
    int rc = file_sync_folder(path, out_error);
    if (rc != 0 && placing == CREATE) {
        unlink(path); /* or the next try would find that it exists already */
    }
    return rc;
}

/* The descriptor that has this file open for the program's own output; -1: neither. */
static int standard_output(const struct stat *st)
{
    struct stat own;

    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
        if (!S_ISCHR(st->st_mode) && fstat(fd, &own) == 0 && is_same(&own, st)) {
            return fd;
        }
    }
    return -1;
}

bool file_is_standard_output(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && standard_output(&st) == STDOUT_FILENO;
}

/* Under the name behind all symbolic links, so that the links stay. */
static int replace(const char *path, const void *data, size_t len, const struct stat *st,
                   struct host_error *out_error)
{
    char *real = realpath(path, NULL);
    if (real == NULL) {
        return host_error_errno(out_error, path, errno);
    }
    const struct stat like = {
        .st_mode = st->st_mode & 0777, .st_uid = st->st_uid, .st_gid = st->st_gid};
    int rc = put_file(real, data, len, REPLACE, &like, out_error);
    free(real);
    return rc;
}

int file_write(const char *path, const void *data, size_t len, struct host_error *out_error)
{
    struct stat st;

    if (look_at_output(path, &st, out_error) != 0) {
        return -1;
    }
    if (st.st_mode == 0) {
        const struct stat like = {
            .st_mode = public_mode(), .st_uid = (uid_t)-1, .st_gid = (gid_t)-1};
        return put_file(path, data, len, REPLACE, &like, out_error);
    }
    int fd = standard_output(&st);
    if (!S_ISREG(st.st_mode) || fd >= 0) {
        return write_through(path, fd, data, len, out_error);
    }
    return replace(path, data, len, &st, out_error);
}

int file_create_private(const char *path, const void *data, size_t len,
                        struct host_error *out_error)
{
    const struct stat like = {.st_mode = 0600, .st_uid = (uid_t)-1, .st_gid = (gid_t)-1};
    struct stat st;

    if (lstat(path, &st) == 0) {
        return host_error_set(out_error, path, "exists already; it is never overwritten");
    }
    return put_file(path, data, len, CREATE, &like, out_error);
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
