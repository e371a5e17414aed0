/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of otter-module (moduled/store.h) on a real file system, over power cuts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "moduled/store.h"

enum { SYNCS_MAX = 8 };

static char parent[64], dir[80];
static struct store store;
static struct host_error error;

/* Which folders were made durable. It stands in for the C library's fsync(). */
static ino_t synced[SYNCS_MAX];
static unsigned sync_count;

int fsync(int fd)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    if (S_ISDIR(st.st_mode)) {
        assert_true(sync_count < SYNCS_MAX);
        synced[sync_count++] = st.st_ino;
    }
    return (int)syscall(SYS_fsync, fd);
}

static ino_t inode(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_ino;
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(parent, "/tmp/otter-store-XXXXXX");
    sync_count = 0;
    if (mkdtemp(parent) == NULL) {
        return -1;
    }
    (void)snprintf(dir, sizeof dir, "%s/state", parent);
    return store_open(&store, dir, &error);
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"image.part", "image", "state.json", "token", "lock"};
    char path[sizeof dir + 16];

    (void)state;
    store_close(&store);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        (void)unlink(path);
    }
    return rmdir(dir) != 0 || rmdir(parent) != 0 ? -1 : 0; /* fails if something is left */
}

/* ---- what is durable ---- */

static void test_store_everything_is_durable_with_its_name(void **state)
{
    char token[AGENT_TOKEN_MAX + 1];

    (void)state;
    assert_int_equal(sync_count, 1); /* the folder itself, which is new */
    assert_int_equal(synced[0], inode(parent));
    assert_int_equal(store_save(&store, "{}", &error), 0);
    assert_int_equal(store_own_token(&store, true, token, &error), 0);
    assert_int_equal(store_sink.write(&store, 0, (const uint8_t *)"image", 5), 0);
    assert_int_equal(store_sink.finish(&store), 0);
    assert_int_equal(sync_count, 4);
    for (unsigned i = 1; i < sync_count; i++) {
        assert_int_equal(synced[i], inode(dir));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_store_everything_is_durable_with_its_name,
                                        make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
