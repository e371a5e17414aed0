/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_STORE_DOUBLE_H
#define TESTS_SUPPORT_STORE_DOUBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cloud/store/store.h"

/* A store in memory, for tests of whatever uses one. It keeps the promises of
 * cloud/store/store.h: batches are atomic and in order, revs and unique columns are checked,
 * everything is copied (tests/unit/test_store.c runs the same tests against it as against
 * SQLite). Besides, a test decides when batches are answered, makes them fail, and looks into
 * it.
 *
 * For one thread; but several may read while nobody writes. It starts by answering from inside
 * submit(); a batch that is submitted from inside a `done` is answered after that `done` has
 * returned.
 */
struct store *store_double_new(void);

/* true: batches wait for store_double_pump(). false: what waits is answered, and from now on
 * batches are answered from inside submit(). */
void store_double_set_queued(struct store *store, bool is_queued);

/* Answer at most `max` of the batches that wait, the oldest first, with those that are
 * submitted meanwhile. Returns how many. */
size_t store_double_pump(struct store *store, size_t max);

size_t store_double_queued(const struct store *store);

/* Forget the batches that wait without an answer, as kill -9 does. Returns how many. What was
 * committed stays, and can be loaded as after a start. */
size_t store_double_lose_queued(struct store *store);

/* The next `count` batches are not written and answered with `status`; a conflict is said to be
 * at operation `conflict`, or at the last one of a shorter batch. */
void store_double_fail_next(struct store *store, size_t count, enum store_status status,
                            size_t conflict);

/* Replace or delete a row now, past the queue, as another copy of the server would. Returns 0,
 * or -1 if something unique is not. */
int store_double_change(struct store *store, enum record_kind kind, const void *record);
void store_double_remove(struct store *store, enum record_kind kind, int64_t id);

/* What is committed: one record (NULL = not there), valid until the row is changed; how many of
 * a kind; the i-th in the order of ids. */
const void *store_double_find(const struct store *store, enum record_kind kind, int64_t id);
size_t store_double_count(const struct store *store, enum record_kind kind);
const void *store_double_at(const struct store *store, enum record_kind kind, size_t i);

/* Batches that were committed, since the start. */
size_t store_double_commits(const struct store *store);

#endif
