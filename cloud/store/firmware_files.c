/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/store/firmware_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cloud/store/firmware_signature.h"
#include "cloud/store/firmware_digest.h"
#include "cloud/store/firmware_program.h"

enum { NAME_SIZE = 96 };

struct firmware_files {
    char *path;
    int dir, tmp; /* descriptors of DIR and DIR/tmp */
    pthread_mutex_t lock;
    struct firmware_upload *uploads; /* under way, by the lock */
};

/* ---- folders ---- */

/* Make what is above a folder durable, and with it the folder's name. */
static int sync_parent(int folder)
{
    int parent = openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int err = parent >= 0 ? fsync(parent) : -1;

    if (parent >= 0) {
        close(parent);
    }
    return err;
}

/* Open a folder below `at`, made if it is not there, durably: also one that is there already,
 * which another upload may have made a moment ago. -1: errno says why. */
static int open_folder(int at, const char *name)
{
    if (mkdirat(at, name, 0700) != 0 && errno != EEXIST) {
        return -1;
    }
    int folder = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0 && sync_parent(folder) != 0) {
        int err = errno;
        close(folder);
        folder = -1;
        errno = err;
    }
    return folder;
}

/* Remove what cut uploads have left. */
static int clear_folder(int folder)
{
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
    struct dirent *entry;
    int err = 0;

    if (dir == NULL) {
        if (copy >= 0) {
            close(copy);
        }
        return -1;
    }
    while (err == 0 && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            err = unlinkat(folder, entry->d_name, 0);
        }
    }
    closedir(dir);
    return err;
}

void firmware_files_close(struct firmware_files *files)
{
    if (files == NULL) {
        return;
    }
    if (files->dir >= 0) {
        close(files->dir);
    }
    if (files->tmp >= 0) {
        close(files->tmp);
    }
    pthread_mutex_destroy(&files->lock);
    free(files->path);
    free(files);
}

int firmware_files_open(const char *dir, struct firmware_files **out_files,
                        struct host_error *out_error)
{
    struct firmware_files *files = calloc(1, sizeof *files);

    if (files == NULL) {
        return host_error_set(out_error, dir, "not enough memory");
    }
    pthread_mutex_init(&files->lock, NULL);
    files->path = strdup(dir);
    files->dir = open_folder(AT_FDCWD, dir);
    files->tmp = files->dir >= 0 ? open_folder(files->dir, "tmp") : -1;
    if (files->path == NULL || files->tmp < 0 || clear_folder(files->tmp) != 0) {
        int err = host_error_errno(out_error, dir, errno);
        firmware_files_close(files);
        return err;
    }
    *out_files = files;
    return 0;
}

/* ---- uploads ---- */

int firmware_files_begin(struct firmware_files *files, struct host_error *out_error)
{
    int fd = openat(files->tmp, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
        /* A file system without files without names: keep() makes a copy of such a one. */
        char name[NAME_SIZE];
        (void)snprintf(name, sizeof name, "/proc/self/fd/%d/upload-XXXXXX", files->tmp);
        fd = mkostemp(name, O_CLOEXEC);
        if (fd >= 0) {
            unlink(name);
        }
    }
    if (fd < 0) {
        (void)host_error_errno(out_error, files->path, errno);
    }
    return fd;
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t part = write(fd, data, len);
        if (part < 0 && errno != EINTR) {
            return -1;
        }
        data += part > 0 ? part : 0;
        len -= part > 0 ? (size_t)part : 0;
    }
    return 0;
}

/* Copy `fd` to DIR/tmp/name. */
static int copy_to(const struct firmware_files *files, int fd, const char *name)
{
    uint8_t data[16384];
    off_t off = 0;
    ssize_t len;
    int to = openat(files->tmp, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (to < 0) {
        return -1;
    }
    while ((len = pread(fd, data, sizeof data, off)) > 0 &&
           write_all(to, data, (size_t)len) == 0) {
        off += len;
    }
    bool good = len == 0 && fsync(to) == 0;
    int err = errno;
    close(to);
    errno = err;
    return good ? 0 : -1;
}

/* Give the file behind `fd` the name DIR/tmp/name; a copy of it, if it can have none. */
static int name_upload(const struct firmware_files *files, int fd, const char *name)
{
    char link[NAME_SIZE];

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, link, files->tmp, name, AT_SYMLINK_FOLLOW) == 0
               ? 0
               : copy_to(files, fd, name);
}

/* Move DIR/tmp/name to DIR/ab/abcd...: in the place of the same bytes, if they are there. */
static int publish(const struct firmware_files *files, const char *name, const char *sha256)
{
    char folder_name[3] = {sha256[0], sha256[1], '\0'};
    int folder = open_folder(files->dir, folder_name);

    if (folder < 0) {
        return -1;
    }
    bool good = renameat(files->tmp, name, folder, sha256) == 0 && fsync(folder) == 0;
    int err = errno;
    close(folder);
    errno = err;
    return good ? 0 : -1;
}

