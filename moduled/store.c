/* SPDX-License-Identifier: Apache-2.0 */
#include "moduled/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/file.h"
#include "otter/md5.h"

enum { CHUNK = 4096, TOKEN_LEN = 32 };

/* ---- the image ---- */

static int write_image(void *ctx, uint32_t off, const uint8_t data[], size_t len)
{
    struct store *store = ctx;

    if (store->image_fd < 0) {
        store->image_fd = open(store->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    while (store->image_fd >= 0 && len > 0) {
        ssize_t part = pwrite(store->image_fd, data, len, (off_t)off);
        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part <= 0) {
            return -1;
        }
        data += part;
        off += (uint32_t)part;
        len -= (size_t)part;
    }
    return store->image_fd >= 0 ? 0 : -1;
}

static int read_image(void *ctx, uint32_t off, uint8_t out[], size_t len)
{
    const struct store *store = ctx;

    while (store->image_fd >= 0 && len > 0) {
        ssize_t part = pread(store->image_fd, out, len, (off_t)off);
        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part <= 0) {
            return -1;
        }
        out += part;
        off += (uint32_t)part;
        len -= (size_t)part;
    }
    return store->image_fd >= 0 ? 0 : -1;
}

static uint32_t image_size(void *ctx)
{
    const struct store *store = ctx;
    struct stat st;

    if (store->image_fd < 0 || fstat(store->image_fd, &st) != 0 || st.st_size < 0) {
        return 0;
    }
    return st.st_size > UINT32_MAX ? UINT32_MAX : (uint32_t)st.st_size;
}

