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
#include "tests/support/agent_fixture.h"

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

/* ---- power cuts ---- */

/* Only what is in the folder is left. */
static void power_cut(void)
{
    store_close(&store);
    assert_int_equal(store_open(&store, dir, &error), 0);
}

static void put(const char *path, const char *text)
{
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, strlen(text), out), strlen(text));
    assert_int_equal(fclose(out), 0);
}

static void assert_image_is(const char *text)
{
    char got[16];
    FILE *in = fopen(store.image, "rb");
    assert_non_null(in);
    size_t len = fread(got, 1, sizeof got, in);
    assert_int_equal(fclose(in), 0);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(got, text, len);
}

static void test_store_finished_image_is_finished_again(void **state)
{
    (void)state;
    assert_int_equal(store_sink.write(&store, 0, (const uint8_t *)"image", 5), 0);
    assert_int_equal(store_sink.finish(&store), 0);
    power_cut();
    sync_count = 0;
    assert_int_equal(store_sink.finish(&store), 0);
    assert_int_equal(sync_count, 1); /* the cut may have come before that */
    assert_image_is("image");
    /* the rest of another download does not take the place of what was checked */
    put(store.part, "other");
    assert_int_equal(store_sink.finish(&store), 0);
    assert_image_is("image");
}

static void test_store_nothing_to_finish(void **state)
{
    (void)state;
    assert_int_not_equal(store_sink.finish(&store), 0);
    assert_int_equal(store_sink.write(&store, 0, (const uint8_t *)"image", 5), 0);
    assert_int_equal(unlink(store.part), 0);
    assert_int_not_equal(store_sink.finish(&store), 0);
    put(store.image, "other"); /* not the one that is open */
    assert_int_not_equal(store_sink.finish(&store), 0);
}

/* Answer what the agent asks, up to the whole image; what becomes of that is not saved. */
static void serve_image(struct agent_fixture *fixture)
{
    static const char root[] = "{\"config\":{\"polling\":{\"sleep\":\"00:01:00\"}},\"_links\":{"
                               "\"deploymentBase\":{\"href\":\"/deploymentBase/7\"}}}";
    const struct agent_reply good = {.status = 200};
    const struct agent_request *request = &fixture->request;

    for (unsigned requests = 0; requests < 20; requests++) {
        assert_true(agent_fixture_wait(fixture));
        if (strstr(request->url, "fw.bin") != NULL) {
            agent_reply_begin(fixture->agent, &good, fixture->now_ms);
            assert_int_equal(agent_reply_bytes(fixture->agent, fixture->image, AGENT_IMAGE_SIZE,
                                               fixture->now_ms),
                             0);
            agent_reply_end(fixture->agent, fixture->now_ms);
            return;
        }
        const char *body = request->method != AGENT_GET ? "{}" : root;
        if (request->method == AGENT_GET && strstr(request->url, "deploymentBase") != NULL) {
            body = agent_fixture_deployment(fixture, "7", "forced", "forced");
        }
        agent_fixture_reply(fixture, 200, body);
    }
    fail_msg("the image was never asked for");
}

/* `image` has its name, and the state still says that it comes in: however often the power
 * fails there, that is no failed download. */
static void test_store_power_cut_before_the_state_is_saved(void **state)
{
    static struct agent_fixture fixture;
    char saved[AGENT_STATE_MAX];
    struct agent_status status;

    (void)state;
    agent_fixture_init(&fixture);
    fixture.config.sink = &store_sink;
    fixture.config.sink_ctx = &store;
    agent_fixture_start(&fixture);
    serve_image(&fixture);
    memcpy(saved, fixture.saved, sizeof saved);
    for (unsigned cuts = 0; cuts <= AGENT_DOWNLOADS_MAX; cuts++) {
        memcpy(fixture.saved, saved, sizeof saved);
        power_cut();
        assert_int_not_equal(store.image_fd, -1);
        assert_int_equal(access(store.part, F_OK), -1);
        agent_fixture_restart(&fixture);
        agent_get_status(fixture.agent, fixture.now_ms, &status);
        assert_int_equal(status.activity, AGENT_WAITS_SERVER);
        assert_string_equal(status.wanted_version, ""); /* it comes in */
        (void)agent_fixture_take(&fixture);
        agent_get_status(fixture.agent, fixture.now_ms, &status);
        assert_string_equal(status.error, "");
        assert_int_equal(status.bytes, AGENT_IMAGE_SIZE);
        assert_string_equal(status.wanted_version, "03010102"); /* it is ready */
    }
    agent_fixture_end(&fixture);
}

/* ---- what a kill leaves behind ---- */

static void in_dir(const char *name, char out[sizeof dir + 32])
{
    (void)snprintf(out, sizeof dir + 32, "%s/%s", dir, name);
}

static bool is_there(const char *name)
{
    char path[sizeof dir + 32];
    struct stat st;
    in_dir(name, path);
    return lstat(path, &st) == 0;
}

static void test_store_removes_what_a_kill_left(void **state)
{
    static const char *const gone[] = {".otter-aZ09xY", ".otter-XXXXXX"};
    static const char *const stays[] = {".otter-aZ09x", ".otter-aZ09xYz", ".otter-aZ0_xY",
                                        "otter-aZ09xY", "x.otter-aZ09xY", ".other-aZ09xY"};
    static const char link_name[] = ".otter-linked", folder_name[] = ".otter-folder";
    char path[sizeof dir + 32];

    (void)state;
    store_close(&store);
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) {
        in_dir(gone[i], path);
        put(path, "half");
    }
    for (size_t i = 0; i < sizeof stays / sizeof stays[0]; i++) {
        in_dir(stays[i], path);
        put(path, "theirs");
    }
    in_dir(link_name, path);
    assert_int_equal(symlink("token", path), 0);
    in_dir(folder_name, path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(store_open(&store, dir, &error), 0);
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) {
        assert_false(is_there(gone[i]));
    }
    for (size_t i = 0; i < sizeof stays / sizeof stays[0]; i++) {
        assert_true(is_there(stays[i]));
        in_dir(stays[i], path);
        assert_int_equal(unlink(path), 0);
    }
    assert_true(is_there(link_name));
    in_dir(link_name, path);
    assert_int_equal(unlink(path), 0);
    assert_true(is_there(folder_name));
    in_dir(folder_name, path);
    assert_int_equal(rmdir(path), 0);
}

/* The daemon that has the folder may be writing at this very moment. */
static void test_store_leaves_a_locked_folder_alone(void **state)
{
    struct store second;
    char path[sizeof dir + 32];

    (void)state;
    in_dir(".otter-aZ09xY", path);
    put(path, "half");
    assert_int_equal(store_open(&second, dir, &error), -1);
    assert_true(is_there(".otter-aZ09xY"));
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_store_everything_is_durable_with_its_name,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_store_finished_image_is_finished_again,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_store_nothing_to_finish, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_store_power_cut_before_the_state_is_saved,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_store_removes_what_a_kill_left, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_store_leaves_a_locked_folder_alone, make_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
