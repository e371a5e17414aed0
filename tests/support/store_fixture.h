/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_STORE_FIXTURE_H
#define TESTS_SUPPORT_STORE_FIXTURE_H

#include "cloud/store/store.h"

/* What tests of stores share. A failure ends the cmocka test. */

/* A folder of the test's own, and a path in it (valid until the fourth next call). Removed with
 * all that is in it. */
void fixture_make_folder(void);
void fixture_remove_folder(void);
const char *fixture_path(const char *name);

/* Submit a batch and wait for its outcome. */
struct fixture_answer {
    enum store_status status;
    size_t conflict;
    char reason[200];
};
struct fixture_answer fixture_submit(struct store *store, const struct store_op ops[],
                                     size_t count);

/* The same for one PUT, and for a batch that must be committed. */
enum store_status fixture_put(struct store *store, enum record_kind kind, const void *record,
                              uint32_t expected_rev);
void fixture_commit(struct store *store, const struct store_op ops[], size_t count);

/* How many rows of a kind there are. */
size_t fixture_count(struct store *store, enum record_kind kind);

#endif
