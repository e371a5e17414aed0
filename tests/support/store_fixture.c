/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/store_fixture.h"

static char folder[64];

void fixture_make_folder(void)
{
    strcpy(folder, "/tmp/otter-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void fixture_remove_folder(void)
{
    assert_int_equal(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

const char *fixture_path(const char *name)
{
    static char paths[4][256];
    static unsigned turn;
    char *path = paths[turn++ % 4];

    assert_true(snprintf(path, sizeof paths[0], "%s/%s", folder, name) < 256);
    return path;
}

struct waiting {
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    bool is_answered;
    struct fixture_answer answer;
};

static void note(void *ctx, const struct store_outcome *outcome)
{
    struct waiting *waiting = ctx;

    pthread_mutex_lock(&waiting->mutex);
    waiting->is_answered = true;
    waiting->answer.status = outcome->status;
    waiting->answer.conflict = outcome->conflict;
    (void)snprintf(waiting->answer.reason, sizeof waiting->answer.reason, "%s",
                   outcome->reason);
    pthread_cond_signal(&waiting->answered);
    pthread_mutex_unlock(&waiting->mutex);
}

struct fixture_answer fixture_submit(struct store *store, const struct store_op ops[],
                                     size_t count)
{
    struct waiting waiting = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                              .answered = PTHREAD_COND_INITIALIZER};

    assert_int_equal(store->submit(store, ops, count, note, &waiting), 0);
    pthread_mutex_lock(&waiting.mutex);
    while (!waiting.is_answered) {
        pthread_cond_wait(&waiting.answered, &waiting.mutex);
    }
    pthread_mutex_unlock(&waiting.mutex);
    return waiting.answer;
}

enum store_status fixture_put(struct store *store, enum record_kind kind, const void *record,
                              uint32_t expected_rev)
{
    struct store_op op = {STORE_PUT, kind, record, expected_rev};

    return fixture_submit(store, &op, 1).status;
}

void fixture_commit(struct store *store, const struct store_op ops[], size_t count)
{
    struct fixture_answer answer = fixture_submit(store, ops, count);

    assert_string_equal(answer.reason, "");
    assert_int_equal(answer.status, STORE_COMMITTED);
}

static bool count_one(void *ctx, const void *record)
{
    (void)record;
    ++*(size_t *)ctx;
    return true;
}

size_t fixture_count(struct store *store, enum record_kind kind)
{
    struct host_error error = {0};
    size_t count = 0;

    if (store_load(store, kind, count_one, &count, &error) != 0) {
        fail_msg("%s: %s", error.thing, error.reason);
    }
    return count;
}