/* Is the open file the one that is named `image`? */
static bool is_finished(const struct store *store)
{
    struct stat opened, named;

    return fstat(store->image_fd, &opened) == 0 && lstat(store->image, &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* Again for one that has its name already: the power failed before the agent's state said
 * so. */
static int finish_image(void *ctx)
{
    const struct store *store = ctx;

    if (store->image_fd < 0 || fsync(store->image_fd) != 0) {
        return -1;
    }
    if (!is_finished(store) && rename(store->part, store->image) != 0) {
        return -1;
    }
    return file_sync_folder(store->image, NULL);
}

static void discard_image(void *ctx)
{
    struct store *store = ctx;

    if (store->image_fd >= 0) {
        close(store->image_fd);
        store->image_fd = -1;
    }
    (void)unlink(store->image);
    (void)unlink(store->part);
}

const struct agent_sink store_sink = {write_image, read_image, image_size, finish_image,
                                      discard_image};

static int read_for_module(void *ctx, uint32_t off, uint8_t out[], size_t len)
{
    return read_image(ctx, off, out, len);
}

int store_offer(struct store *store, struct module_file *out_file)
{
    static const char digits[] = "0123456789abcdef";
    uint32_t size = image_size(store);
    struct otter_md5 md5;
    uint8_t chunk[CHUNK], digest[16];

    otter_md5_init(&md5);
    for (uint32_t off = 0; off < size;) {
        uint32_t len = size - off < CHUNK ? size - off : CHUNK;
        if (read_image(store, off, chunk, len) != 0) {
            return -1;
        }
        otter_md5_update(&md5, chunk, len);
        off += len;
    }
    otter_md5_final(&md5, digest);
    *out_file = (struct module_file){.size = size, .read = read_for_module, .ctx = store};
    for (size_t i = 0; i < sizeof digest; i++) {
        out_file->md5_hex[2 * i] = (uint8_t)digits[digest[i] >> 4];
        out_file->md5_hex[2 * i + 1] = (uint8_t)digits[digest[i] & 15];
    }
    return size > 0 ? 0 : -1;
}

/* ---- the folder ---- */

static void make_paths(struct store *store)
{
    const struct {
        char *path;
        const char *name;
    } all[] = {{store->part, "image.part"},
               {store->image, "image"},
               {store->state, "state.json"},
               {store->token, "token"},
               {store->control, "control"}};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        (void)snprintf(all[i].path, STORE_PATH_SIZE, "%s/%s", store->dir, all[i].name);
    }
}

static int lock_dir(struct store *store, struct host_error *out_error)
{
    char path[STORE_PATH_SIZE];

    (void)snprintf(path, sizeof path, "%s/lock", store->dir);
    store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (store->lock_fd < 0) {
        return host_error_errno(out_error, path, errno);
    }
    if (flock(store->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        close(store->lock_fd);
        store->lock_fd = -1;
        return host_error_set(out_error, store->dir, "another otter-module runs there");
    }
    return 0;
}

int store_open(struct store *store, const char *dir, struct host_error *out_error)
{
    *store = (struct store){.dir = dir, .lock_fd = -1, .image_fd = -1};
    make_paths(store);
    bool is_new = mkdir(dir, 0700) == 0;
    if (!is_new && errno != EEXIST) {
        return host_error_errno(out_error, dir, errno);
    }
    if (is_new && file_sync_folder(dir, out_error) != 0) {
        return -1;
    }
    if (lock_dir(store, out_error) != 0) {
        return -1;
    }
    file_remove_unfinished(dir); /* of a daemon that was killed while it saved */
    store->image_fd = open(store->image, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (store->image_fd < 0) {
        store->image_fd = open(store->part, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    }
    return 0;
}

void store_close(struct store *store)
{
    if (store->image_fd >= 0) {
        close(store->image_fd);
    }
    if (store->lock_fd >= 0) {
        close(store->lock_fd);
    }
}

/* ---- the state ---- */

int store_restore(const struct store *store, struct agent *agent, uint64_t now_ms,
                  struct host_error *out_error)
{
    char bad[STORE_PATH_SIZE + 8];
    struct stat st;
    struct file file;

    if (stat(store->state, &st) != 0 && errno == ENOENT) {
        return 0;
    }
    int err = file_read(store->state, AGENT_STATE_MAX, &file, out_error);
    if (err == 0) {
        err = agent_restore(agent, (const char *)file.data, file.len, now_ms, out_error);
        file_free(&file);
    }
    if (err != 0) {
        (void)snprintf(bad, sizeof bad, "%s.bad", store->state);
        (void)rename(store->state, bad);
    }
    return err;
}

int store_save(const struct store *store, const char *state, struct host_error *out_error)
{
    return file_write(store->state, state, strlen(state), out_error);
}

/* ---- tokens ---- */

int store_read_token(const char *path, char out[AGENT_TOKEN_MAX + 1],
                     struct host_error *out_error)
{
    struct file file;

    if (file_read(path, CHUNK, &file, out_error) != 0) {
        return -1;
    }
    size_t len = 0;
    while (len < file.len && file.data[len] > ' ' && file.data[len] <= '~') {
        len++;
    }
    bool is_good = len > 0 && len <= AGENT_TOKEN_MAX;
    if (is_good) {
        memcpy(out, file.data, len);
        out[len] = '\0';
    }
    file_free(&file);
    return is_good ? 0
                   : host_error_set(out_error, path, "no token of 1 to %d visible characters",
                                    AGENT_TOKEN_MAX);
}

/* 32 letters and digits, as hawkBit's are: 190 bits. Bytes from 248 on are left out, so that
 * all are equally likely. */
static int make_token(char out[TOKEN_LEN + 1])
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t len = 0;

    while (len < TOKEN_LEN) {
        unsigned char byte;
        if (getrandom(&byte, 1, 0) != 1) {
            return -1;
        }
        if (byte < 248) {
            out[len++] = letters[byte % (sizeof letters - 1)];
        }
    }
    out[TOKEN_LEN] = '\0';
    return 0;
}

int store_own_token(const struct store *store, bool may_make, char out[AGENT_TOKEN_MAX + 1],
                    struct host_error *out_error)
{
    struct stat st;

    out[0] = '\0';
    if (stat(store->token, &st) == 0) {
        return store_read_token(store->token, out, out_error);
    }
    if (!may_make) {
        return 0;
    }
    if (make_token(out) != 0) {
        return host_error_errno(out_error, "random numbers", errno);
    }
    return file_create_private(store->token, out, strlen(out), out_error);
}