static int store_file(const struct firmware_files *files, int fd, const char *sha256,
                      struct host_error *out_error)
{
    char name[NAME_SIZE];

    /* One open descriptor, one upload: the name is nobody else's. */
    (void)snprintf(name, sizeof name, "%s.%d", sha256, fd);
    if (fsync(fd) == 0 && name_upload(files, fd, name) == 0 &&
        publish(files, name, sha256) == 0) {
        return 0;
    }
    int err = host_error_errno(out_error, files->path, errno);
    (void)unlinkat(files->tmp, name, 0);
    return err;
}

int firmware_files_inspect(int fd, const struct record_product *product,
                           struct record_firmware *out_firmware, struct host_error *out_error)
{
    struct record_firmware firmware = *out_firmware;

    if (firmware_digest(fd, &firmware, out_error) != 0 ||
        (firmware.kind != FIRMWARE_OPAQUE &&
         firmware_read_trailer(fd, product, &firmware, out_error) != 0) ||
        ((firmware.kind == FIRMWARE_PLAIN || firmware.kind == 0) &&
         firmware_check_program(fd, &firmware, out_error) != 0)) {
        return -1;
    }
    *out_firmware = firmware;
    return 0;
}

/* It is in the list before its file has a name: so whoever removes a file sees it. */
int firmware_files_keep(struct firmware_files *files, int fd,
                        const struct record_firmware *firmware,
                        struct firmware_upload *out_upload, struct host_error *out_error)
{
    memcpy(out_upload->sha256, firmware->sha256, sizeof out_upload->sha256);
    pthread_mutex_lock(&files->lock);
    out_upload->next = files->uploads;
    files->uploads = out_upload;
    pthread_mutex_unlock(&files->lock);
    return store_file(files, fd, firmware->sha256, out_error);
}

/* Take an upload out of the list. Is there another one of the same bytes? */
static bool take_out(struct firmware_files *files, const struct firmware_upload *upload)
{
    bool has_twin = false;

    for (struct firmware_upload **at = &files->uploads; *at != NULL;) {
        if (*at == upload) {
            *at = upload->next;
            continue;
        }
        has_twin = has_twin || strcmp((*at)->sha256, upload->sha256) == 0;
        at = &(*at)->next;
    }
    return has_twin;
}

static void put_name(const char *sha256, char out_name[NAME_SIZE])
{
    (void)snprintf(out_name, NAME_SIZE, "%.2s/%s", sha256, sha256);
}

struct question {
    const char *sha256;
    bool is_named;
};

static bool compare(void *ctx, const void *record)
{
    const struct record_firmware *firmware = record;
    struct question *question = ctx;

    question->is_named =
        strncmp(firmware->sha256, question->sha256, sizeof firmware->sha256) == 0;
    return !question->is_named;
}

/* Does a firmware in `store` have these bytes? If it cannot be read, yes: a file too many is
 * better than one too few. */
static bool is_named(struct store *store, const char *sha256)
{
    struct question question = {.sha256 = sha256};
    struct host_error error;

    return store_load(store, RECORD_FIRMWARE, compare, &question, &error) != 0 ||
           question.is_named;
}

/* The lock is held until the file is gone: no upload can begin between the question and that,
 * and one that was answered before has its record in the store. */
void firmware_files_settle(struct firmware_files *files, struct firmware_upload *upload,
                           struct store *store)
{
    char name[NAME_SIZE];

    put_name(upload->sha256, name);
    pthread_mutex_lock(&files->lock);
    bool has_twin = take_out(files, upload);
    if (store != NULL && !has_twin && !is_named(store, upload->sha256)) {
        (void)unlinkat(files->dir, name, 0);
    }
    pthread_mutex_unlock(&files->lock);
}

/* ---- serving ---- */

static bool is_sha256(const char text[65])
{
    return strnlen(text, 65) == 64 && strspn(text, "0123456789abcdef") == 64;
}

int firmware_files_open_one(struct firmware_files *files,
                            const struct record_firmware *firmware,
                            struct host_error *out_error)
{
    char name[NAME_SIZE];
    struct stat st;

    if (!is_sha256(firmware->sha256)) { /* a record is input: no path is made of it */
        (void)host_error_set(out_error, firmware->name, "its SHA-256 is none");
        return -1;
    }
    put_name(firmware->sha256, name);
    int fd = openat(files->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        (void)host_error_errno(out_error, firmware->name, errno);
        return -1;
    }
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size != firmware->size) {
        close(fd);
        (void)host_error_set(out_error, firmware->name,
                             "its file on the server is damaged: not as long as it was");
        return -1;
    }
    return fd;
}
